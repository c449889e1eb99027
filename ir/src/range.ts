/**
 * What is known of an integer: bounds, signed and unsigned, and bits. The domain of range analysis; the ops' transfer
 * functions are in range-ops.ts, the analysis in analysis/ranges.ts.
 *
 *     i32 in -3 .. 8        signed bounds -3 .. 8, unsigned none, no bits
 *     i32 in 4 .. 5         signed 4 .. 5, unsigned 4 .. 5, all bits but the lowest known
 *
 * Bounds of an i64 are numbers too, no BigInts, for their cost: one that is within 2^50 of the least, of 0 or of the
 * greatest value is kept exactly, as its distance to it; any other is widened to the next one that is. On this short line
 * the least value is -2^52 and the greatest 2^52 - 1:
 *
 *     -2^63 .. -2^63+2^50        -2^50 .. 2^50        2^63-1-2^50 .. 2^63-1       the number
 *     -2^52 .. -2^52+2^50        -2^50 .. 2^50        2^52-1-2^50 .. 2^52-1       how it is kept
 *
 * Sums and differences are those of the kept numbers: a sum of two that leaves one section for the gap is widened, and none
 * can reach another section by mistake, and sums are exact. Unsigned bounds are kept in the same way, around 0 and the greatest, 2^64 - 1.
 *
 * Paper: Patrick and Radhia Cousot, Abstract Interpretation, POPL 1977 (intervals, widening); for bits Henry Warren,
 *        Hacker's Delight, 2nd ed., 4-1.
 */

import type { ResultType } from './type.ts';
import type { Value } from './value.ts';

/** Kept bounds of an i64 are at most so far from the least, from 0 or from the greatest value. */
export const nearBound: number = 2 ** 50;

const farAbove = 2 ** 52 - 1 - nearBound;

/** A set of integers of one type, never empty: those within all of its bounds with the bits that it knows. */
export interface Range {
  /** Of i64, not of i32. */
  readonly wide: boolean;
  /** Signed bounds, both included; of i64 as they are kept. */
  readonly lo: number;
  readonly hi: number;
  /** Unsigned bounds, both included; of i64 as they are kept. */
  readonly ulo: number;
  readonly uhi: number;
  /** Bits known to be 0 and to be 1, low and high word; the high words of an i32 are 0. */
  readonly zeros: number;
  readonly zerosHigh: number;
  readonly ones: number;
  readonly onesHigh: number;
}

/** The least and greatest bounds that there are. */
export const leastOf = (wide: boolean): number => (wide ? -(2 ** 52) : -(2 ** 31));
/** The greatest signed bound. */
export const greatestOf = (wide: boolean): number => (wide ? 2 ** 52 - 1 : 2 ** 31 - 1);
/** The greatest unsigned bound. */
export const unsignedGreatestOf = (wide: boolean): number => (wide ? 2 ** 52 - 1 : 2 ** 32 - 1);

function whole(wide: boolean): Range {
  const uhi = unsignedGreatestOf(wide);
  const [lo, hi] = [leastOf(wide), greatestOf(wide)];
  return { wide, lo, hi, ulo: 0, uhi, zeros: 0, zerosHigh: 0, ones: 0, onesHigh: 0 };
}

const all32 = whole(false);
const all64 = whole(true);

/** Every integer of the type: nothing is known. One object for each type. */
export function everything(wide: boolean): Range {
  return wide ? all64 : all32;
}

/** What is known of a value of the type without looking; null for types that are no integers. */
export function rangeOfType(type: ResultType): Range | null {
  return type === 'i64' ? all64 : type === 'i32' ? all32 : null;
}

/** The least bound that can be kept and is not less: for upper bounds. */
export function roundUp(wide: boolean, x: number): number {
  if (!wide || (x <= nearBound && x >= -nearBound)) return x;
  if (x > 0) return x < farAbove ? farAbove : x;
  return x > -farAbove - 1 ? -nearBound : x;
}

/** The greatest bound that can be kept and is not greater: for lower bounds. */
export function roundDown(wide: boolean, x: number): number {
  if (!wide || (x <= nearBound && x >= -nearBound)) return x;
  if (x > 0) return x < farAbove ? nearBound : x;
  return x > -farAbove - 1 ? -farAbove - 1 : x;
}

/**
 * The integers within all the bounds and with the bits; null when there are none. Bounds may be such as can't be kept, and
 * beyond the type's. What each of the three says is made use of for the other two.
 */
export function makeRange(
  wide: boolean,
  signedLo: number,
  signedHi: number,
  unsignedLo: number,
  unsignedHi: number,
  zeros = 0,
  zerosHigh = 0,
  ones = 0,
  onesHigh = 0,
): Range | null {
  const least = leastOf(wide);
  const greatest = greatestOf(wide);
  const most = unsignedGreatestOf(wide);
  let lo = Math.max(least, roundDown(wide, signedLo));
  let hi = Math.min(greatest, roundUp(wide, signedHi));
  let ulo = Math.max(0, roundDown(wide, unsignedLo));
  let uhi = Math.min(most, roundUp(wide, unsignedHi));
  if ((zeros & ones) !== 0 || (zerosHigh & onesHigh) !== 0) return null;
  // Bits say where the unsigned bounds are, and the sign.
  if ((zeros | ones | zerosHigh | onesHigh) !== 0) {
    ulo = Math.max(ulo, wide ? leastWord(ones, onesHigh) : ones >>> 0);
    uhi = Math.min(uhi, wide ? greatestWord(~zeros, ~zerosHigh) : ~zeros >>> 0);
    if ((wide ? zerosHigh : zeros) < 0) lo = Math.max(lo, 0);
    if ((wide ? onesHigh : ones) < 0) hi = Math.min(hi, -1);
  }
  // Numbers of one sign are ordered alike. An i64's unsigned bound cannot be kept about the middle.
  const half = wide ? nearBound : greatest;
  if (lo >= 0 || uhi <= half) {
    lo = Math.max(lo, ulo <= half ? ulo : 0);
    if (uhi <= half) hi = Math.min(hi, uhi);
    ulo = Math.max(ulo, lo <= half ? lo : wide ? half : lo);
    if (hi <= half) uhi = Math.min(uhi, hi);
  } else if (hi < 0 || (wide ? ulo >= farAbove : ulo > greatest)) {
    const turn = most + 1;
    hi = Math.min(hi, wide && uhi < farAbove ? -1 : roundUp(wide, uhi - turn), -1);
    if (!wide || ulo >= farAbove) lo = Math.max(lo, roundDown(wide, ulo - turn));
    if (!wide || lo >= -nearBound) ulo = Math.max(ulo, lo + turn);
    else ulo = Math.max(ulo, nearBound);
    uhi = Math.min(uhi, wide && hi < -nearBound ? farAbove : hi + turn);
  }
  if (lo > hi || ulo > uhi) return null;
  // The leading bits that both unsigned bounds share are known.
  if (!wide) {
    const known = sharedBits(ulo | 0, uhi | 0);
    zeros |= ~ulo & known;
    ones |= ulo & known;
  } else if (uhi <= nearBound) {
    const high = Math.floor(ulo / 2 ** 32);
    const top = Math.floor(uhi / 2 ** 32);
    const known = sharedBits(high, top);
    zerosHigh |= ~high & known;
    onesHigh |= high & known;
    if (high === top) {
      const low = (ulo - high * 2 ** 32) | 0;
      const knownLow = sharedBits(low, (uhi - top * 2 ** 32) | 0);
      zeros |= ~low & knownLow;
      ones |= low & knownLow;
    }
  } else if (lo >= 0) zerosHigh |= 1 << 31;
  else if (hi < 0) {
    if (lo < -(2 ** 32)) onesHigh |= 1 << 31;
    else {
      onesHigh = -1;
      const knownLow = sharedBits(lo | 0, hi | 0);
      zeros |= ~(lo | 0) & knownLow;
      ones |= (lo | 0) & knownLow;
    }
  }
  if ((zeros & ones) !== 0 || (zerosHigh & onesHigh) !== 0) return null;
  if (lo === least && hi === greatest && ulo === 0 && uhi === most && (zeros | ones | zerosHigh | onesHigh) === 0) {
    return everything(wide);
  }
  return { wide, lo, hi, ulo, uhi, zeros, zerosHigh, ones, onesHigh };
}

/** The bits before the first one in which two words differ. */
function sharedBits(a: number, b: number): number {
  const same = Math.clz32(a ^ b);
  return same === 0 ? 0 : -1 << (32 - same);
}

/** A kept bound that is not above the unsigned number of two words. */
function leastWord(low: number, high: number): number {
  const h = high >>> 0;
  if (h < 2 ** 18) return h * 2 ** 32 + (low >>> 0);
  const far = 2 ** 52 - ((2 ** 32 - h) * 2 ** 32 - (low >>> 0));
  return far >= farAbove ? far : nearBound;
}

/** A kept bound that is not below the unsigned number of two words. */
function greatestWord(low: number, high: number): number {
  const h = high >>> 0;
  if (h < 2 ** 18) return h * 2 ** 32 + (low >>> 0);
  return Math.max(farAbove, 2 ** 52 - ((2 ** 32 - h) * 2 ** 32 - (low >>> 0)));
}

/** The integers from `lo` to `hi`, signed; everything when one of them is not of the type. */
export function signedRange(wide: boolean, lo: number, hi: number): Range {
  if (lo < leastOf(wide) || hi > greatestOf(wide)) return everything(wide);
  return makeRange(wide, lo, hi, 0, unsignedGreatestOf(wide)) ?? everything(wide);
}

/** The range of one integer; null for values that are none. */
export function rangeOfConstant(value: Value): Range | null {
  if (typeof value === 'number') {
    const u = value >>> 0;
    return { wide: false, lo: value, hi: value, ulo: u, uhi: u, zeros: ~value, zerosHigh: 0, ones: value, onesHigh: 0 };
  }
  if (typeof value !== 'bigint') return null;
  const near = Number(value);
  if (near >= 0 && near < small.length) return small[near] as Range;
  const isNear = near <= nearBound && near >= -nearBound;
  const low = isNear ? near | 0 : Number(BigInt.asIntN(32, value));
  const high = isNear ? Math.floor(near / 2 ** 32) : Number(value >> 32n);
  const lo = isNear ? near : keptBelow(value);
  const hi = isNear ? near : -1 - keptBelow(-1n - value);
  return makeRange(true, lo, hi, 0, unsignedGreatestOf(true), ~low, ~high, low, high);
}

/** Of small i64 constants. */
const small: readonly Range[] = Array.from({ length: 65 }, (_, k) => signedRange(true, k, k));

/** The greatest kept bound that is not above a number. */
function keptBelow(value: bigint): number {
  const below = Number(greatest64 - value);
  if (below <= nearBound) return 2 ** 52 - 1 - below;
  const above = Number(value - least64);
  if (above <= nearBound) return above - 2 ** 52;
  return value > 0n ? nearBound : -farAbove - 1;
}

const least64 = -(2n ** 63n);
const greatest64 = 2n ** 63n - 1n;

/** The value of a range of one integer; undefined where there are several, or may be. */
export function constantOfRange(r: Range): Value | undefined {
  const { wide, lo, hi } = r;
  if (lo === hi) {
    if (!wide) return lo | 0;
    if (lo >= -nearBound && lo <= nearBound) return BigInt(lo);
    return lo > 0 ? greatest64 - BigInt(2 ** 52 - 1 - lo) : least64 + BigInt(lo + 2 ** 52);
  }
  if ((r.zeros | r.ones) !== -1) return undefined;
  if (!wide) return r.ones;
  if ((r.zerosHigh | r.onesHigh) !== -1) return undefined;
  return (BigInt(r.onesHigh) << 32n) | BigInt(r.ones >>> 0);
}

/** Whether nothing is known. */
export function isEverything(r: Range): boolean {
  return r === all32 || r === all64;
}

/** The integers in one or the other, and maybe more. */
export function joinRanges(a: Range, b: Range): Range {
  if (a === b || isEverything(a)) return a;
  if (isEverything(b)) return b;
  const joined = makeRange(
    a.wide,
    Math.min(a.lo, b.lo),
    Math.max(a.hi, b.hi),
    Math.min(a.ulo, b.ulo),
    Math.max(a.uhi, b.uhi),
    a.zeros & b.zeros,
    a.zerosHigh & b.zerosHigh,
    a.ones & b.ones,
    a.onesHigh & b.onesHigh,
  );
  return joined ?? everything(a.wide);
}

/** The integers in both; null when there are none. */
export function meetRanges(a: Range, b: Range): Range | null {
  if (a === b || isEverything(b)) return a;
  if (isEverything(a)) return b;
  return makeRange(
    a.wide,
    Math.max(a.lo, b.lo),
    Math.min(a.hi, b.hi),
    Math.max(a.ulo, b.ulo),
    Math.min(a.uhi, b.uhi),
    a.zeros | b.zeros,
    a.zerosHigh | b.zerosHigh,
    a.ones | b.ones,
    a.onesHigh | b.onesHigh,
  );
}

/** Whether all of `a` is in `b`, as far as bounds and bits tell. */
export function isWithin(a: Range, b: Range): boolean {
  return (
    a === b ||
    isEverything(b) ||
    (a.lo >= b.lo &&
      a.hi <= b.hi &&
      a.ulo >= b.ulo &&
      a.uhi <= b.uhi &&
      (b.zeros & ~a.zeros) === 0 &&
      (b.zerosHigh & ~a.zerosHigh) === 0 &&
      (b.ones & ~a.ones) === 0 &&
      (b.onesHigh & ~a.onesHigh) === 0)
  );
}

/** A range with both in it, and bounds that grew moved far: 0 is one stop on the way if `gently`, the type's bounds are next. */
export function widenRange(from: Range, to: Range, gently: boolean): Range {
  const { wide } = from;
  const least = leastOf(wide);
  const joined = joinRanges(from, to);
  if (isEverything(joined)) return joined;
  const lo = joined.lo >= from.lo ? from.lo : gently && joined.lo >= 0 ? 0 : least;
  const hi = joined.hi <= from.hi ? from.hi : gently && joined.hi < 0 ? -1 : greatestOf(wide);
  const ulo = joined.ulo >= from.ulo ? from.ulo : gently && joined.ulo > 0 ? 1 : 0;
  const uhi = joined.uhi <= from.uhi ? from.uhi : unsignedGreatestOf(wide);
  // Bits that bounds gave go with the bounds; what is left is what the lowest bits share, as in multiples of 4.
  const low = gently ? ~(-1 << Math.min(31, trailingKnown(joined.zeros | joined.ones))) : 0;
  return makeRange(wide, lo, hi, ulo, uhi, joined.zeros & low, 0, joined.ones & low, 0) ?? everything(wide);
}

/** How many of the lowest bits are known, given which are. */
export function trailingKnown(known: number): number {
  return known === -1 ? 32 : 31 - Math.clz32(~known & -~known);
}
