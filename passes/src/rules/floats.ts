/**
 * Rules of floating point beyond sums and products: comparisons, roundings, signs, and what is computed in f64 for an f32.
 *
 * The bits of a NaN that arithmetic gives are free, so that another one may be given; `neg`, `abs` and `copysign` move bits.
 */

import { coreOp, type Inst, type OpDef, type OpName, type Value } from '@sluice/ir';
import { type Match, op, type Rule, rule } from '@sluice/pipeline';
import { bothFloats, c, x, y } from './shape.ts';

const comparisons = ['eq', 'ne', 'lt', 'gt', 'le', 'ge'] as const;
const roundings = ['ceil', 'floor', 'trunc', 'nearest'] as const;
const promote = coreOp('f64.promote_f32');
const demote = coreOp('f32.demote_f64');

const number = (k: Value): k is number => typeof k === 'number';
const swapped = (name: OpDef): OpName => (name.laws.swapped ?? name.name) as OpName;

const both: readonly Rule[] = bothFloats((o, t) => {
  const neg = (v: typeof x) => op(o('neg'), v);
  const rounds = new Set(roundings.map(o));
  const converts = new Set(
    ['i32_s', 'i32_u', 'i64_s', 'i64_u'].map((from): OpDef => coreOp(`${t}.convert_${from}` as OpName)),
  );
  const isOneOf =
    (ops: ReadonlySet<OpDef>, unless: OpDef | null) =>
    (m: Match): boolean => {
      const { op: made }: Inst = m.inst('x');
      return ops.has(made) && made !== unless;
    };
  return [
    ...comparisons.flatMap((name) => [
      rule('float-compare-negated', op(o(name), neg(x), neg(y)), (b, m) =>
        b.op(swapped(o(name)), m.value('x'), m.value('y')),
      ),
      rule(
        'float-compare-negated',
        op(o(name), neg(x), c),
        (b, m) => b.op(swapped(o(name)), m.value('x'), b.constant(t, -(m.literal('c') as number))),
        (m) => number(m.literal('c')),
      ),
    ]),
    // Integers are rounded already, and so is what was rounded in whatever way.
    ...roundings.flatMap((name) => [
      rule('round-of-converted', op(o(name), x), (_, m) => m.value('x'), isOneOf(converts, null)),
      rule('round-of-rounded', op(o(name), x), (_, m) => m.value('x'), isOneOf(rounds, o(name))),
    ]),
    // The conversion drops the fraction itself, and looks at the range after that.
    ...(['i32', 'i64'] as const).flatMap((to) =>
      (['trunc', 'trunc_sat'] as const).flatMap((name) =>
        (['s', 'u'] as const).map((sign) => {
          const convert = coreOp(`${to}.${name}_${t}_${sign}` as OpName);
          return rule('truncate-of-rounded', op(convert, op(o('trunc'), x)), (b, m) => b.op(convert, m.value('x')));
        }),
      ),
    ),
    ...[neg(x), op(o('abs'), x), op(o('copysign'), x, c)].map((inner) =>
      rule('copysign-drops-sign', op(o('copysign'), inner, y), (b, m) =>
        b.op(o('copysign'), m.value('x'), m.value('y')),
      ),
    ),
    rule('abs-of-copysign', op(o('abs'), op(o('copysign'), x, y)), (b, m) => b.op(o('abs'), m.value('x'))),
    rule('copysign-positive', op(o('copysign'), x, op(o('abs'), y)), (b, m) => b.op(o('abs'), m.value('x'))),
    rule(
      'copysign-positive',
      op(o('copysign'), x, c),
      (b, m) => b.op(o('abs'), m.value('x')),
      (m) => number(m.literal('c')) && ((m.literal('c') as number) > 0 || Object.is(m.literal('c'), 0)),
    ),
  ];
});

/** An f32 as f64 has the same order, and so have integers, all of which f64 represents. */
const exact: readonly Rule[] = comparisons.flatMap((name) => {
  const wide: OpDef = coreOp(`f64.${name}`);
  const narrow = `f32.${name}` as const;
  const ordered = name !== 'eq' && name !== 'ne';
  return [
    rule('float-compare-promoted', op(wide, op(promote, x), op(promote, y)), (b, m) =>
      b.op(narrow, m.value('x'), m.value('y')),
    ),
    rule(
      'float-compare-promoted',
      op(wide, op(promote, x), c),
      (b, m) => b.op(narrow, m.value('x'), b.constant('f32', m.literal('c'))),
      (m) => number(m.literal('c')) && Object.is(Math.fround(m.literal('c') as number), m.literal('c')),
    ),
    ...(['s', 'u'] as const).flatMap((sign) => {
      const convert = coreOp(`f64.convert_i32_${sign}`);
      const integers = (ordered ? `i32.${name}_${sign}` : `i32.${name}`) as OpName;
      return [
        rule('float-compare-converted', op(wide, op(convert, x), op(convert, y)), (b, m) =>
          b.op(integers, m.value('x'), m.value('y')),
        ),
        rule(
          'float-compare-converted',
          op(wide, op(convert, x), c),
          (b, m) => b.op(integers, m.value('x'), b.constant('i32', (m.literal('c') as number) | 0)),
          (m) => {
            const k = m.literal('c');
            return number(k) && (sign === 's' ? (k | 0) === k : k >>> 0 === k);
          },
        ),
      ];
    }),
  ];
});

/**
 * One operation in f64 on what was f32, rounded to f32, is the operation in f32: 53 bits are twice 24 and two more, so that
 * rounding twice never differs (Figueroa, When is Double Rounding Innocuous?, SIGNUM 1995).
 */
const demoted: readonly Rule[] = [
  ...(['add', 'sub', 'mul', 'div', 'min', 'max'] as const).map((name) =>
    rule('demote-of-arithmetic', op(demote, op(`f64.${name}`, op(promote, x), op(promote, y))), (b, m) =>
      b.op(`f32.${name}`, m.value('x'), m.value('y')),
    ),
  ),
  ...(['sqrt', 'neg', 'abs', ...roundings] as const).map((name) =>
    rule('demote-of-arithmetic', op(demote, op(`f64.${name}`, op(promote, x))), (b, m) =>
      b.op(`f32.${name}`, m.value('x')),
    ),
  ),
];

/** Rules of floating point. */
export const floats: readonly Rule[] = [...both, ...exact, ...demoted];
