/** What comparisons say of their operands, which also decides them: what is impossible is false. */

import { constantOfRange, makeRange, meetRanges, type Range, signedRange } from '../range.ts';
import type { Narrowed, RangeRule } from './parts.ts';

const zero = signedRange(false, 0, 0);
const one = signedRange(false, 1, 1);
export const truth = signedRange(false, 0, 1);

/** What is known of a comparison before it is made: always (1), never (0), or neither (-1). */
type Decision = (a: Range, b: Range) => 1 | 0 | -1;

/** A comparison that is decided as `decide` says, or not decided. */
export function compares(decide: Decision, assume: (holds: boolean, a: Range, b: Range) => Narrowed): RangeRule {
  return {
    of: (a, b) => {
      const decided = decide(a, b);
      return decided === -1 ? truth : decided === 1 ? one : zero;
    },
    assume,
  };
}

/** The decision of the opposite comparison. */
export const opposite =
  (decide: Decision): Decision =>
  (a, b) => {
    const decided = decide(a, b);
    return decided === -1 ? -1 : decided === 1 ? 0 : 1;
  };

/** Whether `a < b`, signed. */
export const lessS: Decision = (a, b) => (a.hi < b.lo ? 1 : a.lo >= b.hi ? 0 : -1);
/** Whether `a < b`, unsigned. */
export const lessU: Decision = (a, b) => (a.uhi < b.ulo ? 1 : a.ulo >= b.uhi ? 0 : -1);
/** Whether `a > b`, signed. */
export const moreS: Decision = (a, b) => lessS(b, a);
/** Whether `a > b`, unsigned. */
export const moreU: Decision = (a, b) => lessU(b, a);

/** Whether the operands are equal. */
export const same: Decision = (a, b) => {
  if (a.lo > b.hi || b.lo > a.hi || a.ulo > b.uhi || b.ulo > a.uhi) return 0;
  if (((a.zeros & b.ones) | (a.ones & b.zeros) | (a.zerosHigh & b.onesHigh) | (a.onesHigh & b.zerosHigh)) !== 0)
    return 0;
  if (a.lo !== a.hi || b.lo !== b.hi) return -1;
  // Both bounds are kept exactly where they are the same.
  return a.lo === b.lo ? 1 : 0;
};

export function equals(a: Range, b: Range): Narrowed {
  const common = meetRanges(a, b);
  return common === null ? null : [common, common];
}

export function differs(a: Range, b: Range): Narrowed {
  const left = without(a, b);
  const right = without(b, a);
  return left === null || right === null ? null : [left, right];
}

/** What is left of `a` when it isn't the one value of `b`. */
function without(a: Range, b: Range): Range | null {
  if (constantOfRange(b) === undefined) return a;
  if (constantOfRange(a) !== undefined) return meetRanges(a, b) === null ? a : null;
  const { wide } = a;
  // In the gap of an i64's bounds the constant is none of them.
  if (b.lo !== b.hi) return a;
  return makeRange(
    wide,
    a.lo === b.lo ? a.lo + 1 : a.lo,
    a.hi === b.hi ? a.hi - 1 : a.hi,
    a.ulo === b.ulo && b.ulo === b.uhi ? a.ulo + 1 : a.ulo,
    a.uhi === b.uhi && b.ulo === b.uhi ? a.uhi - 1 : a.uhi,
    a.zeros,
    a.zerosHigh,
    a.ones,
    a.onesHigh,
  );
}

/** `a < b`, or `a <= b` with `step` 0, signed. */
export function belowS(a: Range, b: Range, step: number): Narrowed {
  const left =
    a.hi <= b.hi - step
      ? a
      : makeRange(a.wide, a.lo, b.hi - step, a.ulo, a.uhi, a.zeros, a.zerosHigh, a.ones, a.onesHigh);
  const right =
    b.lo >= a.lo + step
      ? b
      : makeRange(b.wide, a.lo + step, b.hi, b.ulo, b.uhi, b.zeros, b.zerosHigh, b.ones, b.onesHigh);
  return left === null || right === null ? null : [left, right];
}

export function belowU(a: Range, b: Range, step: number): Narrowed {
  const left =
    a.uhi <= b.uhi - step
      ? a
      : makeRange(a.wide, a.lo, a.hi, a.ulo, b.uhi - step, a.zeros, a.zerosHigh, a.ones, a.onesHigh);
  const right =
    b.ulo >= a.ulo + step
      ? b
      : makeRange(b.wide, b.lo, b.hi, a.ulo + step, b.uhi, b.zeros, b.zerosHigh, b.ones, b.onesHigh);
  return left === null || right === null ? null : [left, right];
}

export const swapped = (n: Narrowed): Narrowed => (n === null ? null : [n[1], n[0]]);
