/** Every level, as a whole, keeps the laws of passes on generated modules. A failure prints seed and path. */
import { levelPipeline, levels } from '@sluice/passes';
import { rules } from '@sluice/passes/rules/index';
import { dynamicFeatures, pipelineLaws } from '@sluice/testkit';
import { describe, test } from 'vitest';

describe.each(levels)('%s', (level) => {
  const pipeline = levelPipeline(level);
  test('on every kind of module', () => pipelineLaws(pipeline, { runs: 60, features: { rules } }));
  test('on dynamic values and references', () =>
    pipelineLaws(pipeline, { runs: 20, features: { ...dynamicFeatures, rules } }));
});
