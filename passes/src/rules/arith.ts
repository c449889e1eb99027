/** Rules of sums, differences, products and quotients, integers first. See README.md for what a rule must keep. */

import type { Value } from '@sluice/ir';
import { constant, literal, type Match, op, type Rule, rule, single, value } from '@sluice/pipeline';
import { anyOrder, bothFloats, bothWidths, c, d, type Width, x, y, z } from './shape.ts';

/** Rules of integers of a width. */
export const arithOf = (w: Width): readonly Rule[] => {
  const { op: o, lit, make, get } = w;
  const add = o('add');
  const sub = o('sub');
  const mul = o('mul');
  const neg = (v: typeof x) => op(sub, lit(0), v);
  const dividesAlways = (m: Match): boolean => get(m, 'c') !== 0n && get(m, 'c') !== -1n;
  return [
    // A subtraction of a constant is an addition, for which `associate-constants` and the rules below exist.
    rule('sub-constant', op(sub, x, c), (b, m) => b.op(add, m.value('x'), make(b, -get(m, 'c')))),
    rule('add-constant-minus', op(add, op(sub, c, x), d), (b, m) =>
      b.op(sub, make(b, get(m, 'c') + get(m, 'd')), m.value('x')),
    ),
    rule('constant-minus-add', op(sub, c, op(add, x, d)), (b, m) =>
      b.op(sub, make(b, get(m, 'c') - get(m, 'd')), m.value('x')),
    ),
    rule('constant-minus-minus', op(sub, c, op(sub, d, x)), (b, m) =>
      b.op(add, m.value('x'), make(b, get(m, 'c') - get(m, 'd'))),
    ),
    rule('add-negated', op(add, x, neg(y)), (b, m) => b.op(sub, m.value('x'), m.value('y'))),
    rule('add-negated', op(add, neg(y), x), (b, m) => b.op(sub, m.value('x'), m.value('y'))),
    rule('sub-negated', op(sub, x, neg(y)), (b, m) => b.op(add, m.value('x'), m.value('y'))),
    rule('negated-sub', op(sub, lit(0), op(sub, x, y)), (b, m) => b.op(sub, m.value('y'), m.value('x'))),
    rule('sub-then-add', op(add, op(sub, x, y), y), (_, m) => m.value('x')),
    rule('sub-then-add', op(add, y, op(sub, x, y)), (_, m) => m.value('x')),
    rule('add-then-sub', op(sub, op(add, x, y), y), (_, m) => m.value('x')),
    rule('add-then-sub', op(sub, op(add, y, x), y), (_, m) => m.value('x')),
    rule('sub-from-add', op(sub, x, op(add, x, y)), (b, m) => b.op(sub, make(b, 0n), m.value('y'))),
    rule('sub-from-add', op(sub, x, op(add, y, x)), (b, m) => b.op(sub, make(b, 0n), m.value('y'))),
    rule('sub-of-difference', op(sub, x, op(sub, x, y)), (_, m) => m.value('y')),
    rule('sub-of-difference', op(sub, op(sub, x, y), x), (b, m) => b.op(sub, make(b, 0n), m.value('y'))),
    rule('sub-common-term', op(sub, op(add, x, z), op(add, y, z)), (b, m) => b.op(sub, m.value('x'), m.value('y'))),
    rule('sub-common-term', op(sub, op(sub, x, z), op(sub, y, z)), (b, m) => b.op(sub, m.value('x'), m.value('y'))),
    rule('sub-constants-apart', op(sub, op(add, x, c), op(add, x, d)), (b, m) => make(b, get(m, 'c') - get(m, 'd'))),
    rule('mul-minus-one', op(mul, x, lit(-1)), (b, m) => b.op(sub, make(b, 0n), m.value('x'))),
    rule('mul-negated', op(mul, neg(x), neg(y)), (b, m) => b.op(mul, m.value('x'), m.value('y'))),
    rule('mul-negated', op(mul, neg(x), c), (b, m) => b.op(mul, m.value('x'), make(b, -get(m, 'c')))),
    rule('mul-of-shifted', op(mul, op(o('shl'), x, c), d), (b, m) =>
      b.op(mul, m.value('x'), make(b, get(m, 'd') << (get(m, 'c') & (w.bits - 1n)))),
    ),
    rule('add-of-and-or', op(add, op(o('and'), x, y), op(o('or'), x, y)), (b, m) =>
      b.op(add, m.value('x'), m.value('y')),
    ),
    rule('sub-of-or-and', op(sub, op(o('or'), x, y), op(o('and'), x, y)), (b, m) =>
      b.op(o('xor'), m.value('x'), m.value('y')),
    ),
    // Neither divides by zero, and the remainder of the least integer by -1 is 0 as well.
    rule('rem-by-one', op(o('rem_s'), x, lit(1)), (b) => make(b, 0n)),
    rule('rem-by-one', op(o('rem_s'), x, lit(-1)), (b) => make(b, 0n)),
    rule('rem-by-one', op(o('rem_u'), x, lit(1)), (b) => make(b, 0n)),
    rule(
      'divide-twice',
      op(o('div_u'), op(o('div_u'), x, c), d),
      (b, m) => b.op(o('div_u'), m.value('x'), make(b, w.getU(m, 'c') * w.getU(m, 'd'))),
      // A product that does not fit would be another divisor. The first division is by a constant but not by 0.
      (m) => w.getU(m, 'c') * w.getU(m, 'd') <= w.mask && get(m, 'c') !== 0n && get(m, 'd') !== 0n,
    ),
    // Only remainders by constants other than 0 and -1: the division then goes when nothing else wants its quotient.
    ...(['s', 'u'] as const).flatMap((sign) => [
      rule(
        'remainder-of-quotient',
        op(sub, x, single(mul, single(o(`div_${sign}`), x, c), d)),
        (b, m) => b.op(o(`rem_${sign}`), m.value('x'), make(b, get(m, 'c'))),
        (m) => get(m, 'c') === get(m, 'd') && dividesAlways(m),
      ),
      rule(
        'remainder-of-quotient',
        op(sub, x, single(o('shl'), single(o(`div_${sign}`), x, c), d)),
        (b, m) => b.op(o(`rem_${sign}`), m.value('x'), make(b, get(m, 'c'))),
        (m) => get(m, 'd') >= 0n && get(m, 'd') < w.bits - 1n && get(m, 'c') === 1n << get(m, 'd') && dividesAlways(m),
      ),
      rule(
        'remainder-twice',
        op(o(`rem_${sign}`), op(o(`rem_${sign}`), x, c), d),
        (b, m) => b.op(o(`rem_${sign}`), m.value('x'), make(b, get(m, 'd'))),
        (m) => {
          const [inner, outer] = sign === 's' ? [get(m, 'c'), get(m, 'd')] : [w.getU(m, 'c'), w.getU(m, 'd')];
          return inner !== 0n && outer !== 0n && inner % outer === 0n;
        },
      ),
    ]),
    // Products are the dear ones.
    ...anyOrder('factor-common', op(add, single(mul, x, y), single(mul, x, z)), (b, m) =>
      b.op(mul, m.value('x'), b.op(add, m.value('y'), m.value('z'))),
    ),
    ...anyOrder('factor-common', op(sub, single(mul, x, y), single(mul, x, z)), (b, m) =>
      b.op(mul, m.value('x'), b.op(sub, m.value('y'), m.value('z'))),
    ),
    ...anyOrder('multiple-plus-one', op(add, single(mul, x, c), x), (b, m) =>
      b.op(mul, m.value('x'), make(b, get(m, 'c') + 1n)),
    ),
    rule('multiple-plus-one', op(sub, single(mul, x, c), x), (b, m) =>
      b.op(mul, m.value('x'), make(b, get(m, 'c') - 1n)),
    ),
    rule('multiple-plus-one', op(sub, x, single(mul, x, c)), (b, m) =>
      b.op(mul, m.value('x'), make(b, 1n - get(m, 'c'))),
    ),
    // A sum is its carries twice and the rest: xor is the rest, and the carries.
    ...anyOrder(
      'add-of-xor-doubled-and',
      op(add, op(o('xor'), x, y), op(o('shl'), op(o('and'), x, y), lit(1))),
      (b, m) => b.op(add, m.value('x'), m.value('y')),
    ),
    ...anyOrder('add-of-xor-and', op(add, op(o('xor'), x, y), op(o('and'), x, y)), (b, m) =>
      b.op(o('or'), m.value('x'), m.value('y')),
    ),
    ...anyOrder('sub-of-or-xor', op(sub, op(o('or'), x, y), op(o('xor'), x, y)), (b, m) =>
      b.op(o('and'), m.value('x'), m.value('y')),
    ),
    ...anyOrder('sub-of-sum-and', op(sub, op(add, x, y), op(o('and'), x, y)), (b, m) =>
      b.op(o('or'), m.value('x'), m.value('y')),
    ),
    ...anyOrder('sub-of-sum-and', op(sub, op(add, x, y), op(o('or'), x, y)), (b, m) =>
      b.op(o('and'), m.value('x'), m.value('y')),
    ),
    rule('clear-by-subtracting', op(sub, x, op(o('and'), x, c)), (b, m) =>
      b.op(o('and'), m.value('x'), make(b, ~get(m, 'c'))),
    ),
    ...(['add', 'xor'] as const).map((name) =>
      rule(
        'masked-parts-joined',
        op(o(name), op(o('and'), x, c), op(o('and'), x, d)),
        (b, m) => b.op(o('and'), m.value('x'), make(b, get(m, 'c') | get(m, 'd'))),
        (m) => (get(m, 'c') & get(m, 'd')) === 0n,
      ),
    ),
  ];
};

const integers = bothWidths(arithOf);

const floats = bothFloats((o, t) => {
  const neg = (v: typeof x) => op(o('neg'), v);
  return [
    // IEEE 754 defines x - y as x + (-y); the bits of a NaN from arithmetic are free.
    rule('float-add-negated', op(o('add'), x, neg(y)), (b, m) => b.op(o('sub'), m.value('x'), m.value('y'))),
    rule('float-add-negated', op(o('add'), neg(y), x), (b, m) => b.op(o('sub'), m.value('x'), m.value('y'))),
    rule('float-sub-negated', op(o('sub'), x, neg(y)), (b, m) => b.op(o('add'), m.value('x'), m.value('y'))),
    rule('float-mul-negated', op(o('mul'), neg(x), neg(y)), (b, m) => b.op(o('mul'), m.value('x'), m.value('y'))),
    rule('float-div-negated', op(o('div'), neg(x), neg(y)), (b, m) => b.op(o('div'), m.value('x'), m.value('y'))),
    rule(
      'float-mul-negated',
      op(o('mul'), neg(x), constant('c')),
      (b, m) => b.op(o('mul'), m.value('x'), b.constant(t, negatedFloat(m.literal('c')))),
      (m) => typeof m.literal('c') === 'number',
    ),
    rule('float-mul-minus-one', op(o('mul'), x, literal(-1)), (b, m) => b.op(o('neg'), m.value('x'))),
    rule('float-minus-zero-minus', op(o('sub'), literal(-0), x), (b, m) => b.op(o('neg'), m.value('x'))),
    // Exact: the reciprocal of such a power of two is one too, and both products round the same number.
    rule(
      'float-div-by-power',
      op(o('div'), value('x'), constant('c')),
      (b, m) => b.op(o('mul'), m.value('x'), b.constant(t, 1 / (m.literal('c') as number))),
      (m) => isInvertible(m.literal('c')),
    ),
    rule('abs-of-negated', op(o('abs'), neg(x)), (b, m) => b.op(o('abs'), m.value('x'))),
    rule('square-of-abs', op(o('mul'), op(o('abs'), x), op(o('abs'), x)), (b, m) =>
      b.op(o('mul'), m.value('x'), m.value('x')),
    ),
  ];
});

const negatedFloat = (k: Value): number => -(k as number);

/** A power of two whose reciprocal is a normal number of f32 (hence of f64). */
function isInvertible(k: Value): boolean {
  return (
    typeof k === 'number' &&
    Math.abs(k) >= 2 ** -100 &&
    Math.abs(k) <= 2 ** 100 &&
    Number.isInteger(Math.log2(Math.abs(k))) &&
    2 ** Math.log2(Math.abs(k)) === Math.abs(k)
  );
}

/** Rules of arithmetic. */
export const arith: readonly Rule[] = [...integers, ...floats];
