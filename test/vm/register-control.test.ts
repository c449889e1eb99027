/** Control, calls, limits and hosts of the register machine, on both loops. */
import { assembleRegister } from '@sluice/bytecode';
import {
  type Host,
  HostExit,
  type Instance,
  type InstanceOptions,
  ResourceError,
  unwrap,
  type Value,
} from '@sluice/ir';
import { registerJsVM, registerVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { program } from './register-support.ts';

const fib = `
.func @fib (i64) -> i64
  .registers 4
  jump.i64.ge_s.i r0, 2, more
  return [r0]
more:
  i64.add.i r2, r0, -1
  call [r2], @fib, [r2]
  i64.add.i r3, r0, -2
  call [r3], @fib, [r3]
  i64.add r0, r2, r3
  return [r0]
.end
`;

const down = `
.func @down (i32) -> i32
  .registers 2
  jump_if r0, more
  return [r0]
more:
  i32.add.i r1, r0, -1
  call [r1], @down, [r1]
  i32.add.i r1, r1, 1
  return [r1]
.end
`;

for (const engine of [registerVM, registerJsVM]) {
  const start = (text: string, options: InstanceOptions = {}): Instance =>
    engine.instantiate(program(text), { count: true, ...options });
  const values = (instance: Instance, name: string, ...args: readonly Value[]): readonly Value[] | unknown => {
    const { outcome } = instance.call(name, args);
    return outcome.kind === 'return' ? outcome.values : outcome;
  };

  describe(engine.name, () => {
    test('recursion, counted', () => {
      const instance = start(fib);
      const { outcome, instructions, fuelUsed } = instance.call('fib', [15n]);
      expect(outcome).toEqual({ kind: 'return', values: [610n] });
      // 1973 calls: 987 of them at once return (2 instructions), 986 go on (8).
      expect([instructions, fuelUsed]).toEqual([2 * 987 + 7 * 986, 1972]);
    });

    test('calls as deep as the limit, not one deeper', () => {
      const instance = start(down);
      expect(values(instance, 'down', 99_999)).toEqual([99_999]);
      expect(values(instance, 'down', 100_000)).toEqual({ kind: 'resource', end: 'call-depth' });
      expect(values(instance, 'down', 5)).toEqual([5]);
      const shallow = start(down, { limits: { depth: 3 } });
      expect(values(shallow, 'down', 2)).toEqual([2]);
      expect(values(shallow, 'down', 3)).toEqual({ kind: 'resource', end: 'call-depth' });
      expect(values(start(down, { limits: { depth: 0 } }), 'down', 0)).toEqual({ kind: 'resource', end: 'call-depth' });
    });

    test('large frames end as too deep, not as a crash', () => {
      const text = down.replace('.registers 2', '.registers 4000').replaceAll('r1', 'r3999');
      const instance = start(text, { limits: { depth: 10_000_000 } });
      expect(values(instance, 'down', 2000)).toEqual([2000]);
      expect(values(instance, 'down', 1_000_000)).toEqual({ kind: 'resource', end: 'call-depth' });
      expect(values(instance, 'down', 10)).toEqual([10]);
    });

    test('fuel is exact', () => {
      const loop = `
.func @loop (i32) -> i32
  .registers 2
  i32.const r1, 0
again:
  i32.add.i r1, r1, 1
  jump.i32.lt_s r1, r0, again
  return [r1]
.end
${down}`;
      for (const n of [1, 2, 7, 50_000]) {
        const free = start(loop).call('loop', [n]);
        expect(free.fuelUsed).toBe(n - 1);
        expect(free.instructions).toBe(2 * n + 2);
        const enough = start(loop, { limits: { fuel: n - 1 } }).call('loop', [n]);
        expect(enough).toEqual(free);
        if (n === 1) continue;
        const short = start(loop, { limits: { fuel: n - 2 } }).call('loop', [n]);
        expect(short.outcome).toEqual({ kind: 'resource', end: 'fuel' });
        expect(short.fuelUsed).toBe(n - 2);
      }
      expect(start(loop, { limits: { fuel: 4, depth: 5 } }).call('down', [9]).outcome).toEqual({
        kind: 'resource',
        end: 'fuel',
      });
      expect(start(loop, { limits: { fuel: 5, depth: 5 } }).call('down', [9]).outcome).toEqual({
        kind: 'resource',
        end: 'call-depth',
      });
    });

    test('an aborted signal ends a loop', () => {
      const forever = '.func @f () -> ()\n.registers 0\nagain:\njump again\n.end';
      let looks = 0;
      const signal = {
        get aborted() {
          return ++looks > 3;
        },
      };
      expect(values(start(forever, { signal }), 'f')).toEqual({ kind: 'resource', end: 'aborted' });
    });

    test('switch, dense and sparse', () => {
      const cases = [
        [0, 1, 2, 3],
        [5],
        [],
        [-2147483648, 2147483647, 0, 17],
        [-3, -1, 0, 2],
        [10, 1000, 100_000, 10_000_000, 20, 2000, -5],
        [2147483647, 2147483646],
      ];
      for (const list of cases) {
        const labels = list.map((_, i) => `l${i}`);
        const text = `
.func @f (i32) -> i32
  .registers 2
  switch r0, [${list.map((value, i) => `${value}: l${i}`).join(', ')}], other
${labels.map((label, i) => `${label}:\n  i32.const r1, ${i}\n  return [r1]`).join('\n')}
other:
  i32.const r1, -1
  return [r1]
.end`;
        const instance = start(text);
        for (const value of new Set([
          ...list,
          ...list.map((x) => (x + 1) | 0),
          ...list.map((x) => (x - 1) | 0),
          4,
          -7,
        ])) {
          expect(values(instance, 'f', value)).toEqual([list.indexOf(value)]);
        }
      }
    });

    test('a switch backwards costs fuel', () => {
      const text = `
.func @f (i32) -> i32
  .registers 1
again:
  i32.add.i r0, r0, -1
  switch r0, [0: done], again
done:
  return [r0]
.end`;
      expect(start(text).call('f', [10])).toEqual({
        outcome: { kind: 'return', values: [0] },
        instructions: 21,
        fuelUsed: 9,
      });
    });

    test('many arguments and results', () => {
      const n = 9;
      const regs = (from: number, count: number) => Array.from({ length: count }, (_, i) => `r${from + i}`).join(', ');
      const types = Array.from({ length: n }, () => 'i64').join(', ');
      const text = `
.func @rotate (${types}) -> (${types})
  .registers ${n}
  return [${regs(1, n - 1)}, r0]
.end
.func @twice (${types}) -> (${types})
  .registers ${3 * n}
  call [${regs(n, n)}], @rotate, [${regs(0, n)}]
  call [${regs(2 * n, n)}], @rotate, [${regs(n, n)}]
  return [${regs(2 * n, n)}]
.end
.func @first (${types}) -> i64
  .registers ${n}
  return [r0]
.end
.func @last (${types}) -> i64
  .registers ${n + 3}
  i32.const r${n + 1}, 1
  call_indirect [${regs(0, n)}], (${types}) -> (${types}), [${regs(0, n)}, r${n + 1}]
  call [r${n}], @first, [${regs(0, n)}]
  return [r${n}]
.end
.table [@first, @rotate]`;
      const args = Array.from({ length: n }, (_, i) => BigInt(i) << 40n);
      const instance = start(text);
      expect(values(instance, 'rotate', ...args)).toEqual([...args.slice(1), args[0]]);
      expect(values(instance, 'twice', ...args)).toEqual([...args.slice(2), ...args.slice(0, 2)]);
      expect(values(instance, 'last', ...args)).toEqual([args[1]]);
    });

    test('calls through the table, imports and empty elements', () => {
      const text = `
.import @inc (i32) -> i32 "env" "inc"
.table [@double, @inc, null, @noargs]
.func @double (i32) -> i32
  .registers 1
  i32.add r0, r0, r0
  return [r0]
.end
.func @noargs () -> i32
  .registers 1
  i32.const r0, 5
  return [r0]
.end
.func @f (i32, i32) -> i32
  .registers 3
  call_indirect [r2], (i32) -> i32, [r0, r1]
  i32.add.i r2, r2, 100
  return [r2]
.end`;
      const host: Host = new Map([['env.inc', (x) => (x as number) + 1]]);
      const instance = start(text, { host });
      expect(values(instance, 'f', 7, 0)).toEqual([114]);
      expect(values(instance, 'f', 7, 1)).toEqual([108]);
      expect(instance.call('f', [7, 2]).outcome).toEqual({ kind: 'trap', trap: 'null-reference', at: '@f 0' });
      expect(instance.call('f', [7, 3]).outcome).toEqual({ kind: 'trap', trap: 'indirect-call-type', at: '@f 0' });
      expect(instance.call('f', [7, 4]).outcome).toEqual({ kind: 'trap', trap: 'out-of-bounds', at: '@f 0' });
      expect(instance.call('f', [7, -1]).outcome).toEqual({ kind: 'trap', trap: 'out-of-bounds', at: '@f 0' });
    });

    test('hosts: results, exits, limits, mistakes, calls back', () => {
      const text = `
.import @three (i64, f64) -> (i32, i64, f64) "env" "three"
.import @end (i32) -> () "env" "end"
.global @calls mut i32 = 0
.func @f (i64, f64) -> (i32, i64, f64)
  .registers 5
  call_host [r2, r3, r4], @three, [r0, r1]
  return [r2, r3, r4]
.end
.func @g (i32) -> i32
  .registers 3
  global.get i32 r1, @calls
  i32.add.i r1, r1, 1
  global.set i32 r1, @calls
  i32.const r2, 41
  call_host [], @end, [r0]
  i32.add.i r2, r2, 1
  return [r2]
.end`;
      let instance: Instance | null = null;
      let inner: unknown = null;
      const host: Host = new Map([
        ['env.three', (a: Value, b: Value) => [Number(a), BigInt(Number(b)), -Number(b)]],
        [
          'env.end',
          (how: Value) => {
            if (how === 1) throw new HostExit(3, 'bye');
            if (how === 2) throw new ResourceError('memory');
            if (how === 3) throw new TypeError('a bug of the host');
            if (how === 4) throw new WebAssembly.RuntimeError('unreachable');
            if (how === 5) inner = instance?.call('g', [0]);
            if (how === 6) instance?.call('g', [6]);
            return undefined;
          },
        ],
      ] as [string, (...args: readonly Value[]) => Value | readonly Value[] | undefined][]);
      instance = start(text, { host });
      expect(values(instance, 'f', 5n, 2.0)).toEqual([5, 2n, -2]);
      expect(values(instance, 'g', 0)).toEqual([42]);
      expect(values(instance, 'g', 1)).toEqual({ kind: 'exit', code: 3, message: 'bye' });
      expect(values(instance, 'g', 2)).toEqual({ kind: 'resource', end: 'memory' });
      expect(() => instance?.call('g', [3])).toThrow('a bug of the host');
      expect(() => instance?.call('g', [4])).toThrow('unreachable');
      expect(instance.call('g', [5])).toEqual({
        outcome: { kind: 'return', values: [42] },
        instructions: 7,
        fuelUsed: 0,
      });
      expect(inner).toEqual({ outcome: { kind: 'return', values: [42] }, instructions: 7, fuelUsed: 0 });
      expect(instance.global('calls')).toBe(7);
      // Calls back without end: too deep, not a crash of the host.
      expect(values(instance, 'g', 6)).toEqual([42]);
      expect(() => engine.instantiate(program(text), {})).toThrow(/env.three, env.end/);
    });

    test('traps say where, and keep counts', () => {
      const text = `
.memory 1 1
.func @f (i32, i32) -> i32
  .registers 3
again:
  i32.div_s r2, r0, r1
  i32.add.i r1, r1, -1
  jump.i32.lt_s.i r1, -1000, done
  jump again
done:
  return [r2]
.end
.func @g () -> ()
  .registers 1
  i32.const r0, 65535
  i32.load r0, r0
  trap unreachable
.end
.func @h () -> ()
  .registers 0
  trap invalid-conversion
.end`;
      const instance = start(text);
      expect(instance.call('f', [7, 3])).toEqual({
        outcome: { kind: 'trap', trap: 'integer-divide-by-zero', at: '@f 0' },
        instructions: 13,
        fuelUsed: 3,
      });
      expect(instance.call('f', [-2147483648, -1]).outcome).toMatchObject({ trap: 'integer-overflow' });
      expect(instance.call('g', []).outcome).toEqual({ kind: 'trap', trap: 'out-of-bounds', at: '@g 1' });
      expect(instance.call('h', []).outcome).toEqual({ kind: 'trap', trap: 'invalid-conversion', at: '@h 0' });
    });

    test('slots start as zero in each call', () => {
      const text = `
.func @f (i64) -> i64
  .registers 2
  .slots 3
  reload r1, #2
  spill #2, r0
  spill #0, r0
  i64.add r1, r1, r0
  return [r1]
.end
.func @twice (i64) -> i64
  .registers 2
  call [r1], @f, [r0]
  call [r1], @f, [r0]
  return [r1]
.end`;
      const instance = start(text);
      expect(values(instance, 'twice', 5n)).toEqual([5n]);
      expect(instance.call('f', [6n])).toMatchObject({ outcome: { values: [6n] }, instructions: 5 });
    });

    test('memory grows to its maximum and to the limit', () => {
      const text = `
.memory 1 4
.func @grow (i32) -> i32
  .registers 1
  memory.grow r0, r0
  return [r0]
.end
.func @poke (i32) -> i32
  .registers 1
  i32.store r0, r0
  memory.size r0
  return [r0]
.end`;
      const instance = start(text);
      expect(instance.call('poke', [65_536]).outcome).toMatchObject({ trap: 'out-of-bounds' });
      expect(values(instance, 'grow', 2)).toEqual([1]);
      expect(values(instance, 'poke', 65_536)).toEqual([3]);
      expect(new DataView(instance.memory().buffer).getInt32(65_536, true)).toBe(65_536);
      expect(values(instance, 'grow', 2)).toEqual([-1]);
      expect(values(instance, 'grow', -1)).toEqual([-1]);
      const small = start(text, { limits: { memory: 65_536 * 2 } });
      expect(values(small, 'grow', 1)).toEqual([1]);
      expect(values(small, 'grow', 1)).toEqual({ kind: 'resource', end: 'memory' });
      const none = start(text, { limits: { memory: 1000 } });
      expect(values(none, 'grow', 0)).toEqual({ kind: 'resource', end: 'memory' });
    });

    test('a program that the validator refuses does not run', () => {
      const text = '.memory 2 1\n.func @f () -> ()\n.registers 0\nreturn []\n.end';
      const unchecked = unwrap(assembleRegister(`.machine register\n${text}`, { file: 'test' }));
      expect(() => engine.instantiate(unchecked)).toThrow(/SL03/);
    });
  });
}
