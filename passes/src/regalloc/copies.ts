/** Copies between nodes: what coalescing takes out. */

import { type Block, blockFrequency, type Func, instOf, orderOf } from '@sluice/ir';
import type { Nodes } from './nodes.ts';

/** A copy between two nodes. */
export interface CopyEdge {
  readonly to: number;
  readonly from: number;
  /** How often its block is guessed to run. */
  readonly weight: number;
}

/** The copies between different nodes, those that run most often first. */
export function copiesOf(f: Func, nodes: Nodes): readonly CopyEdge[] {
  const frequency = blockFrequency(f);
  const copies: CopyEdge[] = [];
  for (const b of orderOf(f).rpo) {
    for (const v of (f.blocks[b] as Block).body) {
      const inst = instOf(f, v);
      if (inst.op.name !== 'copy') continue;
      const to = nodes.of[v] as number;
      const from = nodes.of[inst.args[0] as number] as number;
      if (to >= 0 && from >= 0 && to !== from) copies.push({ to, from, weight: frequency[b] as number });
    }
  }
  return copies.sort((a, b) => b.weight - a.weight);
}
