/** A little of the campaign (`npm run fuzz:regalloc`); all of it, 100,000 functions, in the deep run. */
import process from 'node:process';
import { expect, test } from 'vitest';
import { bounds, checkAllocations, functionOf, shapes } from '../fuzz/allocations.ts';

const { SLUICE_DEEP, SLUICE_FUZZ } = process.env;
const functions = Number(SLUICE_FUZZ ?? (SLUICE_DEEP === '1' ? 100_000 : 20 * shapes.length));

test(`the checker accepts ${functions} random functions`, { timeout: functions * 100 }, () => {
  let spilled = 0;
  for (let seed = 0; seed < functions; seed++) {
    try {
      spilled += checkAllocations(functionOf(seed));
    } catch (error) {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  // Else there was little to check.
  expect(spilled).toBeGreaterThan((functions * bounds.length) / 4);
});
