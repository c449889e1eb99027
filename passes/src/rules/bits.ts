/** Rules of bits: masks, shifts, rotations, sign extensions. See README.md for what a rule must keep. */

import { op, type Rule, rule } from '@sluice/pipeline';
import { bothWidths, c, d, type Width, x, y } from './shape.ts';

/** Rules of bits of a width. */
export const bitsOf = (w: Width): readonly Rule[] => {
  const { op: o, lit, make, get, getU, mask } = w;
  const and = o('and');
  const or = o('or');
  const xor = o('xor');
  const shl = o('shl');
  const shrU = o('shr_u');
  const shrS = o('shr_s');
  const not = (v: typeof x) => op(xor, v, lit(-1));
  const low = w.bits - 1n;
  const shifts = ['shl', 'shr_s', 'shr_u', 'rotl', 'rotr'] as const;
  const inRange = (k: bigint): boolean => k >= 0n && k < w.bits;
  const narrow = w.t === 'i32' ? ([8n, 16n] as const) : ([8n, 16n, 32n] as const);
  const extend = (k: bigint) => o(`extend${k}_s`);
  const maskOf = (k: bigint): bigint => (1n << k) - 1n;
  return [
    // Counts are taken modulo the width already.
    ...shifts.map((name) =>
      rule(
        'masked-count',
        op(o(name), x, op(and, y, c)),
        (b, m) => b.op(o(name), m.value('x'), m.value('y')),
        (m) => (get(m, 'c') & low) === low,
      ),
    ),
    ...shifts.map((name) =>
      rule(
        'count-in-range',
        op(o(name), x, c),
        (b, m) => b.op(o(name), m.value('x'), make(b, get(m, 'c') & low)),
        (m) => !inRange(get(m, 'c')),
      ),
    ),
    ...[shl, shrU].map((shift) =>
      rule(
        'shift-twice',
        op(shift, op(shift, x, c), d),
        (b, m) => {
          const sum = get(m, 'c') + get(m, 'd');
          return sum < w.bits ? b.op(shift, m.value('x'), make(b, sum)) : make(b, 0n);
        },
        (m) => inRange(get(m, 'c')) && inRange(get(m, 'd')),
      ),
    ),
    rule(
      'shift-twice',
      op(shrS, op(shrS, x, c), d),
      (b, m) => {
        const sum = get(m, 'c') + get(m, 'd');
        return b.op(shrS, m.value('x'), make(b, sum < w.bits ? sum : low));
      },
      (m) => inRange(get(m, 'c')) && inRange(get(m, 'd')),
    ),
    rule('rotate-twice', op(o('rotl'), op(o('rotl'), x, c), d), (b, m) =>
      b.op(o('rotl'), m.value('x'), make(b, (get(m, 'c') + get(m, 'd')) & low)),
    ),
    rule(
      'shift-there-and-back',
      op(shl, op(shrU, x, c), d),
      (b, m) => b.op(and, m.value('x'), make(b, mask << get(m, 'c'))),
      (m) => inRange(get(m, 'c')) && get(m, 'c') === get(m, 'd'),
    ),
    rule(
      'shift-there-and-back',
      op(shrU, op(shl, x, c), d),
      (b, m) => b.op(and, m.value('x'), make(b, mask >> get(m, 'c'))),
      (m) => inRange(get(m, 'c')) && get(m, 'c') === get(m, 'd'),
    ),
    rule(
      'shift-there-and-back',
      op(shl, op(shrS, x, c), d),
      (b, m) => b.op(and, m.value('x'), make(b, mask << get(m, 'c'))),
      (m) => inRange(get(m, 'c')) && get(m, 'c') === get(m, 'd'),
    ),
    ...narrow.map((k) =>
      rule('shifts-extend-sign', op(shrS, op(shl, x, lit(w.bits - k)), lit(w.bits - k)), (b, m) =>
        b.op(extend(k), m.value('x')),
      ),
    ),
    ...narrow.map((k) =>
      rule(
        'extend-of-masked',
        op(extend(k), op(and, x, c)),
        (b, m) => b.op(extend(k), m.value('x')),
        (m) => (get(m, 'c') & maskOf(k)) === maskOf(k),
      ),
    ),
    ...narrow.map((k) =>
      rule(
        'mask-of-extended',
        op(and, op(extend(k), x), c),
        (b, m) => b.op(and, m.value('x'), make(b, get(m, 'c'))),
        (m) => (getU(m, 'c') & ~maskOf(k)) === 0n,
      ),
    ),
    // The narrower of two extensions decides.
    ...narrow.slice(1).map((k) =>
      rule(
        'extend-twice',
        op(extend(k), x),
        (_, m) => m.value('x'),
        (m) => narrow.some((j) => j < k && m.inst('x').op === extend(j)),
      ),
    ),
    ...narrow.flatMap((k) =>
      narrow
        .filter((j) => j > k)
        .map((j) => rule('extend-twice', op(extend(k), op(extend(j), x)), (b, m) => b.op(extend(k), m.value('x')))),
    ),
    // A shift that copies the sign leaves the sign where it was.
    rule('sign-of-shifted', op(shrU, op(shrS, x, y), lit(low)), (b, m) => b.op(shrU, m.value('x'), make(b, low))),
    rule('xor-twice', op(xor, op(xor, x, y), y), (_, m) => m.value('x')),
    rule('xor-twice', op(xor, op(xor, y, x), y), (_, m) => m.value('x')),
    rule('xor-twice', op(xor, y, op(xor, x, y)), (_, m) => m.value('x')),
    rule('xor-twice', op(xor, y, op(xor, y, x)), (_, m) => m.value('x')),
    rule('and-absorbs-or', op(and, x, op(or, x, y)), (_, m) => m.value('x')),
    rule('and-absorbs-or', op(and, x, op(or, y, x)), (_, m) => m.value('x')),
    rule('and-absorbs-or', op(and, op(or, x, y), x), (_, m) => m.value('x')),
    rule('and-absorbs-or', op(and, op(or, y, x), x), (_, m) => m.value('x')),
    rule('or-absorbs-and', op(or, x, op(and, x, y)), (_, m) => m.value('x')),
    rule('or-absorbs-and', op(or, x, op(and, y, x)), (_, m) => m.value('x')),
    rule('or-absorbs-and', op(or, op(and, x, y), x), (_, m) => m.value('x')),
    rule('or-absorbs-and', op(or, op(and, y, x), x), (_, m) => m.value('x')),
    rule('and-with-complement', op(and, x, not(x)), (b) => make(b, 0n)),
    rule('and-with-complement', op(and, not(x), x), (b) => make(b, 0n)),
    rule('or-with-complement', op(or, x, not(x)), (b) => make(b, -1n)),
    rule('or-with-complement', op(or, not(x), x), (b) => make(b, -1n)),
    rule('xor-of-and-or', op(xor, op(and, x, y), op(or, x, y)), (b, m) => b.op(xor, m.value('x'), m.value('y'))),
    rule('or-of-and-xor', op(or, op(and, x, y), op(xor, x, y)), (b, m) => b.op(or, m.value('x'), m.value('y'))),
    rule('masks-joined', op(or, op(and, x, c), op(and, x, d)), (b, m) =>
      b.op(and, m.value('x'), make(b, get(m, 'c') | get(m, 'd'))),
    ),
    rule(
      'mask-of-or',
      op(and, op(or, x, c), d),
      (b, m) => b.op(and, m.value('x'), make(b, get(m, 'd'))),
      (m) => (get(m, 'c') & get(m, 'd')) === 0n,
    ),
    rule(
      'mask-clears-shifted',
      op(and, op(shl, x, c), d),
      (b) => make(b, 0n),
      (m) => inRange(get(m, 'c')) && getU(m, 'd') >> get(m, 'c') === 0n,
    ),
    rule(
      'mask-covers-shifted',
      op(and, op(shrU, x, c), d),
      (b, m) => b.op(shrU, m.value('x'), make(b, get(m, 'c'))),
      (m) => inRange(get(m, 'c')) && (getU(m, 'd') & (mask >> get(m, 'c'))) === mask >> get(m, 'c'),
    ),
  ];
};

/** Rules of bits. */
export const bits: readonly Rule[] = bothWidths(bitsOf);
