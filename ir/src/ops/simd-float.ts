/**
 * Floating-point arithmetic on lanes of f32 and f64: what the scalar ops do (float.ts), lane by lane. `abs`, `neg`, `pmin`
 * and `pmax` move bits exactly; the bits of a NaN that the others give are unspecified (SPEC.md §3).
 */

import { allOnes, bitselect, compare, f32x4, f64x2, i32x4, i64x2, map1, map2, splat } from '../lanes.ts';
import { nearest } from '../num.ts';
import type { OpDef } from '../op.ts';
import { binary, unary, vectorOp } from './simd-op.ts';

/** The codes that do not stand at the same distances for both shapes: ceil, floor, trunc, nearest. */
const roundings = { f32x4: [103, 104, 105, 106], f64x2: [116, 117, 122, 148] } as const;

/** The ops of a shape; `base` is the code of its `abs`. Computing an f32 in f64 and rounding once more is exact. */
function floats<const S extends 'f32x4' | 'f64x2'>(shape: S, base: number) {
  const narrow = shape === 'f32x4';
  const lanes = narrow ? f32x4 : f64x2;
  const signs = narrow ? splat(i32x4, -(2 ** 31)) : splat(i64x2, -(2n ** 63n));
  const every = (x: number) => splat(lanes, x);
  const less = narrow ? compare(f32x4, i32x4, (a, b) => a < b) : compare(f64x2, i64x2, (a, b) => a < b);
  const [ceil, floor, trunc, round] = roundings[shape];
  const rounding = { laws: { idempotent: true }, cost: 2, bits: false } as const;
  const extreme = { commutative: true, associative: true, idempotent: true } as const;
  return [
    vectorOp(`${shape}.abs`, base, unary, 'Lanes without their signs; moves bits exactly.', {
      laws: { idempotent: true },
      eval: (a: bigint) => a & (signs ^ allOnes),
    }),
    vectorOp(`${shape}.neg`, base + 1, unary, 'Lanes with the opposite signs; moves bits exactly.', {
      laws: { involution: true },
      eval: (a: bigint) => a ^ signs,
    }),
    vectorOp(`${shape}.sqrt`, base + 3, unary, 'Square roots of lanes.', {
      cost: 8,
      bits: false,
      eval: map1(lanes, Math.sqrt),
    }),
    vectorOp(`${shape}.add`, base + 4, binary, 'Sums of lanes.', {
      laws: { commutative: true, rightIdentity: every(-0) },
      cost: 2,
      bits: false,
      eval: map2(lanes, (a, b) => a + b),
    }),
    vectorOp(`${shape}.sub`, base + 5, binary, 'Differences of lanes.', {
      laws: { rightIdentity: 0 },
      cost: 2,
      bits: false,
      eval: map2(lanes, (a, b) => a - b),
    }),
    vectorOp(`${shape}.mul`, base + 6, binary, 'Products of lanes.', {
      laws: { commutative: true, rightIdentity: every(1) },
      cost: 2,
      bits: false,
      eval: map2(lanes, (a, b) => a * b),
    }),
    vectorOp(`${shape}.div`, base + 7, binary, 'Quotients of lanes.', {
      laws: { rightIdentity: every(1) },
      cost: 8,
      bits: false,
      eval: map2(lanes, (a, b) => a / b),
    }),
    vectorOp(`${shape}.min`, base + 8, binary, 'The lesser of each two lanes; -0 is less than 0; NaN if one is NaN.', {
      laws: { ...extreme, rightIdentity: every(Infinity) },
      cost: 2,
      bits: false,
      eval: map2(lanes, Math.min),
    }),
    vectorOp(
      `${shape}.max`,
      base + 9,
      binary,
      'The greater of each two lanes; 0 is greater than -0; NaN if one is NaN.',
      {
        laws: { ...extreme, rightIdentity: every(-Infinity) },
        cost: 2,
        bits: false,
        eval: map2(lanes, Math.max),
      },
    ),
    vectorOp(
      `${shape}.pmin`,
      base + 10,
      binary,
      'The second lane where it is less than the first, else the first; moves bits exactly.',
      {
        laws: { idempotent: true },
        eval: (a: bigint, b: bigint) => bitselect(b, a, less(b, a)),
      },
    ),
    vectorOp(
      `${shape}.pmax`,
      base + 11,
      binary,
      'The second lane where the first is less, else the first; moves bits exactly.',
      {
        laws: { idempotent: true },
        eval: (a: bigint, b: bigint) => bitselect(b, a, less(a, b)),
      },
    ),
    vectorOp(`${shape}.ceil`, ceil, unary, 'The least integers that are not less.', {
      ...rounding,
      eval: map1(lanes, Math.ceil),
    }),
    vectorOp(`${shape}.floor`, floor, unary, 'The greatest integers that are not greater.', {
      ...rounding,
      eval: map1(lanes, Math.floor),
    }),
    vectorOp(`${shape}.trunc`, trunc, unary, 'The nearest integers towards zero.', {
      ...rounding,
      eval: map1(lanes, Math.trunc),
    }),
    vectorOp(`${shape}.nearest`, round, unary, 'The nearest integers, ties to even.', {
      ...rounding,
      eval: map1(lanes, nearest),
    }),
  ] as const satisfies readonly OpDef[];
}

/** Floating-point arithmetic. */
export const simdFloatOps = [...floats('f32x4', 224), ...floats('f64x2', 236)] as const;
