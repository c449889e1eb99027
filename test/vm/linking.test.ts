/**
 * Instances that share: memories, tables, globals and functions, on every machine and the reference interpreter. Each case
 * is a row of modules; later ones import what those before export, by name.
 */

import { lower, presets } from '@sluice/driver';
import {
  type Extern,
  type HostFunction,
  hostFuncRef,
  hostGlobal,
  type Instance,
  type InstanceOptions,
  interp,
  type Module,
  parseModule,
  SharedTable,
  TrapError,
  unwrap,
  type Value,
  verifyModule,
  WasmMemory,
} from '@sluice/ir';
import { registerJsVM, type registerVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { machines } from '../support/engines.ts';

type Make = (m: Module, options: InstanceOptions) => Instance;

function machine(name: string, engine?: typeof registerVM): Make {
  const entry = presets.engines.find((each) => each.name === name);
  if (entry?.executes !== 'program') throw new Error(`no machine ${name}`);
  return (m, options) => {
    const { program } = lower(m, entry.target, presets);
    return (engine ?? entry).instantiate(program as never, options);
  };
}

function generated(name: string): Make {
  const engine = machines().find((each) => each.name === name);
  if (engine === undefined) throw new Error(`no engine ${name}`);
  return (m, options) => engine.lower(m).instantiate(options);
}

const engines: readonly (readonly [string, Make])[] = [
  ['interp', (m, options) => interp.instantiate(m, options)],
  ['stack', machine('stack')],
  ['register', machine('register')],
  ['register-js', machine('register', registerJsVM)],
  ['js', generated('js')],
  ['wasm', generated('wasm')],
];

function moduleOf(text: string): Module {
  const m = unwrap(parseModule(text, { file: 'test.ir' }));
  expect(verifyModule(m)).toEqual([]);
  return m;
}

describe.each(engines)('%s', (_, make) => {
  /** An instance whose imports `a.x` are what another one exports as `x`, or what is given under that name. */
  const instantiate = (
    text: string,
    others: Record<string, Instance> = {},
    options: InstanceOptions = {},
  ): Instance => {
    const externs = new Map<string, Extern>(options.externs ?? []);
    const m = moduleOf(text);
    for (const { module, field } of [
      ...m.imports,
      ...[m.memory, ...m.tables, ...m.globals].flatMap((x) => x?.source ?? []),
    ]) {
      const found = others[module]?.exported(field);
      if (found !== undefined) externs.set(`${module}.${field}`, found);
    }
    return make(m, { ...options, externs });
  };
  const call = (instance: Instance, name: string, ...args: Value[]) => {
    const { outcome } = instance.call(name, args);
    return outcome.kind === 'return' ? outcome.values : outcome.kind === 'trap' ? outcome.trap : outcome;
  };

  test('a memory: stores and growth are seen by both', () => {
    const a = instantiate(`
memory 1 3
data 0 "abc"
export "mem" memory
export "load" func @load
export "size" func @size
func @load(%0: i32) -> i32 {
^0:
  %1 = i32.load8_u %0
  ret %1
}
func @size() -> i32 {
^0:
  %0 = memory.size
  ret %0
}`);
    const b = instantiate(
      `
memory 1 3 from "a" "mem"
import @size() -> i32 from "a" "size"
export "both" func @both
export "grow" func @grow
export "mem" memory
func @both(%0: i32, %1: i32) -> (i32, i32) {
^0:
  %2 = i32.load8_u %0
  i32.store8 %0, %1
  %3 = i32.load8_u %0
  ret %2, %3
}
func @grow(%0: i32) -> (i32, i32, i32) {
^0:
  %1 = memory.grow %0
  %2 = call_host i32 @size()
  %3 = memory.size
  ret %1, %2, %3
}`,
      { a },
    );
    expect(call(b, 'both', 1, 7)).toEqual([98, 7]);
    expect(call(a, 'load', 1)).toEqual([7]);
    expect(call(a, 'load', 65536)).toBe('out-of-bounds');
    expect(call(b, 'grow', 1)).toEqual([1, 2, 2]);
    expect(call(b, 'both', 65536, 9)).toEqual([0, 9]);
    expect(call(a, 'load', 65536)).toEqual([9]);
    expect(call(b, 'grow', 2)).toEqual([-1, 2, 2]);
    expect(a.memory().length).toBe(2 * 65536);
    expect(b.exported('mem')).toEqual(a.exported('mem'));
  });

  test('globals: mutable ones are one cell, whoever sets it and when', () => {
    const a = instantiate(`
global @g: mut i64 = 5
global @c: f64 = 1.5
export "g" global @g
export "c" global @c
export "bump" func @bump
func @bump() -> i64 {
^0:
  %0 = global.get i64 @g
  %1 = i64.const 10
  %2 = i64.add %0, %1
  global.set @g %2
  ret %2
}`);
    const b = instantiate(
      `
global @g: mut i64 from "a" "g"
global @c: f64 from "a" "c"
global @d: f64 = global @c
import @bump() -> i64 from "a" "bump"
export "f" func @f
export "g" global @g
func @f(%0: i64) -> (i64, i64, f64) {
^0:
  global.set @g %0
  %1 = call_host i64 @bump()
  %2 = global.get i64 @g
  %3 = global.get f64 @d
  ret %1, %2, %3
}`,
      { a },
    );
    expect(call(b, 'f', 1n)).toEqual([11n, 11n, 1.5]);
    expect([a.global('g'), b.global('g')]).toEqual([11n, 11n]);
    expect(call(a, 'bump')).toEqual([21n]);
    expect(b.global('g')).toBe(21n);
    const shared = b.exported('g');
    if (shared?.kind !== 'global') throw new Error('no global');
    shared.global.value = 100n;
    expect(call(a, 'bump')).toEqual([110n]);
  });

  test('a table: elements of several instances, calls across, traps across', () => {
    const a = instantiate(`
table 3 5 [@one]
export "t" table @table
export "call" func @call
export "divide" func @divide
func @one() -> i32 {
^0:
  %0 = i32.const 1
  ret %0
}
func @call(%0: i32) -> i32 {
^0:
  %1 = call_indirect i32 (() -> i32) (%0)
  ret %1
}
func @divide(%0: i32, %1: i32) -> i32 {
^0:
  %2 = i32.div_s %0, %1
  ret %2
}`);
    const b = instantiate(
      `
table 3 5 [] from "a" "t"
table @own [@two]
segment @table 1 funcref [@two, @three]
import @divide(i32, i32) -> i32 from "a" "divide"
export "call" func @call
export "own" func @own
export "grow" func @grow
export "bad" func @bad
export "size" func @size
func @two() -> i32 {
^0:
  %0 = i32.const 2
  ret %0
}
func @three(%0: i64) -> i32 {
^0:
  %1 = i32.const 3
  ret %1
}
func @call(%0: i32) -> i32 {
^0:
  %1 = call_indirect i32 (() -> i32) (%0)
  ret %1
}
func @own(%0: i32) -> i32 {
^0:
  %1 = call_indirect i32 @own (() -> i32) (%0)
  ret %1
}
func @grow(%0: i32) -> i32 {
^0:
  %1 = ref.func @bad
  %2 = table.grow @table %1, %0
  ret %2
}
func @size() -> (i32, i32) {
^0:
  %0 = table.size @table
  %1 = table.size @own
  ret %0, %1
}
func @bad() -> i32 {
^0:
  %0 = i32.const 0
  %1 = call_host i32 @divide(%0, %0)
  ret %1
}`,
      { a },
    );
    expect([0, 1, 2, 3].map((i) => call(a, 'call', i))).toEqual([[1], [2], 'indirect-call-type', 'out-of-bounds']);
    expect([0, 1, 2, 3].map((i) => call(b, 'call', i))).toEqual([[1], [2], 'indirect-call-type', 'out-of-bounds']);
    expect([call(b, 'own', 0), call(b, 'own', 1)]).toEqual([[2], 'out-of-bounds']);
    expect(call(b, 'grow', 2)).toEqual([3]);
    expect(call(b, 'grow', 1)).toEqual([-1]);
    expect(call(b, 'size')).toEqual([5, 1]);
    expect(call(a, 'call', 4)).toBe('integer-divide-by-zero');
    expect(call(b, 'call', 4)).toBe('integer-divide-by-zero');
    expect(call(b, 'bad')).toBe('integer-divide-by-zero');
  });

  test('ops on tables: get, set, fill, copy, init, drop', () => {
    const a = instantiate(`
table @a 4 10 [@one]
table @e externref 3 []
segment passive funcref [@one, null, @two]
export "set" func @set
export "call" func @call
export "fill" func @fill
export "copy" func @copy
export "init" func @init
export "drop" func @drop
export "e" func @e
func @one() -> i32 {
^0:
  %0 = i32.const 1
  ret %0
}
func @two() -> i32 {
^0:
  %0 = i32.const 2
  ret %0
}
func @call(%0: i32) -> i32 {
^0:
  %1 = call_indirect i32 (() -> i32) (%0)
  ret %1
}
func @set(%0: i32, %1: i32) -> i32 {
^0:
  %2 = table.get funcref @a %0
  table.set @a %1, %2
  %3 = ref.is_null %2
  ret %3
}
func @fill(%0: i32, %1: i32) {
^0:
  %2 = ref.func @two
  table.fill @a %0, %2, %1
  ret
}
func @copy(%0: i32, %1: i32, %2: i32) {
^0:
  table.copy @a @a %0, %1, %2
  ret
}
func @init(%0: i32, %1: i32, %2: i32) {
^0:
  table.init @a #0 %0, %1, %2
  ret
}
func @drop() {
^0:
  elem.drop #0
  ret
}
func @e(%0: i32, %1: externref) -> externref {
^0:
  table.set @e %0, %1
  %2 = table.get externref @e %0
  ret %2
}`);
    const all = () => [0, 1, 2, 3].flatMap((i) => call(a, 'call', i));
    const none = 'null-reference';
    expect(all()).toEqual([1, none, none, none]);
    expect(call(a, 'set', 0, 2)).toEqual([0]);
    expect(call(a, 'set', 1, 0)).toEqual([1]);
    expect(all()).toEqual([none, none, 1, none]);
    expect([call(a, 'set', 4, 0), call(a, 'set', 0, -1)]).toEqual(['out-of-bounds', 'out-of-bounds']);
    expect(call(a, 'fill', 3, 2)).toBe('out-of-bounds');
    expect(call(a, 'fill', 2, 2)).toEqual([]);
    expect(all()).toEqual([none, none, 2, 2]);
    expect(call(a, 'copy', 1, 2, 2)).toEqual([]);
    expect(all()).toEqual([none, 2, 2, 2]);
    expect(call(a, 'init', 0, 0, 4)).toBe('out-of-bounds');
    expect(call(a, 'init', 1, 0, 3)).toEqual([]);
    expect(all()).toEqual([none, 1, none, 2]);
    expect(call(a, 'drop')).toEqual([]);
    expect([call(a, 'init', 4, 0, 0), call(a, 'init', 0, 0, 1)]).toEqual([[], 'out-of-bounds']);
    const thing = { of: 'the host' };
    expect(call(a, 'e', 2, thing)).toEqual([thing]);
    expect(call(a, 'e', 3, thing)).toBe('out-of-bounds');
  });

  test('references as values: passed to others, called there, and back', () => {
    const a = instantiate(`
table @t 1 1 []
export "keep" func @keep
export "run" func @run
func @keep(%0: funcref) -> funcref {
^0:
  %1 = i32.const 0
  %2 = table.get funcref @t %1
  table.set @t %1, %0
  ret %2
}
func @run(%0: i32) -> i32 {
^0:
  %1 = i32.const 0
  %2 = call_indirect i32 ((i32) -> i32) (%0, %1)
  ret %2
}`);
    const b = instantiate(
      `
import @keep(funcref) -> funcref from "a" "keep"
import @run(i32) -> i32 from "a" "run"
table @t 1 1 []
export "go" func @go
export "double" func @double
func @double(%0: i32) -> i32 {
^0:
  %1 = i32.add %0, %0
  ret %1
}
func @go(%0: i32) -> (i32, i32) {
^0:
  %1 = ref.func @double
  %2 = call_host funcref @keep(%1)
  %3 = call_host i32 @run(%0)
  %4 = ref.null funcref
  %5 = call_host funcref @keep(%4)
  %6 = i32.const 0
  table.set @t %6, %5
  %7 = call_indirect i32 ((i32) -> i32) (%3, %6)
  ret %3, %7
}`,
      { a },
    );
    expect(call(b, 'go', 21)).toEqual([42, 84]);
    expect(call(a, 'run', 1)).toBe('null-reference');
  });

  test('a table of the host with functions of the host', () => {
    const seen: Value[] = [];
    const table = new SharedTable('funcref', 2, null);
    table.set(
      1,
      hostFuncRef('log', { params: ['i32'], results: ['i32'] }, ([n]) => {
        seen.push(n);
        if (n === 3) throw new TrapError('unreachable');
        return [Number(n) + 1];
      }),
    );
    const memory = new WasmMemory(1, 2);
    const externs = new Map<string, Extern>([
      ['env.table', { kind: 'table', table }],
      ['env.memory', { kind: 'memory', memory }],
      ['env.base', { kind: 'global', global: hostGlobal('i32', false, 8) }],
    ]);
    const a = instantiate(
      `
table 2 [] from "env" "table"
memory 1 2 from "env" "memory"
global @base: i32 from "env" "base"
data global @base "xyz"
export "call" func @call
func @call(%0: i32, %1: i32) -> i32 {
^0:
  %2 = call_indirect i32 ((i32) -> i32) (%0, %1)
  ret %2
}`,
      {},
      { externs },
    );
    expect([call(a, 'call', 4, 1), call(a, 'call', 3, 1), call(a, 'call', 3, 0)]).toEqual([
      [5],
      'unreachable',
      'null-reference',
    ]);
    expect(seen).toEqual([4, 3]);
    expect([...new Uint8Array(memory.wasm.buffer).subarray(8, 11)]).toEqual([120, 121, 122]);
  });

  test('a host function traps', () => {
    const host = new Map<string, HostFunction>([
      [
        'h.f',
        () => {
          throw new TrapError('unreachable');
        },
      ],
    ]);
    const a = instantiate(
      `
import @f() -> () from "h" "f"
export "main" func @main
export "f" func @f
func @main() {
^0:
  call_host @f()
  ret
}`,
      {},
      { host },
    );
    expect([call(a, 'main'), call(a, 'f')]).toEqual(['unreachable', 'unreachable']);
  });

  test('the initialiser runs once, when the instance is made; its trap is the end of every call', () => {
    const text = (body: string) => `
global @n: mut i32 = 0
export "n" func @n
initialiser @init
func @init() {
^0:
  ${body}
}
func @n() -> i32 {
^0:
  %0 = global.get i32 @n
  ret %0
}`;
    const good = instantiate(text('%0 = i32.const 1\n  global.set @n %0\n  ret'));
    expect([good.startFailure, call(good, 'n'), call(good, 'n')]).toEqual([null, [1], [1]]);
    const bad = instantiate(text('trap unreachable'));
    expect(bad.startFailure).toMatchObject({ kind: 'trap', trap: 'unreachable' });
    expect(call(bad, 'n')).toBe('unreachable');
  });

  test('segments in order: what was written before one that does not fit stays, and can be called', () => {
    const a = instantiate(`
table 2 2 []
memory 1 1
export "t" table @table
export "m" memory
export "call" func @call
func @call(%0: i32) -> i32 {
^0:
  %1 = call_indirect i32 (() -> i32) (%0)
  ret %1
}`);
    const b = instantiate(
      `
table 2 2 [] from "a" "t"
memory 1 1 from "a" "m"
segment @table 0 funcref [@seven]
data 0 "A"
data 65536 "B"
export "seven" func @seven
func @seven() -> i32 {
^0:
  %0 = i32.const 7
  ret %0
}`,
      { a },
    );
    expect(b.startFailure).toMatchObject({ kind: 'trap', trap: 'out-of-bounds' });
    expect([call(b, 'seven'), call(a, 'call', 0), call(a, 'call', 1)]).toEqual([
      'out-of-bounds',
      [7],
      'null-reference',
    ]);
    expect(a.memory()[0]).toBe(65);
  });

  test('what does not match is refused', () => {
    const a = instantiate(`
memory 1 3
table 2 4 []
global @g: mut i32 = 0
export "m" memory
export "t" table @table
export "g" global @g
export "f" func @f
func @f(%0: i32) {
^0:
  ret
}`);
    const refuse = (text: string) => {
      try {
        instantiate(text, { a });
        return 'nothing';
      } catch (error) {
        return (error as Error).message.replace(/^the import a\./, '');
      }
    };
    expect(refuse('memory 2 from "a" "m"')).toMatch(/m does not match: it has 1 pages, 2 are needed/);
    expect(refuse('memory 1 2 from "a" "m"')).toMatch(/may have 3 pages, at most 2/);
    expect(refuse('memory 1 from "a" "g"')).toMatch(/it is a global, not a memory/);
    expect(refuse('table 3 [] from "a" "t"')).toMatch(/it has 2 elements/);
    expect(refuse('table 1 3 [] from "a" "t"')).toMatch(/may have 4 elements/);
    expect(refuse('table externref 1 [] from "a" "t"')).toMatch(/funcref, not externref/);
    expect(refuse('global @g: i32 from "a" "g"')).toMatch(/it is mutable/);
    expect(refuse('global @g: mut i64 from "a" "g"')).toMatch(/its type is i32, not i64/);
    expect(refuse('import @f() -> () from "a" "f"')).toMatch(/its signature is/);
    expect(refuse('memory 1 from "a" "x"')).toMatch(/the host doesn't provide a.x/);
    expect(refuse('memory 1 from "a" "m"\ntable 0 [] from "a" "t"\nimport @f(i32) -> () from "a" "f"')).toBe('nothing');
  });

  test('instances that call each other without end run out of depth', () => {
    const table = new SharedTable('funcref', 2, null);
    const externs = new Map<string, Extern>([['env.t', { kind: 'table', table }]]);
    const text = (other: number) => `
table 2 [] from "env" "t"
segment @table ${1 - other} funcref [@f]
export "f" func @f
func @f() {
^0:
  %0 = i32.const ${other}
  call_indirect (() -> ()) (%0)
  ret
}`;
    const a = instantiate(text(1), {}, { externs });
    instantiate(text(0), {}, { externs });
    expect(call(a, 'f')).toEqual({ kind: 'resource', end: 'call-depth' });
    expect(call(a, 'f')).toEqual({ kind: 'resource', end: 'call-depth' });
  });

  test('many elements: a table that grows while frames are active', () => {
    const a = instantiate(`
table 1 100000 [@f]
export "f" func @f
func @f(%0: i32) -> i32 {
^0:
  %1 = i32.const 0
  %2 = i32.eq %0, %1
  br_if %2, ^1, ^2
^1:
  %3 = ref.func @f
  %4 = i32.const 50000
  %5 = table.grow @table %3, %4
  ret %5
^2:
  %6 = i32.const 1
  %7 = i32.sub %0, %6
  %8 = call_indirect i32 ((i32) -> i32) (%7, %1)
  %9 = i32.const 50000
  %10 = table.size @table
  %11 = i32.sub %10, %6
  %12 = call_indirect i32 ((i32) -> i32) (%1, %11)
  %13 = i32.add %8, %12
  ret %13
}`);
    expect(call(a, 'f', 3)).toEqual([-2]);
  });
});
