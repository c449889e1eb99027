/** Every engine shows what the reference interpreter shows, at every level. A failure prints seed and path. */
import { dynamicFeatures, engineLaws, vectorFeatures } from '@sluice/testkit';
import { describe, test } from 'vitest';
import { levelPipelines, machines } from '../support/engines.ts';

// O1 and Os are made of the same passes.
const levels = levelPipelines().filter(({ name }) => ['O0', 'O2', 'O3'].includes(name));

describe.each(machines())('$name', (engine) => {
  test('on every kind of module', () => engineLaws(engine, { levels, runs: 30 }));
  test('on vectors', () => engineLaws(engine, { levels, runs: 20, features: vectorFeatures }));
  test('on dynamic values and references', () => engineLaws(engine, { runs: 20, features: dynamicFeatures }));
});
