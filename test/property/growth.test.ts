/** Every pass on long, deep and wide inputs: no stack overflows, and the time grows with the size, not with its square. */
import { passes } from '@sluice/passes';
import { pipeline } from '@sluice/pipeline';
import { budget, growthOf, isSteep, shapes } from '@sluice/testkit';
import { describe, expect, test } from 'vitest';

const [ordinary, deep] = [5_000, 40_000];
const size = budget(1).numRuns > 1 ? deep : ordinary;
const slowMs = 200;

describe.each([...passes])('%s', (name, pass) => {
  const one = { name, instances: [{ pass, id: name, options: {} }] };
  const prepare = name === 'ssa-destruct' ? pipeline('prepare', ['split-critical-edges'], passes) : null;
  test.each(shapes)('$name', (shape) => {
    let found = growthOf(one, shape, size, prepare);
    // Times are noisy: what is steep is so each time.
    for (let again = 0; again < 3 && isSteep(found, slowMs); again++) found = growthOf(one, shape, size, prepare);
    expect(isSteep(found, slowMs), JSON.stringify(found)).toBe(false);
  });
});
