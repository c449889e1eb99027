/** Runs a property over seeds, more of them in the deep test run, and says which seed failed. */

import process from 'node:process';

const factor = process.env.SLUICE_DEEP === '1' ? 20 : 1;

/** Calls with the seeds from 0 up. */
export function eachSeed(count: number, property: (seed: number) => void): void {
  for (let seed = 0; seed < count * factor; seed++) {
    try {
      property(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
