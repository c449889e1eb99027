/** Operands for properties over ops: corner values of each type, random ones, and how `eval` and `js` take them. */

import {
  f32Bits,
  f32FromBits,
  f64Bits,
  f64FromBits,
  type OpDef,
  Trap,
  type Type,
  toNumber,
  type Value,
} from '@sluice/ir';
import fc from 'fast-check';

/** The types whose values are numbers. */
export type NumType = 'i32' | 'i64' | 'f32' | 'f64';

const powers = [0, 1, 2, 7, 8, 15, 16, 23, 24, 30, 31, 32, 33, 40, 52, 53, 54, 62, 63, 64];
const ints = powers.flatMap((k) => [2n ** BigInt(k) - 1n, 2n ** BigInt(k), 2n ** BigInt(k) + 1n, -(2n ** BigInt(k))]);
/** Halfway between two f32, and next to it: where rounding twice, or down, would show. */
const ties = [30, 40, 54, 60, 62, 63].flatMap((k) => {
  const tie = 2n ** BigInt(k) + 2n ** BigInt(k - 24);
  return [tie - 1n, tie, tie + 1n, -tie - 1n, 3n * 2n ** BigInt(k - 24) + 2n ** BigInt(k) - 1n];
});
const i64s = [...new Set([...ints, ...ties].map((x) => BigInt.asIntN(64, x)))];
const i32s = [...new Set(ints.map((x) => Number(BigInt.asIntN(32, x))))];
const reals = [
  ...[0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 0.1, 1e10, Number.MIN_VALUE, Number.MAX_VALUE, 1e-310, 2 ** -126, 3e38],
  ...[
    Infinity,
    -Infinity,
    Number.NaN,
    2 ** -149,
    1 - 2 ** -53,
    -1 + 2 ** -53,
    2147483647.5,
    -2147483648.9,
    0.49999999999999994,
  ],
  ...ints.flatMap((x) => [Number(x), Number(x) - 0.5, Number(x) * (1 - 2 ** -53), -Number(x) * (1 + 2 ** -52)]),
];
const nans32 = [0x7fc00000, 0xffc00000, 0x7fa00000, 0xff800001, 0x7fffffff].map((bits) => f32FromBits(bits | 0));
const nans64 = [0x7ff8000000000000n, 0xfff8000000000000n, 0x7ff4000000000000n, 0xfff0000000000001n].map(f64FromBits);

/** Corner values of each type; few enough for all pairs. A set does not tell -0 from 0. */
export const corners: Record<NumType, readonly Value[]> = {
  i32: i32s,
  i64: i64s,
  f32: [-0, ...new Set<Value>([...reals.map(Math.fround), ...nans32])],
  f64: [-0, ...new Set<Value>([...reals, ...nans64])],
};

const random: Record<NumType, fc.Arbitrary<Value>> = {
  i32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(f32FromBits),
  f64: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(f64FromBits),
    fc.double({ min: -(2 ** 65), max: 2 ** 65 }),
  ),
};

/** Values of a type, corners as likely as others. */
export function anyValue(type: NumType): fc.Arbitrary<Value> {
  return fc.oneof(fc.constantFrom(...corners[type]), random[type]);
}

/** Whether a type is one of numbers. */
export function isNumType(type: string): type is NumType {
  return type in corners;
}

/** An op at concrete types, where its signature has `T`. */
export interface OpCase {
  readonly title: string;
  readonly op: OpDef;
  readonly params: readonly NumType[];
  readonly result: NumType;
}

/** The cases of an op with `eval` over numbers; none for others. */
export function casesOf(op: OpDef): readonly OpCase[] {
  if (op.eval === null || op.sig.result === 'void' || op.sig.variadic) return [];
  const { params, result } = op.sig;
  const generic = result === 'T' || params.includes('T');
  return (generic ? (['i32', 'i64', 'f32', 'f64'] as const) : (['i32'] as const)).flatMap((t) => {
    const types = [...params, result].map((p) => (p === 'T' ? t : p));
    if (!types.every(isNumType) || op.dialect === 'ref') return [];
    return [
      { title: generic ? `${op.name} ${t}` : op.name, op, params: types.slice(0, -1), result: types.at(-1) ?? 'i32' },
    ];
  });
}

/** A value in the form that `eval` and `js` of this op take. */
export function toOperand(op: OpDef, type: Type, value: Value): Value {
  if (type === 'f32') return op.bits ? f32Bits(value) : toNumber(value);
  if (type === 'f64') return op.bits ? f64Bits(value) : toNumber(value);
  return value;
}

/** The inverse of `toOperand`, for results. */
export function fromOperand(op: OpDef, type: Type, value: Value): Value {
  if (op.bits && type === 'f32') return f32FromBits(value as number);
  if (op.bits && type === 'f64') return f64FromBits(value as bigint);
  return value;
}

/** `eval` on values. */
export function evaluate(c: OpCase, values: readonly Value[]): Value | Trap {
  const result = c.op.eval?.(...c.params.map((t, i) => toOperand(c.op, t, values[i])));
  return result instanceof Trap ? result : fromOperand(c.op, c.result, result);
}
