/** Memories, globals and tables that others hold too: passes and machines see them as the reference interpreter does. */
import { dynamicFeatures, engineLaws } from '@sluice/testkit';
import { describe, test } from 'vitest';
import { levelPipelines, machines } from '../support/engines.ts';

const levels = levelPipelines().filter(({ name }) => ['O0', 'O3'].includes(name));
const linking = machines().filter(({ name }) => ['stack', 'register', 'js'].includes(name));

describe.each(linking)('$name', (engine) => {
  test('on every kind of module', () => engineLaws(engine, { levels, runs: 25, features: { shared: true } }));
  test('on dynamic values and references', () => {
    engineLaws(engine, { runs: 20, features: { ...dynamicFeatures, shared: true } });
  });
});
