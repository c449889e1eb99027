/** Tables and references: ops, elements of several instances, calls across, on every engine. */

import { type Extern, hostFuncRef, hostGlobal, SharedTable, TrapError, type Value, WasmMemory } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { call, engines, linked } from './support/instances.ts';

describe.each(engines)('%s', (_, make) => {
  const instantiate = linked(make);
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

  test('the first table of a module is the first one that stands there, also where an imported one follows', () => {
    const a = instantiate(`
table 1 1 [@one]
export "t" table @table
func @one() -> i32 {
^0:
  %0 = i32.const 1
  ret %0
}`);
    const b = instantiate(
      `
table @own [@two]
table @shared 1 1 [] from "a" "t"
export "own" func @own
export "shared" func @shared
func @two() -> i32 {
^0:
  %0 = i32.const 2
  ret %0
}
func @own() -> i32 {
^0:
  %0 = i32.const 0
  %1 = call_indirect i32 (() -> i32) (%0)
  ret %1
}
func @shared() -> i32 {
^0:
  %0 = i32.const 0
  %1 = call_indirect i32 @shared (() -> i32) (%0)
  ret %1
}`,
      { a },
    );
    expect([call(b, 'own'), call(b, 'shared')]).toEqual([[2], [1]]);
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
