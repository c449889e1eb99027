/**
 * How good allocations are, to the instruction: a decision that is made in another way shows here, even where what comes out is
 * right. `npm run bless` writes the figures anew; look whether they got better.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import type { AllocationStats } from '@sluice/codegen';
import { allocators } from '@sluice/passes/regalloc/index';
import { expect, test } from 'vitest';
import { functionOf, shapes } from '../fuzz/allocations.ts';

const file = new URL('./figures.snap.txt', import.meta.url);
const rounds = 8;

/** A line for each shape, number of registers and allocator. */
function figures(): readonly string[] {
  const rows = new Map<string, number[]>();
  const totals = new Map<string, number>();
  for (let seed = 0; seed < rounds * shapes.length; seed++) {
    const { f } = functionOf(seed);
    for (const registers of [4, 6, 8, 16, null]) {
      for (const typed of [false, true]) {
        for (const { name, allocate } of allocators) {
          const { stats, registers: used } = allocate(f, { registers, typed });
          const key = `shape ${seed % shapes.length}, ${registers ?? 'any'}${typed ? ' typed' : ''}, ${name}`;
          const row = rows.get(key) ?? [0, 0, 0, 0, 0];
          rows.set(key, row);
          [...counts(stats), used].forEach((n, k) => {
            row[k] = (row[k] as number) + n;
          });
          if (registers !== null) totals.set(name, (totals.get(name) ?? 0) + stats.reloads + stats.stores);
        }
      }
    }
  }
  expect(totals.get('graph')).toBeLessThan(totals.get('linear-scan') ?? 0);
  return ['spilled loads stores moves registers', ...[...rows].map(([key, row]) => `${key}: ${row.join(' ')}`)];
}

const counts = ({ spilled, reloads, stores, copiesLeft }: AllocationStats): readonly number[] => [
  spilled,
  reloads,
  stores,
  copiesLeft,
];

test('allocations cost what they did', () => {
  const now = `${figures().join('\n')}\n`;
  if (process.env.SLUICE_BLESS === '1') writeFileSync(file, now);
  expect(now).toBe(readFileSync(file, 'utf8'));
});
