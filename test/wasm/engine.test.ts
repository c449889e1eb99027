/** The engine `wasm`: ends of executions, limits, the host's calls, values with all their bits. */

import { findEngine, prepareModule, presets } from '@sluice/driver';
import {
  f32Bits,
  f64Bits,
  type Host,
  HostExit,
  type Instance,
  type InstanceOptions,
  parseModule,
  ResourceError,
  unwrap,
  type Value,
} from '@sluice/ir';
import { describe, expect, test } from 'vitest';

const engine = findEngine(presets, 'wasm');
if (engine?.executes !== 'module') throw new Error('there is no engine wasm');
const { instantiate } = engine;

const start = (text: string, options: InstanceOptions = {}): Instance =>
  instantiate(prepareModule(unwrap(parseModule(text)), engine, presets), options);
const show = (instance: Instance, name: string, ...args: readonly Value[]): unknown => {
  const { outcome } = instance.call(name, args);
  return outcome.kind === 'return' ? outcome.values : outcome.kind === 'trap' ? outcome.trap : outcome;
};

const host: Host = new Map();
const body = (sig: string, ...lines: readonly string[]): string => `func @f${sig} {\n^0:\n  ${lines.join('\n  ')}\n}\n`;
const fit = { host };

describe('traps', () => {
  test.each<readonly [string, string, readonly Value[], unknown]>([
    ['division by zero', 'i32.div_s %a, %b', [1, 0], 'integer-divide-by-zero'],
    ['remainder by zero', 'i32.rem_u %a, %b', [1, 0], 'integer-divide-by-zero'],
    ['a quotient that does not fit', 'i32.div_s %a, %b', [-2147483648, -1], 'integer-overflow'],
    ['a remainder of it, which is 0', 'i32.rem_s %a, %b', [-2147483648, -1], [0]],
  ])('%s', (_, op, args, wanted) => {
    expect(show(start(body('(%a: i32, %b: i32) -> i32', `%x = ${op}`, 'ret %x'), fit), 'f', ...args)).toEqual(wanted);
  });

  test.each(['i32.trunc_f64_s', 'i64.trunc_f64_u', 'i32.trunc_f32_u', 'i64.trunc_f32_s'])('%s', (op) => {
    const [to = '', from = ''] = [op.slice(0, 3), op.slice(10, 13)];
    const instance = start(body(`(%a: ${from}) -> ${to}`, `%x = ${op} %a`, 'ret %x'), fit);
    expect(show(instance, 'f', Number.NaN)).toBe('invalid-conversion');
    expect(show(instance, 'f', from === 'f32' ? 0x7fa00001n : 0xfff0000000000001n)).toBe('invalid-conversion');
    expect(show(instance, 'f', 1e30)).toBe('integer-overflow');
    expect(show(instance, 'f', Number.POSITIVE_INFINITY)).toBe('integer-overflow');
    expect(show(instance, 'f', 3.5)).toEqual([to === 'i32' ? 3 : 3n]);
  });

  test('loads outside of the memory', () => {
    const text = `memory 1\n${body('(%a: i32) -> i32', '%x = i32.load %a', 'ret %x')}`;
    expect(show(start(text, fit), 'f', 65533)).toBe('out-of-bounds');
    expect(show(start(text, fit), 'f', -1)).toBe('out-of-bounds');
    expect(show(start(text, fit), 'f', 65532)).toEqual([0]);
  });

  test.each(['unreachable', 'throw', 'heap-dead', 'null-reference'])('trap %s says where it was', (kind) => {
    const instance = start(`${body('() -> ()', `trap ${kind}`)}export "f" func @f\n`, fit);
    const { outcome } = instance.call('f', []);
    expect(outcome).toMatchObject({ kind: 'trap', trap: kind, at: expect.stringMatching(/^@f/) });
  });
});

describe('objects of the heap', () => {
  const text = `
func @f(%n: i64, %at: i64) -> i64 {
^0:
  %p = heap.alloc %n
  %q = heap.offset %p, %at
  heap.check %q
  heap.check_init %q
  %x = heap.load i64 %q
  ret %x
}
func @g(%n: i64, %at: i64, %x: i64) -> i64 {
^0:
  %p = heap.alloc %n
  %q = heap.offset %p, %at
  heap.store %q, %x
  heap.check %q
  heap.check_init %q
  %y = heap.load i64 %q
  heap.free %p
  ret %y
}
func @h(%p: i64) -> () {
^0:
  heap.free %p
  heap.check %p
  ret
}
export "f" func @f
export "g" func @g
export "h" func @h
`;

  test.each<readonly [string, readonly Value[], unknown]>([
    ['f', [0n, 0n], 'heap-bounds'],
    ['f', [-1n, 0n], 'heap-bounds'],
    ['f', [3n, 3n], 'heap-bounds'],
    ['f', [3n, -1n], 'heap-bounds'],
    ['f', [3n, 2n ** 31n], 'heap-bounds'],
    ['f', [3n, 2n ** 63n - 1n], 'heap-bounds'],
    ['f', [3n, 2n], 'heap-uninitialised'],
    ['g', [3n, 2n, -5n], [-5n]],
    ['g', [100_000n, 99_999n, 2n ** 62n], [2n ** 62n]],
    ['h', [1n << 32n], 'heap-dead'],
    ['h', [-1n], 'heap-dead'],
  ])('%s(%o)', (name, args, wanted) => {
    expect(show(start(text, fit), name, ...args)).toEqual(wanted);
  });

  test('who frees them, and the limit of memory', () => {
    const instance = start(text, { ...fit, limits: { memory: 1 << 20 } });
    expect(instance.liveAllocations()).toBe(0);
    expect(show(instance, 'f', 3n, 1n)).toBe('heap-uninitialised');
    expect(instance.liveAllocations()).toBe(1);
    expect(show(instance, 'g', 3n, 1n, 7n)).toEqual([7n]);
    expect(instance.liveAllocations()).toBe(1);
    expect(show(instance, 'g', 1n << 20n, 1n, 7n)).toEqual({ kind: 'resource', end: 'memory' });
  });
});

describe('limits', () => {
  const down = `
func @down(%n: i32) -> i32 {
^0:
  br_if %n, ^more, ^done
^more:
  %one = i32.const 1
  %m = i32.sub %n, %one
  %r = call i32 @down(%m)
  %s = i32.add %r, %one
  ret %s
^done:
  ret %n
}
func @spin(%n: i32) -> i32 {
^0:
  br ^loop
^loop:
  %i = phi i32 [^0: %n], [^loop: %j]
  %one = i32.const 1
  %j = i32.sub %i, %one
  br_if %j, ^loop, ^done
^done:
  ret %j
}
export "down" func @down
export "spin" func @spin
`;

  test('deep recursion is a resource end, and the instance lives on', () => {
    const instance = start(down);
    expect(show(instance, 'down', 10_000_000)).toEqual({ kind: 'resource', end: 'call-depth' });
    expect(show(instance, 'down', 100)).toEqual([100]);
  });

  test('depth is exact where it is asked for', () => {
    const instance = start(down, { limits: { depth: 3 } });
    expect(show(instance, 'down', 2)).toEqual([2]);
    expect(show(instance, 'down', 3)).toEqual({ kind: 'resource', end: 'call-depth' });
    expect(show(instance, 'down', 2)).toEqual([2]);
    expect(show(start(down, { limits: { depth: 0 } }), 'down', 0)).toEqual({ kind: 'resource', end: 'call-depth' });
  });

  test('fuel is exact: calls and back-edges, not the call from outside', () => {
    const at = (fuel: number): Instance => start(down, { limits: { fuel } });
    expect(at(0).call('down', [0])).toMatchObject({ outcome: { kind: 'return' }, fuelUsed: 0 });
    expect(at(5).call('down', [5])).toMatchObject({ outcome: { kind: 'return' }, fuelUsed: 5 });
    expect(at(4).call('down', [5])).toMatchObject({ outcome: { kind: 'resource', end: 'fuel' }, fuelUsed: 4 });
    expect(at(9).call('spin', [10])).toMatchObject({ outcome: { kind: 'return' }, fuelUsed: 9 });
    expect(at(8).call('spin', [10])).toMatchObject({ outcome: { kind: 'resource', end: 'fuel' }, fuelUsed: 8 });
    const instance = at(8);
    instance.call('spin', [10]);
    expect(instance.call('spin', [5])).toMatchObject({ outcome: { kind: 'return' }, fuelUsed: 4 });
  });

  test('a signal ends a loop that does not end', () => {
    let looks = 0;
    const signal = {
      get aborted() {
        return ++looks > 50;
      },
    };
    expect(show(start(down, { signal }), 'spin', 0)).toEqual({ kind: 'resource', end: 'aborted' });
  });

  test('memory grows to its maximum with -1, beyond the limit with a resource end', () => {
    const text = `memory 1 5\n${body('(%a: i32) -> i32', '%x = memory.grow %a', 'ret %x')}`;
    const instance = start(text, { limits: { memory: 3 * 65536 } });
    expect(show(instance, 'f', 1)).toEqual([1]);
    expect(instance.memory().length).toBe(2 * 65536);
    expect(show(instance, 'f', 100)).toEqual([-1]);
    expect(show(instance, 'f', 2)).toEqual({ kind: 'resource', end: 'memory' });
  });
});

describe('the host', () => {
  const text = `
import @ask(i32, f64) -> (i64, f32) from "env" "ask"
func @f(%a: i32, %b: f64) -> (f32, i64) {
^0:
  %t = call_host tuple @ask(%a, %b)
  %x = result i64 %t #0
  %y = result f32 %t #1
  ret %y, %x
}
export "f" func @f
`;
  const asking = (ask: (...args: readonly Value[]) => Value | readonly Value[]): InstanceOptions => ({
    host: new Map([['env.ask', ask]]),
  });

  test('gets arguments and gives results, NaNs with their bits', () => {
    const seen: Value[] = [];
    const instance = start(
      text,
      asking((a, b) => {
        seen.push(a, b);
        return [-7n, 0xffa00001n];
      }),
    );
    expect(show(instance, 'f', -3, 0x7ff8000000000001n)).toEqual([0xffa00001n, -7n]);
    expect(seen).toEqual([-3, 0x7ff8000000000001n]);
    expect(f32Bits(0xffa00001n)).toBe(-6291455);
    expect(f64Bits(Number.NaN)).toBe(0x7ff8000000000000n);
  });

  test('may call back, end the execution, reach a limit, or fail', () => {
    let depth = 0;
    const nested: Instance = start(
      text,
      asking((a, b) => {
        if (a === 0) return [0n, 1];
        depth++;
        const { outcome } = nested.call('f', [(a as number) - 1, b]);
        return outcome.kind === 'return' ? [(outcome.values[1] as bigint) + 1n, outcome.values[0] as number] : [-1n, 0];
      }),
    );
    expect(show(nested, 'f', 5, 0)).toEqual([1, 5n]);
    expect(depth).toBe(5);
    expect(
      show(
        start(
          text,
          asking(() => {
            throw new HostExit(4, 'bye');
          }),
        ),
        'f',
        0,
        0,
      ),
    ).toEqual({ kind: 'exit', code: 4, message: 'bye' });
    expect(
      show(
        start(
          text,
          asking(() => {
            throw new ResourceError('memory');
          }),
        ),
        'f',
        0,
        0,
      ),
    ).toEqual({ kind: 'resource', end: 'memory' });
    expect(() =>
      show(
        start(
          text,
          asking(() => {
            throw new TypeError('mine');
          }),
        ),
        'f',
        0,
        0,
      ),
    ).toThrow('mine');
    expect(() => start(text)).toThrow('env.ask');
  });

  test('sees globals of every type, NaNs with their bits', () => {
    const globals = `
global @a: mut i32 = -5
global @b: i64 = 7
global @c: mut f32 = nan:0x7fa00001
global @d: f64 = nan:0xfff0000000000001
global @e: mut f64 = 1.5
${body('() -> ()', 'ret')}`;
    const instance = start(globals);
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => instance.global(name))).toEqual([
      -5,
      7n,
      0x7fa00001n,
      0xfff0000000000001n,
      1.5,
    ]);
  });
});

test('a value that shares the local of a phi does not take its place on the way to the loop', () => {
  const text = `
func @f(%p: i64, %h: i64, %k: i64) -> i64 {
^0:
  %one = i64.const 1
  %t = i64.add %h, %one
  %q = i64.mul %p, %t
  br ^1
^1:
  %x = phi i64 [^0: %t], [^2: %x2]
  %y = phi i64 [^0: %k], [^2: %y]
  %z = phi i64 [^0: %q], [^2: %z2]
  %c = i64.le_s %x, %y
  br_if %c, ^2, ^3
^2:
  %z2 = i64.add %z, %x
  %x2 = i64.add %x, %one
  br ^1
^3:
  ret %z
}
export "f" func @f
`;
  expect(show(start(text), 'f', 3n, 1n, 5n)).toEqual([20n]);
});

test('modules with dynamic values are refused, and what runs them is named', () => {
  const text = body('(%a: any) -> i32', '%t = any.tag %a', 'ret %t');
  expect(() => start(text)).toThrow(/SL0731.*'wasm'.*any.*'js' or 'register'/);
});
