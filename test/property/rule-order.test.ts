/**
 * Rules are right in whatever order they are tried: a pass that applies all of them, shuffled, keeps the laws. Those of
 * strength-reduce come in among the others, which no level does.
 */
import { rules, simplifiers } from '@sluice/passes/rules/index';
import { expansions, strength } from '@sluice/passes/rules/strength';
import { definePass, RuleIndex, rewriteAll } from '@sluice/pipeline';
import { budget, passLaws } from '@sluice/testkit';
import { describe, test } from 'vitest';

function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % n;
  };
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const k = below(i + 1);
    [out[i], out[k]] = [out[k] as T, out[i] as T];
  }
  return out;
}

describe.each(Array.from({ length: budget(4).numRuns > 4 ? 40 : 4 }, (_, seed) => seed + 1))('order %i', (seed) => {
  test('keeps the laws', () => {
    const all = [...rules, ...strength, ...(seed % 2 === 0 ? expansions : [])];
    const index = new RuleIndex(shuffled(all, seed), shuffled(simplifiers, seed));
    const pass = definePass({
      name: 'any-order',
      summary: 'all rules in some order',
      paper: 'none',
      scope: 'func',
      run: (f, cx) => void rewriteAll(f, cx, index),
    });
    passLaws(pass, { runs: 15, features: { rules: all, size: 8 } });
  });
});
