/** Every pass keeps the laws of passes on generated modules. A failure prints seed and path: SLUICE_SEED, SLUICE_PATH. */
import { passes } from '@sluice/passes';
import { rules } from '@sluice/passes/rules/index';
import { pipeline } from '@sluice/pipeline';
import { dynamicFeatures, engineLaws, passLaws, vectorFeatures } from '@sluice/testkit';
import { describe, test } from 'vitest';
import { machines } from '../support/engines.ts';

/** What passes need before them. */
const prepared: Readonly<Record<string, readonly string[]>> = {
  'ssa-destruct': ['split-critical-edges'],
};

describe.each([...passes])('%s', (name, pass) => {
  const prepare = pipeline('prepare', prepared[name] ?? [], passes);
  test('on every kind of module', () => passLaws(pass, { prepare, features: { rules } }));
  test('on vectors', () => passLaws(pass, { prepare, runs: 10, features: vectorFeatures }));
  test('on dynamic values and references', () => passLaws(pass, { prepare, runs: 15, features: dynamicFeatures }));
  test.each(machines().map((engine) => [engine.name, engine] as const))('before %s', (_, engine) => {
    const alone = { name, instances: [...prepare.instances, { pass, id: name, options: {} }] };
    engineLaws(engine, { levels: [alone], runs: 2, features: { rules } });
  });
});
