/**
 * How much random testing is done: a small number with a fixed seed in the ordinary run, so that it takes seconds and fails
 * only when something changed; fifty times as much from a fresh seed with SLUICE_DEEP. SLUICE_SEED and SLUICE_PATH replay
 * what a failure printed.
 */

import process from 'node:process';

/** Parameters for fast-check. */
export interface Budget {
  readonly numRuns: number;
  readonly seed: number;
  readonly path?: string;
  /** Failures are told by their message; fast-check's own list of attempts is long. */
  readonly verbose: 0;
}

/** The budget for a property that takes `runs` runs ordinarily. */
export function budget(runs: number): Budget {
  const { SLUICE_DEEP, SLUICE_SEED, SLUICE_PATH } = process.env;
  const deep = SLUICE_DEEP !== undefined && SLUICE_DEEP !== '' && SLUICE_DEEP !== '0';
  const seed = SLUICE_SEED === undefined ? (deep ? Date.now() | 0 : 20_260_101) : Number(SLUICE_SEED);
  const path = SLUICE_PATH === undefined ? {} : { path: SLUICE_PATH };
  return { numRuns: deep ? runs * 50 : runs, seed, ...path, verbose: 0 };
}
