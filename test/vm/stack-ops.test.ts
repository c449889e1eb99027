/**
 * Every op of the table on the stack machine, in every form in which the loader may put it: operands in cells or as
 * constants, the result on the stack, in a local, returned or as the condition of a jump. The meaning is `eval`'s.
 */

import type { Instr, StackFunc } from '@sluice/bytecode';
import { coreTable, type Instance, Trap, type Type, type Value } from '@sluice/ir';
import { stackVM } from '@sluice/vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  anyValue,
  casesOf,
  corners,
  equalAs,
  evaluate,
  type NumType,
  type OpCase,
} from '../property/support/operands.ts';
import { func, i, program } from './support/stack-program.ts';

const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = process.env.SLUICE_DEEP ? 5_000 : 150;
const cases = [...coreTable.values()].flatMap(casesOf).filter(({ op }) => op.name !== 'copy');

function opInstr(c: OpCase): Instr {
  const generic = c.op.sig.result === 'T' ? c.result : c.op.sig.params.includes('T') ? (c.params[0] as Type) : null;
  return generic === null ? i(c.op.name) : i(c.op.name, generic);
}

/** `parameters -> result` in three forms, and as a condition. */
function forms(c: OpCase, k: number): readonly StackFunc[] {
  const sig = { params: c.params, results: [c.result] };
  const gets = c.params.map((_, p) => i('local.get', p));
  const op = opInstr(c);
  const local = c.params.length;
  const made = [
    func(`return${k}`, sig, [], [...gets, op, i('return')]),
    func(`set${k}`, sig, [c.result], [...gets, op, i('local.set', local), i('local.get', local), i('return')]),
    // The stack is not empty below, and the result stays there across a label.
    func(
      `stack${k}`,
      sig,
      [c.result],
      [
        i('i32.const', 7),
        ...gets,
        op,
        i('jump', gets.length + 3),
        i('local.set', local),
        i('drop'),
        i('local.get', local),
        i('return'),
      ],
    ),
  ];
  if (c.result !== 'i32') return made;
  const condition = { params: c.params, results: ['i32' as const] };
  const at = gets.length;
  const branch = (name: string, yes: number): StackFunc =>
    func(
      `${name}${k}`,
      condition,
      [],
      [...gets, op, i(name, at + 4), i('i32.const', 1 - yes), i('return'), i('i32.const', yes), i('return')],
    );
  return [...made, branch('jump_if', 1), branch('jump_unless', 0)];
}

/** Functions without parameters, whose operands are constants, all or in turn. */
function constant(c: OpCase, values: readonly Value[], name: string, which: number): StackFunc {
  const operands = c.params.map((type, p) => ((which >> p) & 1 ? i(`${type}.const`, values[p]) : i('local.get', p)));
  return func(name, { params: c.params, results: [c.result] }, [], [...operands, opInstr(c), i('return')]);
}

function check(instance: Instance, name: string, c: OpCase, values: readonly Value[], truth = false): void {
  const want = evaluate(c, values);
  const { outcome } = instance.call(name, values);
  const shown = `${name} ${c.title} ${values.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join(', ')}`;
  if (want instanceof Trap) {
    expect(outcome, shown).toMatchObject({ kind: 'trap', trap: want.kind });
    return;
  }
  if (outcome.kind !== 'return') expect.fail(`${shown}: ${JSON.stringify(outcome)}`);
  const got = outcome.values[0];
  if (truth) expect(got, shown).toBe(want === 0 ? 0 : 1);
  else if (!equalAs(c.op, c.result, got, want)) {
    expect.fail(`${shown}: ${String(got)} instead of ${String(want)}`);
  }
}

/** Some corners of each type, the same in every run. */
function sample(type: NumType, salt: number): Value {
  const list = corners[type];
  return list[(salt * 7919) % list.length];
}

describe('ops', () => {
  const all = program(cases.flatMap(forms));
  // Loops that count and pay say more in each case, at ends too.
  const instances = [stackVM.instantiate(all), stackVM.instantiate(all, { count: true })];

  test.each(cases.map((c, k): [string, OpCase, number] => [c.title, c, k]))('%s', (_, c, k) => {
    const each = (values: readonly Value[]): void => {
      for (const instance of instances) {
        for (const name of ['return', 'set', 'stack']) check(instance, `${name}${k}`, c, values);
        if (c.result !== 'i32') continue;
        check(instance, `jump_if${k}`, c, values, true);
        check(instance, `jump_unless${k}`, c, values, true);
      }
    };
    for (let salt = 0; salt < 200; salt++) each(c.params.map((type, p) => sample(type, salt * 3 + p * 11)));
    fc.assert(fc.property(fc.tuple(...c.params.map(anyValue)), each), { seed, numRuns });
  });

  test('constants as operands', () => {
    const rounds = 12;
    const made = cases.flatMap((c, k) =>
      Array.from({ length: rounds * 2 ** c.params.length }, (_, n) => {
        const values = c.params.map((type, p) => sample(type, n * 5 + p * 13 + k));
        const name = `k${k}_${n}`;
        return { c, values, name, func: constant(c, values, name, n % 2 ** c.params.length) };
      }),
    );
    const constants = stackVM.instantiate(program(made.map((entry) => entry.func)));
    for (const { c, values, name } of made) check(constants, name, c, values);
  });
});
