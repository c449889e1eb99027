/** Rules of `and`, `or`, `xor` of the same two values, and of what they have in common. See README.md. */

import { op, type Rule, single } from '@sluice/pipeline';
import { anyOrder, bothWidths, type Width, x, y, z } from './shape.ts';

/** Rules of logic at a width. Of two bits there are only four cases: each of these is a truth table. */
export const logicOf = (w: Width): readonly Rule[] => {
  const { op: o, make } = w;
  const [and, or, xor] = [o('and'), o('or'), o('xor')];
  const result = (name: 'and' | 'or' | 'xor'): Rule['build'] => {
    return (b, m) => b.op(o(name), m.value('x'), m.value('y'));
  };
  return [
    ...anyOrder('and-again', op(and, op(and, x, y), x), result('and')),
    ...anyOrder('or-again', op(or, op(or, x, y), x), result('or')),
    ...anyOrder('or-absorbs-xor', op(or, x, op(xor, x, y)), result('or')),
    ...anyOrder('and-within-or', op(and, op(or, x, y), op(and, x, y)), result('and')),
    ...anyOrder('and-within-or', op(or, op(or, x, y), op(and, x, y)), result('or')),
    ...anyOrder('or-covers-xor', op(or, op(or, x, y), op(xor, x, y)), result('or')),
    ...anyOrder('or-covers-xor', op(and, op(or, x, y), op(xor, x, y)), result('xor')),
    ...anyOrder('xor-and-disjoint', op(and, op(xor, x, y), op(and, x, y)), (b) => make(b, 0n)),
    ...anyOrder('xor-of-xor-and', op(xor, op(xor, x, y), op(and, x, y)), result('or')),
    ...anyOrder('xor-of-xor-or', op(xor, op(xor, x, y), op(or, x, y)), result('and')),
    // One mask, one shift for both.
    ...[or, xor].flatMap((join) =>
      anyOrder('common-mask', op(join, single(and, x, z), single(and, y, z)), (b, m) =>
        b.op(and, b.op(join, m.value('x'), m.value('y')), m.value('z')),
      ),
    ),
    ...anyOrder('common-mask', op(and, single(or, x, z), single(or, y, z)), (b, m) =>
      b.op(or, b.op(and, m.value('x'), m.value('y')), m.value('z')),
    ),
    ...(['shl', 'shr_u', 'shr_s', 'rotl', 'rotr'] as const).flatMap((name) =>
      [and, or, xor, ...(name === 'shl' ? [o('add'), o('sub')] : [])].flatMap((join) =>
        anyOrder('common-shift', op(join, single(o(name), x, z), single(o(name), y, z)), (b, m) =>
          b.op(o(name), b.op(join, m.value('x'), m.value('y')), m.value('z')),
        ),
      ),
    ),
  ];
};

/** Rules of bitwise logic. */
export const logic: readonly Rule[] = bothWidths(logicOf);
