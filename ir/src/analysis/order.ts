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

import { filledInts, ints } from '../ints.ts';
import type { BlockId, Func } from '../func.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { cfgOf } from './cfg.ts';
import { type DepthFirst, depthFirst } from './dfs.ts';
import { asIds, type Ids, type Rows, rowLength, rowsOfPairs } from './ids.ts';

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
    this.succs = cfgOf(f).succs;
    this.dfs = depthFirst(count, f.order[0] as BlockId, this.succs);
    const { postorder } = this.dfs;
    const rpo = ints(postorder.length);
    for (let i = 0; i < rpo.length; i++) rpo[i] = postorder[rpo.length - 1 - i] as number;
    const index = filledInts(count, -1);
    for (let i = 0; i < rpo.length; i++) index[rpo[i] as number] = i;
    this.rpo = asIds(rpo);
    this.index = asIds(index);
    this.preds = this.#predecessors(count);
  }

  /** Whether a path from the entry leads to the block. */
  reaches(b: BlockId): boolean {
    return (this.index[b] as number) >= 0;
  }

  /** Whether the edge goes back: its target doesn't come after its source. A unit of fuel is spent on it. */
  isBackEdge(from: BlockId, to: BlockId): boolean {
    return (this.index[to] as number) <= (this.index[from] as number);
  }

  #predecessors(count: number): Rows<BlockId> {
    let edges = 0;
    for (const b of this.rpo) edges += rowLength(this.succs, b);
    const to = ints(edges);
    const from = ints(edges);
    let n = 0;
    for (const b of this.rpo) {
      const end = this.succs.start[b + 1] as number;
      for (let i = this.succs.start[b] as number; i < end; i++) {
        to[n] = this.succs.items[i] as number;
        from[n++] = b;
      }
    }
    return rowsOfPairs(count, to, from);
  }
}

/** The order of a function's blocks. */
export const orderOf: Analysis<BlockOrder> = defineAnalysis({
  name: 'order',
  of: 'shape',
  run: (f) => new BlockOrder(f),
});
