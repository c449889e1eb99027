/**
 * The stack frontend and the stack backend: a program, its lifted module and what is emitted from that mean the same,
 * on the machine and on the reference interpreter.
 */

import stackTarget from '@sluice/backend-stack';
import { disassemble, type StackProgram, validateProgram } from '@sluice/bytecode';
import { lower, presets } from '@sluice/driver';
import { liftStack } from '@sluice/frontend-stack';
import {
  equalResult,
  type Instance,
  interp,
  type Module,
  type Outcome,
  sizeOf,
  unwrap,
  type Value,
  verifyModule,
} from '@sluice/ir';
import { stackVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { asm, func, i, program } from '../vm/support/stack-program.ts';
import { randomArguments, randomProgram } from './support/random-stack.ts';

const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = process.env.SLUICE_DEEP ? 5_000 : 120;

function lift(p: StackProgram): Module {
  const m = unwrap(liftStack(p, { file: 'test.sasm' }));
  expect(verifyModule(m)).toEqual([]);
  return m;
}

function emit(m: Module): StackProgram {
  const p = lower(m, stackTarget as Parameters<typeof lower>[1], presets).program as StackProgram;
  expect(validateProgram(p, { file: 'emitted' })).toEqual([]);
  return p;
}

function same(a: Outcome, b: Outcome, p: StackProgram): boolean {
  if (a.kind === 'trap') return b.kind === 'trap' && a.trap === b.trap;
  if (a.kind !== 'return') return a.kind === b.kind;
  const types = p.funcs.find(({ name }) => name === 'main')?.sig.results ?? [];
  return b.kind === 'return' && types.every((type, k) => equalResult(type, a.values[k], b.values[k]));
}

/** The program, its module and what is emitted from it, ready to run. */
function enginesOf(p: StackProgram): readonly (readonly [string, Instance])[] {
  const m = lift(p);
  return [
    ['program', stackVM.instantiate(p)],
    ['module', interp.instantiate(m)],
    ['emitted', stackVM.instantiate(emit(m))],
  ];
}

/** Calls a program on all engines, which must agree. Gives the outcome. */
function agree(p: StackProgram, args: readonly Value[] = [], title = '', engines = enginesOf(p)): Outcome {
  const ends = engines.map(([name, instance]) => ({ name, instance, ...instance.call('main', args) }));
  const [first, ...others] = ends;
  if (first === undefined) throw new Error('no engines');
  for (const other of others) {
    if (!same(first.outcome, other.outcome, p)) {
      const shown = (o: Outcome) => JSON.stringify(o, (_, v) => (typeof v === 'bigint' ? `${v}n` : v));
      expect.fail(
        `${title} ${other.name}: ${shown(other.outcome)}, program: ${shown(first.outcome)}\n${disassemble(p)}`,
      );
    }
    for (const { name, type } of p.globals) {
      expect(equalResult(type, first.instance.global(name), other.instance.global(name)), `${title} @${name}`).toBe(
        true,
      );
    }
    expect(Buffer.compare(first.instance.memory(), other.instance.memory()), `${title} memory`).toBe(0);
  }
  return first.outcome;
}

describe('lifting', () => {
  test('values stay on the stack over labels', () => {
    const p = asm(`
.func @main (i32 $n) -> i64
  i64.const 1
  local.get $n
again:
  dup
  jump_unless end
  i32.const 1
  i32.sub
  local.set $n
  i64.const 3
  i64.mul
  local.get $n
  jump again
end:
  drop
  return
.end`);
    expect(agree(p, [5])).toEqual({ kind: 'return', values: [243n] });
  });

  test('a loop with two entries', () => {
    const p = asm(`
.func @main (i32 $n, i32 $where) -> i32
  .local i32 $sum
  local.get $where
  jump_if second
first:
  local.get $sum
  i32.const 10
  i32.add
  local.set $sum
second:
  local.get $sum
  i32.const 1
  i32.add
  local.set $sum
  local.get $n
  i32.const 1
  i32.sub
  local.tee $n
  jump_if first
  local.get $sum
  return
.end`);
    expect(agree(p, [4, 0])).toEqual({ kind: 'return', values: [44] });
    expect(agree(p, [4, 1])).toEqual({ kind: 'return', values: [34] });
  });

  test('the first instruction may be a target', () => {
    const p = asm(`
.func @main (i32 $n) -> i32
  .local i32 $k
top:
  local.get $k
  i32.const 2
  i32.add
  local.tee $k
  local.get $n
  i32.lt_s
  jump_if top
  local.get $k
  return
.end`);
    const [f] = lift(p).funcs;
    expect(f?.order.length).toBe(3);
    expect(agree(p, [7])).toEqual({ kind: 'return', values: [8] });
  });

  test('code that nothing reaches is left out', () => {
    const p = asm(`
.func @main () -> i32
  i32.const 1
  jump end
dead:
  i32.const 2
  jump dead_too
dead_too:
  drop
  jump dead
end:
  return
.end`);
    const [f] = lift(p).funcs;
    expect(f === undefined ? 0 : sizeOf(f)).toBe(3);
    expect(agree(p)).toEqual({ kind: 'return', values: [1] });
  });

  test('one position of the stack may hold several types in turn', () => {
    const p = asm(`
.func @main (i32 $n) -> f64
  local.get $n
  jump_if other
  i32.const 3
  jump joined
other:
  i32.const 4
joined:
  f64.convert_i32_s
  local.get $n
  jump_if end
  f64.neg
end:
  return
.end`);
    expect(agree(p, [0])).toEqual({ kind: 'return', values: [-3] });
    expect(agree(p, [1])).toEqual({ kind: 'return', values: [4] });
  });

  test('calls of every kind, with none, one and several results', () => {
    const p = asm(`
.table [@swap, @none]
.global @seen mut i32 = 0
.func @swap (i32 $a, i64 $b) -> (i64, i32)
  local.get $b
  local.get $a
  return
.end
.func @none () -> ()
  global.get i32 @seen
  i32.const 1
  i32.add
  global.set i32 @seen
  return
.end
.func @main () -> (i64, i32, i32)
  call @none
  i32.const 1
  call_indirect () -> ()
  i32.const 5
  i64.const 6
  i32.const 0
  call_indirect (i32, i64) -> (i64, i32)
  drop
  i32.const 9
  call @swap_back
  global.get i32 @seen
  return
.end
.func @swap_back (i64 $a, i32 $b) -> (i64, i32)
  .local i64 $x
  .local i32 $y
  local.get $b
  local.get $a
  call @swap
  local.set $y
  local.set $x
  local.get $x
  local.get $y
  return
.end`);
    expect(agree(p)).toEqual({ kind: 'return', values: [6n, 9, 2] });
  });

  test('places and names are carried over', () => {
    const p = asm(`
.func @main (i32 $first, i32 $second) -> i32
  local.get $first
  local.get $second
  i32.div_s
  return
.end`);
    const [f] = lift(p).funcs;
    expect([...(f?.valueNames.values() ?? [])]).toEqual(['first', 'second']);
    expect(interp.instantiate(lift(p)).call('main', [1, 0]).outcome).toMatchObject({
      at: expect.stringContaining('test.sasm:6:3'),
    });
  });

  test('a program that the validator refuses gives its diagnostics', () => {
    const bad = program([func('main', { params: [], results: [] }, [], [i('drop'), i('return')])]);
    const result = liftStack(bad, { file: 'bad.sasm' });
    expect(result.ok ? [] : result.diagnostics.map(({ code }) => code)).toEqual([expect.stringMatching(/^SL03/)]);
  });
});

test('fuel is what the reference interpreter says', () => {
  for (let k = 0; k < numRuns; k++) {
    const { module, program: emitted } = lower(
      lift(randomProgram(seed + k)),
      stackTarget as Parameters<typeof lower>[1],
      presets,
    );
    const args = randomArguments(seed + k);
    const { fuelUsed } = interp.instantiate(module, { count: true }).call('main', args);
    const counted = stackVM.instantiate(emitted as StackProgram, { count: true }).call('main', args);
    expect(counted.fuelUsed, `seed ${seed + k}`).toBe(fuelUsed);
  }
});

test('random programs mean the same lifted and emitted anew', () => {
  const kinds = new Map<string, number>();
  for (let k = 0; k < numRuns; k++) {
    const p = randomProgram(seed + k);
    expect(validateProgram(p, { file: 'random' })).toEqual([]);
    const engines = enginesOf(p);
    for (let n = 0; n < 3; n++) {
      const { kind } = agree(p, randomArguments(seed + k * 3 + n), `seed ${seed + k}`, engines);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
  }
  expect(kinds.get('return') ?? 0).toBeGreaterThan(numRuns);
  expect(kinds.get('resource') ?? 0).toBe(0);
});
