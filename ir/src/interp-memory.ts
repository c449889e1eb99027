/** The linear memory of the reference interpreter, in plain bytes, and the limit of bytes that an instance may use. */

import { type LinearMemory, maxPages, pageBytes } from './extern.ts';
import type { Memory } from './func.ts';
import { ResourceError } from './outcome.ts';

/** Counts bytes against `Limits.memory`. */
export class MemoryBudget {
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Takes bytes; throws `ResourceError` beyond the limit. */
  claim(bytes: number): void {
    if (this.#used + bytes > this.limit) throw new ResourceError('memory');
    this.#used += bytes;
  }
}

/** Grows a memory that is its own or another's: both limits hold. */
export function growMemory(memory: LinearMemory, pages: number, budget: MemoryBudget): number {
  if (memory instanceof ArrayMemory && memory.budget === budget) return memory.grow(pages);
  const old = memory.grow(pages);
  if (old !== -1) budget.claim((pages >>> 0) * pageBytes);
  return old;
}

/** A memory in an `ArrayBuffer`. */
export class ArrayMemory implements LinearMemory {
  readonly wasm = null;
  readonly max: number | null;
  readonly budget: MemoryBudget;
  #buffer: ArrayBuffer;
  #view: DataView;

  /** None: no pages, and none to grow by. */
  constructor(declared: Memory | null, budget: MemoryBudget) {
    this.max = declared === null ? 0 : declared.max;
    this.budget = budget;
    const size = (declared?.min ?? 0) * pageBytes;
    budget.claim(size);
    this.#buffer = allocate(size);
    this.#view = new DataView(this.#buffer);
  }

  view(): DataView {
    return this.#view;
  }

  grow(pages: number): number {
    const old = this.#view.byteLength / pageBytes;
    const most = Math.min(this.max ?? maxPages, maxPages);
    const delta = pages >>> 0;
    if (old + delta > most) return -1;
    const size = (old + delta) * pageBytes;
    this.budget.claim(delta * pageBytes);
    if (size > this.#buffer.byteLength) {
      // Room for more, so that growing page by page doesn't copy everything each time.
      const room = Math.min(2 * this.#buffer.byteLength, most * pageBytes, this.budget.limit);
      const larger = allocate(Math.max(size, room));
      new Uint8Array(larger).set(new Uint8Array(this.#buffer));
      this.#buffer = larger;
    }
    this.#view = new DataView(this.#buffer, 0, size);
    return old;
  }
}

/** Zeroed bytes; what the host cannot give ends like the limit. */
function allocate(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    throw new ResourceError('memory');
  }
}
