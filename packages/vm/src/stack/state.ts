/**
 * The state of a loop: cells of frames and globals, the list of callers, counters. Loops keep what they need in
 * JavaScript variables and read it anew after anything that may replace it.
 *
 *   cells    [ globals | frame | frame | ... ]   8 bytes each, seen as i32, f32, f64, i64; `R` holds host values
 *   FR       [ return place, frame of the caller | ... ]
 */

import { type ResourceEnd, ResourceError, type TrapKind, type Value } from '@sluice/ir';
import type { GuestState } from '../runtime/state.ts';
import { GuestViews } from './views.ts';

/** Cells at first: 128 KiB, which fit the processor's caches. */
const firstCells = 1 << 14;
/** Cells at most: 1 GiB of frames. */
const mostCells = 1 << 27;
/** Units of fuel between two looks at the signal. */
const stride = 4096;

/** What the loop's code refers to by number. */
export interface LoopCode {
  readonly code: Int32Array;
  /** Weight of the step at each place; empty in loops that do not count. */
  readonly weights: Int32Array;
  readonly constants: BigInt64Array;
  readonly hosts: readonly Value[];
  readonly tables: readonly ReadonlyMap<number, number>[];
}

/** The state of one instance's executions. Field names are short because loops are long. */
export class LoopState {
  readonly code: Int32Array;
  readonly weights: Int32Array;
  readonly KL: BigInt64Array;
  readonly KD: Float64Array;
  readonly KI: Int32Array;
  readonly KR: readonly Value[];
  readonly tables: readonly ReadonlyMap<number, number>[];
  readonly guest: GuestViews;
  readonly heap: GuestState['heap'];
  sites: readonly unknown[] = [];

  I: Int32Array;
  S: Float32Array;
  D: Float64Array;
  L: BigInt64Array;
  /** Host values by cell; empty unless the program has any. */
  readonly R: Value[] = [];
  cells: number = firstCells;

  FR: Int32Array = new Int32Array(256);
  /** Where the list of callers ends, or the depth is reached. */
  frames = 0;
  /** Frames and cells above these belong to nobody: calls back from the host use them. */
  topFrame = 0;
  topCell = 0;

  /** Instructions executed. */
  n = 0;
  /** Units of fuel that are left, beside those that the loop has in hand. */
  pool = 0;
  trap: TrapKind | '' = '';
  pc = 0;
  end: ResourceEnd = 'fuel';
  /** Where an indirect call goes. */
  entry = 0;
  callHost: (fp: number, fr: number) => void = () => {};

  readonly #hosted: boolean;
  readonly #depth: number;
  readonly #signal: GuestState['signal'];

  constructor(loop: LoopCode, state: GuestState, hosted: boolean) {
    this.code = loop.code;
    this.weights = loop.weights;
    this.KL = loop.constants;
    this.KD = new Float64Array(loop.constants.buffer);
    this.KI = new Int32Array(loop.constants.buffer);
    this.KR = loop.hosts;
    this.tables = loop.tables;
    this.guest = new GuestViews(state);
    this.heap = state.heap;
    this.#hosted = hosted;
    this.#depth = state.limits.depth;
    this.#signal = state.signal;
    const buffer = new ArrayBuffer(firstCells * 8);
    this.I = new Int32Array(buffer);
    this.S = new Float32Array(buffer);
    this.D = new Float64Array(buffer);
    this.L = new BigInt64Array(buffer);
    this.#growHosts();
    this.frames = Math.min(this.FR.length, this.#depthEnd());
  }

  /** Makes room for frames up to a cell. Throws `ResourceError` when frames would take more than 1 GiB. */
  growCells(needed: number): void {
    let cells = this.cells;
    while (cells < needed) cells *= 2;
    if (cells > mostCells) throw new ResourceError('memory');
    const L = new BigInt64Array(cells);
    L.set(this.L);
    this.I = new Int32Array(L.buffer);
    this.S = new Float32Array(L.buffer);
    this.D = new Float64Array(L.buffer);
    this.L = L;
    this.cells = cells;
    this.#growHosts();
  }

  /** Makes the list of callers longer; not 0 when no more calls may be active. */
  deepen(fr: number): number {
    if (fr >= this.#depthEnd()) {
      this.end = 'call-depth';
      return 1;
    }
    const FR = new Int32Array(this.FR.length * 2);
    FR.set(this.FR);
    this.FR = FR;
    this.frames = Math.min(FR.length, this.#depthEnd());
    return 0;
  }

  /** Pays the unit that the loop lacks, and hands out a few more; -1 when the execution ends here. */
  refuel(): number {
    if (this.#signal?.aborted === true) {
      this.end = 'aborted';
      return -1;
    }
    if (this.pool <= 0) {
      this.end = 'fuel';
      return -1;
    }
    const units = Math.min(this.pool, stride);
    this.pool -= units;
    return units - 1;
  }

  /** Drops references that dead frames hold. */
  clearHosts(from: number): void {
    if (this.#hosted) this.R.fill(undefined, from);
  }

  #growHosts(): void {
    // Filled, so that the array stays dense.
    if (this.#hosted) while (this.R.length < this.cells) this.R.push(undefined);
  }

  /** The first caller of a call counts as one: two words for each other call. */
  #depthEnd(): number {
    return Math.max(0, (this.#depth - 1) * 2);
  }
}
