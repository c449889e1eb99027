/**
 * One execution of an op's `eval`, with the forms of floats that it asks for: what folding, proofs and the reference
 * interpreter share, so that they cannot disagree.
 *
 *   f32, f64 operands   plain numbers (a NaN with a payload becomes NaN); of ops with `bits`: their bits
 *   result              as it comes; of ops with `bits`: made from its bits
 */

import type { OpDef } from './op.ts';
import { Trap } from './trap.ts';
import type { ResultType } from './type.ts';
import { f32Bits, f32FromBits, f64Bits, f64FromBits, toNumber, type Value } from './value.ts';

/** How a value is converted on its way into or out of `eval`. */
export type Conversion = 'none' | 'number' | 'bits32' | 'bits64';

/** The conversion of an operand or result of this type. */
export function conversionOf(op: OpDef, type: ResultType): Conversion {
  if (type === 'f32') return op.bits ? 'bits32' : 'number';
  if (type === 'f64') return op.bits ? 'bits64' : 'number';
  return 'none';
}

/** A value as `eval` takes it. */
export function convertIn(how: Conversion, value: Value): Value {
  switch (how) {
    case 'none':
      return value;
    case 'number':
      return toNumber(value);
    case 'bits32':
      return f32Bits(value);
    case 'bits64':
      return f64Bits(value);
  }
}

/** What `eval` gave, as a value. */
export function convertOut(how: Conversion, value: Value): Value {
  switch (how) {
    case 'none':
    case 'number':
      return value;
    case 'bits32':
      return f32FromBits(value as number);
    case 'bits64':
      return f64FromBits(value as bigint);
  }
}

/**
 * The result of an op on operands of the given types: a value or a trap. Throws when the op has no `eval`: ask
 * `op.eval !== null` before.
 */
export function evalOp(
  op: OpDef,
  type: ResultType,
  argTypes: readonly ResultType[],
  args: readonly Value[],
): Value | Trap {
  if (op.eval === null) throw new Error(`op '${op.name}' has no eval`);
  const result = op.eval(...args.map((arg, i) => convertIn(conversionOf(op, argTypes[i] ?? 'void'), arg)));
  return result instanceof Trap ? result : convertOut(conversionOf(op, type), result);
}
