/**
 * The guest's linear memory: a `WebAssembly.Memory` of its own, so that a generated loop reads it with native bounds
 * checks and guest addresses cannot reach anything else.
 */

import type { Memory } from '@sluice/ir';
import { type Budget, claim } from './budget.ts';

/** Bytes of a page of linear memory. */
export const pageBytes = 65536;

/** The most pages that 32-bit addresses reach. */
const pageLimit = 65536;

/** Linear memory with its limits. `view` and `bytes` are made anew after each growth. */
export class GuestMemory {
  readonly wasm: WebAssembly.Memory;
  readonly #max: number;
  readonly #budget: Budget;
  #view: DataView;
  #bytes: Uint8Array;

  /** Memory of `declared.min` pages; none: zero pages that cannot grow. Throws `ResourceError` beyond the budget. */
  constructor(declared: Memory | null, budget: Budget) {
    const initial = declared?.min ?? 0;
    claim(budget, initial * pageBytes);
    this.#max = Math.min(declared === null ? 0 : (declared.max ?? pageLimit), pageLimit);
    this.#budget = budget;
    this.wasm = new WebAssembly.Memory({ initial, maximum: this.#max });
    this.#view = new DataView(this.wasm.buffer);
    this.#bytes = new Uint8Array(this.wasm.buffer);
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
    const old = this.wasm.buffer.byteLength / pageBytes;
    const delta = pages >>> 0;
    if (old + delta > this.#max) return -1;
    claim(this.#budget, delta * pageBytes);
    this.wasm.grow(delta);
    return old;
  }

  #refresh(): void {
    this.#view = new DataView(this.wasm.buffer);
    this.#bytes = new Uint8Array(this.wasm.buffer);
  }
}
