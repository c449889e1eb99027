/** Rules of comparisons and of tests against zero. See README.md for what a rule must keep. */

import { coreOp } from '@sluice/ir';
import { op, type Rule, rule, type Simplifier, single } from '@sluice/pipeline';
import { anyOrder, boolean, bothWidths, c, d, i32, i64, type Width, x, y, z } from './shape.ts';

/** Comparisons of integers of a width. */
export const compareOf = (w: Width): readonly Rule[] => {
  const { op: o, lit, make, get, getU } = w;
  const eq = o('eq');
  const ne = o('ne');
  const eqz = o('eqz');
  const equalities = [eq, ne];
  const least = -(1n << (w.bits - 1n));
  const greatest = -least - 1n;
  const truth = (k: 0 | 1) => (b: Parameters<Rule['build']>[0]) => b.constant('i32', k);
  return [
    rule('equals-zero', op(eq, x, lit(0)), (b, m) => b.op(eqz, m.value('x'))),
    ...equalities.flatMap((o2) => [
      rule('equal-after-add', op(o2, single(o('add'), x, c), d), (b, m) =>
        b.op(o2, m.value('x'), make(b, get(m, 'd') - get(m, 'c'))),
      ),
      rule('equal-after-xor', op(o2, single(o('xor'), x, c), d), (b, m) =>
        b.op(o2, m.value('x'), make(b, get(m, 'c') ^ get(m, 'd'))),
      ),
      rule('equal-after-minus', op(o2, single(o('sub'), c, x), d), (b, m) =>
        b.op(o2, m.value('x'), make(b, get(m, 'c') - get(m, 'd'))),
      ),
      ...[
        op(o2, op(o('add'), x, z), op(o('add'), y, z)),
        op(o2, op(o('xor'), x, z), op(o('xor'), y, z)),
        op(o2, op(o('sub'), x, z), op(o('sub'), y, z)),
        op(o2, op(o('sub'), z, x), op(o('sub'), z, y)),
      ].flatMap((pattern) => anyOrder('equal-common-term', pattern, (b, m) => b.op(o2, m.value('x'), m.value('y')))),
      // x + y is x where y is 0 and nowhere else.
      ...[op(o2, op(o('add'), x, y), x), op(o2, op(o('xor'), x, y), x), op(o2, op(o('sub'), x, y), x)].flatMap(
        (pattern) =>
          anyOrder('equal-own-sum', pattern, (b, m) =>
            o2 === eq ? b.op(eqz, m.value('y')) : b.op(ne, m.value('y'), make(b, 0n)),
          ),
      ),
      // A product with an odd number loses nothing: the number has an inverse modulo 2^n.
      rule(
        'equal-after-odd-product',
        op(o2, op(o('mul'), x, c), d),
        (b, m) => b.op(o2, m.value('x'), make(b, get(m, 'd') * inverse(get(m, 'c'), w.bits))),
        (m) => (get(m, 'c') & 1n) === 1n,
      ),
      rule('equal-after-rotate', op(o2, op(o('rotl'), x, c), d), (b, m) => {
        const count = get(m, 'c') & (w.bits - 1n);
        return b.op(o2, m.value('x'), make(b, (getU(m, 'd') >> count) | (getU(m, 'd') << (w.bits - count))));
      }),
      rule(
        'equal-outside-mask',
        op(o2, op(o('and'), x, c), d),
        truth(o2 === eq ? 0 : 1),
        (m) => (get(m, 'd') & ~get(m, 'c')) !== 0n,
      ),
      rule(
        'equal-outside-mask',
        op(o2, op(o('or'), x, c), d),
        truth(o2 === eq ? 0 : 1),
        (m) => (get(m, 'c') & ~get(m, 'd')) !== 0n,
      ),
    ]),
    rule(
      'zero-of-product',
      op(eqz, op(o('mul'), x, c)),
      (b, m) => b.op(eqz, m.value('x')),
      (m) => (get(m, 'c') & 1n) === 1n,
    ),
    rule(
      'zero-of-high-bits',
      op(eqz, op(o('shr_u'), x, c)),
      (b, m) => b.op(o('lt_u'), m.value('x'), make(b, 1n << get(m, 'c'))),
      (m) => get(m, 'c') > 0n && get(m, 'c') < w.bits,
    ),
    rule(
      'zero-of-high-bits',
      op(ne, op(o('shr_u'), x, c), lit(0)),
      (b, m) => b.op(o('ge_u'), m.value('x'), make(b, 1n << get(m, 'c'))),
      (m) => get(m, 'c') > 0n && get(m, 'c') < w.bits,
    ),
    // One value only is at or beyond the limit.
    ...(
      [
        ['le_s', least, eq, least],
        ['lt_s', least + 1n, eq, least],
        ['gt_s', least, ne, least],
        ['ge_s', least + 1n, ne, least],
        ['ge_s', greatest, eq, greatest],
        ['gt_s', greatest - 1n, eq, greatest],
        ['lt_s', greatest, ne, greatest],
        ['le_s', greatest - 1n, ne, greatest],
        ['ge_u', -1n, eq, -1n],
        ['gt_u', -2n, eq, -1n],
        ['lt_u', -1n, ne, -1n],
        ['le_u', -2n, ne, -1n],
      ] as const
    ).map(([name, limit, equality, value]) =>
      rule('at-the-limit', op(o(name), x, lit(limit)), (b, m) => b.op(equality, m.value('x'), make(b, value))),
    ),
    // x - y is 0 exactly when x equals y, wrapped or not.
    rule('zero-difference', op(eqz, op(o('sub'), x, y)), (b, m) => b.op(eq, m.value('x'), m.value('y'))),
    rule('zero-difference', op(eqz, op(o('xor'), x, y)), (b, m) => b.op(eq, m.value('x'), m.value('y'))),
    rule('zero-difference', op(eqz, op(o('add'), x, c)), (b, m) => b.op(eq, m.value('x'), make(b, -get(m, 'c')))),
    rule('zero-difference', op(ne, op(o('sub'), x, y), lit(0)), (b, m) => b.op(ne, m.value('x'), m.value('y'))),
    rule('zero-difference', op(ne, op(o('xor'), x, y), lit(0)), (b, m) => b.op(ne, m.value('x'), m.value('y'))),
    rule('zero-of-popcount', op(eqz, op(o('popcnt'), x)), (b, m) => b.op(eqz, m.value('x'))),
    rule('zero-of-rotated', op(eqz, op(o('rotl'), x, y)), (b, m) => b.op(eqz, m.value('x'))),
    // Nothing is below the least value, unsigned or signed, nor above the greatest.
    rule('below-least', op(o('lt_u'), x, lit(0)), truth(0)),
    rule('below-least', op(o('ge_u'), x, lit(0)), truth(1)),
    rule('below-least', op(o('gt_u'), x, lit(-1)), truth(0)),
    rule('below-least', op(o('le_u'), x, lit(-1)), truth(1)),
    rule('below-least', op(o('lt_s'), x, lit(least)), truth(0)),
    rule('below-least', op(o('ge_s'), x, lit(least)), truth(1)),
    rule('below-least', op(o('gt_s'), x, lit(greatest)), truth(0)),
    rule('below-least', op(o('le_s'), x, lit(greatest)), truth(1)),
    rule('unsigned-against-zero', op(o('le_u'), x, lit(0)), (b, m) => b.op(eqz, m.value('x'))),
    rule('unsigned-against-zero', op(o('gt_u'), x, lit(0)), (b, m) => b.op(ne, m.value('x'), make(b, 0n))),
    rule('unsigned-against-zero', op(o('lt_u'), x, lit(1)), (b, m) => b.op(eqz, m.value('x'))),
    rule('unsigned-against-zero', op(o('ge_u'), x, lit(1)), (b, m) => b.op(ne, m.value('x'), make(b, 0n))),
    rule('compare-masked', op(o('lt_u'), op(o('and'), x, c), d), truth(1), (m) => getU(m, 'c') < getU(m, 'd')),
    rule('compare-masked', op(o('le_u'), op(o('and'), x, c), d), truth(1), (m) => getU(m, 'c') <= getU(m, 'd')),
    rule('compare-masked', op(o('gt_u'), op(o('and'), x, c), d), truth(0), (m) => getU(m, 'c') <= getU(m, 'd')),
    rule('compare-masked', op(o('ge_u'), op(o('and'), x, c), d), truth(0), (m) => getU(m, 'c') < getU(m, 'd')),
    rule('compare-remainder', op(o('lt_u'), op(o('rem_u'), x, y), y), truth(1)),
    rule('compare-remainder', op(o('ge_u'), op(o('rem_u'), x, y), y), truth(0)),
  ];
};

const integers = bothWidths(compareOf);

/** The inverse of an odd number modulo 2^bits, by Newton's iteration: each step doubles the bits that are right. */
function inverse(k: bigint, bits: bigint): bigint {
  let found = k; // right in three bits, since k * k is 1 modulo 8
  for (let right = 3n; right < bits; right *= 2n) found = BigInt.asUintN(Number(bits), found * (2n - k * found));
  return found;
}

/** Comparisons of two i64 that are extended i32: the narrow comparison says the same. */
const extended: readonly Rule[] = (['eq', 'ne', 'lt', 'gt', 'le', 'ge'] as const).flatMap((name) => {
  const ordered = name !== 'eq' && name !== 'ne';
  const wide = (sign: 's' | 'u') => i64.op(ordered ? `${name}_${sign}` : name);
  const narrow = (sign: 's' | 'u') => i32.op(ordered ? `${name}_${sign}` : name);
  return (['s', 'u'] as const).flatMap((sign) => {
    const extend = coreOp(`i64.extend_i32_${sign}`);
    const fits = (k: bigint): boolean => (sign === 's' ? BigInt.asIntN(32, k) : BigInt.asUintN(32, k)) === k;
    // Zero extended numbers are not negative, so that both orders agree on them; sign extended ones keep both orders.
    const comparisons = ordered ? (['s', 'u'] as const) : (['s'] as const);
    return comparisons.flatMap((by) => {
      const answer = narrow(sign === 'u' ? 'u' : by);
      return [
        rule('compare-extended', op(wide(by), op(extend, x), op(extend, y)), (b, m) =>
          b.op(answer, m.value('x'), m.value('y')),
        ),
        rule(
          'compare-extended',
          op(wide(by), op(extend, x), c),
          (b, m) => b.op(answer, m.value('x'), i32.make(b, i64.get(m, 'c'))),
          (m) => fits(i64.get(m, 'c')),
        ),
      ];
    });
  });
});

const truths: readonly Rule[] = [
  rule('zero-of-extended', op('i64.eqz', op('i64.extend_i32_s', x)), (b, m) => b.op('i32.eqz', m.value('x'))),
  rule('zero-of-extended', op('i64.eqz', op('i64.extend_i32_u', x)), (b, m) => b.op('i32.eqz', m.value('x'))),
  rule('boolean-not-zero', op('i32.ne', x, i32.lit(0)), (_, m) => m.value('x'), boolean('x')),
  rule('boolean-is-one', op('i32.eq', x, i32.lit(1)), (_, m) => m.value('x'), boolean('x')),
  rule('boolean-not-one', op('i32.ne', x, i32.lit(1)), (b, m) => b.op('i32.eqz', m.value('x')), boolean('x')),
  rule('boolean-flipped', op('i32.xor', x, i32.lit(1)), (b, m) => b.op('i32.eqz', m.value('x')), boolean('x')),
  rule('boolean-masked', op('i32.and', x, i32.lit(1)), (_, m) => m.value('x'), boolean('x')),
  // 0 and 1 are the only ones.
  rule('boolean-positive', op('i32.gt_s', x, i32.lit(0)), (_, m) => m.value('x'), boolean('x')),
  rule('boolean-positive', op('i32.ge_s', x, i32.lit(1)), (_, m) => m.value('x'), boolean('x')),
  rule('boolean-positive', op('i32.lt_s', x, i32.lit(1)), (b, m) => b.op('i32.eqz', m.value('x')), boolean('x')),
  rule('boolean-positive', op('i32.le_s', x, i32.lit(0)), (b, m) => b.op('i32.eqz', m.value('x')), boolean('x')),
  rule('not-not-boolean', op('i32.eqz', op('i32.eqz', x)), (_, m) => m.value('x'), boolean('x')),
  rule('not-not', op('i32.eqz', op('i32.eqz', x)), (b, m) => b.op('i32.ne', m.value('x'), b.constant('i32', 0))),
  rule('not-not', op('i32.eqz', op('i64.eqz', x)), (b, m) => b.op('i64.ne', m.value('x'), b.constant('i64', 0n))),
];

/** Rules of comparisons. */
export const compare: readonly Rule[] = [...integers, ...extended, ...truths];

/** `eqz` of a comparison is the comparison that its law `negation` names. */
export const negations: readonly Simplifier[] = [
  {
    name: 'negated-comparison',
    accepts: (op) => (op.name === 'i32.eqz' ? {} : null),
    apply: (inst, read) => {
      const inner = read.inst(inst.args[0] as (typeof inst.args)[number]);
      const { negation } = inner.op.laws;
      const op = negation === undefined ? undefined : read.ops.get(negation);
      if (op === undefined) return null;
      return { op, type: inst.type, args: inner.args, imm: inner.imm, blocks: inst.blocks, loc: inst.loc };
    },
  },
];
