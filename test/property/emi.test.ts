/** What a call never enters may be anything: levels keep its result whatever stands there. A failure prints seed and path. */
import { levelPipeline, levels } from '@sluice/passes';
import { rules } from '@sluice/passes/rules/index';
import { arbitraryModule, changeUnreached, emiLaws } from '@sluice/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const pipelines = levels.slice(1).map(levelPipeline);

test('blocks that a call never enters do not matter to it', () => emiLaws(pipelines, { features: { rules } }));

test('most programs have such blocks, and they are changed', () => {
  const programs = fc.sample(arbitraryModule(), { numRuns: 100, seed: 5 });
  const picks = Array.from({ length: 40 }, (_, i) => (i * 977) % 4096);
  const changed = programs.filter(({ module, calls }) => {
    const [call] = calls;
    return call !== undefined && changeUnreached(module, call, picks) !== module;
  });
  expect(changed.length).toBeGreaterThan(50);
});
