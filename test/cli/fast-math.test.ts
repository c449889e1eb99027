/** `--fast-math` reaches the passes that ask, in levels and in lists. */
import { expect, test } from 'vitest';
import { sluice } from './support.ts';

const sums = 'test/fixtures/passes/simd-lower.ir#6';

test('without it sums of floats stay in order, and remarks say why', () => {
  const { stdout, stderr, code } = sluice(['opt', sums, '-O3', '--remarks']);
  expect(code).toBe(0);
  expect(stderr).toContain('declined: reduction of floats needs --fast-math');
  expect(stdout).not.toContain('f32x4.add');
});

test.each([['-O3'], ['-p', 'simd-lower'], ['-p', 'O3,+dce:after=simd-lower']])(
  'with it they are gathered in lanes: %s %s',
  (...words) => {
    const { stdout, code } = sluice(['opt', sums, ...words, '--fast-math']);
    expect(code).toBe(0);
    expect(stdout).toContain('f32x4.add');
  },
);
