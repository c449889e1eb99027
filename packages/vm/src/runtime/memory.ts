/**
 * The guest's linear memory: a `WebAssembly.Memory` of its own, or one that is imported, so that a generated loop reads it
 * with native bounds checks and guest addresses cannot reach anything else.
 */

import { type LinearMemory, type Memory, pageBytes, WasmMemory } from '@sluice/ir';
import { type Budget, claim } from './budget.ts';

export { pageBytes } from '@sluice/ir';

let noPages: LinearMemory | null = null;

/** The memory of all that have none: no bytes and no growth, hence nothing that two instances could share. To make one takes 0.1 ms. */
function nothing(): LinearMemory {
  noPages ??= new WasmMemory(0, 0);
  return noPages;
}

/** Linear memory with its limits. `view` and `bytes` are made anew after each growth, whoever grew it. */
export class GuestMemory {
  readonly wasm: WebAssembly.Memory;
  /** The memory as others hold it. */
  readonly linear: LinearMemory;
  readonly #budget: Budget;
  readonly #isOwn: boolean;
  #view: DataView;
  #bytes: Uint8Array;

  /**
   * Memory of `declared.min` pages; none: zero pages that cannot grow; or one that is imported. Throws `ResourceError`
   * beyond the budget, an `Error` where an imported memory is one for the interpreter alone.
   */
  constructor(declared: Memory | null, budget: Budget, imported: LinearMemory | null = null) {
    this.#budget = budget;
    this.#isOwn = imported === null;
    this.linear =
      imported ??
      (declared === null ? nothing() : new WasmMemory(declared.min, declared.max, (bytes) => claim(budget, bytes)));
    const { wasm } = this.linear;
    if (wasm === null) throw new Error('an imported memory of the interpreter is no memory for a virtual machine');
    this.wasm = wasm;
    this.#view = new DataView(wasm.buffer);
    this.#bytes = new Uint8Array(wasm.buffer);
  }

  /** The memory's bytes; fetch it anew after anything that may grow memory. */
  view(): DataView {
    if (this.#view.buffer !== this.wasm.buffer) this.#refresh();
    return this.#view;
  }

  /** As `view`, as bytes. */
  bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.wasm.buffer) this.#refresh();
    return this.#bytes;
  }

  /**
   * Grows by a number of pages (u32, given as i32); the old size in pages, or -1 beyond the declared maximum. Throws
   * `ResourceError` beyond the budget: that is no fact about the program, so that it must not go on with -1.
   */
  grow(pages: number): number {
    const old = this.linear.grow(pages);
    if (old !== -1 && !this.#isOwn) claim(this.#budget, (pages >>> 0) * pageBytes);
    return old;
  }

  #refresh(): void {
    this.#view = new DataView(this.wasm.buffer);
    this.#bytes = new Uint8Array(this.wasm.buffer);
  }
}
