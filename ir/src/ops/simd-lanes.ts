/** Single lanes: making vectors of one value, taking lanes out and putting them in, moving them about. */

import { i8x16, i16x8, i32x4, i64x2, type Lanes, laneOf, lanewise2, splat, u8x16, u16x8, withLane } from '../lanes.ts';
import type { Machine } from '../machine.ts';
import type { OpDef } from '../op.ts';
import { f32Bits, f32FromBits, f64Bits, f64FromBits, type Value } from '../value.ts';
import { binary, vectorOp } from './simd-op.ts';

/** What a shape's lanes are as scalars: the type, and the conversions that keep all bits. */
interface Scalar<L> {
  readonly type: string;
  readonly lanes: Lanes<L>;
  readonly toLane: (value: Value) => L;
  readonly toValue: (lane: L) => Value;
}

const asI32 = (lanes: Lanes<number>): Scalar<number> => ({
  type: 'i32',
  lanes,
  toLane: (value) => value as number,
  toValue: (lane) => lane,
});
const scalars = {
  i8x16: asI32(i8x16),
  i16x8: asI32(i16x8),
  i32x4: asI32(i32x4),
} as const;
const asI64: Scalar<bigint> = {
  type: 'i64',
  lanes: i64x2,
  toLane: (value) => value as bigint,
  toValue: (lane) => lane,
};
const asF32: Scalar<number> = { type: 'f32', lanes: i32x4, toLane: f32Bits, toValue: f32FromBits };
const asF64: Scalar<bigint> = { type: 'f64', lanes: i64x2, toLane: f64Bits, toValue: f64FromBits };

type Take = (m: Machine, lane: number, vector: bigint) => Value;
type Put = (m: Machine, lane: number, vector: bigint, value: Value) => bigint;

const taking = <L>({ toValue }: Scalar<L>, lanes: Lanes<L>): { imm: 'lane'; lanes: number; run: Take } => ({
  imm: 'lane',
  lanes: lanes.count,
  run: (_, lane, vector) => toValue(laneOf(lanes, vector, lane)),
});
const putting = <L>({ toLane, lanes }: Scalar<L>): { imm: 'lane'; lanes: number; run: Put } => ({
  imm: 'lane',
  lanes: lanes.count,
  run: (_, lane, vector, value) => withLane(lanes, vector, lane, toLane(value)),
});

/** `splat` of a shape whose eval takes the lane itself: integers as they are, floats as their bits. */
function splats<const S extends string, L>(shape: S, code: number, { type, lanes }: Scalar<L>) {
  return vectorOp(`${shape}.splat`, code, `(${type}) -> v128`, 'The operand in each lane.', {
    eval: (value: L) => splat(lanes, value),
  });
}

/** `replace_lane` of a shape. */
function replaces<const S extends string, L>(shape: S, code: number, scalar: Scalar<L>) {
  return vectorOp(
    `${shape}.replace_lane`,
    code,
    `(v128, ${scalar.type}) -> v128`,
    'The vector with one lane replaced by the second operand.',
    putting(scalar),
  );
}

/** `extract_lane` of a shape whose lanes are as wide as the scalar. */
function extracts<const S extends string, L>(shape: S, code: number, scalar: Scalar<L>) {
  return vectorOp(
    `${shape}.extract_lane`,
    code,
    `(v128) -> ${scalar.type}`,
    'One lane; moves bits exactly.',
    taking(scalar, scalar.lanes),
  );
}

/** `extract_lane_s` and `extract_lane_u` of a shape with narrow lanes. */
function narrowExtracts<const S extends 'i8x16' | 'i16x8'>(shape: S, code: number, unsigned: Lanes<number>) {
  const scalar = scalars[shape];
  return [
    vectorOp(
      `${shape}.extract_lane_s`,
      code,
      '(v128) -> i32',
      'One lane, sign extended.',
      taking(scalar, scalar.lanes),
    ),
    vectorOp(
      `${shape}.extract_lane_u`,
      code + 1,
      '(v128) -> i32',
      'One lane, zero extended.',
      taking(scalar, unsigned),
    ),
  ] as const;
}

const moves = [
  vectorOp(
    'i8x16.shuffle',
    13,
    binary,
    'Lane i is the lane of both operands, put one behind the other, that number i of the immediate says.',
    {
      imm: 'lanes',
      run: (_: Machine, lanes: readonly number[], a: bigint, b: bigint) =>
        lanewise2(u8x16, u8x16, (i, first, second) => {
          const k = lanes[i] as number;
          return k < 16 ? first(k) : second(k - 16);
        })(a, b),
    },
  ),
  vectorOp(
    'i8x16.swizzle',
    14,
    binary,
    'Lane i is the lane of the first operand that lane i of the second says, 0 from 16 up.',
    {
      eval: lanewise2(u8x16, u8x16, (i, a, b) => (b(i) < 16 ? a(b(i)) : 0)),
    },
  ),
] as const satisfies readonly OpDef[];

/** Ops on single lanes. */
export const simdLaneOps = [
  ...moves,
  splats('i8x16', 15, scalars.i8x16),
  splats('i16x8', 16, scalars.i16x8),
  splats('i32x4', 17, scalars.i32x4),
  splats('i64x2', 18, asI64),
  splats('f32x4', 19, asF32),
  splats('f64x2', 20, asF64),
  ...narrowExtracts('i8x16', 21, u8x16),
  replaces('i8x16', 23, scalars.i8x16),
  ...narrowExtracts('i16x8', 24, u16x8),
  replaces('i16x8', 26, scalars.i16x8),
  extracts('i32x4', 27, scalars.i32x4),
  replaces('i32x4', 28, scalars.i32x4),
  extracts('i64x2', 29, asI64),
  replaces('i64x2', 30, asI64),
  extracts('f32x4', 31, asF32),
  replaces('f32x4', 32, asF32),
  extracts('f64x2', 33, asF64),
  replaces('f64x2', 34, asF64),
] as const;
