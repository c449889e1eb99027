/** Views of the guest's memory and heap, made anew when their buffers were replaced. */

import type { GuestState } from '../runtime/state.ts';

/** Short names, as loops use them: memory `G` and `B` of `bytes` bytes; heap table `HT`, cells `HB HI HL`. */
export class GuestViews {
  G: DataView;
  B: Uint8Array;
  bytes: number;
  HT: Uint32Array;
  HB: Uint8Array;
  HI: Int32Array;
  HL: BigInt64Array;
  readonly #state: GuestState;

  constructor(state: GuestState) {
    this.#state = state;
    this.G = state.memory.view();
    this.B = state.memory.bytes();
    this.bytes = this.B.length;
    this.HT = tableView(state.heap.table.buffer);
    const cells = state.heap.cells.buffer;
    this.HB = new Uint8Array(cells);
    this.HI = new Int32Array(cells);
    this.HL = new BigInt64Array(cells);
  }

  /** The views of the memory, anew where its buffer was replaced. */
  memory(): this {
    const { memory } = this.#state;
    this.G = memory.view();
    this.B = memory.bytes();
    this.bytes = this.B.length;
    return this;
  }

  /** As `memory`, for the heap. */
  heap(): this {
    const { table, cells } = this.#state.heap;
    if (table.buffer.byteLength > 0) this.HT = tableView(table.buffer);
    this.HB = new Uint8Array(cells.buffer);
    this.HI = new Int32Array(cells.buffer);
    this.HL = new BigInt64Array(cells.buffer);
    return this;
  }

  /** All of them, before a loop begins. */
  refresh(): void {
    if (this.B.length === 0) this.memory();
    if (this.HT.length <= 2 || this.HB.length === 0) this.heap();
  }
}

/** The table without entries where there is no memory yet, so that loops never read beyond a view. */
function tableView(buffer: ArrayBufferLike): Uint32Array {
  return buffer.byteLength === 0 ? new Uint32Array(2) : new Uint32Array(buffer);
}
