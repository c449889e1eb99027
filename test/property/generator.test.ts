/** The generator of programs reaches what it must: a bucket that stays empty is something that no property tests. */

import { presets } from '@sluice/driver';
import { allocate } from '@sluice/passes/regalloc/index';
import { pipeline, runPipeline } from '@sluice/pipeline';
import {
  allFeatures,
  arbitraryModule,
  budget,
  Coverage,
  dynamicFeatures,
  expectedBuckets,
  type Features,
  vectorFeatures,
} from '@sluice/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const cases: readonly (readonly [string, Features])[] = [
  ['every engine', allFeatures],
  ['vectors', vectorFeatures],
  ['dynamic values', dynamicFeatures],
];

const sampleOf = (features: Partial<Features>, numRuns: number) =>
  fc.sample(arbitraryModule(features), { numRuns, seed: budget(1).seed });

test.each(cases)('programs for %s fall into every bucket', (_, features) => {
  const coverage = new Coverage();
  for (const g of sampleOf(features, 500)) coverage.add(g);
  expect(coverage.missing(expectedBuckets(features))).toEqual([]);
});

test('what a generator never makes is missing', () => {
  const coverage = new Coverage();
  for (const g of sampleOf({ loops: false, graphs: false, endless: false, traps: false, heap: false }, 100))
    coverage.add(g);
  const missing = coverage.missing(expectedBuckets(allFeatures));
  expect(missing).toEqual(expect.arrayContaining(['loop depth 2', 'irreducible loop', 'op trap', 'trap heap-dead']));
  expect(missing).not.toContain('op i32.add');
});

test('with few registers, functions spill; with many, hardly any does', () => {
  const { prepare, constraints } = machine('register');
  const spills = (registers: number): number =>
    sampleOf({}, 60)
      .flatMap(({ module }) => runPipeline(module, pipeline('prepare', prepare, presets.passes)).module.funcs)
      .filter((f) => allocate(f, { ...constraints, registers }).stats.spilled > 0).length;
  const [four, sixteen] = [spills(4), spills(16)];
  expect(four).toBeGreaterThan(20);
  expect(sixteen).toBeGreaterThan(0);
  expect(sixteen).toBeLessThan(four);
});

function machine(name: string) {
  const entry = presets.engines.find((engine) => engine.name === name);
  if (entry?.executes !== 'program') throw new Error(`no machine '${name}'`);
  return entry.target;
}
