/** Functions of the sizes that programs generate: every phase must stay near linear, and nothing may recurse. */
import type { RegisterConstraints } from '@sluice/codegen';
import { type Func, makeModule } from '@sluice/ir';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { allocators } from '@sluice/passes/regalloc/index';
import { describe, expect, test } from 'vitest';
import { chain, line, nest, rotation, wide } from './support/large.ts';
import { prepared } from './support/lower.ts';

const functions: Readonly<Record<string, () => Func>> = {
  'a line of 300,000 instructions with few live values': () => line(300_000, 8),
  'a line of 100,000 instructions with 1,000 live values': () => line(100_000, 2000),
  'a chain of 20,000 blocks': () => chain(20_000),
  '10,000 nested loops': () => nest(10_000),
  '10,000 phis that rotate in one block': () => rotation(10_000),
  'a phi with 5,000 inputs over critical edges': () => wide(5000),
};

const constraints: readonly RegisterConstraints[] = [
  { registers: null, typed: false },
  { registers: 16, typed: false },
];

describe.each(Object.entries(functions))('%s', (_, build) => {
  test.each(allocators)('is allocated by $name and checked in time', { timeout: 60_000 }, ({ allocate }) => {
    const start = process.cpuUsage();
    const [f] = prepared(makeModule({ funcs: [build()] }), false).funcs;
    if (f === undefined) throw new Error('no function');
    for (const c of constraints) expect(checkAllocation(f, allocate(f, c), c)).toEqual([]);
    const { user, system } = process.cpuUsage(start);
    // Processor time, so that a busy machine does not count; quadratic behaviour takes minutes.
    expect((user + system) / 1e6).toBeLessThan(20);
  });
});
