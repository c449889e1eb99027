/** The levels as lists: the reasons that passes give for their places hold, and no reasons contradict each other. */
import { isLevel, levelPipeline, levels, passes } from '@sluice/passes';
import { violations } from '@sluice/pipeline';
import { contradictions } from '@sluice/pipeline/order-reasons';
import { expect, test } from 'vitest';

test.each(levels)('%s keeps the order that its passes ask for', (level) => {
  expect(violations(levelPipeline(level))).toEqual([]);
});

test('no passes demand each other to come first', () => {
  expect(contradictions(passes.values())).toEqual([]);
});

test('every reason names a pass that there is, and says why', () => {
  const bad: string[] = [];
  for (const { name, after, before } of passes.values()) {
    for (const { pass, why } of [...after, ...before]) {
      if (!passes.has(pass)) bad.push(`${name} names '${pass}'`);
      if (why.trim() === '') bad.push(`${name} and ${pass}: no reason`);
    }
  }
  expect(bad).toEqual([]);
});

test('every pass says what it does, and where it comes from', () => {
  const silent = [...passes.values()].filter(({ summary, paper }) => summary.trim() === '' || paper.trim() === '');
  expect(silent.map(({ name }) => name)).toEqual([]);
  expect(levels.every(isLevel)).toBe(true);
});
