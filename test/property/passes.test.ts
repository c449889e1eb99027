/** Every pass keeps the laws of passes on generated modules. A failure prints seed and path: SLUICE_SEED, SLUICE_PATH. */
import { passes } from '@sluice/passes';
import { rules } from '@sluice/passes/rules/index';
import { pipeline } from '@sluice/pipeline';
import { dynamicFeatures, passLaws } from '@sluice/testkit';
import { describe, test } from 'vitest';

/** What passes need before them. */
const prepared: Readonly<Record<string, readonly string[]>> = {
  'edge-copies': ['split-critical-edges', 'ssa-destruct'],
  'ssa-destruct': ['split-critical-edges'],
};

describe.each([...passes])('%s', (name, pass) => {
  const prepare = pipeline('prepare', prepared[name] ?? [], passes);
  test('on every kind of module', () => passLaws(pass, { prepare, features: { rules } }));
  test('on dynamic values and references', () => passLaws(pass, { prepare, runs: 25, features: dynamicFeatures }));
});
