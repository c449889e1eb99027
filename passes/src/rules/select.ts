/** Rules of `select`. See README.md for what a rule must keep. */

import { coreOp } from '@sluice/ir';
import { op, type Pattern, type Rule, rule, single, value } from '@sluice/pipeline';
import { anyOrder, boolean, bothFloats, bothWidths, c, i32, i64, isBoolean, x, y, z } from './shape.ts';

const w = value('w');

/** Ops of both arms that may be done once, on what the arms differ in. None traps. */
const shared = ['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr_s', 'shr_u'] as const;

function sharedBy(opName: Parameters<typeof op>[0]): readonly Rule[] {
  const shares = (one: Pattern, other: Pattern, first: boolean): readonly Rule[] =>
    anyOrder('select-common-operand', op('select', one, other, w), (b, m) => {
      const chosen = b.op('select', m.value('x'), m.value('y'), m.value('w'));
      return first ? b.op(opName, chosen, m.value('z')) : b.op(opName, m.value('z'), chosen);
    });
  const commutes = (typeof opName === 'string' ? coreOp(opName) : opName).laws.commutative === true;
  return [
    ...shares(single(opName, x, z), single(opName, y, z), true),
    ...(commutes ? [] : shares(single(opName, z, x), single(opName, z, y), false)),
  ];
}

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
  ...bothWidths(({ op: o }) => shared.flatMap((name) => sharedBy(o(name)))),
  ...bothFloats((o) => ['add', 'sub', 'mul', 'div'].flatMap((name) => sharedBy(o(name)))),
  ...[coreOp('i64.extend_i32_s'), coreOp('i64.extend_i32_u'), coreOp('i32.wrap_i64')].map((convert) =>
    rule('select-common-conversion', op('select', single(convert, x), single(convert, y), z), (b, m) =>
      b.op(convert, b.op('select', m.value('x'), m.value('y'), m.value('z'))),
    ),
  ),
  // Counting what holds.
  rule(
    'select-increment',
    op('select', op('i32.add', x, i32.lit(1)), x, y),
    (b, m) => b.op('i32.add', m.value('x'), m.value('y')),
    boolean('y'),
  ),
  // Of truth values: the forms that the rules of comparisons look for.
  rule(
    'select-as-and',
    op('select', x, i32.lit(0), y),
    (b, m) => b.op('i32.and', m.value('x'), m.value('y')),
    (m) => isBoolean(m.inst('x')) && isBoolean(m.inst('y')),
  ),
  rule(
    'select-as-or',
    op('select', i32.lit(1), x, y),
    (b, m) => b.op('i32.or', m.value('x'), m.value('y')),
    (m) => isBoolean(m.inst('x')) && isBoolean(m.inst('y')),
  ),
  ...bothWidths(({ op: o }) => [
    // Where both are equal either will do.
    rule('select-equal', op('select', x, y, op(o('eq'), x, y)), (_, m) => m.value('y')),
    rule('select-equal', op('select', y, x, op(o('eq'), x, y)), (_, m) => m.value('x')),
    rule('select-equal', op('select', x, y, op(o('ne'), x, y)), (_, m) => m.value('x')),
    rule('select-equal', op('select', y, x, op(o('ne'), x, y)), (_, m) => m.value('y')),
  ]),
];
