/** `--fast-math` reaches the passes that ask, in levels and in lists. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch, sluice } from './support.ts';

const sums = join(scratch(), 'sums.ir');
writeFileSync(
  sums,
  `memory 1
func @f(%p: i32, %n: i32) -> f32 {
^entry:
  %start = i32.const 0
  %zero = f32.const 0
  %four = i32.const 4
  br ^loop
^loop:
  %i = phi i32 [^entry: %start], [^loop: %j]
  %s = phi f32 [^entry: %zero], [^loop: %t]
  %a = i32.add %p, %i
  %x = f32.load %a
  %t = f32.add %s, %x
  %j = i32.add %i, %four
  %c = i32.lt_s %j, %n
  br_if %c, ^loop, ^exit
^exit:
  ret %t
}
`,
);

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
