/** What an allocation put into a function. */

import type { Allocation } from '@sluice/codegen';
import { type Block, blockFrequency, type Func, instOf, orderOf, type ValueId } from '@sluice/ir';
import { isConstant } from './remake.ts';

const remake = 0.25;
const move = 0.25;

/** Loads and stores as they stand in the code, and what all that was put in costs: its size, and how often it may run. */
export interface SpillCode {
  readonly reloads: number;
  readonly stores: number;
  readonly cost: number;
}

/** Counts what an allocation put into its function. */
export function spillCodeOf(original: Func, { func, folded }: Allocation): SpillCode {
  const frequency = blockFrequency(original);
  let reloads = 0;
  let stores = 0;
  let cost = 0;
  for (const b of orderOf(func).rpo) {
    const { body } = func.blocks[b] as Block;
    const weight = 1 + (frequency[b] as number);
    for (let i = 0; i < body.length; i++) {
      const v = body[i] as ValueId;
      const inst = instOf(func, v);
      const { op } = inst;
      if (op.name === 'copy') cost += move * weight;
      if (original.insts[v]?.op === op || folded.has(v)) continue;
      if (isConstant(inst)) cost += remake * weight;
      else if (op.name === 'slot.get') {
        reloads++;
        cost += weight;
      } else if (op.name === 'slot.set') {
        stores++;
        cost += weight;
      }
    }
  }
  return { reloads, stores, cost };
}
