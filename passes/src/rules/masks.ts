/** Rules of constant masks on what was computed, of rotations, and of tests of single bits. See README.md. */

import { coreOp } from '@sluice/ir';
import { op, type Rule, rule } from '@sluice/pipeline';
import { anyOrder, bothWidths, c, d, log2, type Width, x, y } from './shape.ts';

/** Rules of masks of a width. */
export const masksOf = (w: Width): readonly Rule[] => {
  const { op: o, lit, make, get, getU, mask } = w;
  const [and, or, xor, add, sub] = [o('and'), o('or'), o('xor'), o('add'), o('sub')];
  const [shl, shrU, shrS, rotl, rotr] = [o('shl'), o('shr_u'), o('shr_s'), o('rotl'), o('rotr')];
  const low = w.bits - 1n;
  const least = -(1n << low);
  const inRange = (k: bigint): boolean => k >= 0n && k < w.bits;
  const narrow = w.t === 'i32' ? ([8n, 16n] as const) : ([8n, 16n, 32n] as const);
  const masked: Rule['build'] = (b, m) => b.op(and, m.value('x'), make(b, get(m, 'd')));
  return [
    rule('mask-of-xor', op(and, op(xor, x, c), d), masked, (m) => (get(m, 'c') & get(m, 'd')) === 0n),
    // What is added changes only bits above the mask: carries go upwards.
    rule('mask-of-add', op(and, op(add, x, c), d), masked, (m) => {
      const length = getU(m, 'd').toString(2).length;
      return BigInt.asUintN(length, get(m, 'c')) === 0n;
    }),
    rule(
      'mask-within-or',
      op(and, op(or, x, c), d),
      (b, m) => make(b, get(m, 'd')),
      (m) => (get(m, 'c') & get(m, 'd')) === get(m, 'd'),
    ),
    rule(
      'or-covers-masked',
      op(or, op(and, x, c), d),
      (b, m) => make(b, get(m, 'd')),
      (m) => (get(m, 'c') & ~get(m, 'd')) === 0n,
    ),
    rule(
      'or-restores-masked',
      op(or, op(and, x, c), d),
      (b, m) => b.op(or, m.value('x'), make(b, get(m, 'd'))),
      (m) => (get(m, 'c') | get(m, 'd')) === -1n,
    ),
    rule(
      'mask-clears-shifted',
      op(and, op(shrU, x, c), d),
      (b) => make(b, 0n),
      (m) => inRange(get(m, 'c')) && (getU(m, 'd') & (mask >> get(m, 'c'))) === 0n,
    ),
    rule(
      'mask-covers-shifted',
      op(and, op(shl, x, c), d),
      (b, m) => b.op(shl, m.value('x'), make(b, get(m, 'c'))),
      (m) => inRange(get(m, 'c')) && (get(m, 'd') & (-1n << get(m, 'c'))) === -1n << get(m, 'c'),
    ),
    // Bits that the shift throws away need not be cleared or copied first.
    rule(
      'shift-drops-mask',
      op(shl, op(and, x, c), d),
      (b, m) => b.op(shl, m.value('x'), make(b, get(m, 'd'))),
      (m) => inRange(get(m, 'd')) && BigInt.asIntN(Number(w.bits - get(m, 'd')), get(m, 'c')) === -1n,
    ),
    rule(
      'shift-drops-mask',
      op(shrU, op(and, x, c), d),
      (b, m) => b.op(shrU, m.value('x'), make(b, get(m, 'd'))),
      (m) => inRange(get(m, 'd')) && getU(m, 'c') >> get(m, 'd') === mask >> get(m, 'd'),
    ),
    ...narrow.map((k) =>
      rule(
        'shift-drops-extension',
        op(shl, op(o(`extend${k}_s`), x), c),
        (b, m) => b.op(shl, m.value('x'), make(b, get(m, 'c'))),
        (m) => inRange(get(m, 'c')) && get(m, 'c') >= w.bits - k,
      ),
    ),
    ...narrow.map((k) =>
      rule('extend-of-high', op(o(`extend${k}_s`), op(shrU, x, lit(w.bits - k))), (b, m) =>
        b.op(shrS, m.value('x'), make(b, w.bits - k)),
      ),
    ),
    // Rotations: with a constant in one direction, so that `rotate-twice` finds them.
    rule(
      'rotate-right',
      op(rotr, x, c),
      (b, m) => b.op(rotl, m.value('x'), make(b, -get(m, 'c') & low)),
      (m) => get(m, 'c') > 0n && inRange(get(m, 'c')),
    ),
    rule('rotate-there-and-back', op(rotl, op(rotr, x, y), y), (_, m) => m.value('x')),
    rule('rotate-there-and-back', op(rotr, op(rotl, x, y), y), (_, m) => m.value('x')),
    ...[or, xor, add].flatMap((join) =>
      anyOrder(
        'rotate-by-shifts',
        op(join, op(shl, x, c), op(shrU, x, d)),
        (b, m) => b.op(rotl, m.value('x'), make(b, get(m, 'c'))),
        (m) => get(m, 'c') > 0n && get(m, 'd') > 0n && get(m, 'c') + get(m, 'd') === w.bits,
      ),
    ),
    // Counts are modulo the width. Only `or`: by a count of 0 both sides are x.
    ...anyOrder(
      'rotate-by-variable',
      op(or, op(shl, x, y), op(shrU, x, op(sub, c, y))),
      (b, m) => b.op(rotl, m.value('x'), m.value('y')),
      (m) => (get(m, 'c') & low) === 0n,
    ),
    ...anyOrder(
      'rotate-by-variable',
      op(or, op(shrU, x, y), op(shl, x, op(sub, c, y))),
      (b, m) => b.op(rotr, m.value('x'), m.value('y')),
      (m) => (get(m, 'c') & low) === 0n,
    ),
    ...[rotl, rotr].map((rotate) =>
      rule('popcount-of-rotated', op(o('popcnt'), op(rotate, x, y)), (b, m) => b.op(o('popcnt'), m.value('x'))),
    ),
    // Only 0 has as many zeros as there are bits.
    ...(['clz', 'ctz'] as const).map((count) =>
      rule('zero-test-by-count', op(shrU, op(o(count), x), lit(log2(w.bits) ?? 0n)), (b, m) => {
        const isZero = b.op(o('eqz'), m.value('x'));
        return w.t === 'i32' ? isZero : b.op('i64.extend_i32_u', isZero);
      }),
    ),
    ...(['clz', 'ctz'] as const).map((count) =>
      rule('zero-test-by-count', op(o('eq'), op(o(count), x), lit(w.bits)), (b, m) => b.op(o('eqz'), m.value('x'))),
    ),
    // The highest bit is the sign.
    ...[op(and, x, lit(least)), op(shrU, x, lit(low)), op(shrS, x, lit(low))].flatMap((bit) => [
      rule('sign-bit-tested', op(o('eqz'), bit), (b, m) => b.op(o('ge_s'), m.value('x'), make(b, 0n))),
      rule('sign-bit-tested', op(o('ne'), bit, lit(0)), (b, m) => b.op(o('lt_s'), m.value('x'), make(b, 0n))),
    ]),
    ...(w.t === 'i64'
      ? [
          rule('sign-bit-tested', op(coreOp('i32.wrap_i64'), op(shrU, x, lit(low))), (b, m) =>
            b.op('i64.lt_s', m.value('x'), make(b, 0n)),
          ),
        ]
      : []),
  ];
};

/** Rules of masks. */
export const masks: readonly Rule[] = bothWidths(masksOf);
