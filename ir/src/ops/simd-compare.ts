/** Comparisons lane by lane: all bits of a lane are ones where the answer is yes, else zeros. */

import * as lanes from '../lanes.ts';
import { compare, type NarrowShape, narrowLanes } from '../lanes.ts';
import type { OpDef } from '../op.ts';
import { binary, vectorOp } from './simd-op.ts';

type Num = number | bigint;

const doc = (what: string): string => `All ones where a lane of the first operand ${what}, else zeros.`;
const signed = { s: ', both signed', u: ', both unsigned' } as const;

/** A comparison of a shape with lanes of integers; `source` reads them. */
const over =
  (shape: NarrowShape | 'i64x2', sign: 's' | 'u') =>
  (f: (a: Num, b: Num) => boolean): ((a: bigint, b: bigint) => bigint) => {
    if (shape === 'i64x2') return compare(lanes.i64x2, lanes.i64x2, f);
    return compare(narrowLanes(shape, sign), narrowLanes(shape), f);
  };

/** Equality, of lanes of integers. */
function equality<const S extends 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2'>(shape: S, code: number) {
  const of = over(shape, 's');
  return [
    vectorOp(`${shape}.eq`, code, binary, doc('equals that of the second'), {
      laws: { commutative: true, selfGives: -1, swapped: `${shape}.eq` },
      eval: of((a, b) => a === b),
    }),
    vectorOp(`${shape}.ne`, code + 1, binary, doc('differs from that of the second'), {
      laws: { commutative: true, selfGives: 0, swapped: `${shape}.ne` },
      eval: of((a, b) => a !== b),
    }),
  ] as const satisfies readonly OpDef[];
}

/** Order, of lanes of integers; the codes of lt, gt, le and ge lie `step` apart. */
function order<const S extends 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2', const U extends 's' | 'u'>(
  shape: S,
  sign: U,
  code: number,
  step: number,
) {
  const of = over(shape, sign);
  const both = signed[sign];
  return [
    vectorOp(`${shape}.lt_${sign}`, code, binary, doc(`is less than that of the second${both}`), {
      laws: { selfGives: 0, swapped: `${shape}.gt_${sign}` },
      eval: of((a, b) => a < b),
    }),
    vectorOp(`${shape}.gt_${sign}`, code + step, binary, doc(`is greater than that of the second${both}`), {
      laws: { selfGives: 0, swapped: `${shape}.lt_${sign}` },
      eval: of((a, b) => a > b),
    }),
    vectorOp(`${shape}.le_${sign}`, code + 2 * step, binary, doc(`is at most that of the second${both}`), {
      laws: { selfGives: -1, swapped: `${shape}.ge_${sign}` },
      eval: of((a, b) => a <= b),
    }),
    vectorOp(`${shape}.ge_${sign}`, code + 3 * step, binary, doc(`is at least that of the second${both}`), {
      laws: { selfGives: -1, swapped: `${shape}.le_${sign}` },
      eval: of((a, b) => a >= b),
    }),
  ] as const satisfies readonly OpDef[];
}

/** Comparisons of lanes of floats: -0 equals 0, and nothing but `ne` holds of a NaN. */
function floats<const S extends 'f32x4' | 'f64x2'>(shape: S, code: number) {
  const of = (f: (a: number, b: number) => boolean) =>
    shape === 'f32x4' ? compare(lanes.f32x4, lanes.i32x4, f) : compare(lanes.f64x2, lanes.i64x2, f);
  return [
    vectorOp(`${shape}.eq`, code, binary, doc('equals that of the second'), {
      laws: { commutative: true, swapped: `${shape}.eq` },
      eval: of((a, b) => a === b),
    }),
    vectorOp(`${shape}.ne`, code + 1, binary, doc('differs from that of the second'), {
      laws: { commutative: true, swapped: `${shape}.ne` },
      eval: of((a, b) => a !== b),
    }),
    vectorOp(`${shape}.lt`, code + 2, binary, doc('is less than that of the second'), {
      laws: { selfGives: 0, swapped: `${shape}.gt` },
      eval: of((a, b) => a < b),
    }),
    vectorOp(`${shape}.gt`, code + 3, binary, doc('is greater than that of the second'), {
      laws: { selfGives: 0, swapped: `${shape}.lt` },
      eval: of((a, b) => a > b),
    }),
    vectorOp(`${shape}.le`, code + 4, binary, doc('is at most that of the second'), {
      laws: { swapped: `${shape}.ge` },
      eval: of((a, b) => a <= b),
    }),
    vectorOp(`${shape}.ge`, code + 5, binary, doc('is at least that of the second'), {
      laws: { swapped: `${shape}.le` },
      eval: of((a, b) => a >= b),
    }),
  ] as const satisfies readonly OpDef[];
}

/** Comparisons. */
export const simdCompareOps = [
  ...equality('i8x16', 35),
  ...order('i8x16', 's', 37, 2),
  ...order('i8x16', 'u', 38, 2),
  ...equality('i16x8', 45),
  ...order('i16x8', 's', 47, 2),
  ...order('i16x8', 'u', 48, 2),
  ...equality('i32x4', 55),
  ...order('i32x4', 's', 57, 2),
  ...order('i32x4', 'u', 58, 2),
  ...equality('i64x2', 214),
  ...order('i64x2', 's', 216, 1),
  ...floats('f32x4', 65),
  ...floats('f64x2', 71),
] as const;
