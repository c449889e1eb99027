/**
 * Predecessors and successors of every block, unreachable blocks included: what a phi must have an input for.
 *
 * Both are sets: parallel edges (`br_if %c, ^a, ^a`) count once. Successors stand in the order of the terminator's
 * targets, predecessors in the order of layout. Analyses that only mean blocks on paths from the entry use
 * `orderOf` (order.ts), whose predecessors leave unreachable blocks out.
 *
 * Cost: linear in blocks and edges.
 */

import { type BlockId, type Func, instOf } from '../func.ts';
import { ints, scratchInts } from '../ints.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { asIds, type Ids, type Rows } from './ids.ts';

/** The control-flow graph; rows are indexed by `BlockId`, rows of ids without a block are empty. */
export interface Cfg {
  readonly succs: Rows<BlockId>;
  readonly preds: Rows<BlockId>;
}

/** Predecessors and successors of every block. */
export const cfgOf: Analysis<Cfg> = defineAnalysis({ name: 'cfg', of: 'shape', run: buildCfg });

const seenBy = scratchInts();
const targets = scratchInts();
const placeOf = scratchInts();

function buildCfg(f: Func): Cfg {
  const count = f.blocks.length;
  let edges = 0;
  for (let b = 0; b < count; b++) {
    const block = f.blocks[b];
    if (block !== undefined) edges += instOf(f, block.term).blocks.length;
  }
  const start = ints(count + 1);
  const found = targets(edges);
  const seen = seenBy(count);
  for (let b = 0; b < count; b++) seen[b] = -1;
  // By block, one further: the number of its predecessors.
  const into = ints(count + 1);
  let length = 0;
  for (let b = 0; b < count; b++) {
    start[b] = length;
    const block = f.blocks[b];
    if (block === undefined) continue;
    const { blocks } = instOf(f, block.term);
    for (let k = 0; k < blocks.length; k++) {
      const target = blocks[k] as number;
      if (seen[target] === b) continue;
      seen[target] = b;
      into[target + 1] = (into[target + 1] as number) + 1;
      found[length++] = target;
    }
  }
  start[count] = length;
  const items = ints(length);
  for (let e = 0; e < length; e++) items[e] = found[e] as number;
  return {
    succs: { start: asIds(start), items: asIds(items) },
    preds: { start: asIds(into), items: predecessors(f.order, start, items, into) },
  };
}

/** The predecessors of all blocks in order of layout; makes starts of rows of the numbers in `into`. */
function predecessors(order: readonly BlockId[], start: Int32Array, items: Int32Array, into: Int32Array): Ids<BlockId> {
  const count = into.length - 1;
  const place = placeOf(count);
  for (let b = 0; b < count; b++) {
    place[b] = into[b] as number;
    into[b + 1] = (into[b + 1] as number) + (into[b] as number);
  }
  const from = ints(items.length);
  for (let i = 0; i < order.length; i++) {
    const b = order[i] as number;
    for (let e = start[b] as number; e < (start[b + 1] as number); e++) {
      const target = items[e] as number;
      const at = place[target] as number;
      place[target] = at + 1;
      from[at] = b;
    }
  }
  return asIds(from);
}
