/** Instances that share memories and globals, how they are made, and what does not match, on every engine. */

import { type HostFunction, TrapError } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { call, engines, linked } from './support/instances.ts';

describe.each(engines)('%s', (_, make) => {
  const instantiate = linked(make);
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
});
