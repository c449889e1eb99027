/** What the ops' rules of ranges share, and what a rule is. */

import {
  everything,
  greatestOf,
  makeRange,
  meetRanges,
  nearBound,
  type Range,
  signedRange,
  trailingKnown,
} from '../range.ts';

/** How an op treats ranges. */
export interface RangeRule {
  /** The range of the result. */
  readonly of: (...operands: readonly Range[]) => Range;
  /**
   * What is left of the operands' ranges when the result, an i32, is not 0 (`holds`) or is 0; null where nothing is. For
   * ops whose results are conditions.
   */
  readonly assume?: (holds: boolean, a: Range, b: Range) => Narrowed;
}

/** Two ranges of operands (of a unary op the second is as it was), or null: impossible. */
export type Narrowed = readonly [Range, Range] | null;

/** What a kept bound of an i64 is at most, and at least, as a number. */
export const atMost = (wide: boolean, x: number): number => {
  if (!wide || (x <= nearBound && x >= -nearBound)) return x;
  return x > 0 ? 2 ** 63 : -(2 ** 62);
};
/** What it is at least. */
export const atLeast = (wide: boolean, x: number): number => {
  if (!wide || (x <= nearBound && x >= -nearBound)) return x;
  return x > 0 ? 2 ** 62 : -(2 ** 63);
};

/** From bounds as numbers to bounds as they are kept: those of an i64 are far from 0 only when beyond 2^50. */
export function kept(wide: boolean, lo: number, hi: number): Range {
  const limit = wide ? 2 ** 62 : 2 ** 31;
  if (lo < -limit || hi > (wide ? limit : limit - 1)) return everything(wide);
  if (!wide) return signedRange(false, lo, hi);
  const far = greatestOf(true) - nearBound;
  return signedRange(
    true,
    lo > nearBound ? nearBound : lo < -nearBound ? -far - 1 : lo,
    hi > nearBound ? far : hi < -nearBound ? -nearBound : hi,
  );
}

/** A range of bits: what is known of the lowest ones alone. */
export function lowBits(wide: boolean, count: number, value: number): Range {
  const mask = count >= 32 ? -1 : ~(-1 << count);
  return fromBits(wide, ~value & mask, 0, value & mask, 0);
}

/** A range of bits. */
export function fromBits(wide: boolean, zeros: number, zerosHigh: number, ones: number, onesHigh: number): Range {
  const all = everything(wide);
  if ((zeros | zerosHigh | ones | onesHigh) === 0) return all;
  // Words that were shifted right come as unsigned ones.
  return makeRange(wide, all.lo, all.hi, all.ulo, all.uhi, zeros | 0, zerosHigh | 0, ones | 0, onesHigh | 0) ?? all;
}

/** Both hold. */
export const both = (a: Range, b: Range): Range => meetRanges(a, b) ?? a;

/** The integers between unsigned bounds, as they are kept. */
export function unsignedRange(wide: boolean, ulo: number, uhi: number): Range {
  const all = everything(wide);
  return makeRange(wide, all.lo, all.hi, ulo, uhi) ?? all;
}

/** How many of the lowest bits are known in both. */
export const knownLow = (a: Range, b: Range): number =>
  Math.min(trailingKnown(a.zeros | a.ones), trailingKnown(b.zeros | b.ones));
