/** The generator of programs reaches what it must: a bucket that stays empty is something that no property tests. */
import {
  allFeatures,
  arbitraryModule,
  budget,
  Coverage,
  dynamicFeatures,
  expectedBuckets,
  type Features,
} from '@sluice/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const cases: readonly (readonly [string, Features])[] = [
  ['every engine', allFeatures],
  ['dynamic values', dynamicFeatures],
];

test.each(cases)('programs for %s fall into every bucket', (_, features) => {
  const coverage = new Coverage();
  const { seed } = budget(1);
  for (const g of fc.sample(arbitraryModule(features), { numRuns: 500, seed })) coverage.add(g);
  expect(coverage.missing(expectedBuckets(features))).toEqual([]);
});
