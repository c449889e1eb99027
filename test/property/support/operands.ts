/** Operands for properties over ops: corner values of each type, random ones, and how `eval` and `js` take them. */

import {
  equalResult,
  f32Bits,
  f32FromBits,
  f64Bits,
  f64FromBits,
  fromBits,
  type OpDef,
  sameValue,
  Trap,
  type Type,
  toNumber,
  type Value,
} from '@sluice/ir';
import fc from 'fast-check';

/** The types whose values are numbers. */
export type NumType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

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

/** The same lane in each place, or two of them in turns. */
const repeated = (width: number, ...lanes: readonly bigint[]): bigint => {
  let vector = 0n;
  for (let i = 0; i * width < 128; i++) {
    vector |= BigInt.asUintN(width, lanes[i % lanes.length] as bigint) << BigInt(i * width);
  }
  return vector;
};
const vectors = [
  0n,
  2n ** 128n - 1n,
  0x0f0e0d0c0b0a09080706050403020100n,
  0xfedcba98765432100123456789abcdefn,
  0x1f10ff80000f07030201000000000000n,
  ...[8, 16, 32, 64].flatMap((w) => {
    const top = 2n ** BigInt(w - 1);
    return [
      repeated(w, 1n),
      repeated(w, top),
      repeated(w, top - 1n, top),
      repeated(w, -1n, 1n),
      repeated(w, 0n, top + 1n),
    ];
  }),
  ...[0, -0, 1, -1.5, 2.5, 0.1, 3e38, 1e-40, 2147483647.5, 4294967295, -2147483649, Infinity, Number.NaN].flatMap(
    (x, i, all) => {
      const y = all[(i + 5) % all.length] as number;
      return [
        repeated(32, BigInt(f32Bits(Math.fround(x))), BigInt(f32Bits(Math.fround(y)))),
        repeated(64, f64Bits(x), f64Bits(y)),
      ];
    },
  ),
  repeated(32, 0x7fa00001n, 0xffc12345n),
  repeated(64, 0x7ff4000000000001n, 0xfff8000000012345n),
];

/** Corner values of each type; few enough for all pairs. A set does not tell -0 from 0. */
export const corners: Record<NumType, readonly Value[]> = {
  i32: i32s,
  i64: i64s,
  f32: [-0, ...new Set<Value>([...reals.map(Math.fround), ...nans32])],
  f64: [-0, ...new Set<Value>([...reals, ...nans64])],
  v128: [...new Set<Value>(vectors)],
};

const random: Record<NumType, fc.Arbitrary<Value>> = {
  i32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  f32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(f32FromBits),
  f64: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(f64FromBits),
    fc.double({ min: -(2 ** 65), max: 2 ** 65 }),
  ),
  v128: fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
    fc
      .array(fc.float({ noNaN: false }), { minLength: 4, maxLength: 4 })
      .map((lanes) => repeated(32, ...lanes.map((x) => BigInt(f32Bits(x))))),
    fc
      .array(fc.double({ noNaN: false }), { minLength: 2, maxLength: 2 })
      .map((lanes) => repeated(64, ...lanes.map((x) => f64Bits(x)))),
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
  return (generic ? (['i32', 'i64', 'f32', 'f64', 'v128'] as const) : (['i32'] as const)).flatMap((t) => {
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

/** A value as it goes to a probe (op-module.ts): floats as integers with their bits, vectors as two. */
export function carried(type: Type, value: Value): readonly Value[] {
  if (type === 'f32') return [f32Bits(value)];
  if (type === 'f64') return [f64Bits(value)];
  if (type !== 'v128') return [value];
  const bits = value as bigint;
  return [BigInt.asIntN(64, bits), BigInt.asIntN(64, bits >> 64n)];
}

/** What a probe gave, as a value. */
export function uncarried(type: Type, got: unknown): Value {
  if (type !== 'v128') return fromBits(type, BigInt(got as number | bigint));
  const [low, high] = got as readonly [bigint, bigint];
  return BigInt.asUintN(64, low) | (BigInt.asUintN(64, high) << 64n);
}

/** Whether two results are equal, as an op specifies its bits: any NaN is any NaN where it does not. */
export function equalAs(op: OpDef, type: Type, a: Value, b: Value): boolean {
  if (op.bits) return sameValue(a, b);
  if (type !== 'v128') return equalResult(type, a, b);
  const [width, lane] = op.dialect === 'f32x4' ? ([32, 'f32'] as const) : ([64, 'f64'] as const);
  for (let at = 0; at < 128; at += width) {
    const [x, y] = [a, b].map((v) => fromBits(lane, BigInt.asUintN(width, (v as bigint) >> BigInt(at))));
    if (!equalResult(lane, x, y)) return false;
  }
  return true;
}

/** `eval` on values. */
export function evaluate(c: OpCase, values: readonly Value[]): Value | Trap {
  const result = c.op.eval?.(...c.params.map((t, i) => toOperand(c.op, t, values[i])));
  return result instanceof Trap ? result : fromOperand(c.op, c.result, result);
}
