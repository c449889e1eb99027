/** Every engine shows what the reference interpreter shows, at every level. A failure prints seed and path. */
import { dynamicFeatures, engineLaws } from '@sluice/testkit';
import { describe, test } from 'vitest';
import { levelPipelines, machines } from '../support/engines.ts';

// The machines have no instruction for `invoke` yet.
const exceptions = false;

describe.each(machines())('$name', (engine) => {
  test('on every kind of module, at every level', () =>
    engineLaws(engine, { levels: levelPipelines(), runs: 40, features: { exceptions } }));
  test('on dynamic values and references', () =>
    engineLaws(engine, { runs: 30, features: { ...dynamicFeatures, exceptions } }));
});
