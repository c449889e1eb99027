/** The functions that emitted Bril calls for ops that it lacks: each gives what its op gives, as IR. */

import { libraryModule } from '@sluice/backend-bril/library';
import {
  coreOp,
  equalResult,
  evalOp,
  interp,
  type OpName,
  Trap,
  type Type,
  type Value,
  verifyModule,
} from '@sluice/ir';
import { arbitraryArguments, budget, cornersOf } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const library = libraryModule();

/** By function: the op, and how its i32 operands or result are got. */
const meant: Readonly<Record<string, OpName>> = {
  and: 'i64.and',
  shl: 'i64.shl',
  shr_s: 'i64.shr_s',
  shr_u: 'i64.shr_u',
  clz: 'i64.clz',
  ctz: 'i64.ctz',
  popcnt: 'i64.popcnt',
  div_s: 'i64.div_s',
  div_u: 'i64.div_u',
  convert_s: 'f64.convert_i64_s',
  convert_u: 'f64.convert_i64_u',
  trunc_s: 'i64.trunc_f64_s',
  trunc_u: 'i64.trunc_f64_u',
  trunc_sat_s: 'i64.trunc_sat_f64_s',
  trunc_sat_u: 'i64.trunc_sat_f64_u',
  trunc32_s: 'i32.trunc_f64_s',
  trunc32_u: 'i32.trunc_f64_u',
  trunc_sat32_s: 'i32.trunc_sat_f64_s',
  trunc_sat32_u: 'i32.trunc_sat_f64_u',
  trunc: 'f64.trunc',
  floor: 'f64.floor',
  ceil: 'f64.ceil',
  nearest: 'f64.nearest',
  copysign: 'f64.copysign',
  min: 'f64.min',
  max: 'f64.max',
  sqrt: 'f64.sqrt',
};

/** Used by others: `power` and `integer` have no op, `div32` takes an i32 as an i64. */
const helpers = ['power', 'integer', 'div32'];

test('every function is there for an op', () => {
  expect(verifyModule(library)).toEqual([]);
  expect(library.funcs.map(({ name }) => name).sort()).toEqual([...Object.keys(meant), ...helpers].sort());
});

describe('gives what its op gives', () => {
  test.each(Object.entries(meant))('%s', (name, op) => {
    const { sig } = coreOp(op);
    const types = sig.params as readonly Type[];

    fc.assert(
      fc.property(arbitraryArguments(types), (args) => holds(name, op, args)),
      budget(300),
    );
    for (const a of cornersOf(types[0] as Type)) {
      for (const b of types[1] === undefined ? [undefined] : cornersOf(types[1])) {
        holds(name, op, b === undefined ? [a] : [a, b]);
      }
    }
  });
});

function holds(name: string, op: OpName, args: readonly Value[]): void {
  const def = coreOp(op);
  const result = def.sig.result as Type;
  const wanted = evalOp(def, result, def.sig.params as readonly Type[], args);
  const { outcome } = interp.instantiate(library, {}).call(name, args);
  const shown = outcome.kind === 'trap' ? outcome.trap : outcome.kind === 'return' ? outcome.values[0] : outcome;
  if (wanted instanceof Trap) {
    expect([args, shown]).toEqual([args, wanted.kind]);
    return;
  }
  const seen = result === 'i32' ? Number(BigInt.asIntN(32, shown as bigint)) : (shown as Value);
  if (!equalResult(result, wanted, seen)) expect([args, seen]).toEqual([args, wanted]);
}
