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

  refresh(): this {
    const { memory, heap } = this.#state;
    if (this.B.buffer !== memory.wasm.buffer) {
      this.G = memory.view();
      this.B = memory.bytes();
      this.bytes = this.B.length;
    }
    if (heap.table.buffer.byteLength > 0 && this.HT.buffer !== heap.table.buffer)
      this.HT = tableView(heap.table.buffer);
    const cells = heap.cells.buffer;
    if (this.HB.buffer !== cells) {
      this.HB = new Uint8Array(cells);
      this.HI = new Int32Array(cells);
      this.HL = new BigInt64Array(cells);
    }
    return this;
  }
}

/** The table without entries where there is no memory yet, so that loops never read beyond a view. */
function tableView(buffer: ArrayBufferLike): Uint32Array {
  return buffer.byteLength === 0 ? new Uint32Array(2) : new Uint32Array(buffer);
}
