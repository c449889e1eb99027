/**
 * Vectors of 128 bits as lanes: what the ops of SIMD compute with. Lane 0 is in the lowest bits, as in memory. Lanes
 * are written modulo their width, so that sums and products wrap by themselves; a NaN that arithmetic gave is written as
 * the canonical one, so that `eval` gives the same bits everywhere (SPEC.md §3).
 *
 * Operands lie in two scratch vectors while an op runs; nothing outlives a call.
 */

/** How the lanes of a shape are read and written. */
export interface Lanes<L> {
  readonly count: number;
  /** Lane i of a vector in 16 bytes. */
  readonly get: (view: DataView, i: number) => L;
  readonly set: (view: DataView, i: number, lane: L) => void;
}

/** Lane i of an operand. */
export type Read<L> = (i: number) => L;

/** All bits of a vector. */
export const allOnes = 2n ** 128n - 1n;

/** Signed bytes. */
export const i8x16: Lanes<number> = {
  count: 16,
  get: (view, i) => view.getInt8(i),
  set: (view, i, lane) => view.setInt8(i, lane),
};
/** Unsigned bytes. */
export const u8x16: Lanes<number> = { ...i8x16, get: (view, i) => view.getUint8(i) };
/** Signed lanes of 16 bits. */
export const i16x8: Lanes<number> = {
  count: 8,
  get: (view, i) => view.getInt16(2 * i, true),
  set: (view, i, lane) => view.setInt16(2 * i, lane, true),
};
/** Unsigned lanes of 16 bits. */
export const u16x8: Lanes<number> = { ...i16x8, get: (view, i) => view.getUint16(2 * i, true) };
/** Signed lanes of 32 bits. */
export const i32x4: Lanes<number> = {
  count: 4,
  get: (view, i) => view.getInt32(4 * i, true),
  set: (view, i, lane) => view.setInt32(4 * i, lane, true),
};
/** Unsigned lanes of 32 bits. */
export const u32x4: Lanes<number> = { ...i32x4, get: (view, i) => view.getUint32(4 * i, true) };
/** Signed lanes of 64 bits. */
export const i64x2: Lanes<bigint> = {
  count: 2,
  get: (view, i) => view.getBigInt64(8 * i, true),
  set: (view, i, lane) => view.setBigInt64(8 * i, lane, true),
};
/** Unsigned lanes of 64 bits. */
export const u64x2: Lanes<bigint> = { ...i64x2, get: (view, i) => view.getBigUint64(8 * i, true) };
/** Lanes of f32 as numbers: the bits of a NaN are lost. */
export const f32x4: Lanes<number> = {
  count: 4,
  get: (view, i) => view.getFloat32(4 * i, true),
  set: (view, i, lane) =>
    Number.isNaN(lane) ? view.setInt32(4 * i, 0x7fc00000, true) : view.setFloat32(4 * i, lane, true),
};
/** Lanes of f64 as numbers: the bits of a NaN are lost. */
export const f64x2: Lanes<number> = {
  count: 2,
  get: (view, i) => view.getFloat64(8 * i, true),
  set: (view, i, lane) =>
    Number.isNaN(lane) ? view.setBigInt64(8 * i, 0x7ff8n << 48n, true) : view.setFloat64(8 * i, lane, true),
};

/** The shapes whose lanes are integers that a number holds. */
export type NarrowShape = 'i8x16' | 'i16x8' | 'i32x4';

const signedShapes = { i8x16, i16x8, i32x4 } as const;
const unsignedShapes = { i8x16: u8x16, i16x8: u16x8, i32x4: u32x4 } as const;

/** The lanes of such a shape, read as signed or unsigned. */
export function narrowLanes(shape: NarrowShape, sign: 's' | 'u' = 's'): Lanes<number> {
  return sign === 's' ? signedShapes[shape] : unsignedShapes[shape];
}

const scratch = (): DataView => new DataView(new ArrayBuffer(16));
const first = scratch();
const second = scratch();
const made = scratch();

/** Writes the 16 bytes of a vector. */
export function putVector(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, value, true);
  view.setBigUint64(at + 8, value >> 64n, true);
}

/** Reads a vector of 16 bytes. */
export function takeVector(view: DataView, at: number): bigint {
  return (view.getBigUint64(at + 8, true) << 64n) | view.getBigUint64(at, true);
}

/** The vector whose lane i is `lane(i)`. */
export function vectorOf<R>(to: Lanes<R>, lane: (i: number) => R): bigint {
  for (let i = 0; i < to.count; i++) to.set(made, i, lane(i));
  return takeVector(made, 0);
}

/** The vector with the same value in each lane. */
export function splat<R>(to: Lanes<R>, value: R): bigint {
  return vectorOf(to, () => value);
}

/** An op on one vector: lane i of the result is `f(i, a)`. */
export function lanewise1<A, R>(from: Lanes<A>, to: Lanes<R>, f: (i: number, a: Read<A>) => R) {
  const read: Read<A> = (i) => from.get(first, i);
  return (a: bigint): bigint => {
    putVector(first, 0, a);
    return vectorOf(to, (i) => f(i, read));
  };
}

/** An op on two vectors: lane i of the result is `f(i, a, b)`. */
export function lanewise2<A, R>(from: Lanes<A>, to: Lanes<R>, f: (i: number, a: Read<A>, b: Read<A>) => R) {
  const readFirst: Read<A> = (i) => from.get(first, i);
  const readSecond: Read<A> = (i) => from.get(second, i);
  return (a: bigint, b: bigint): bigint => {
    putVector(first, 0, a);
    putVector(second, 0, b);
    return vectorOf(to, (i) => f(i, readFirst, readSecond));
  };
}

/** Lane by lane, one operand. */
export function map1<A>(shape: Lanes<A>, f: (a: A) => A) {
  return lanewise1(shape, shape, (i, a) => f(a(i)));
}

/** Lane by lane, two operands. */
export function map2<A>(shape: Lanes<A>, f: (a: A, b: A) => A) {
  return lanewise2(shape, shape, (i, a, b) => f(a(i), b(i)));
}

/** A comparison lane by lane: all ones where it holds, else zeros. */
export function compare<A, R extends number | bigint>(shape: Lanes<A>, to: Lanes<R>, f: (a: A, b: A) => boolean) {
  const [yes, no] = (to.count === 2 ? [-1n, 0n] : [-1, 0]) as [R, R];
  return lanewise2(shape, to, (i, a, b) => (f(a(i), b(i)) ? yes : no));
}

/** Lane i of a vector. */
export function laneOf<A>(from: Lanes<A>, vector: bigint, i: number): A {
  putVector(first, 0, vector);
  return from.get(first, i);
}

/** A vector with lane i replaced. */
export function withLane<A>(shape: Lanes<A>, vector: bigint, i: number, lane: A): bigint {
  putVector(made, 0, vector);
  shape.set(made, i, lane);
  return takeVector(made, 0);
}

/** Bits of the first vector where the mask has ones, of the second where it has zeros. */
export function bitselect(a: bigint, b: bigint, mask: bigint): bigint {
  return (a & mask) | (b & (mask ^ allOnes));
}
