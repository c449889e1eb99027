/**
 * The order of blocks that everything agrees on: reverse postorder of a depth-first search from the entry, successors
 * in the order of the terminator's targets.
 *
 * Why this one: a block comes after its dominators, and after all of its predecessors but those over back-edges, so
 * that forward problems settle in few sweeps. Engines lay out code in this order, and fuel is counted by it: an edge
 * is a back-edge exactly when its target does not come later (`isBackEdge`), the same on every engine.
 *
 * Unreachable blocks are not in the order; `preds` leaves them out, `cfgOf` has them.
 */

import type { BlockId, Func } from '../func.ts';
import { filledInts, ints, scratchInts } from '../ints.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { cfgOf } from './cfg.ts';
import { type DepthFirst, depthFirst } from './dfs.ts';
import { asIds, type Ids, type Rows } from './ids.ts';

const placeOf = scratchInts();

/** Reachable blocks in reverse postorder, and the graph restricted to them. */
export class BlockOrder {
  /** The reachable blocks; the entry is first. */
  readonly rpo: Ids<BlockId>;
  /** By `BlockId`: the position in `rpo`, -1 when unreachable. */
  readonly index: Ids;
  /** By `BlockId`: reachable predecessors, each once, in reverse postorder. */
  readonly preds: Rows<BlockId>;
  /** By `BlockId`: successors, each once, in the order of targets. */
  readonly succs: Rows<BlockId>;
  /** The depth-first tree that the order comes from. */
  readonly dfs: DepthFirst;

  constructor(f: Func) {
    const count = f.blocks.length;
    const cfg = cfgOf(f);
    this.succs = cfg.succs;
    this.dfs = depthFirst(count, f.order[0] as BlockId, this.succs);
    const { postorder } = this.dfs;
    const rpo = ints(postorder.length);
    for (let i = 0; i < rpo.length; i++) rpo[i] = postorder[rpo.length - 1 - i] as number;
    const index = filledInts(count, -1);
    for (let i = 0; i < rpo.length; i++) index[rpo[i] as number] = i;
    this.rpo = asIds(rpo);
    this.index = asIds(index);
    // Where the layout is this order, the graph's own predecessors stand in it.
    this.preds = sameOrder(rpo, f.order) ? cfg.preds : this.#predecessors(count);
  }

  /** Whether a path from the entry leads to the block. */
  reaches(b: BlockId): boolean {
    return (this.index[b] as number) >= 0;
  }

  /** Whether the edge goes back: its target doesn't come after its source. A unit of fuel is spent on it. */
  isBackEdge(from: BlockId, to: BlockId): boolean {
    return (this.index[to] as number) <= (this.index[from] as number);
  }

  /** Whether some edge goes back: whether there are loops. */
  hasBackEdge(): boolean {
    const { start, items } = this.succs;
    for (let i = 0; i < this.rpo.length; i++) {
      const b = this.rpo[i] as BlockId;
      for (let e = start[b] as number; e < (start[b + 1] as number); e++)
        if (this.isBackEdge(b, items[e] as BlockId)) return true;
    }
    return false;
  }

  #predecessors(count: number): Rows<BlockId> {
    const { start, items } = this.succs;
    const into = ints(count + 1);
    let edges = 0;
    for (let i = 0; i < this.rpo.length; i++) {
      const b = this.rpo[i] as number;
      for (let e = start[b] as number; e < (start[b + 1] as number); e++) {
        const after = (items[e] as number) + 1;
        into[after] = (into[after] as number) + 1;
        edges++;
      }
    }
    const place = placeOf(count);
    for (let b = 0; b < count; b++) {
      place[b] = into[b] as number;
      into[b + 1] = (into[b + 1] as number) + (into[b] as number);
    }
    const from = ints(edges);
    for (let i = 0; i < this.rpo.length; i++) {
      const b = this.rpo[i] as number;
      for (let e = start[b] as number; e < (start[b + 1] as number); e++) {
        const at = place[items[e] as number] as number;
        place[items[e] as number] = at + 1;
        from[at] = b;
      }
    }
    return { start: asIds(into), items: asIds(from) };
  }
}

function sameOrder(rpo: Int32Array, layout: readonly BlockId[]): boolean {
  if (rpo.length !== layout.length) return false;
  for (let i = 0; i < rpo.length; i++) if (rpo[i] !== layout[i]) return false;
  return true;
}

/** The order of a function's blocks. */
export const orderOf: Analysis<BlockOrder> = defineAnalysis({
  name: 'order',
  of: 'shape',
  run: (f) => new BlockOrder(f),
});
