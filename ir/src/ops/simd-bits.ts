/** Vectors of 128 bits as they are: constants, bitwise ops, and questions about whole vectors. */

import { allOnes, bitselect, i8x16, i16x8, i32x4, i64x2, type Lanes, laneOf } from '../lanes.ts';
import type { OpDef } from '../op.ts';
import { rangeRules } from '../range-ops.ts';
import { binary, unary, vectorOp } from './simd-op.ts';

type Shape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2';

/** One bit for each lane for which the answer is yes; that of lane 0 is the lowest. */
function mask<L>(lanes: Lanes<L>, vector: bigint, holds: (lane: L) => boolean): number {
  let bits = 0;
  for (let i = 0; i < lanes.count; i++) if (holds(laneOf(lanes, vector, i))) bits |= 1 << i;
  return bits;
}

/** The questions that each shape of integer lanes has; `base` is the code of its `abs`. */
function questions<const S extends Shape, L extends number | bigint>(shape: S, base: number, lanes: Lanes<L>) {
  return [
    vectorOp(`${shape}.all_true`, base + 3, '(v128) -> i32', '1 if no lane is 0, else 0.', {
      range: rangeRules.truth,
      eval: (a: bigint) => (mask(lanes, a, (lane) => !lane) === 0 ? 1 : 0),
    }),
    vectorOp(`${shape}.bitmask`, base + 4, '(v128) -> i32', 'The highest bit of each lane, that of lane 0 lowest.', {
      eval: (a: bigint) => mask(lanes, a, (lane) => lane < 0),
    }),
  ] as const satisfies readonly OpDef[];
}

const bitwise = [
  vectorOp('v128.const', 12, '() -> v128', 'A constant.', { kind: 'const', imm: 'const', cost: 0 }),
  vectorOp('v128.not', 77, unary, 'Each bit the other way.', {
    laws: { involution: true },
    eval: (a: bigint) => a ^ allOnes,
  }),
  vectorOp('v128.and', 78, binary, 'Bitwise and.', {
    laws: { commutative: true, associative: true, idempotent: true, rightIdentity: -1, rightZero: 0 },
    eval: (a: bigint, b: bigint) => a & b,
  }),
  vectorOp('v128.andnot', 79, binary, 'Bits of the first operand where the second has zeros.', {
    laws: { rightIdentity: 0, selfGives: 0 },
    eval: (a: bigint, b: bigint) => a & (b ^ allOnes),
  }),
  vectorOp('v128.or', 80, binary, 'Bitwise or.', {
    laws: { commutative: true, associative: true, idempotent: true, rightIdentity: 0, rightZero: -1 },
    eval: (a: bigint, b: bigint) => a | b,
  }),
  vectorOp('v128.xor', 81, binary, 'Bitwise exclusive or.', {
    laws: { commutative: true, associative: true, rightIdentity: 0, selfGives: 0 },
    eval: (a: bigint, b: bigint) => a ^ b,
  }),
  vectorOp(
    'v128.bitselect',
    82,
    '(v128, v128, v128) -> v128',
    'Bits of the first operand where the third has ones, of the second where it has zeros.',
    { eval: bitselect },
  ),
  vectorOp('v128.any_true', 83, '(v128) -> i32', '1 if a bit is set, else 0.', {
    range: rangeRules.truth,
    eval: (a: bigint) => (a !== 0n ? 1 : 0),
  }),
] as const satisfies readonly OpDef[];

/** Bitwise ops and questions. */
export const simdBitOps = [
  ...bitwise,
  ...questions('i8x16', 96, i8x16),
  ...questions('i16x8', 128, i16x8),
  ...questions('i32x4', 160, i32x4),
  ...questions('i64x2', 192, i64x2),
] as const;
