/** One random function through every allocator. */

import { type Func, formatDiagnostic, type Module, verifyFunc } from '@sluice/ir';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { allocators } from '@sluice/passes/regalloc/index';
import { prepared } from '../regalloc/support/lower.ts';
import { randomModule, type Shape } from '../regalloc/support/random-func.ts';

/** From small to large, so that each way to go wrong comes up often and none takes all the time. */
export const shapes: readonly Shape[] = [
  { blocks: 6, variables: 8, statements: 6, params: 7, invoke: true },
  { blocks: 12, variables: 9, statements: 7, params: 7, invoke: true },
  { blocks: 4, variables: 30, statements: 24, params: 20, invoke: false },
  { blocks: 16, variables: 24, statements: 12, params: 4, invoke: true },
  { blocks: 8, variables: 40, statements: 30, params: 20, invoke: false },
  { blocks: 40, variables: 4, statements: 3, params: 2, invoke: true },
];

/** The numbers of registers that are tried. */
export const bounds: readonly number[] = [4, 8, 16];

/** A random function as allocators take it, with its module. */
export function functionOf(seed: number): { readonly f: Func; readonly module: Module } {
  const module = prepared(randomModule(seed, shapes[seed % shapes.length] as Shape), false);
  const [f] = module.funcs;
  if (f === undefined) throw new Error('no function');
  return { f, module };
}

/** Allocates with every allocator and bound; throws for an allocation that is wrong. How many of them spill. */
export function checkAllocations({ f, module }: { readonly f: Func; readonly module: Module }): number {
  let spilled = 0;
  for (const { name, allocate } of allocators) {
    for (const registers of bounds) {
      const constraints = { registers, typed: false };
      const allocation = allocate(f, constraints);
      const [invalid] = verifyFunc(allocation.func, module);
      if (invalid !== undefined) throw new Error(`${name}, ${registers} registers: ${formatDiagnostic(invalid)}`);
      const [problem] = checkAllocation(f, allocation, constraints);
      if (problem !== undefined) throw new Error(`${name}, ${registers} registers: ${problem}`);
      if (allocation.stats.spilled > 0) spilled++;
    }
  }
  return spilled;
}
