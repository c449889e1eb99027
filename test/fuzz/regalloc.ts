/**
 * `SLUICE_FUZZ=100000 npm run fuzz:regalloc`: random functions through every allocator with 4, 8 and 16 registers; the checker
 * must accept each allocation, and the verifier its function. Prints a progress line on stderr and the seeds that failed;
 * SLUICE_SEED is the first seed (else 0), so that `SLUICE_FUZZ=1 SLUICE_SEED=n` repeats one.
 */

import process from 'node:process';
import { checkAllocations, functionOf } from './allocations.ts';

const { SLUICE_FUZZ, SLUICE_SEED } = process.env;
const total = Number(SLUICE_FUZZ ?? 2000);
const first = Number(SLUICE_SEED ?? 0);
const start = performance.now();
let failures = 0;
let spilled = 0;

for (let k = 0; k < total; k++) {
  try {
    spilled += checkAllocations(functionOf(first + k));
  } catch (error) {
    failures++;
    console.log(`seed ${first + k}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (k % 100 !== 99 && k !== total - 1) continue;
  const rate = ((k + 1) * 1000) / (performance.now() - start);
  process.stderr.write(`\r${k + 1} of ${total} functions, ${failures} failures, ${rate.toFixed(0)} a second   `);
}
process.stderr.write('\n');
console.log(`${total} functions from seed ${first}, ${failures} failures; ${spilled} of the allocations spill`);
process.exitCode = failures > 0 ? 1 : 0;
