/** Conversions between shapes of lanes: narrower and wider integers, integers and floats. */

import * as lanes from '../lanes.ts';
import { lanewise1, lanewise2, type NarrowShape, narrowLanes } from '../lanes.ts';
import type { OpDef } from '../op.ts';
import { binary, unary, vectorOp } from './simd-op.ts';

type Sign = 's' | 'u';

const word = { s: 'signed', u: 'unsigned', low: 'lower', high: 'upper' } as const;

/** Narrowing: the lanes of both operands, signed, at half their width. */
function narrows<const S extends 'i8x16' | 'i16x8', const F extends 'i16x8' | 'i32x4'>(
  shape: S,
  from: F,
  base: number,
) {
  const width = shape === 'i8x16' ? 8 : 16;
  const source = narrowLanes(from);
  const entry = <const U extends Sign>(sign: U, code: number, low: number, high: number) =>
    vectorOp(
      `${shape}.narrow_${from}_${sign}`,
      code,
      binary,
      `Lanes of both operands, one behind the other, at half their width; the nearest ${word[sign]} limit where they do not fit.`,
      {
        cost: 2,
        eval: lanewise2(source, narrowLanes(shape), (i, a, b) => {
          const lane = i < source.count ? a(i) : b(i - source.count);
          return Math.min(Math.max(lane, low), high);
        }),
      },
    );
  return [
    entry('s', base + 5, -(2 ** (width - 1)), 2 ** (width - 1) - 1),
    entry('u', base + 6, 0, 2 ** width - 1),
  ] as const satisfies readonly OpDef[];
}

/** Extension: half of the lanes at twice their width. */
function extensions<const S extends 'i16x8' | 'i32x4' | 'i64x2', const F extends 'i8x16' | 'i16x8' | 'i32x4'>(
  shape: S,
  from: F,
  base: number,
) {
  const entry = <const H extends 'low' | 'high', const U extends Sign>(half: H, sign: U, code: number) => {
    const source = narrowLanes(from, sign);
    const first = half === 'low' ? 0 : source.count / 2;
    return vectorOp(
      `${shape}.extend_${half}_${from}_${sign}`,
      code,
      unary,
      `The ${word[half]} half of the lanes, ${word[sign]}, at twice their width.`,
      {
        eval:
          shape === 'i64x2'
            ? lanewise1(source, lanes.i64x2, (i, a) => BigInt(a(first + i)))
            : lanewise1(source, narrowLanes(shape as NarrowShape), (i, a) => a(first + i)),
      },
    );
  };
  return [
    entry('low', 's', base + 7),
    entry('high', 's', base + 8),
    entry('low', 'u', base + 9),
    entry('high', 'u', base + 10),
  ] as const satisfies readonly OpDef[];
}

const towards = { s: [-(2 ** 31), 2 ** 31 - 1], u: [0, 2 ** 32 - 1] } as const;
/** The integer part, or the nearest limit; 0 of NaN. */
const truncated = (x: number, sign: Sign): number =>
  Number.isNaN(x) ? 0 : Math.trunc(Math.min(Math.max(x, towards[sign][0]), towards[sign][1]));

/** Conversions between lanes of i32 and of floats that are there for signed and unsigned integers. */
function withFloats<const U extends Sign>(sign: U, next: number) {
  const integers = narrowLanes('i32x4', sign);
  return [
    vectorOp(
      `i32x4.trunc_sat_f32x4_${sign}`,
      248 + next,
      unary,
      `Integer parts as ${word[sign]} lanes; the nearest limit where they do not fit, 0 of NaN.`,
      {
        cost: 2,
        eval: lanewise1(lanes.f32x4, lanes.i32x4, (i, a) => truncated(a(i), sign)),
      },
    ),
    vectorOp(
      `f32x4.convert_i32x4_${sign}`,
      250 + next,
      unary,
      `The nearest f32 to each ${word[sign]} lane, ties to even.`,
      {
        cost: 2,
        eval: lanewise1(integers, lanes.f32x4, (i, a) => a(i)),
      },
    ),
    vectorOp(
      `i32x4.trunc_sat_f64x2_${sign}_zero`,
      252 + next,
      unary,
      `Integer parts of two f64 as the lower ${word[sign]} lanes, the nearest limit where they do not fit, 0 of NaN; the upper lanes are 0.`,
      {
        cost: 2,
        eval: lanewise1(lanes.f64x2, lanes.i32x4, (i, a) => (i < 2 ? truncated(a(i), sign) : 0)),
      },
    ),
    vectorOp(`f64x2.convert_low_i32x4_${sign}`, 254 + next, unary, `The lower two ${word[sign]} lanes as f64.`, {
      cost: 2,
      eval: lanewise1(integers, lanes.f64x2, (i, a) => a(i)),
    }),
  ] as const satisfies readonly OpDef[];
}

const widths = [
  vectorOp(
    'f32x4.demote_f64x2_zero',
    94,
    unary,
    'The nearest f32 to each of two f64 as the lower lanes; the upper lanes are 0.',
    {
      cost: 2,
      bits: false,
      eval: lanewise1(lanes.f64x2, lanes.f32x4, (i, a) => (i < 2 ? a(i) : 0)),
    },
  ),
  vectorOp('f64x2.promote_low_f32x4', 95, unary, 'The lower two lanes of f32 as f64.', {
    cost: 2,
    bits: false,
    eval: lanewise1(lanes.f32x4, lanes.f64x2, (i, a) => a(i)),
  }),
] as const satisfies readonly OpDef[];

/** Conversions. */
export const simdConvertOps = [
  ...narrows('i8x16', 'i16x8', 96),
  ...narrows('i16x8', 'i32x4', 128),
  ...extensions('i16x8', 'i8x16', 128),
  ...extensions('i32x4', 'i16x8', 160),
  ...extensions('i64x2', 'i32x4', 192),
  ...withFloats('s', 0),
  ...withFloats('u', 1),
  ...widths,
] as const;
