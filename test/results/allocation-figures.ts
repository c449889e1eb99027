/** What allocations of functions cost, by allocator and number of registers. */

import type { Allocation, NamedAllocator } from '@sluice/codegen';
import { blockOf, type Func, instOf, orderOf, type ValueId } from '@sluice/ir';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import type { BlockCounts } from './profile.ts';

/** Counts of instructions; `executed` ones by a profile. */
export interface Costs {
  /** Values in slots. */
  values: number;
  /** Loads and stores of slots, as they stand in the code. */
  spills: number;
  executedSpills: number;
  /** Constants made anew. */
  executedConstants: number;
  moves: number;
  executedMoves: number;
}

/** Nothing yet. */
export function noCosts(): Costs {
  return { values: 0, spills: 0, executedSpills: 0, executedConstants: 0, moves: 0, executedMoves: 0 };
}

/** Adds to a sum. */
export function addCosts(sum: Costs, more: Costs): void {
  for (const key of Object.keys(sum) as (keyof Costs)[]) sum[key] += more[key];
}

/** Allocates, has the result checked, and counts. */
export function costsOf(f: Func, { name, allocate }: NamedAllocator, registers: number, counts: BlockCounts): Costs {
  const constraints = { registers, typed: false };
  const allocation = allocate(f, constraints);
  const [problem] = checkAllocation(f, allocation, constraints);
  if (problem !== undefined) throw new Error(`@${f.name}, ${name}, ${registers} registers: ${problem}`);
  return count(f, allocation, counts);
}

function count(original: Func, { func, folded, stats }: Allocation, counts: BlockCounts): Costs {
  const costs = { ...noCosts(), values: stats.spilled };
  for (const b of orderOf(func).rpo) {
    const times = counts[b] ?? 0;
    const { body } = blockOf(func, b);
    for (let i = 0; i < body.length; i++) {
      const v = body[i] as ValueId;
      const { op } = instOf(func, v);
      if (op.name === 'copy') {
        costs.moves++;
        costs.executedMoves += times;
      } else if (op.kind === 'const') {
        if (original.insts[v] === undefined) costs.executedConstants += times;
      } else if (op.name.startsWith('slot.') && original.insts[v]?.op !== op && !folded.has(v)) {
        costs.spills++;
        costs.executedSpills += times;
      }
    }
  }
  return costs;
}

/** Operands of phis that are passed on, by a profile: as many as a naive translation would execute copies. */
export function phiOperands(f: Func, counts: BlockCounts): number {
  let sum = 0;
  for (const b of orderOf(f).rpo) sum += blockOf(f, b).phis.length * (counts[b] ?? 0);
  return sum;
}
