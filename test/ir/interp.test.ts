/** The reference interpreter: what programs mean, where they end, and what is counted. */

import { HostExit, type HostFunction, instantiate, interpret, ResourceError } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { countdown, host, parse, returns, run, traps } from './support/run.ts';

describe('control', () => {
  test('a loop; what is counted: bodies and terminators, back-edges', () => {
    const result = interpret(parse(countdown), 'f', [10]);
    expect(result.outcome).toEqual(returns(55));
    // 3 in ^entry, 3 for each of 10 turns, 1 in ^exit; the first entry of ^loop is no back-edge.
    expect(result.instructions).toBe(3 + 30 + 1);
    expect(result.fuelUsed).toBe(9);
  });

  test('phis are read at once', () => {
    const swap = `
func @f(%n: i32, %a: i32, %b: i32) -> (i32, i32) {
^entry:
  %one = i32.const 1
  br ^loop
^loop:
  %i = phi i32 [^entry: %n], [^loop: %next]
  %x = phi i32 [^entry: %a], [^loop: %y]
  %y = phi i32 [^entry: %b], [^loop: %x]
  %next = i32.sub %i, %one
  br_if %next, ^loop, ^exit
^exit:
  ret %x, %y
}`;
    expect(run(swap, [1, 7, 8])).toEqual(returns(7, 8));
    expect(run(swap, [2, 7, 8])).toEqual(returns(8, 7));
    expect(run(swap, [5, 7, 8])).toEqual(returns(7, 8));
  });

  test('switch takes the case, else the last target', () => {
    const text = `
func @f(%x: i32) -> i32 {
^entry:
  %a = i32.const 10
  %b = i32.const 20
  %c = i32.const 30
  switch %x [-1: ^one, 5: ^two], ^three
^one:
  ret %a
^two:
  ret %b
^three:
  ret %c
}`;
    expect([-1, 5, 0].map((x) => run(text, [x]))).toEqual([returns(10), returns(20), returns(30)]);
  });

  test('a call with several results defines a tuple', () => {
    const text = `
func @f(%x: i32, %y: i64) -> (i64, i32) {
^entry:
  %t = call tuple @g(%x, %y)
  %b = result i64 %t #1
  %a = result i32 %t #0
  ret %b, %a
}
func @g(%x: i32, %y: i64) -> (i32, i64) {
^entry:
  ret %x, %y
}`;
    expect(run(text, [3, 4n])).toEqual(returns(4n, 3));
  });

  test('slots belong to the frame and start as zero', () => {
    const text = `
func @f(%n: i32) -> i32 {
  slots i32, i64
^entry:
  %one = i32.const 1
  %before = slot.get i32 #0
  slot.set #0 %n
  br_if %n, ^more, ^done
^more:
  %m = i32.sub %n, %one
  %r = call i32 @f(%m)
  br ^done
^done:
  %mine = slot.get i32 #0
  %sum = i32.add %mine, %before
  ret %sum
}`;
    expect(run(text, [3])).toEqual(returns(3));
  });
});

describe('calls', () => {
  const table = `
module "t"
import @twice(i32) -> i32 from "host" "twice"
table [@inc, null, @twice, @other]
func @f(%x: i32, %i: i32) -> i32 {
^entry:
  %r = call_indirect i32 ((i32) -> i32) (%x, %i)
  ret %r
}
func @inc(%x: i32) -> i32 {
^entry:
  %one = i32.const 1
  %r = i32.add %x, %one
  ret %r
}
func @other() {
^entry:
  ret
}`;
  const options = host({ 'host.twice': (x) => 2 * Number(x) });

  test('through the table: functions and imports; empty, foreign and missing elements trap', () => {
    const m = parse(table);
    const call = (i: number): unknown => interpret(m, 'f', [7, i], options).outcome;
    expect(call(0)).toEqual(returns(8));
    expect(call(2)).toEqual(returns(14));
    expect(call(1)).toEqual(traps('null-reference'));
    expect(call(3)).toEqual(traps('indirect-call-type'));
    expect(call(4)).toEqual(traps('out-of-bounds'));
    expect(call(-1)).toEqual(traps('out-of-bounds'));
  });

  test('imports cost no fuel, functions one unit', () => {
    const m = parse(table);
    expect(interpret(m, 'f', [7, 0], options).fuelUsed).toBe(1);
    expect(interpret(m, 'f', [7, 2], options).fuelUsed).toBe(0);
  });

  test('a missing import is told when the instance is made', () => {
    expect(() => instantiate(parse(table))).toThrow("the host doesn't provide host.twice");
  });

  const callHost = `
module "h"
import @h(i32, i64) -> (i32, f32) from "a" "b"
func @f(%x: i32, %y: i64) -> (f32, i32) {
^entry:
  %t = call_host tuple @h(%x, %y)
  %a = result i32 %t #0
  %b = result f32 %t #1
  ret %b, %a
}`;

  test('results of the host get the form of their type, or are refused', () => {
    expect(run(callHost, [1, 2n], host({ 'a.b': (x, y) => [2 ** 32 + Number(x), Number(y) + 0.1] }))).toEqual(
      returns(Math.fround(2.1), 1),
    );
    expect(() => run(callHost, [1, 2n], host({ 'a.b': () => 1 }))).toThrow('must give 2 results, not 1');
    expect(() => run(callHost, [1, 2n], host({ 'a.b': () => [1n, 2] }))).toThrow('result 1: a bigint where i32');
    expect(() => run(callHost, [1])).toThrow();
  });

  test('the host may end the execution', () => {
    const exit = (): never => {
      throw new HostExit(7, 'bye');
    };
    expect(run(callHost, [1, 2n], host({ 'a.b': exit }))).toEqual({ kind: 'exit', code: 7, message: 'bye' });
    const full = (): never => {
      throw new ResourceError('memory');
    };
    expect(run(callHost, [1, 2n], host({ 'a.b': full }))).toEqual({ kind: 'resource', end: 'memory' });
  });

  test('the host may call back into the instance', () => {
    const m = parse(`
module "back"
import @again(i32) -> i32 from "h" "again"
func @f(%n: i32) -> i32 {
  slots i32
^entry:
  slot.set #0 %n
  br_if %n, ^more, ^done
^more:
  %r = call_host i32 @again(%n)
  %mine = slot.get i32 #0
  %sum = i32.add %r, %mine
  ret %sum
^done:
  ret %n
}`);
    const instance = instantiate(m, {
      host: new Map<string, HostFunction>([
        [
          'h.again',
          (n) => {
            const { outcome } = instance.call('f', [Number(n) - 1]);
            return outcome.kind === 'return' ? outcome.values : Number.NaN;
          },
        ],
      ]),
    });
    expect(instance.call('f', [10]).outcome).toEqual(returns(55));
  });
});

describe('exceptions', () => {
  const text = `
func @f(%x: i32) -> i32 {
^entry:
  %minus = i32.const -1
  %r = invoke i32 @middle(%x), ^normal, ^catch
^normal:
  ret %r
^catch:
  ret %minus
}
func @middle(%x: i32) -> i32 {
^entry:
  %r = call i32 @thrower(%x)
  ret %r
}
func @thrower(%x: i32) -> i32 {
^entry:
  switch %x [1: ^throw, 2: ^other], ^fine
^throw:
  trap throw
^other:
  trap unreachable
^fine:
  ret %x
}`;

  test('a throw goes to the exceptional edge, through any depth; other traps do not', () => {
    expect(run(text, [0])).toEqual(returns(0));
    expect(run(text, [1])).toEqual(returns(-1));
    expect(run(text, [2])).toEqual(traps('unreachable'));
    expect(run(text, [1], {}, 'middle')).toEqual(traps('throw'));
  });

  test('what was not executed is not counted', () => {
    // @f: 2 of ^entry, 1 of ^catch; @middle: the call; @thrower: switch, trap.
    expect(interpret(parse(text), 'f', [1]).instructions).toBe(2 + 1 + 1 + 2);
    expect(interpret(parse(text), 'f', [2]).instructions).toBe(2 + 1 + 2);
  });
});

describe('traps', () => {
  test('say where', () => {
    const text = 'func @f(%a: i32, %b: i32) -> i32 {\n^entry:\n  %q = i32.div_s %a, %b\n  ret %q\n}';
    const outcome = run(text, [1, 0]);
    expect(outcome).toEqual({
      kind: 'trap',
      trap: 'integer-divide-by-zero',
      at: expect.stringContaining('@f: %q = i32.div_s %a, %b'),
    });
    expect(run(text, [-(2 ** 31), -1])).toEqual(traps('integer-overflow'));
  });

  test('a data segment outside of the memory ends every call', () => {
    const text = 'module "d"\nmemory 1\ndata 65535 "ab"\nfunc @f() {\n^entry:\n  ret\n}';
    expect(run(text)).toEqual({ kind: 'trap', trap: 'out-of-bounds', at: 'data segment 0' });
  });
});
