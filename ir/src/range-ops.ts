/**
 * What ops do to ranges: for each op that has a column `range`, the range of its result, and what its result says of its
 * operands. A range that is given holds for every operand in the ranges of the operands; where an op traps it says nothing.
 *
 * Everything here is tested against `eval`, on all ranges about 0 and the limits and on random ones.
 */

import { add, divS, divU, mul, remS, remU, sub } from './range/arith.ts';
import {
  and,
  clz,
  copy,
  ctz,
  extend,
  or,
  popcnt,
  select,
  shl,
  shrS,
  shrU,
  widenS,
  widenU,
  wrap,
  xor,
} from './range/bits.ts';
import {
  belowS,
  belowU,
  compares,
  differs,
  equals,
  lessS,
  lessU,
  moreS,
  moreU,
  opposite,
  same,
  swapped,
  truth,
} from './range/compare.ts';
import type { RangeRule } from './range/parts.ts';
import { signedRange } from './range.ts';

export type { Narrowed, RangeRule } from './range/parts.ts';

const zero32 = signedRange(false, 0, 0);
const zero64 = signedRange(true, 0, 0);

const anyTruth: RangeRule = { of: () => truth };

/** The rules by what the ops are called after the dot. */
export const rangeRules = {
  add,
  sub,
  mul,
  div_s: divS,
  div_u: divU,
  rem_s: remS,
  rem_u: remU,
  and,
  or,
  xor,
  shl,
  shr_u: shrU,
  shr_s: shrS,
  clz,
  ctz,
  popcnt,
  extend8_s: extend(8),
  extend16_s: extend(16),
  extend32_s: extend(32),
  wrap,
  widen_s: widenS,
  widen_u: widenU,
  select,
  copy,
  eqz: compares(
    (a) => (a.uhi === 0 ? 1 : a.ulo > 0 ? 0 : -1),
    (holds, a) => {
      const n = holds ? equals(a, a.wide ? zero64 : zero32) : differs(a, a.wide ? zero64 : zero32);
      return n === null ? null : [n[0], a];
    },
  ),
  eq: compares(same, (holds, a, b) => (holds ? equals(a, b) : differs(a, b))),
  ne: compares(opposite(same), (holds, a, b) => (holds ? differs(a, b) : equals(a, b))),
  lt_s: compares(lessS, (holds, a, b) => (holds ? belowS(a, b, 1) : swapped(belowS(b, a, 0)))),
  le_s: compares(opposite(moreS), (holds, a, b) => (holds ? belowS(a, b, 0) : swapped(belowS(b, a, 1)))),
  gt_s: compares(moreS, (holds, a, b) => (holds ? swapped(belowS(b, a, 1)) : belowS(a, b, 0))),
  ge_s: compares(opposite(lessS), (holds, a, b) => (holds ? swapped(belowS(b, a, 0)) : belowS(a, b, 1))),
  lt_u: compares(lessU, (holds, a, b) => (holds ? belowU(a, b, 1) : swapped(belowU(b, a, 0)))),
  le_u: compares(opposite(moreU), (holds, a, b) => (holds ? belowU(a, b, 0) : swapped(belowU(b, a, 1)))),
  gt_u: compares(moreU, (holds, a, b) => (holds ? swapped(belowU(b, a, 1)) : belowU(a, b, 0))),
  ge_u: compares(opposite(lessU), (holds, a, b) => (holds ? swapped(belowU(b, a, 0)) : belowU(a, b, 1))),
  /** A test of something that is no integer. */
  truth: anyTruth,
} as const satisfies Readonly<Record<string, RangeRule>>;
