/** Each instruction of the register machine, on both loops, against the reference interpreter. */

import type { OpDef } from '@sluice/ir';
import { registerJsVM, registerVM } from '@sluice/vm';
import { describe, expect, test } from 'vitest';
import { equalAs } from '../property/support/operands.ts';
import { type Engine, type Execution, interp, type RegisterProgram, sameValue, type Type } from './engines.ts';
import { Random } from './random.ts';
import { type Pair, pairFor, table } from './register-support.ts';

const [rounds, calls] = process.env.SLUICE_DEEP === undefined ? [4, 16] : [40, 100];
const bitsTypes: readonly Type[] = ['i32', 'i64', 'f32', 'f64'];
const refTypes: readonly Type[] = ['funcref', 'externref'];
const allTypes: readonly Type[] = [...bitsTypes, 'v128', 'funcref', 'externref', 'any'];

/** Runs calls on one instance each and compares outcomes, memory and the global. */
function compare(engine: Engine<RegisterProgram>, pair: Pair, random: Random, op: OpDef): void {
  const reference = interp.instantiate(pair.module);
  const instance = engine.instantiate(pair.program);
  for (let i = 0; i < calls; i++) {
    const args = pair.params.map((type) => random.value(type));
    const want = reference.call('f', args);
    const got = instance.call('f', args);
    const where = `f(${args.map(String).join(', ')})`;
    expect(describeOutcome(got), where).toEqual(describeOutcome(want, got, pair.results, op));
    expect(sameValue(instance.global('g'), reference.global('g')), where).toBe(true);
    if (pair.params.length === 0) break;
  }
  expect(Buffer.compare(instance.memory(), reference.memory())).toBe(0);
}

/** An outcome without the place of a trap; values that count as equal to those of `other` are replaced by them. */
function describeOutcome({ outcome }: Execution, other?: Execution, types?: readonly Type[], op?: OpDef): unknown {
  if (outcome.kind === 'trap') return { trap: outcome.trap };
  if (outcome.kind !== 'return') return outcome;
  const others = other?.outcome.kind === 'return' ? other.outcome.values : [];
  const values = outcome.values.map((value, i) => {
    const type = types?.[i] ?? 'i32';
    const exact = op === undefined || op.access !== null || op.kind === 'const';
    const equal = exact ? sameValue(value, others[i]) : equalAs(op, type, value, others[i]);
    return i < others.length && equal ? others[i] : value;
  });
  return { values };
}

for (const engine of [registerVM, registerJsVM]) {
  describe(engine.name, () => {
    for (const def of table.list) {
      const { op } = def;
      if (op === null) continue;
      const hasT = def.operands.includes('type');
      const byDialect: Readonly<Record<string, readonly Type[]>> = { heap: bitsTypes, table: refTypes };
      const types = hasT ? (byDialect[op.dialect] ?? allTypes) : [null];
      const random = new Random(def.name.length * 7919);
      if (pairFor(def, hasT ? 'i32' : null, random) === null) continue;
      test(def.name, () => {
        for (const type of types) {
          if (
            op.dialect === 'ref' &&
            (type === 'any' || type === 'v128' || (type !== null && bitsTypes.includes(type)))
          )
            continue;
          if (op.name === 'any.unbox' || op.name === 'any.box') continue;
          for (let i = 0; i < rounds; i++) {
            const pair = pairFor(def, type, random);
            if (pair !== null) compare(engine, pair, random, op);
          }
        }
      });
    }
  });
}
