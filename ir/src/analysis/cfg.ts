/**
 * Predecessors and successors of every block, unreachable blocks included: what a phi must have an input for.
 *
 * Both are sets: parallel edges (`br_if %c, ^a, ^a`) count once. Successors stand in the order of the terminator's
 * targets, predecessors in the order of layout. Analyses that only mean blocks on paths from the entry use
 * `orderOf` (order.ts), whose predecessors leave unreachable blocks out.
 *
 * Cost: linear in blocks and edges.
 */

import { copiedInts, filledInts, ints } from '../ints.ts';
import { type BlockId, type Func, instOf } from '../func.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { asIds, type Rows, rowsOfPairs } from './ids.ts';

/** The control-flow graph; rows are indexed by `BlockId`, rows of ids without a block are empty. */
export interface Cfg {
  readonly succs: Rows<BlockId>;
  readonly preds: Rows<BlockId>;
}

/** Predecessors and successors of every block. */
export const cfgOf: Analysis<Cfg> = defineAnalysis({ name: 'cfg', of: 'shape', run: buildCfg });

function buildCfg(f: Func): Cfg {
  const count = f.blocks.length;
  let edges = 0;
  for (const block of f.blocks) if (block !== undefined) edges += instOf(f, block.term).blocks.length;
  const start = ints(count + 1);
  const items = ints(edges);
  const seen = filledInts(count, -1);
  let length = 0;
  for (let b = 0; b < count; b++) {
    start[b] = length;
    const block = f.blocks[b];
    if (block === undefined) continue;
    for (const target of instOf(f, block.term).blocks) {
      if (seen[target] === b) continue;
      seen[target] = b;
      items[length++] = target;
    }
  }
  start[count] = length;
  return {
    succs: { start: asIds(start), items: asIds(copiedInts(items, length)) },
    preds: predecessors(f, start, items, length),
  };
}

function predecessors(f: Func, start: Int32Array, items: Int32Array, length: number): Rows<BlockId> {
  const to = ints(length);
  const from = ints(length);
  let n = 0;
  for (const b of f.order) {
    for (let i = start[b] as number; i < (start[b + 1] as number); i++) {
      to[n] = items[i] as number;
      from[n++] = b;
    }
  }
  return rowsOfPairs(f.blocks.length, to, from, n);
}
