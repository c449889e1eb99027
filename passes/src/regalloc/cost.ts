/**
 * What it costs to keep a node in a slot: a load for each use and a store for each definition, each as often as its block
 * is guessed to run. A constant is made anew instead, which costs less and needs no store.
 */

import { type Block, blockFrequency, type Func, instOf, orderOf, type ValueId } from '@sluice/ir';
import type { Nodes } from './nodes.ts';
import { canRemake } from './remake.ts';

const load = 1;
const store = 1;
const remake = 0.5;

/** By node: its costs; infinite for nodes with a value in `pinned` (by `ValueId`, 1). */
export function spillCosts(f: Func, nodes: Nodes, pinned: Uint8Array): Float64Array {
  const frequency = blockFrequency(f);
  const cost = new Float64Array(f.insts.length);
  const { of } = nodes;
  const visit = (v: ValueId, weight: number): void => {
    const { args } = instOf(f, v);
    const node = of[v] as number;
    if (node >= 0) {
      if (pinned[v] === 1) cost[node] = Number.POSITIVE_INFINITY;
      else if (!canRemake(f, nodes, v)) cost[node] = (cost[node] as number) + store * weight;
    }
    for (let k = 0; k < args.length; k++) {
      const arg = args[k] as ValueId;
      const used = of[arg] as number;
      if (used >= 0) cost[used] = (cost[used] as number) + (canRemake(f, nodes, arg) ? remake : load) * weight;
    }
  };
  for (const v of f.params) if ((of[v] as number) >= 0) cost[of[v] as number] = Number.POSITIVE_INFINITY;
  for (const b of orderOf(f).rpo) {
    const block = f.blocks[b] as Block;
    const weight = frequency[b] as number;
    for (const v of block.body) visit(v, weight);
    visit(block.term, weight);
  }
  return cost;
}
