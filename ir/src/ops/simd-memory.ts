/**
 * Loads and stores of vectors: whole ones, and parts that are spread over a vector (`Access.part`). As all accesses, one that
 * does not lie wholly within the memory traps and touches nothing.
 */

import {
  i8x16,
  i16x8,
  i32x4,
  i64x2,
  type Lanes,
  laneOf,
  putVector,
  splat,
  takeVector,
  u8x16,
  u16x8,
  u32x4,
  vectorOf,
  withLane,
} from '../lanes.ts';
import type { OpDef } from '../op.ts';
import { laneLoads, laneStores, loads, stores } from './memory.ts';
import { vectorOp } from './simd-op.ts';

const load = '(i32) -> v128';
const bytesOf = { 8: 1, 16: 2, 32: 4, 64: 8 } as const;
type Width = keyof typeof bytesOf;

const whole = [
  vectorOp('v128.load', 0, load, 'Loads 16 bytes.', loads(16, false, takeVector)),
  vectorOp('v128.store', 11, '(i32, v128) -> void', 'Stores 16 bytes.', stores(16, putVector)),
] as const satisfies readonly OpDef[];

/** 8 bytes as lanes of half a width, each extended to twice that. */
function widening<const N extends string>(name: N, code: number, lanes: Lanes<number>, signed: boolean) {
  const { count } = lanes;
  const bytes = 16 / count;
  const source = new DataView(new ArrayBuffer(8));
  const lane = (i: number) => lanes.get(source, i);
  const get = (view: DataView, at: number): bigint => {
    source.setBigUint64(0, view.getBigUint64(at));
    if (bytes === 1) return vectorOf(i16x8, lane);
    return bytes === 2 ? vectorOf(i32x4, lane) : vectorOf(i64x2, (i) => BigInt(lane(i)));
  };
  const doc = `Loads 8 bytes as ${count / 2} lanes, each ${signed ? 'sign' : 'zero'} extended to twice its width.`;
  return vectorOp(name, code, load, doc, loads(8, signed, get, 'widen'));
}

/** What each width of lanes has: `code` numbers its splat. */
function parts<const W extends Width, L>(width: W, place: number, lanes: Lanes<L>) {
  const bytes = bytesOf[width];
  const at = (view: DataView, from: number): L => {
    const part = new DataView(view.buffer, view.byteOffset + from, bytes);
    return lanes.get(part, 0);
  };
  const put = (view: DataView, from: number, lane: L): void =>
    lanes.set(new DataView(view.buffer, view.byteOffset + from, bytes), 0, lane);
  return [
    vectorOp(
      `v128.load${width}_splat`,
      7 + place,
      load,
      `Loads ${width} bits into each lane.`,
      loads(bytes, false, (view, from) => splat(lanes, at(view, from)), 'splat'),
    ),
    vectorOp(
      `v128.load${width}_lane`,
      84 + place,
      '(i32, v128) -> v128',
      `The vector with one lane replaced by ${width} bits that are loaded.`,
      laneLoads(bytes, (view, from, vector, lane) => withLane(lanes, vector, lane, at(view, from))),
    ),
    vectorOp(
      `v128.store${width}_lane`,
      88 + place,
      '(i32, v128) -> void',
      `Stores one lane of ${width} bits.`,
      laneStores(bytes, (view, from, vector, lane) => put(view, from, laneOf(lanes, vector, lane))),
    ),
  ] as const satisfies readonly OpDef[];
}

const zeros = [
  vectorOp(
    'v128.load32_zero',
    92,
    load,
    'Loads 4 bytes into the lowest lane; the others are 0.',
    loads(4, false, (view, at) => BigInt(view.getUint32(at, true)), 'zero'),
  ),
  vectorOp(
    'v128.load64_zero',
    93,
    load,
    'Loads 8 bytes into the lower lane; the upper is 0.',
    loads(8, false, (view, at) => view.getBigUint64(at, true), 'zero'),
  ),
] as const satisfies readonly OpDef[];

/** Loads and stores of vectors. */
export const simdMemoryOps = [
  ...whole,
  widening('v128.load8x8_s', 1, i8x16, true),
  widening('v128.load8x8_u', 2, u8x16, false),
  widening('v128.load16x4_s', 3, i16x8, true),
  widening('v128.load16x4_u', 4, u16x8, false),
  widening('v128.load32x2_s', 5, i32x4, true),
  widening('v128.load32x2_u', 6, u32x4, false),
  ...parts(8, 0, i8x16),
  ...parts(16, 1, i16x8),
  ...parts(32, 2, i32x4),
  ...parts(64, 3, i64x2),
  ...zeros,
] as const;
