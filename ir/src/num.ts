/**
 * Number arithmetic that JavaScript does not have: 64-bit counting and rotation, rounding to even, conversions with
 * a single rounding. Used by `eval` in the op table; all take and give values as value.ts says.
 */

const int64 = BigInt.asIntN;
const uint64 = BigInt.asUintN;

/** The low 64 bits, signed. */
export function i64(x: bigint): bigint {
  return int64(64, x);
}

/** The low 64 bits, unsigned. */
export function u64(x: bigint): bigint {
  return uint64(64, x);
}

/** Zero bits below the lowest one of an i32; 32 of 0. */
export function ctz32(x: number): number {
  return x === 0 ? 32 : 31 - Math.clz32(x & -x);
}

/** One bits of an i32. */
export function popcnt32(x: number): number {
  let v = x - ((x >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  v = (v + (v >>> 4)) & 0x0f0f0f0f;
  return Math.imul(v, 0x01010101) >>> 24;
}

/** The low word of an i64, as an i32. */
export function lowWord(x: bigint): number {
  return Number(int64(32, x));
}

/** The high word of an i64, as an i32. */
export function highWord(x: bigint): number {
  return Number(int64(32, x >> 32n));
}

/** Zero bits above the highest one of an i64; 64 of 0. */
export function clz64(x: bigint): bigint {
  const high = highWord(x);
  return BigInt(high !== 0 ? Math.clz32(high) : 32 + Math.clz32(lowWord(x)));
}

/** Zero bits below the lowest one of an i64; 64 of 0. */
export function ctz64(x: bigint): bigint {
  const low = lowWord(x);
  return BigInt(low !== 0 ? ctz32(low) : 32 + ctz32(highWord(x)));
}

/** One bits of an i64. */
export function popcnt64(x: bigint): bigint {
  return BigInt(popcnt32(lowWord(x)) + popcnt32(highWord(x)));
}

/** An i32 rotated left; the count is taken modulo 32. */
export function rotl32(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}

/** An i64 rotated left; the count is taken modulo 64. */
export function rotl64(x: bigint, n: bigint): bigint {
  return int64(64, (x << (n & 63n)) | (u64(x) >> (-n & 63n)));
}

const integral = 2 ** 52;

/** The nearest integer, ties to even; keeps the sign of zero. From 2^52 on every number is an integer. */
export function nearest(x: number): number {
  if (!(Math.abs(x) < integral)) return x;
  return x < 0 || Object.is(x, -0) ? -(integral - x - integral) : x + integral - integral;
}

/**
 * An integer of at most 64 bits to an f32 with one rounding. More than 53 bits would be rounded twice, to f64 and to
 * f32; so the low 12 bits, far below the last place of the f32, become one sticky bit, and f64 holds the rest exactly.
 */
export function f32FromInteger(x: bigint): number {
  if (int64(54, x) === x) return Math.fround(Number(x));
  return Math.fround(Number((x & -4096n) | ((x & 4095n) === 0n ? 0n : 2048n)));
}
