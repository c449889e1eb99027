/** Rules of complements (`x ^ -1`) among sums and among themselves. See README.md for what a rule must keep. */

import { op, type Pattern, type Rule, rule, single } from '@sluice/pipeline';
import { anyOrder, bothWidths, c, type Width, x, y } from './shape.ts';

/** Rules of complements at a width. `~x` is `-1 - x`, from which most of them follow. */
export const complementOf = (w: Width): readonly Rule[] => {
  const { op: o, lit, make, get } = w;
  const [add, sub, and, or, xor] = [o('add'), o('sub'), o('and'), o('or'), o('xor')];
  const not = (v: Pattern) => op(xor, v, lit(-1));
  const onlyNot = (v: Pattern) => single(xor, v, lit(-1));
  return [
    // The form that the rules here look for.
    rule('minus-one-minus', op(sub, lit(-1), x), (b, m) => b.op(xor, m.value('x'), make(b, -1n))),
    rule('complement-of-sum', not(op(add, x, c)), (b, m) => b.op(sub, make(b, -1n - get(m, 'c')), m.value('x'))),
    rule('complement-of-difference', not(op(sub, c, x)), (b, m) => b.op(add, m.value('x'), make(b, -1n - get(m, 'c')))),
    rule('complement-plus-constant', op(add, not(x), c), (b, m) => b.op(sub, make(b, get(m, 'c') - 1n), m.value('x'))),
    rule('constant-minus-complement', op(sub, c, not(x)), (b, m) => b.op(add, m.value('x'), make(b, get(m, 'c') + 1n))),
    rule('sub-of-complements', op(sub, not(x), not(y)), (b, m) => b.op(sub, m.value('y'), m.value('x'))),
    ...anyOrder('sum-with-complement', op(add, x, not(x)), (b) => make(b, -1n)),
    rule('xor-of-complements', op(xor, not(x), not(y)), (b, m) => b.op(xor, m.value('x'), m.value('y'))),
    // De Morgan.
    rule('complements-joined', op(and, onlyNot(x), onlyNot(y)), (b, m) =>
      b.op(xor, b.op(or, m.value('x'), m.value('y')), make(b, -1n)),
    ),
    rule('complements-joined', op(or, onlyNot(x), onlyNot(y)), (b, m) =>
      b.op(xor, b.op(and, m.value('x'), m.value('y')), make(b, -1n)),
    ),
    ...anyOrder('absorbs-complement', op(and, x, op(or, not(x), y)), (b, m) => b.op(and, m.value('x'), m.value('y'))),
    ...anyOrder('absorbs-complement', op(or, x, op(and, not(x), y)), (b, m) => b.op(or, m.value('x'), m.value('y'))),
    ...[or, xor, add].flatMap((join) =>
      anyOrder('either-masked', op(join, op(and, x, y), op(and, x, not(y))), (_, m) => m.value('x')),
    ),
    ...anyOrder('either-masked', op(and, op(or, x, y), op(or, x, not(y))), (_, m) => m.value('x')),
  ];
};

/** Rules of complements. */
export const complement: readonly Rule[] = bothWidths(complementOf);
