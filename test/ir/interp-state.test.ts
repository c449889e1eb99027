/** The reference interpreter: memory, globals, heap, limits, and ops that are not in the core table. */

import {
  coreOp,
  coreTable,
  defineOp,
  evalOp,
  f32FromBits,
  instantiate,
  interp,
  interpret,
  type Machine,
  opTable,
  parseModule,
  trap,
  unwrap,
  type Value,
} from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { countdown, parse, recursive, returns, run, traps } from './support/run.ts';

describe('state', () => {
  const text = `
module "state"
memory 1 2
global @g: mut i32 = 5
data 8 "\\01\\02\\03\\04"
data passive "xyz"
func @f(%p: i32) -> i32 {
^entry:
  %old = global.get i32 @g
  %v = i32.load %p offset=8
  global.set @g %v
  %n = i32.const 1
  %grown = memory.grow %n
  %zero = i32.const 0
  %three = i32.const 3
  memory.init #1 %p, %zero, %three
  data.drop #1
  ret %old
}`;

  test('calls see what earlier calls left', () => {
    const instance = instantiate(parse(text));
    expect(instance.call('f', [0]).outcome).toEqual(returns(5));
    expect(instance.global('g')).toBe(0x04030201);
    expect(instance.memory().length).toBe(2 * 65536);
    expect([...instance.memory().subarray(0, 3)]).toEqual([...'xyz'].map((c) => c.charCodeAt(0)));
    expect(instance.call('f', [0]).outcome).toEqual(traps('out-of-bounds'));
    expect(instance.call('f', [-1]).outcome).toEqual(traps('out-of-bounds'));
    expect(instance.call('f', [0]).instructions).toBe(null);
    expect(interp.instantiate(parse(text)).global('g')).toBe(5);
  });

  test('NaN bits survive moves and memory', () => {
    const move = `
module "nan"
memory 1
func @f(%x: f32, %c: i32) -> (f32, i32, f32) {
^entry:
  br_if %c, ^a, ^b
^a:
  br ^b
^b:
  %p = phi f32 [^entry: %x], [^a: %x]
  %s = select f32 %p, %x, %c
  f32.store %c, %s
  %l = f32.load %c
  %bits = i32.reinterpret_f32 %l
  %sum = f32.add %l, %l
  ret %l, %bits, %sum
}`;
    const signalling = f32FromBits(0x7fa00001);
    expect(run(move, [signalling, 1])).toEqual(returns(signalling, 0x7fa00001, Number.NaN));
  });

  test('the heap: checks, initialisation, liveness', () => {
    const heap = `
func @f(%count: i64, %at: i64, %mode: i32) -> i64 {
^entry:
  %p = heap.alloc %count
  %q = heap.offset %p, %at
  switch %mode [0: ^use, 1: ^dead, 2: ^fresh], ^leak
^use:
  heap.check %q
  heap.store %q, %at
  heap.check_init %q
  %v = heap.load i64 %q
  heap.free %p
  ret %v
^dead:
  heap.free %p
  heap.check %q
  ret %p
^fresh:
  heap.check %q
  heap.check_init %q
  ret %p
^leak:
  heap.free %q
  ret %p
}`;
    const m = parse(heap);
    const call = (...args: Value[]): unknown => interpret(m, 'f', args).outcome;
    expect(call(3n, 2n, 0)).toEqual(returns(2n));
    expect(call(10_000_000n, 9_999_999n, 0)).toEqual(returns(9_999_999n));
    expect(call(3n, 3n, 0)).toEqual(traps('heap-bounds'));
    expect(call(3n, -1n, 0)).toEqual(traps('heap-bounds'));
    expect(call(0n, 0n, 0)).toEqual(traps('heap-bounds'));
    expect(call(3n, 0n, 1)).toEqual(traps('heap-dead'));
    expect(call(3n, 1n, 2)).toEqual(traps('heap-uninitialised'));
    expect(call(3n, 1n, 3)).toEqual(traps('heap-bounds'));
    expect(interpret(m, 'f', [3n, 2n, 0]).liveAllocations).toBe(0);
    expect(interpret(m, 'f', [3n, 1n, 2]).liveAllocations).toBe(1);
    expect(interpret(m, 'f', [1n << 40n, 0n, 0]).outcome).toEqual({ kind: 'resource', end: 'memory' });
  });
});

describe('ops from outside', () => {
  const twice = defineOp('mine.twice', {
    doc: 'The double, as a fragment.',
    sig: '(f64) -> f64',
    expand: (b, x) => {
      const two = b.constant('f64', 2);
      return b.emit('f64.mul', [x as number, two]);
    },
  });
  const third = defineOp('mine.third', {
    doc: 'The third of four operands, by the machine.',
    sig: '(T, T, T, T) -> T',
    run: (_m: Machine, _imm: undefined, ...args: readonly Value[]) => args[2],
  });

  test('an op that is only an expansion runs as its fragment; an op may have many operands', () => {
    const text = `
func @f(%x: f64) -> f64 {
^entry:
  %y = mine.twice %x
  %z = mine.third f64 %x, %x, %y, %x
  ret %z
}`;
    const m = unwrap(parseModule(text, { ops: opTable([...coreTable.values()], [twice, third]) }));
    expect(interpret(m, 'f', [4]).outcome).toEqual(returns(8));
  });

  test('evalOp converts floats as the op asks', () => {
    const nan = f32FromBits(0x7fa00001);
    expect(evalOp(coreOp('f32.neg'), 'f32', ['f32'], [nan])).toBe(f32FromBits(0xffa00001 | 0));
    expect(evalOp(coreOp('f32.add'), 'f32', ['f32', 'f32'], [nan, 1])).toBe(Number.NaN);
    expect(evalOp(coreOp('i32.div_s'), 'i32', ['i32', 'i32'], [1, 0])).toBe(trap('integer-divide-by-zero'));
  });
});

describe('limits', () => {
  test('fuel ends exactly', () => {
    const limited = (fuel: number): unknown => interpret(parse(countdown), 'f', [10], { limits: { fuel } });
    expect(limited(9)).toMatchObject({ outcome: { kind: 'return' }, fuelUsed: 9 });
    // Nine turns are complete; the tenth is not begun.
    expect(limited(8)).toMatchObject({ outcome: { kind: 'resource', end: 'fuel' }, fuelUsed: 8, instructions: 3 + 27 });
    expect(interpret(parse(recursive), 'f', [5], { limits: { fuel: 4 } }).outcome).toEqual({
      kind: 'resource',
      end: 'fuel',
    });
  });

  test('depth ends exactly, and 100,000 calls deep is fine', () => {
    expect(run(recursive, [9], { limits: { depth: 10 } })).toEqual(returns(9));
    expect(run(recursive, [10], { limits: { depth: 10 } })).toEqual({ kind: 'resource', end: 'call-depth' });
    expect(run(recursive, [99_999])).toEqual(returns(99_999));
    expect(run(recursive, [1_000_000])).toEqual({ kind: 'resource', end: 'call-depth' });
  });

  test('memory', () => {
    const text = 'module "m"\nmemory 2\nfunc @f(%n: i32) -> i32 {\n^entry:\n  %r = memory.grow %n\n  ret %r\n}';
    expect(run(text, [1], { limits: { memory: 3 * 65536 } })).toEqual(returns(2));
    expect(run(text, [2], { limits: { memory: 3 * 65536 } })).toEqual({ kind: 'resource', end: 'memory' });
    expect(run(text, [-1])).toEqual(returns(-1));
    expect(run(text, [0], { limits: { memory: 65536 } })).toEqual({ kind: 'resource', end: 'memory' });
  });

  test('a signal ends an endless loop', () => {
    let looks = 0;
    const signal = {
      get aborted(): boolean {
        return ++looks > 3;
      },
    };
    const text = 'func @f() {\n^entry:\n  br ^loop\n^loop:\n  br ^loop\n}';
    expect(run(text, [], { signal })).toEqual({ kind: 'resource', end: 'aborted' });
  });
});
