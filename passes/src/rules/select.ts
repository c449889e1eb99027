/** Rules of `select`. See README.md for what a rule must keep. */

import { op, type Rule, rule, value } from '@sluice/pipeline';
import { boolean, bothWidths, c, i32, i64, x, y, z } from './shape.ts';

const w = value('w');

/** Rules of `select`; the condition is the third operand. */
export const select: readonly Rule[] = [
  rule('select-same', op('select', x, x, y), (_, m) => m.value('x')),
  rule('select-constant', op('select', x, y, c), (_, m) => m.value(m.literal('c') === 0 ? 'y' : 'x')),
  rule('select-truth', op('select', i32.lit(1), i32.lit(0), x), (_, m) => m.value('x'), boolean('x')),
  rule('select-untruth', op('select', i32.lit(0), i32.lit(1), x), (b, m) => b.op('i32.eqz', m.value('x'))),
  rule(
    'select-truth-wide',
    op('select', i64.lit(1), i64.lit(0), x),
    (b, m) => b.op('i64.extend_i32_u', m.value('x')),
    boolean('x'),
  ),
  rule('select-negated', op('select', x, y, op('i32.eqz', z)), (b, m) =>
    b.op('select', m.value('y'), m.value('x'), m.value('z')),
  ),
  rule('select-not-zero', op('select', x, y, op('i32.ne', z, i32.lit(0))), (b, m) =>
    b.op('select', m.value('x'), m.value('y'), m.value('z')),
  ),
  // An arm that asks the same condition again knows the answer.
  rule('select-again', op('select', op('select', x, w, z), y, z), (b, m) =>
    b.op('select', m.value('x'), m.value('y'), m.value('z')),
  ),
  rule('select-again', op('select', x, op('select', w, y, z), z), (b, m) =>
    b.op('select', m.value('x'), m.value('y'), m.value('z')),
  ),
  ...bothWidths(({ op: o }) => [
    // Where both are equal either will do.
    rule('select-equal', op('select', x, y, op(o('eq'), x, y)), (_, m) => m.value('y')),
    rule('select-equal', op('select', y, x, op(o('eq'), x, y)), (_, m) => m.value('x')),
    rule('select-equal', op('select', x, y, op(o('ne'), x, y)), (_, m) => m.value('x')),
    rule('select-equal', op('select', y, x, op(o('ne'), x, y)), (_, m) => m.value('y')),
  ]),
];
