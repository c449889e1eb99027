/** The engine `js` where it differs from an interpreter: V8's stack and exceptions, NaNs, limits, hosts that call back. */
import { presets } from '@sluice/driver';
import {
  type Host,
  HostExit,
  type Instance,
  type InstanceOptions,
  interp,
  type Module,
  parseModule,
  TrapError,
  unwrap,
  type Value,
} from '@sluice/ir';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { describe, expect, test } from 'vitest';

function prepared(text: string): Module {
  const m = unwrap(parseModule(text, { file: 'test' }));
  const entry = engine();
  return runPipeline(m, pipeline('js', entry.prepare, presets.passes), { verifyEach: true }).module;
}

function engine() {
  const found = presets.engines.find(({ name }) => name === 'js');
  if (found?.executes !== 'module') throw new Error('no engine js');
  return found;
}

function make(text: string, options: InstanceOptions = {}): Instance {
  return engine().instantiate(prepared(text), options);
}

const down = `func @down(%n: i32) -> i32 {
^0:
  %one = i32.const 1
  br_if %n, ^more, ^end
^more:
  %m = i32.sub %n, %one
  %r = call i32 @down(%m)
  %s = i32.add %r, %one
  ret %s
^end:
  ret %n
}`;

const down64 = down
  .replaceAll('%n: i32', '%n: i64')
  .replaceAll('i32', 'i64')
  .replace('br_if %n', '%c = i32.wrap_i64 %n\n  br_if %c');

describe('limits', () => {
  test.each([
    ['i32', down, (n: number): Value => n],
    ['i64', down64, (n: number): Value => BigInt(n)],
  ])('deep recursion is a resource end, and the instance lives on (%s)', (_, text, value) => {
    const instance = make(text);
    expect(instance.call('down', [value(1_000_000)]).outcome).toEqual({ kind: 'resource', end: 'call-depth' });
    expect(instance.call('down', [value(100)]).outcome).toEqual({ kind: 'return', values: [value(100)] });
  });

  test('depth and fuel are exact where they are asked for', () => {
    for (const limits of [{ depth: 10 }, { fuel: 9 }, { fuel: 8 }, { depth: 9, fuel: 20 }, { fuel: 0 }]) {
      const m = prepared(down);
      const { outcome } = engine().instantiate(m, { limits }).call('down', [9]);
      expect(outcome).toEqual(interp.instantiate(m, { limits }).call('down', [9]).outcome);
    }
    expect(make(down, { limits: { fuel: 1000 } }).call('down', [9])).toMatchObject({ fuelUsed: 9 });
  });

  test('fuel beyond one quantum', () => {
    const text = `func @spin(%n: i32) -> i32 {
^0:
  %one = i32.const 1
  br ^l
^l:
  %i = phi i32 [^0: %n], [^l: %j]
  %j = i32.sub %i, %one
  br_if %j, ^l, ^e
^e:
  ret %j
}`;
    const limits = { fuel: 300_000 };
    expect(make(text, { limits }).call('spin', [300_001])).toMatchObject({
      outcome: { kind: 'return' },
      fuelUsed: 300_000,
    });
    expect(make(text, { limits }).call('spin', [300_002]).outcome).toEqual({ kind: 'resource', end: 'fuel' });
    const signal = { aborted: false };
    const instance = make(text, { signal });
    expect(instance.call('spin', [5]).outcome.kind).toBe('return');
    signal.aborted = true;
    expect(instance.call('spin', [5]).outcome).toEqual({ kind: 'resource', end: 'aborted' });
  });

  test('a signal ends a loop that would not end', () => {
    const text = `import @tick() -> () from "env" "tick"
func @spin() {
^0:
  br ^l
^l:
  call_host @tick()
  br ^l
}`;
    const signal = { aborted: false };
    let ticks = 0;
    const tick = (): undefined => {
      if (++ticks === 1000) signal.aborted = true;
      return undefined;
    };
    const instance = make(text, { signal, host: new Map([['env.tick', tick]]) });
    expect(instance.call('spin', []).outcome).toEqual({ kind: 'resource', end: 'aborted' });
  });

  test('memory beyond the limit', () => {
    const text = `memory 1
func @grow(%n: i32) -> i32 {
^0:
  %old = memory.grow %n
  ret %old
}`;
    const instance = make(text, { limits: { memory: 1 << 20 } });
    expect(instance.call('grow', [3]).outcome).toEqual({ kind: 'return', values: [1] });
    expect(instance.memory().length).toBe(4 * 65536);
    expect(instance.call('grow', [100]).outcome).toEqual({ kind: 'resource', end: 'memory' });
    expect(instance.call('grow', [70000]).outcome).toEqual({ kind: 'return', values: [-1] });
  });
});

describe('NaNs', () => {
  const text = `memory 1
global @g: mut f32 = 0
func @same(%x: f32) -> f32 {
^0:
  ret %x
}
func @bits(%x: f32) -> i32 {
^0:
  %y = call f32 @same(%x)
  global.set @g %y
  %z = global.get f32 @g
  %b = i32.reinterpret_f32 %z
  ret %b
}
func @move(%p: i32, %c: i32) -> f32 {
^0:
  %x = f32.load %p offset=0 align=0
  %y = f32.load %p offset=4 align=2
  %z = select f32 %x, %y, %c
  %n = f32.neg %z
  f32.store %p, %n offset=8 align=2
  ret %z
}
func @wide(%b: i64) -> i64 {
^0:
  %x = f64.reinterpret_i64 %b
  %y = f64.abs %x
  %c = i64.reinterpret_f64 %y
  ret %c
}
func @sum(%x: f64, %y: f64) -> f64 {
^0:
  %z = f64.add %x, %y
  ret %z
}`;

  test('signalling ones keep their bits through calls, globals, memory and selections', () => {
    const instance = make(text);
    const signalling = 0x7f800001n;
    expect(instance.call('bits', [signalling]).outcome).toEqual({ kind: 'return', values: [0x7f800001] });
    const memory = new DataView(instance.memory().buffer);
    memory.setInt32(3, 0x7fa00001, true);
    expect(instance.call('move', [3, 1]).outcome).toEqual({ kind: 'return', values: [0x7fa00001n] });
    expect(memory.getUint32(11, true)).toBe(0xffa00001);
    expect(instance.call('wide', [-0xfffffffffffffn]).outcome).toEqual({
      kind: 'return',
      values: [0x7ff0000000000001n],
    });
  });

  test('arguments with bits are numbers for arithmetic', () => {
    const { outcome } = make(text).call('sum', [0xfff8000000000001n, 1]);
    expect(outcome.kind === 'return' && Number.isNaN(outcome.values[0])).toBe(true);
  });
});

describe('hosts', () => {
  const text = `import @h(i64) -> i64 from "env" "h"
import @pair(i32) -> (i64, f64) from "env" "pair"
memory 1
table [@h, @twice]
func @twice(%n: i64) -> i64 {
^0:
  %two = i64.const 2
  %m = i64.mul %n, %two
  ret %m
}
func @deep(%n: i64) -> i64 {
^0:
  %one = i64.const 1
  %a = i64.add %n, %one
  %r = call_host i64 @h(%a)
  %s = i64.add %r, %a
  ret %s
}
func @indirect(%i: i32, %n: i64) -> i64 {
^0:
  %r = call_indirect i64 ((i64) -> i64) (%n, %i)
  %s = i64.add %r, %n
  ret %s
}
func @both(%i: i32) -> (f64, i64) {
^0:
  %t = call_host tuple @pair(%i)
  %a = result i64 %t #0
  %b = result f64 %t #1
  ret %b, %a
}
func @load(%p: i32) -> i32 {
^0:
  %x = i32.load %p offset=0 align=2
  ret %x
}`;
  const host = (h: (n: bigint) => Value): Host =>
    new Map([
      ['env.h', (n) => h(n as bigint)],
      ['env.pair', (i) => [BigInt(i as number), 1.5]],
    ]);

  test('one that calls back sees frames of its own', () => {
    const made: { instance: Instance | null } = { instance: null };
    const call = (name: string, n: bigint): bigint => {
      const outcome = made.instance?.call(name, [n]).outcome;
      return outcome?.kind === 'return' ? (outcome.values[0] as bigint) : -1n;
    };
    made.instance = make(text, { host: host((n) => (n > 5n ? n : call('deep', n) + call('twice', n))) });
    // deep(5) calls h(6) = 6: 12; deep(4): h(5) = 12 + 10, + 5: 27; deep(3): h(4) = 27 + 8, + 4: 39.
    expect(made.instance.call('deep', [3n]).outcome).toEqual({ kind: 'return', values: [39n] });
    expect(made.instance.call('indirect', [0, 4n]).outcome).toEqual({ kind: 'return', values: [39n] });
    expect(made.instance.call('indirect', [1, 4n]).outcome).toEqual({ kind: 'return', values: [12n] });
    expect(made.instance.call('both', [7]).outcome).toEqual({ kind: 'return', values: [1.5, 7n] });
  });

  test('what they throw passes through, but for traps, exits and full stacks', () => {
    const ends = (error: unknown) => () =>
      make(text, {
        host: host(() => {
          throw error;
        }),
      }).call('deep', [1n]).outcome;
    expect(ends(new RangeError('mine'))).toThrow('mine');
    expect(ends(new TypeError('mine'))).toThrow(TypeError);
    expect(ends(new TrapError('unreachable'))()).toMatchObject({ kind: 'trap', trap: 'unreachable' });
    expect(ends(new HostExit(3, 'over'))()).toEqual({ kind: 'exit', code: 3, message: 'over' });
    const endless = (): never => endless();
    expect(make(text, { host: host(endless) }).call('deep', [1n]).outcome).toMatchObject({ end: 'call-depth' });
  });

  test('an address that is read as signed would be inside', () => {
    const instance = make(text, { host: host((n) => n) });
    for (const address of [-4, -1, 65533, 0x7fffffff]) {
      expect(instance.call('load', [address]).outcome).toMatchObject({ kind: 'trap', trap: 'out-of-bounds' });
    }
    expect(instance.call('load', [65532]).outcome.kind).toBe('return');
  });
});
