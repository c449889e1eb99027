/** Values in lanes, and how they become wider, narrower, masks and numbers. */

import { f32Bits, f64Bits, type ValueId } from '@sluice/ir';
import type { Code } from './code.ts';
import { integerShape, type Width } from './lanes.ts';

/** A value of `registers.length * 128 / width` turns, in order. */
export interface Lanes {
  readonly registers: readonly ValueId[];
  readonly width: Width;
  /** Lanes of ones or zeros that stand for 1 and 0. */
  readonly mask: boolean;
}

const bytes = Array.from({ length: 16 }, (_, i) => i);
/** The high half, in the low one. */
export const highHalf: readonly number[] = bytes.map((i) => (i < 8 ? i + 8 : i));
/** The low halves of two. */
const lowHalves: readonly number[] = bytes.map((i) => (i < 8 ? i : i + 8));

/** The low half of each lane, of two registers. */
function lowParts(width: Width): readonly number[] {
  const half = width / 16;
  return bytes.map((i) => Math.floor(i / half) * (width / 8) + (i % half));
}

/** Lanes of integers become twice as wide. */
export function widened(code: Code, registers: readonly ValueId[], width: Width, signed: boolean): readonly ValueId[] {
  const from = integerShape[width];
  const to = integerShape[(2 * width) as Width];
  const sign = signed ? 's' : 'u';
  return registers.flatMap((v) =>
    (['low', 'high'] as const).map((half) => code.emit(`${to}.extend_${half}_${from}_${sign}`, [v])),
  );
}

/** Lanes of integers lose their high halves. */
export function narrowed(code: Code, registers: readonly ValueId[], width: Width): readonly ValueId[] {
  const imm = lowParts(width);
  return inPairs(registers, (a, b) => code.emit('i8x16.shuffle', [a, b], { imm }));
}

/** Lanes of integers of any width, by repetition. */
export function resized(
  code: Code,
  registers: readonly ValueId[],
  from: Width,
  to: Width,
  signed: boolean,
): readonly ValueId[] {
  let made = registers;
  let width: number = from;
  for (; width < to; width *= 2) made = widened(code, made, width as Width, signed);
  for (; width > to; width /= 2) made = narrowed(code, made, width as Width);
  return made;
}

/** A mask for lanes of another width. */
export function maskOfWidth(code: Code, { registers, width: from }: Lanes, to: Width): readonly ValueId[] {
  let made = registers;
  let width: number = from;
  for (; width < to; width *= 2) made = widened(code, made, width as Width, true);
  for (; width > to; width /= 2) {
    // All ones and zeros are the same after saturation.
    const op = width === 32 ? 'i16x8.narrow_i32x4_s' : 'i8x16.narrow_i16x8_s';
    made = width === 64 ? narrowed(code, made, 64) : inPairs(made, (a, b) => code.emit(op, [a, b]));
  }
  return made;
}

/** The low halves of the results of an op on each two registers. */
export function joined(code: Code, registers: readonly ValueId[], op: string): readonly ValueId[] {
  const halves = registers.map((v) => code.emit(op, [v]));
  return inPairs(halves, (a, b) => code.emit('i8x16.shuffle', [a, b], { imm: lowHalves }));
}

/** The results of an op on the low half of each register, and on its high half. */
export function spread(code: Code, registers: readonly ValueId[], op: string): readonly ValueId[] {
  return registers.flatMap((v) => {
    const high = code.emit('i8x16.shuffle', [v, v], { imm: highHalf });
    return [code.emit(op, [v]), code.emit(op, [high])];
  });
}

function inPairs(registers: readonly ValueId[], join: (a: ValueId, b: ValueId) => ValueId): readonly ValueId[] {
  const made: ValueId[] = [];
  for (let i = 0; i + 1 < registers.length; i += 2)
    made.push(join(registers[i] as ValueId, registers[i + 1] as ValueId));
  return made;
}

/** The bytes of a number in every lane; NaNs with their bits. */
export function repeatedBytes(value: bigint | number, type: string): readonly number[] {
  const view = new DataView(new ArrayBuffer(8));
  const size = type === 'i32' || type === 'f32' ? 4 : 8;
  if (type === 'i32') view.setInt32(0, Number(BigInt.asIntN(32, BigInt(value))), true);
  else if (type === 'i64') view.setBigInt64(0, BigInt.asIntN(64, BigInt(value)), true);
  else if (type === 'f32') view.setInt32(0, f32Bits(value), true);
  else view.setBigInt64(0, f64Bits(value), true);
  return bytes.map((i) => view.getUint8(i % size));
}
