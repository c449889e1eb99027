/** The stack machine: counting, fuel, depth, signals, memory limits, large programs. */

import type { HostFunction } from '@sluice/ir';
import { stackVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { asm, func, i, program, results, run } from './support/stack-program.ts';

const sum = asm(`
.func @main (i64 $n) -> i64
  .local i64 $s
top:
  local.get $s
  local.get $n
  i64.add
  local.set $s
  local.get $n
  i64.const 1
  i64.sub
  local.set $n
  local.get $n
  i64.const 0
  i64.gt_s
  jump_if top
  local.get $s
  return
.end`);

const depth = asm(`
.func @main (i32 $n) -> i32
  local.get $n
  jump_if more
  i32.const 0
  return
more:
  local.get $n
  i32.const 1
  i32.sub
  call @main
  i32.const 1
  i32.add
  return
.end`);

describe('limits', () => {
  test('counting counts instructions of the program, whatever the loop makes of them', () => {
    expect(run(sum, [1000n], { count: true })).toMatchObject({ instructions: 12 * 1000 + 2, fuelUsed: 999 });
    expect(run(sum, [1000n])).toMatchObject({ instructions: null });
    expect(run(depth, [10], { count: true })).toMatchObject({ instructions: 10 * 9 + 4, fuelUsed: 10 });
  });

  test('fuel: one unit a back-edge and a call', () => {
    expect(run(sum, [1000n], { limits: { fuel: 999 } })).toMatchObject({ outcome: { kind: 'return' }, fuelUsed: 999 });
    for (const fuel of [0, 1, 998]) {
      const { outcome, fuelUsed } = run(sum, [1000n], { limits: { fuel } });
      expect(outcome).toEqual({ kind: 'resource', end: 'fuel' });
      expect(fuelUsed).toBe(fuel);
    }
    expect(run(depth, [5000], { limits: { fuel: 5000 } })).toMatchObject({
      outcome: { kind: 'return' },
      fuelUsed: 5000,
    });
    expect(run(depth, [5000], { limits: { fuel: 4999 } }).outcome).toEqual({ kind: 'resource', end: 'fuel' });
  });

  test('fuel is for one call', () => {
    const instance = stackVM.instantiate(sum, { limits: { fuel: 1500 } });
    for (let k = 0; k < 3; k++) expect(instance.call('main', [1000n]).outcome.kind).toBe('return');
  });

  test('calls may be as deep as the limit says, and no deeper', () => {
    expect(results(depth, [99_999])).toEqual([99_999]);
    expect(run(depth, [100_000]).outcome).toEqual({ kind: 'resource', end: 'call-depth' });
    expect(results(depth, [9], { limits: { depth: 10 } })).toEqual([9]);
    expect(run(depth, [10], { limits: { depth: 10 } }).outcome).toEqual({ kind: 'resource', end: 'call-depth' });
    expect(run(depth, [0], { limits: { depth: 0 } }).outcome).toEqual({ kind: 'resource', end: 'call-depth' });
    expect(results(depth, [300_000], { limits: { depth: 1_000_000 } })).toEqual([300_000]);
  });

  test('an instance goes on after a limit', () => {
    const instance = stackVM.instantiate(depth, { limits: { depth: 50 } });
    expect(instance.call('main', [100]).outcome.kind).toBe('resource');
    expect(instance.call('main', [40]).outcome).toEqual({ kind: 'return', values: [40] });
  });

  test('a signal ends a loop that never ends', () => {
    const p = asm(`
.import @stop () -> () "env" "stop"
.func @main () -> ()
  call_host @stop
top:
  jump top
.end`);
    const signal = { aborted: false };
    const host = new Map<string, HostFunction>([
      [
        'env.stop',
        () => {
          signal.aborted = true;
          return undefined;
        },
      ],
    ]);
    expect(run(p, [], { host, signal }).outcome).toEqual({ kind: 'resource', end: 'aborted' });
    expect(run(p, [], { host, signal }).outcome).toEqual({ kind: 'resource', end: 'aborted' });
  });

  test('memory: growth beyond the limit ends the execution', () => {
    const p = asm(`
.memory 1
.func @main (i32 $pages) -> i32
  local.get $pages
  memory.grow
  return
.end`);
    const limits = { memory: 3 * 65536 };
    expect(run(p, [2], { limits }).outcome).toEqual({ kind: 'return', values: [1] });
    expect(run(p, [3], { limits }).outcome).toEqual({ kind: 'resource', end: 'memory' });
    expect(run(p, [0], { limits: { memory: 1000 } }).outcome).toEqual({ kind: 'resource', end: 'memory' });
  });
});

describe('size', () => {
  test('a line of 100,000 instructions', () => {
    const code = [i('local.get', 0), ...Array.from({ length: 50_000 }, () => [i('i32.const', 1), i('i32.add')]).flat()];
    const p = program([func('main', { params: ['i32'], results: ['i32'] }, [], [...code, i('return')])]);
    expect(results(p, [5])).toEqual([50_005]);
  });

  test('20,000 labels, and a deep stack below them', () => {
    const height = 5000;
    const code = Array.from({ length: height }, () => i('local.get', 0));
    for (let k = 0; k < 20_000; k++) code.push(i('local.get', 0), i('jump_if', code.length + 2));
    for (let k = 1; k < height; k++) code.push(i('i32.add'));
    const p = program([func('main', { params: ['i32'], results: ['i32'] }, [], [...code, i('return')])]);
    expect(results(p, [1])).toEqual([height]);
  });

  test('thousands of locals', () => {
    const locals = Array.from({ length: 5000 }, () => 'i64' as const);
    const code = locals.flatMap((_, k) => [i('local.get', k), i('i64.const', 1n), i('i64.add'), i('local.set', k + 1)]);
    code.push(i('local.get', 5000), i('return'));
    const p = program([func('main', { params: ['i64'], results: ['i64'] }, locals, code)]);
    expect(results(p, [1n])).toEqual([5001n]);
  });
});
