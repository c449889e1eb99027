/** The benchmarks of Bril by Bril's own count: no program gets longer, and all together get shorter (docs/results/bril.md). */

import { describe, expect, test } from 'vitest';
import { countBril, countedLevels, limits, meanRatio } from '../bench/bril-counts.ts';
import { brilCorpus } from '../corpus.ts';

const found = brilCorpus();
/** What runs longer than this as it is, runs in the deep suite. */
const longest = process.env.SLUICE_DEEP === '1' ? Number.POSITIVE_INFINITY : 2_000_000;

describe.skipIf(found === null)('executed instructions of emitted Bril', () => {
  test('are within the limits', { timeout: 300_000 }, () => {
    if (found === null) return;
    const rows = countBril(found, ({ dyn_inst }) => (dyn_inst ?? 0) <= longest);
    expect(rows.length).toBeGreaterThan(65);
    for (const level of countedLevels) {
      const longer = rows.filter(({ original, counts }) => counts[level] > original);
      expect([level, longer.map(({ name }) => name)]).toEqual([level, []]);
      expect(meanRatio(rows, level)).toBeLessThanOrEqual(limits[level]);
    }
  });
});
