/**
 * What it costs to keep a node in a slot: a load for each use and a store for each definition, each as often as its block
 * is guessed to run. A constant is made anew instead, which costs less and needs no store. Calls and returns read slots
 * for nothing. A parameter that arrived in a slot saves the load that would bring it to a register.
 */

import { type Block, blockFrequency, type Func, instOf, orderOf, type ValueId } from '@sluice/ir';
import type { Arrivals } from './arrive.ts';
import type { Nodes } from './nodes.ts';
import { canRemake, readsSlots } from './remake.ts';

const load = 1;
const store = 1;
const remake = 0.5;

/** By node: its costs; infinite for nodes with a value in `pinned` (by `ValueId`, 1). */
export function spillCosts(f: Func, nodes: Nodes, arrivals: Arrivals, pinned: Uint8Array): Float64Array {
  const frequency = blockFrequency(f);
  const cost = new Float64Array(f.insts.length);
  const { of } = nodes;
  /** What a use costs; asked for once for each value, for it looks at all of them. */
  const useCost = new Float64Array(f.insts.length).fill(-1);
  const costOfUse = (v: ValueId): number => {
    if (useCost[v] === -1) useCost[v] = canRemake(f, nodes, v) ? remake : load;
    return useCost[v] as number;
  };
  const visit = (v: ValueId, weight: number): void => {
    const inst = instOf(f, v);
    const { args } = inst;
    const node = of[v] as number;
    if (node >= 0) {
      if (pinned[v] === 1) cost[node] = Number.POSITIVE_INFINITY;
      else if (arrivals.has(v)) cost[node] = (cost[node] as number) - load * weight;
      else if (costOfUse(v) !== remake) cost[node] = (cost[node] as number) + store * weight;
    }
    if (readsSlots(inst)) return;
    for (let k = 0; k < args.length; k++) {
      const arg = args[k] as ValueId;
      const used = of[arg] as number;
      if (used >= 0) cost[used] = (cost[used] as number) + costOfUse(arg) * weight;
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
