/** The stack machine: host functions, calls back, exits, and what is refused. */

import { HostExit, type HostFunction, type Instance, type Value } from '@sluice/ir';
import { stackVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { asm, func, i, program, run } from './support/stack-program.ts';

describe('host', () => {
  const p = asm(`
.import @f (i32, i64, f64) -> (i64, f32) "env" "f"
.import @back (i32) -> i32 "env" "back"
.global @seen mut i64 = 3
.func @main (i32 $n) -> (i64, f32)
  local.get $n
  i64.const 7
  f64.const 0.5
  call_host @f
  return
.end
.func @nest (i32 $n) -> i32
  .local i32 $keep
  local.get $n
  i32.const 1000
  i32.mul
  local.set $keep
  local.get $n
  jump_if more
  i32.const 0
  return
more:
  local.get $keep
  local.get $n
  i32.const 1
  i32.sub
  call_host @back
  i32.add
  return
.end
.func @set (i64 $x) -> i64
  local.get $x
  global.set i64 @seen
  global.get i64 @seen
  return
.end`);

  test('arguments and several results', () => {
    const host = new Map<string, HostFunction>([
      ['env.f', (a: Value, b: Value, c: Value) => [BigInt(a as number) + (b as bigint), Number(c) + 1]],
      ['env.back', () => 0],
    ]);
    expect(run(p, [5], { host }).outcome).toEqual({ kind: 'return', values: [12n, 1.5] });
    const instance = stackVM.instantiate(p, { host });
    expect(instance.call('set', [-1n]).outcome).toEqual({ kind: 'return', values: [-1n] });
    expect(instance.global('seen')).toBe(-1n);
  });

  test('an exit of the host ends the execution, and the instance goes on', () => {
    const host = new Map<string, HostFunction>([
      [
        'env.f',
        () => {
          throw new HostExit(7, 'enough');
        },
      ],
      ['env.back', () => 0],
    ]);
    const instance = stackVM.instantiate(p, { host });
    expect(instance.call('main', [1]).outcome).toEqual({ kind: 'exit', code: 7, message: 'enough' });
    expect(instance.call('nest', [0]).outcome).toEqual({ kind: 'return', values: [0] });
  });

  test('the host may call back, above the frames that are active', () => {
    let instance: Instance;
    const host = new Map<string, HostFunction>([
      ['env.f', () => [0n, 0]],
      [
        'env.back',
        (n: Value): Value => {
          const { outcome } = instance.call('nest', [n]);
          return outcome.kind === 'return' ? (outcome.values[0] as Value) : -1;
        },
      ],
    ]);
    for (const options of [{ host }, { host, count: true, limits: { fuel: 100 } }]) {
      instance = stackVM.instantiate(p, options);
      expect(instance.call('nest', [10]).outcome).toEqual({ kind: 'return', values: [55_000] });
    }
    instance = stackVM.instantiate(p, { host, limits: { depth: 5 } });
    expect(instance.call('nest', [4]).outcome).toEqual({ kind: 'return', values: [10_000] });
    // The fifth call back is refused; its caller sees -1 and goes on.
    expect(instance.call('nest', [5]).outcome).toEqual({ kind: 'return', values: [14_999] });
  });

  test('endless calls back are a resource end, not a crash', () => {
    let instance: Instance;
    let deepest: unknown;
    const host = new Map<string, HostFunction>([
      ['env.f', () => [0n, 0]],
      [
        'env.back',
        (): Value => {
          const { outcome } = instance.call('nest', [1]);
          if (outcome.kind !== 'return') deepest ??= outcome;
          return 0;
        },
      ],
    ]);
    instance = stackVM.instantiate(p, { host, limits: { depth: 1_000_000 } });
    expect(instance.call('nest', [1]).outcome.kind).toBe('return');
    expect(deepest).toEqual({ kind: 'resource', end: 'call-depth' });
  });

  test('a missing import is an error at once', () => {
    expect(() => stackVM.instantiate(p)).toThrow(/env\.f/);
  });

  test('a program that the validator refuses is not run', () => {
    const bad = program([func('main', { params: [], results: ['i32'] }, [], [i('return')])]);
    expect(() => stackVM.instantiate(bad)).toThrow(/SL03/);
  });
});
