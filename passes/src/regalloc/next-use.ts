/**
 * How far away the next use of each node is, counted in instructions, where blocks start.
 *
 * A use that lies behind the end of a loop is far: an edge out of a loop adds `outside`. What is nearer than that at the head of
 * a loop is used in the loop. An edge into a loop takes it off again, for what the loop does not use, but `passing` for it.
 *
 * Calls and returns read slots themselves; they are no uses here, for nothing has to be in a register for them.
 *
 * Paper:  Matthias Braun, Sebastian Hack, Register Spilling and Live-Range Splitting for SSA-Form Programs, CC 2009, 4.1.
 * Differs: a few sweeps, and what is not settled then is far: distances decide what is good, never what is right.
 */

import {
  type Block,
  type BlockId,
  type Func,
  instOf,
  type LoopForest,
  liveness,
  loopForest,
  orderOf,
  PairList,
  type Rows,
  type ValueId,
} from '@sluice/ir';
import { LiveSet } from './live-set.ts';
import type { Nodes } from './nodes.ts';
import { readsSlots } from './remake.ts';

/** Distance of what lies behind the end of a loop. */
export const outside: number = 2 ** 24;
/** Distance of what is live and never needed in a register. */
export const never: number = 2 ** 50;
const passing = 1000;
const sweeps = 6;

/** What holds at the start of blocks. */
export interface NextUses {
  /** By block: nodes that are live at its start, those of its phis included. */
  readonly nodes: Rows;
  /** For each of them, in the same order: the distance of its next use. */
  readonly distance: Float64Array;
  /** By block times files plus file: the most values that live at one point of it. */
  readonly pressure: Int32Array;
  /** The same by loop, inner loops included. */
  readonly loopPressure: Int32Array;
}

/** Finds the distances; null where nobody asks for them, since no more values live anywhere than `limits` by file say. */
export function nextUses(f: Func, nodes: Nodes, limits: readonly number[]): NextUses | null {
  return new Distances(f, nodes).run(limits);
}

/** What an edge adds to a distance. */
export function edgeDistance(loops: LoopForest, from: BlockId, to: BlockId, distance: number): number {
  const steps = loops.depthOf(to) - loops.depthOf(from);
  if (steps === 0 || distance >= never) return distance;
  if (steps < 0) return distance - steps * outside;
  return Math.max(distance % outside, distance - steps * outside) + passing;
}

class Distances {
  readonly #f: Func;
  readonly #nodes: Nodes;
  readonly #rows: Rows;
  readonly #distance: Float64Array;
  /** For each live node: the first use in the block; -1: none, and it goes on behind the block; -2: no use at all. */
  readonly #first: Int32Array;
  readonly #pressure: Int32Array;
  readonly #loops: LoopForest;
  /** By node, of the block at hand. */
  readonly #at: Float64Array;

  constructor(f: Func, nodes: Nodes) {
    this.#f = f;
    this.#nodes = nodes;
    this.#rows = entries(f, nodes);
    this.#distance = new Float64Array(this.#rows.items.length).fill(never);
    this.#first = new Int32Array(this.#rows.items.length).fill(-2);
    this.#pressure = new Int32Array(f.blocks.length * nodes.files);
    this.#loops = loopForest(f);
    this.#at = new Float64Array(f.insts.length).fill(-2);
  }

  run(limits: readonly number[]): NextUses | null {
    const { rpo } = orderOf(this.#f);
    this.#scan();
    const { files } = this.#nodes;
    if (this.#pressure.every((most, i) => most <= (limits[i % files] as number))) return null;
    for (let n = 0; n < sweeps; n++) {
      let changed = false;
      for (let k = rpo.length - 1; k >= 0; k--) if (this.#sweep(rpo[k] as BlockId)) changed = true;
      if (!changed) break;
    }
    const loopPressure = pressureOfLoops(this.#f, this.#loops, this.#pressure, this.#nodes.files);
    return { nodes: this.#rows, distance: this.#distance, pressure: this.#pressure, loopPressure };
  }

  /** First uses and pressure, block by block. */
  #scan(): void {
    const f = this.#f;
    const { of, file, files } = this.#nodes;
    const { out } = liveness(f);
    const live = new LiveSet(f.insts.length);
    const count = new Int32Array(files);
    const touched: number[] = [];
    for (const b of orderOf(f).rpo) {
      const { body, term } = f.blocks[b] as Block;
      const enter = (v: ValueId): void => {
        const node = of[v] as number;
        if (node < 0 || live.has(v)) return;
        live.add(v);
        const at = file[v] as number;
        const size = (count[at] as number) + 1;
        count[at] = size;
        const most = b * files + at;
        if (size > (this.#pressure[most] as number)) this.#pressure[most] = size;
      };
      for (let i = out.start[b] as number; i < (out.start[b + 1] as number); i++) {
        const v = out.items[i] as ValueId;
        enter(v);
        const node = of[v] as number;
        if (node < 0) continue;
        this.#at[node] = -1;
        touched.push(node);
      }
      for (let i = body.length; i >= 0; i--) {
        const v = i === body.length ? term : (body[i] as ValueId);
        const inst = instOf(f, v);
        if (live.has(v)) {
          live.delete(v);
          const at = file[v] as number;
          count[at] = (count[at] as number) - 1;
        }
        if ((of[v] as number) >= 0) this.#at[of[v] as number] = -2;
        const far = readsSlots(inst);
        for (let k = 0; k < inst.args.length; k++) {
          const arg = inst.args[k] as ValueId;
          enter(arg);
          const node = of[arg] as number;
          if (node < 0 || far) continue;
          this.#at[node] = i;
          touched.push(node);
        }
      }
      for (let i = this.#rows.start[b] as number; i < (this.#rows.start[b + 1] as number); i++) {
        this.#first[i] = this.#at[this.#rows.items[i] as number] as number;
      }
      for (const node of touched) this.#at[node] = -2;
      touched.length = 0;
      live.clear();
      count.fill(0);
    }
  }

  #sweep(b: BlockId): boolean {
    const { start, items } = this.#rows;
    const { succs } = orderOf(this.#f);
    const at = this.#at;
    const length = (this.#f.blocks[b] as Block).body.length + 1;
    for (let e = succs.start[b] as number; e < (succs.start[b + 1] as number); e++) {
      const to = succs.items[e] as BlockId;
      for (let i = start[to] as number; i < (start[to + 1] as number); i++) {
        const node = items[i] as number;
        const known = at[node] as number;
        const distance = edgeDistance(this.#loops, b, to, this.#distance[i] as number);
        if (known < 0 || distance < known) at[node] = distance;
      }
    }
    let changed = false;
    for (let i = start[b] as number; i < (start[b + 1] as number); i++) {
      const first = this.#first[i] as number;
      const behind = at[items[i] as number] as number;
      const distance = first >= 0 ? first : first === -2 || behind < 0 ? never : Math.min(never, behind + length);
      if (distance === this.#distance[i]) continue;
      this.#distance[i] = distance;
      changed = true;
    }
    for (let e = succs.start[b] as number; e < (succs.start[b + 1] as number); e++) {
      const to = succs.items[e] as BlockId;
      for (let i = start[to] as number; i < (start[to + 1] as number); i++) at[items[i] as number] = -2;
    }
    return changed;
  }
}

/** By block: the nodes that are live at its start. */
function entries(f: Func, { of }: Nodes): Rows {
  const pairs = new PairList();
  const rows = liveness(f).in;
  for (const b of orderOf(f).rpo) {
    for (let i = rows.start[b] as number; i < (rows.start[b + 1] as number); i++) {
      const node = of[rows.items[i] as number] as number;
      if (node >= 0) pairs.push(b, node);
    }
    for (const phi of (f.blocks[b] as Block).phis) if ((of[phi] as number) >= 0) pairs.push(b, of[phi] as number);
  }
  return pairs.rows(f.blocks.length);
}

function pressureOfLoops(f: Func, loops: LoopForest, pressure: Int32Array, files: number): Int32Array {
  const most = new Int32Array(loops.count * files);
  const raise = (at: number, by: number): void => {
    if (by > (most[at] as number)) most[at] = by;
  };
  for (const b of orderOf(f).rpo) {
    const loop = loops.loopOf(b);
    for (let k = 0; k < files && loop !== -1; k++) raise(loop * files + k, pressure[b * files + k] as number);
  }
  // Outer loops come before inner ones.
  for (let loop = loops.count - 1; loop >= 0; loop--) {
    const around = loops.parent[loop] as number;
    for (let k = 0; k < files && around !== -1; k++) raise(around * files + k, most[loop * files + k] as number);
  }
  return most;
}
