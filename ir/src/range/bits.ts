/** What operations on bits, conversions and choices do to ranges. */

import {
  everything,
  isEverything,
  isWithin,
  joinRanges,
  makeRange,
  meetRanges,
  nearBound,
  type Range,
  signedRange,
  trailingKnown,
  unsignedGreatestOf,
} from '../range.ts';
import { atLeast, atMost, both, fromBits, kept, lowBits, type RangeRule, unsignedRange } from './parts.ts';

export const and: RangeRule = {
  of: (a, b) => {
    if (isEverything(a) && isEverything(b)) return a;
    const { wide } = a;
    const all = everything(wide);
    const most = Math.min(a.uhi, b.uhi);
    const hi = a.lo >= 0 && b.lo >= 0 ? Math.min(a.hi, b.hi) : a.lo >= 0 ? a.hi : b.lo >= 0 ? b.hi : all.hi;
    return (
      makeRange(
        wide,
        a.lo >= 0 || b.lo >= 0 ? 0 : all.lo,
        hi,
        0,
        most,
        a.zeros | b.zeros,
        a.zerosHigh | b.zerosHigh,
        a.ones & b.ones,
        a.onesHigh & b.onesHigh,
      ) ?? all
    );
  },
  // Something in common: neither is 0.
  assume: (holds, a, b) => {
    if (!holds) return [a, b];
    const left = notZero(a);
    const right = notZero(b);
    return left === null || right === null ? null : [left, right];
  },
};

function notZero(r: Range): Range | null {
  return makeRange(
    r.wide,
    r.lo === 0 ? 1 : r.lo,
    r.hi === 0 ? -1 : r.hi,
    Math.max(1, r.ulo),
    r.uhi,
    r.zeros,
    r.zerosHigh,
    r.ones,
    r.onesHigh,
  );
}

export const or: RangeRule = {
  of: (a, b) => {
    if (isEverything(a) && isEverything(b)) return a;
    const all = everything(a.wide);
    return (
      makeRange(
        a.wide,
        all.lo,
        all.hi,
        Math.max(a.ulo, b.ulo),
        all.uhi,
        a.zeros & b.zeros,
        a.zerosHigh & b.zerosHigh,
        a.ones | b.ones,
        a.onesHigh | b.onesHigh,
      ) ?? all
    );
  },
  assume: (holds, a, b) => {
    if (holds) return [a, b];
    const zero = signedRange(a.wide, 0, 0);
    const left = meetRanges(a, zero);
    const right = meetRanges(b, zero);
    return left === null || right === null ? null : [left, right];
  },
};

export const xor: RangeRule = {
  of: (a, b) =>
    fromBits(
      a.wide,
      (a.zeros & b.zeros) | (a.ones & b.ones),
      (a.zerosHigh & b.zerosHigh) | (a.onesHigh & b.onesHigh),
      (a.zeros & b.ones) | (a.ones & b.zeros),
      (a.zerosHigh & b.onesHigh) | (a.onesHigh & b.zerosHigh),
    ),
};

/** The count of a shift where it is known; -1. */
function countOf(b: Range): number {
  const bits = b.wide ? 63 : 31;
  if (((b.zeros | b.ones) & bits) !== bits) return -1;
  return b.ones & bits;
}

/** A word of two, shifted left. */
const shiftedLow = (low: number, k: number): number => (k >= 32 ? 0 : low << k);
const shiftedHigh = (low: number, high: number, k: number): number =>
  k >= 32 ? low << (k - 32) : k === 0 ? high : (high << k) | (low >>> (32 - k));

export const shl: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    const k = countOf(b);
    if (k === 0) return a;
    if (k === -1) return lowBits(wide, trailingKnown(a.zeros), 0);
    const r = fromBits(
      wide,
      ~shiftedLow(~a.zeros, k),
      wide ? ~shiftedHigh(~a.zeros, ~a.zerosHigh, k) : 0,
      shiftedLow(a.ones, k),
      wide ? shiftedHigh(a.ones, a.onesHigh, k) : 0,
    );
    const near = !wide || (a.lo >= -nearBound && a.hi <= nearBound);
    return near ? both(r, kept(wide, a.lo * 2 ** k, a.hi * 2 ** k)) : r;
  },
};

/** Words shifted right; `fill` comes in from above. */
const rightLow = (low: number, high: number, k: number): number =>
  k >= 32 ? high >>> (k - 32) : k === 0 ? low : (low >>> k) | (high << (32 - k));
const rightHigh = (high: number, k: number): number => (k >= 32 ? 0 : high >>> k);

export const shrU: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    const k = countOf(b);
    if (k === 0) return a;
    if (k === -1) return unsignedRange(wide, 0, a.uhi);
    if (!wide)
      return both(unsignedRange(false, Math.floor(a.ulo / 2 ** k), Math.floor(a.uhi / 2 ** k)), bitsRight(a, k));
    const bits = bitsRight(a, k);
    return a.uhi <= nearBound
      ? both(bits, unsignedRange(true, Math.floor(a.ulo / 2 ** k), Math.floor(a.uhi / 2 ** k)))
      : bits;
  },
};

function bitsRight(a: Range, k: number): Range {
  if (!a.wide) return fromBits(false, ~(~a.zeros >>> k), 0, a.ones >>> k, 0);
  const [zeros, zerosHigh] = [~rightLow(~a.zeros, ~a.zerosHigh, k), ~rightHigh(~a.zerosHigh, k)];
  return fromBits(true, zeros, zerosHigh, rightLow(a.ones, a.onesHigh, k), rightHigh(a.onesHigh, k));
}

export const shrS: RangeRule = {
  of: (a, b) => {
    const { wide } = a;
    const k = countOf(b);
    if (k === 0) return a;
    if (k === -1) return signedRange(wide, Math.min(a.lo, 0), Math.max(a.hi, -1));
    return kept(wide, Math.floor(atLeast(wide, a.lo) / 2 ** k), Math.floor(atMost(wide, a.hi) / 2 ** k));
  },
};

/** Counts of bits: from `lo` to `hi` of them. */
const count = (wide: boolean, lo: number, hi: number): Range => signedRange(wide, lo, hi);

const bitCount = (r: number): number => {
  let n = 0;
  for (let x = r; x !== 0; x &= x - 1) n++;
  return n;
};

export const clz: RangeRule = {
  of: (a) =>
    a.wide ? count(true, a.lo >= 0 ? 1 : 0, a.hi < 0 ? 0 : 64) : count(false, Math.clz32(a.uhi), Math.clz32(a.ulo)),
};

export const ctz: RangeRule = {
  of: (a) =>
    count(
      a.wide,
      Math.min(a.wide ? 64 : 32, trailingKnown(a.zeros)),
      a.ulo > 0 ? (a.wide ? 63 : 31) : a.wide ? 64 : 32,
    ),
};

export const popcnt: RangeRule = {
  of: (a) => {
    const [ones, zeros] = [bitCount(a.ones) + bitCount(a.onesHigh), bitCount(a.zeros) + bitCount(a.zerosHigh)];
    return count(a.wide, ones, (a.wide ? 64 : 32) - zeros);
  },
};

/** Sign extension of the lowest bits. */
export function extend(bits: number): RangeRule {
  const half = 2 ** (bits - 1);
  const low = bits === 32 ? 2 ** 31 - 1 : half - 1;
  return {
    of: (a) => {
      const narrow = signedRange(a.wide, -half, half - 1);
      if (isWithin(a, narrow)) return a;
      return both(narrow, fromBits(a.wide, a.zeros & low, 0, a.ones & low, 0));
    },
  };
}

export const wrap: RangeRule = {
  of: (a) => {
    const bits = fromBits(false, a.zeros, 0, a.ones, 0);
    return a.lo >= -(2 ** 31) && a.hi <= 2 ** 31 - 1 ? both(bits, signedRange(false, a.lo, a.hi)) : bits;
  },
};

export const widenS: RangeRule = { of: (a) => signedRange(true, a.lo, a.hi) };
export const widenU: RangeRule = {
  of: (a) => makeRange(true, a.ulo, a.uhi, 0, unsignedGreatestOf(true), a.zeros, -1, a.ones, 0) ?? everything(true),
};

export const select: RangeRule = {
  of: (a, b, c) => (c !== undefined && c.ulo > 0 ? a : c?.uhi === 0 ? b : joinRanges(a, b)),
};

export const copy: RangeRule = { of: (a) => a };
