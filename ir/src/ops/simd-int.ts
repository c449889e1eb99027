/**
 * Integer arithmetic on lanes of 8, 16, 32 and 64 bits: Wasm's semantics. The families are written once over the shape;
 * `base` is the code of a shape's `abs`, and the others of its family stand at the same distances behind it.
 */

import * as lanes from '../lanes.ts';
import { lanewise1, lanewise2, map1, map2, type NarrowShape, narrowLanes, splat } from '../lanes.ts';
import { popcnt32 } from '../num.ts';
import type { OpDef } from '../op.ts';
import { binary, unary, vectorOp } from './simd-op.ts';

const shift = '(v128, i32) -> v128';
const sumLaws = { commutative: true, associative: true, rightIdentity: 0 } as const;

/** What all shapes have. Lanes of 64 bits are bigints, so that their functions stand in the second place. */
function common<const S extends 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2'>(shape: S, base: number, width: number) {
  const wide = shape === 'i64x2';
  const narrow = narrowLanes(shape as NarrowShape);
  const unsigned = narrowLanes(shape as NarrowShape, 'u');
  const last = width - 1;
  const each1 = (f: (a: number) => number, g: (a: bigint) => bigint) => (wide ? map1(lanes.i64x2, g) : map1(narrow, f));
  const each2 = (f: (a: number, b: number) => number, g: (a: bigint, b: bigint) => bigint) =>
    wide ? map2(lanes.i64x2, g) : map2(narrow, f);
  return [
    vectorOp(`${shape}.abs`, base, unary, 'Lanes without their signs; that of the least integer is itself.', {
      laws: { idempotent: true },
      eval: each1(Math.abs, (a) => (a < 0n ? -a : a)),
    }),
    vectorOp(`${shape}.neg`, base + 1, unary, `0 minus each lane, modulo 2^${width}.`, {
      laws: { involution: true },
      eval: each1(
        (a) => -a,
        (a) => -a,
      ),
    }),
    vectorOp(`${shape}.add`, base + 14, binary, `Sums of lanes modulo 2^${width}.`, {
      laws: sumLaws,
      eval: each2(
        (a, b) => a + b,
        (a, b) => a + b,
      ),
    }),
    vectorOp(`${shape}.sub`, base + 17, binary, `Differences of lanes modulo 2^${width}.`, {
      laws: { rightIdentity: 0, selfGives: 0 },
      eval: each2(
        (a, b) => a - b,
        (a, b) => a - b,
      ),
    }),
    vectorOp(`${shape}.shl`, base + 11, shift, `Shifts each lane left; the count is taken modulo ${width}.`, {
      eval: (a: bigint, n: number) => {
        const k = n & last;
        return (wide ? map1(lanes.u64x2, (x) => x << BigInt(k)) : map1(unsigned, (x) => x << k))(a);
      },
    }),
    vectorOp(
      `${shape}.shr_s`,
      base + 12,
      shift,
      `Shifts lanes right with copies of the sign; the count is taken modulo ${width}.`,
      {
        eval: (a: bigint, n: number) => {
          const k = n & last;
          return (wide ? map1(lanes.i64x2, (x) => x >> BigInt(k)) : map1(narrow, (x) => x >> k))(a);
        },
      },
    ),
    vectorOp(
      `${shape}.shr_u`,
      base + 13,
      shift,
      `Shifts each lane right with zeros; the count is taken modulo ${width}.`,
      {
        eval: (a: bigint, n: number) => {
          const k = n & last;
          return (wide ? map1(lanes.u64x2, (x) => x >> BigInt(k)) : map1(unsigned, (x) => x >>> k))(a);
        },
      },
    ),
  ] as const satisfies readonly OpDef[];
}

/** Products, of all shapes but bytes. */
function products<const S extends 'i16x8' | 'i32x4' | 'i64x2'>(shape: S, base: number, width: number) {
  const wide = shape === 'i64x2';
  return [
    vectorOp(`${shape}.mul`, base + 21, binary, `Products of lanes modulo 2^${width}.`, {
      laws: {
        commutative: true,
        associative: true,
        rightIdentity: wide ? splat(lanes.i64x2, 1n) : splat(narrowLanes(shape as NarrowShape), 1),
        rightZero: 0,
      },
      cost: wide ? 4 : 2,
      eval: wide ? map2(lanes.i64x2, (a, b) => a * b) : map2(narrowLanes(shape as NarrowShape), Math.imul),
    }),
  ] as const satisfies readonly OpDef[];
}

/** The lesser and greater of lanes, of all shapes but i64x2. */
function extremes<const S extends 'i8x16' | 'i16x8' | 'i32x4'>(shape: S, base: number, width: number) {
  const signed = narrowLanes(shape);
  const unsigned = narrowLanes(shape, 'u');
  const least = splat(signed, -(2 ** (width - 1)));
  const greatest = splat(signed, 2 ** (width - 1) - 1);
  const laws = { commutative: true, associative: true, idempotent: true } as const;
  return [
    vectorOp(`${shape}.min_s`, base + 22, binary, 'The lesser of each two lanes, signed.', {
      laws: { ...laws, rightIdentity: greatest, rightZero: least },
      eval: map2(signed, Math.min),
    }),
    vectorOp(`${shape}.min_u`, base + 23, binary, 'The lesser of each two lanes, unsigned.', {
      laws: { ...laws, rightIdentity: -1, rightZero: 0 },
      eval: map2(unsigned, Math.min),
    }),
    vectorOp(`${shape}.max_s`, base + 24, binary, 'The greater of each two lanes, signed.', {
      laws: { ...laws, rightIdentity: least, rightZero: greatest },
      eval: map2(signed, Math.max),
    }),
    vectorOp(`${shape}.max_u`, base + 25, binary, 'The greater of each two lanes, unsigned.', {
      laws: { ...laws, rightIdentity: 0, rightZero: -1 },
      eval: map2(unsigned, Math.max),
    }),
  ] as const satisfies readonly OpDef[];
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** Arithmetic that stops at the limits, and averages: bytes and lanes of 16 bits. */
function saturating<const S extends 'i8x16' | 'i16x8'>(shape: S, base: number, width: number) {
  const signed = narrowLanes(shape);
  const unsigned = narrowLanes(shape, 'u');
  const s = (x: number) => clamp(x, -(2 ** (width - 1)), 2 ** (width - 1) - 1);
  const u = (x: number) => clamp(x, 0, 2 ** width - 1);
  return [
    vectorOp(`${shape}.add_sat_s`, base + 15, binary, 'Sums of signed lanes, or the nearest limit.', {
      laws: { commutative: true, rightIdentity: 0 },
      eval: map2(signed, (a, b) => s(a + b)),
    }),
    vectorOp(`${shape}.add_sat_u`, base + 16, binary, 'Sums of unsigned lanes, or the nearest limit.', {
      laws: { ...sumLaws, rightZero: -1 },
      eval: map2(unsigned, (a, b) => u(a + b)),
    }),
    vectorOp(`${shape}.sub_sat_s`, base + 18, binary, 'Differences of signed lanes, or the nearest limit.', {
      laws: { rightIdentity: 0, selfGives: 0 },
      eval: map2(signed, (a, b) => s(a - b)),
    }),
    vectorOp(`${shape}.sub_sat_u`, base + 19, binary, 'Differences of unsigned lanes, or 0.', {
      laws: { rightIdentity: 0, selfGives: 0 },
      eval: map2(unsigned, (a, b) => u(a - b)),
    }),
    vectorOp(`${shape}.avgr_u`, base + 27, binary, 'Half of the sums of unsigned lanes, rounded up.', {
      laws: { commutative: true, idempotent: true },
      eval: map2(unsigned, (a, b) => (a + b + 1) >> 1),
    }),
  ] as const satisfies readonly OpDef[];
}

/** Products of lanes at twice their width. */
function longProducts<const S extends 'i16x8' | 'i32x4' | 'i64x2', const F extends 'i8x16' | 'i16x8' | 'i32x4'>(
  shape: S,
  from: F,
  base: number,
) {
  const entry = <const H extends 'low' | 'high', const U extends 's' | 'u'>(half: H, sign: U, code: number) => {
    const source = narrowLanes(from, sign);
    const first = half === 'low' ? 0 : source.count / 2;
    return vectorOp(
      `${shape}.extmul_${half}_${from}_${sign}`,
      code,
      binary,
      `Products of the ${half === 'low' ? 'lower' : 'upper'} half of the lanes, ${sign === 's' ? 'signed' : 'unsigned'}, at twice their width.`,
      {
        laws: { commutative: true, rightZero: 0 },
        cost: 2,
        eval:
          shape === 'i64x2'
            ? lanewise2(source, lanes.i64x2, (i, a, b) => BigInt(a(first + i)) * BigInt(b(first + i)))
            : lanewise2(source, narrowLanes(shape as NarrowShape), (i, a, b) => Math.imul(a(first + i), b(first + i))),
      },
    );
  };
  return [
    entry('low', 's', base + 28),
    entry('high', 's', base + 29),
    entry('low', 'u', base + 30),
    entry('high', 'u', base + 31),
  ] as const;
}

const single = [
  vectorOp('i8x16.popcnt', 98, unary, 'One bits of each lane.', { eval: map1(lanes.u8x16, popcnt32) }),
  vectorOp(
    'i16x8.q15mulr_sat_s',
    130,
    binary,
    'Products of lanes as fractions of 2^15, rounded, or the nearest limit.',
    {
      laws: { commutative: true, rightZero: 0 },
      cost: 2,
      eval: map2(lanes.i16x8, (a, b) => clamp((a * b + 0x4000) >> 15, -0x8000, 0x7fff)),
    },
  ),
  vectorOp('i32x4.dot_i16x8_s', 186, binary, 'Sums of the products of two neighbours each, signed, modulo 2^32.', {
    laws: { commutative: true, rightZero: 0 },
    cost: 2,
    eval: lanewise2(lanes.i16x8, lanes.i32x4, (i, a, b) => a(2 * i) * b(2 * i) + a(2 * i + 1) * b(2 * i + 1)),
  }),
  vectorOp('i16x8.extadd_pairwise_i8x16_s', 124, unary, 'Sums of two neighbours each, signed, at twice their width.', {
    eval: lanewise1(lanes.i8x16, lanes.i16x8, (i, a) => a(2 * i) + a(2 * i + 1)),
  }),
  vectorOp(
    'i16x8.extadd_pairwise_i8x16_u',
    125,
    unary,
    'Sums of two neighbours each, unsigned, at twice their width.',
    {
      eval: lanewise1(lanes.u8x16, lanes.i16x8, (i, a) => a(2 * i) + a(2 * i + 1)),
    },
  ),
  vectorOp('i32x4.extadd_pairwise_i16x8_s', 126, unary, 'Sums of two neighbours each, signed, at twice their width.', {
    eval: lanewise1(lanes.i16x8, lanes.i32x4, (i, a) => a(2 * i) + a(2 * i + 1)),
  }),
  vectorOp(
    'i32x4.extadd_pairwise_i16x8_u',
    127,
    unary,
    'Sums of two neighbours each, unsigned, at twice their width.',
    {
      eval: lanewise1(lanes.u16x8, lanes.i32x4, (i, a) => a(2 * i) + a(2 * i + 1)),
    },
  ),
] as const satisfies readonly OpDef[];

/** Integer arithmetic. */
export const simdIntOps = [
  ...common('i8x16', 96, 8),
  ...extremes('i8x16', 96, 8),
  ...saturating('i8x16', 96, 8),
  ...common('i16x8', 128, 16),
  ...products('i16x8', 128, 16),
  ...extremes('i16x8', 128, 16),
  ...saturating('i16x8', 128, 16),
  ...longProducts('i16x8', 'i8x16', 128),
  ...common('i32x4', 160, 32),
  ...products('i32x4', 160, 32),
  ...extremes('i32x4', 160, 32),
  ...longProducts('i32x4', 'i16x8', 160),
  ...common('i64x2', 192, 64),
  ...products('i64x2', 192, 64),
  ...longProducts('i64x2', 'i32x4', 192),
  ...single,
] as const;
