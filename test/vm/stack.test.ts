/** The stack machine: values, locals, constants, control; ops are in stack-ops.test.ts. */

import { f32FromBits, f64FromBits, type HostFunction, type Value } from '@sluice/ir';
import { stackVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { asm, func, i, program, results, run } from './support/stack-program.ts';

describe('values', () => {
  test('a deferred get is the value from before a set', () => {
    const p = asm(`
.func @main (i32 $x) -> i32
  local.get $x
  local.get $x
  i32.const 1
  i32.add
  local.tee $x
  local.get $x
  i32.mul
  i32.sub
  return
.end`);
    expect(results(p, [5])).toEqual([5 - 36]);
  });

  test('each of several deferred gets of one local survives', () => {
    const p = asm(`
.func @main (i64 $x, i64 $y) -> (i64, i64, i64, i64)
  local.get $x
  local.get $y
  local.get $x
  local.get $y
  local.set $x
  i64.const 9
  local.set $y
  local.get $x
  return
.end`);
    expect(results(p, [1n, 2n])).toEqual([1n, 2n, 1n, 2n]);
  });

  test('dup, drop and values that stay on the stack across labels', () => {
    const p = asm(`
.func @main (i32 $n) -> i32
  i32.const 100
  local.get $n
again:
  dup
  jump_unless end
  i32.const 1
  i32.sub
  jump again
end:
  drop
  return
.end`);
    expect(results(p, [7])).toEqual([100]);
  });

  test('locals start at zero at every call, also when the first instruction is a target', () => {
    const p = asm(`
.func @main (i32 $n) -> (i32, i64, f32, f64, externref, any, i32)
  .local i32 $a
  .local i64 $b
  .local f32 $c
  .local f64 $d
  .local externref $e
  .local any $f
top:
  local.get $a
  i32.const 1
  i32.add
  local.set $a
  local.get $n
  i32.const 1
  i32.sub
  local.tee $n
  jump_if top
  local.get $a
  local.get $b
  local.get $c
  local.get $d
  local.get $e
  local.get $f
  local.get $n
  i64.const 5
  local.set $b
  return
.end`);
    const instance = stackVM.instantiate(p);
    for (let k = 0; k < 2; k++) {
      expect(instance.call('main', [3]).outcome).toEqual({ kind: 'return', values: [3, 0n, 0, 0, null, undefined, 0] });
    }
  });

  test('moves keep the bits of every NaN', () => {
    const p = asm(`
.global @g mut f32 = 0
.global @h mut f64 = 0
.memory 1 1
.func @id32 (f32 $x) -> f32
  local.get $x
  return
.end
.func @main (f32 $x, f64 $y) -> (f32, f64)
  .local f32 $a
  .local f64 $b
  local.get $x
  local.set $a
  local.get $a
  call @id32
  global.set f32 @g
  i32.const 8
  global.get f32 @g
  f32.store
  i32.const 16
  local.get $y
  f64.store
  i32.const 16
  f64.load
  local.tee $b
  global.set f64 @h
  i32.const 8
  f32.load
  local.get $b
  i32.const 1
  jump_if out
out:
  return
.end`);
    for (const bits of [0x7fa00001, 0xff800001, 0x7fc00000]) {
      const single = f32FromBits(bits | 0);
      const double = f64FromBits((0x7ff4n << 48n) | BigInt(bits));
      expect(results(p, [single, double])).toEqual([single, double]);
    }
  });

  test('constants of every type reach locals, arguments and results unchanged', () => {
    const p = asm(
      `
.func @id (f32 $a, f64 $b, i64 $c) -> (f32, f64, i64)
  local.get $a
  local.get $b
  local.get $c
  return
.end
.func @main () -> (f32, f64, i64)
  f32.const -0
  f64.const -0.1
  i64.const -9223372036854775808
  call @id
  return
.end`,
    );
    expect(results(p)).toEqual([-0, -0.1, -(2n ** 63n)]);
  });
});

describe('control', () => {
  test.each([
    ['dense', [0, 1, 2, 5], [-1, 0, 1, 2, 3, 5, 6, 2 ** 31 - 1, -(2 ** 31)]],
    ['sparse', [-(2 ** 31), 7, 2 ** 31 - 1], [-(2 ** 31), 7, 8, 0, 2 ** 31 - 1]],
    ['negative', [-3, -2], [-4, -3, -2, -1, 2 ** 31 - 3]],
    ['none', [], [0, 5]],
  ])('switch, %s', (_, cases, inputs) => {
    const labels = cases.map((_c, k) => 2 + 2 * k);
    const otherwise = 2 + 2 * cases.length;
    const ends = [...cases.keys(), -1].flatMap((k) => [i('i32.const', k), i('return')]);
    const p = program([
      func(
        'main',
        { params: ['i32'], results: ['i32'] },
        [],
        [i('local.get', 0), i('switch', cases, [...labels, otherwise]), ...ends],
      ),
    ]);
    for (const input of inputs) expect(results(p, [input]), String(input)).toEqual([cases.indexOf(input)]);
  });

  test('a switch may go back', () => {
    const p = asm(`
.func @main (i32 $n) -> i32
  .local i32 $steps
top:
  local.get $steps
  i32.const 1
  i32.add
  local.set $steps
  local.get $n
  i32.const 1
  i32.sub
  local.tee $n
  switch [0: done, 1000000: top], top
done:
  local.get $steps
  return
.end`);
    expect(results(p, [5])).toEqual([5]);
    expect(run(p, [5], { limits: { fuel: 4 } })).toMatchObject({ outcome: { kind: 'return' }, fuelUsed: 4 });
    expect(run(p, [5], { limits: { fuel: 3 } }).outcome).toEqual({ kind: 'resource', end: 'fuel' });
  });

  test('conditions that are constants', () => {
    const p = asm(`
.func @main () -> i32
  i32.const 0
  jump_if no
  i32.const 1
  jump_unless no
  i32.const 5
  jump_if yes
no:
  i32.const 0
  return
yes:
  i32.const 1
  return
.end`);
    expect(results(p)).toEqual([1]);
  });

  test('indirect calls: functions, imports, and each of the traps', () => {
    const p = asm(`
.import @twice (i32) -> i32 "env" "twice"
.table [@inc, @twice, null, @other]
.func @inc (i32 $x) -> i32
  local.get $x
  i32.const 1
  i32.add
  return
.end
.func @other () -> i32
  i32.const 0
  return
.end
.func @main (i32 $k, i32 $x) -> i32
  local.get $x
  local.get $k
  call_indirect (i32) -> i32
  return
.end`);
    const host = new Map<string, HostFunction>([['env.twice', (x: Value) => Number(x) * 2]]);
    const call = (k: number) => run(p, [k, 20], { host }).outcome;
    expect(call(0)).toEqual({ kind: 'return', values: [21] });
    expect(call(1)).toEqual({ kind: 'return', values: [40] });
    expect(call(2)).toMatchObject({ kind: 'trap', trap: 'null-reference' });
    expect(call(3)).toMatchObject({ kind: 'trap', trap: 'indirect-call-type' });
    expect(call(4)).toMatchObject({ kind: 'trap', trap: 'out-of-bounds' });
    expect(call(-1)).toMatchObject({ kind: 'trap', trap: 'out-of-bounds' });
  });

  test('a trap says where it happened; what ran before it is counted', () => {
    const p = asm(`
.func @main (i32 $x) -> i32
  .local i32 $y
  i32.const 10
  local.get $x
  i32.div_s
  local.set $y
  local.get $y
  return
.end`);
    const { outcome, instructions } = run(p, [0], { count: true });
    expect(outcome).toMatchObject({
      kind: 'trap',
      trap: 'integer-divide-by-zero',
      at: expect.stringContaining('@main'),
    });
    expect(outcome).toMatchObject({ at: expect.stringMatching(/test\.sasm:7:\d+.*i32\.div_s/) });
    expect(instructions).toBe(3);
    expect(run(p, [3], { count: true }).instructions).toBe(6);
  });
});
