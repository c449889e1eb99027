/**
 * Remainders, which Bril does not have, as what is left of a product; quotients that are there anyway are used:
 *
 *     %q = bril.div %x, %y           %q = bril.div %x, %y
 *     %r = i64.rem_s %x, %y    =>    %p = i64.mul %q, %y
 *                                    %r = i64.sub %x, %p
 *
 * Why:     rules make one remainder of these three where they can; a machine that has the op is faster so. Wraps like the
 *          IR: -2^63 rem -1 is 0. A divisor of zero traps in the quotient, as it did in the remainder.
 * Cost:    the users of each dividend, up to `most`.
 */

import {
  type BlockId,
  blockOf,
  blockOfValue,
  domTree,
  type Func,
  instOf,
  makeInst,
  orderOf,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import { definePass } from '@sluice/pipeline';
import { brilDiv } from './ops.ts';

const most = 64;

export default definePass({
  name: 'bril-remainder',
  summary: 'make remainders of quotients and products',
  paper: 'folklore',
  scope: 'func',
  idempotent: true,
  run(f, cx) {
    const { rpo } = orderOf(f);
    /** Quotients that were made here, by dividend: found again by later remainders. */
    const made = new Map<ValueId, { readonly by: ValueId; readonly at: ValueId; readonly quotient: ValueId }[]>();
    for (let i = 0; i < rpo.length; i++) {
      for (const v of blockOf(f, rpo[i] as BlockId).body) {
        const { op, args, loc } = instOf(f, v);
        if (op.name !== 'i64.rem_s' || !cx.rewrite('a remainder made of a quotient', v)) continue;
        const [x, y] = args as readonly [ValueId, ValueId];
        const [mul, sub] = [cx.ops.get('i64.mul'), cx.ops.get('i64.sub')];
        if (mul === undefined || sub === undefined) throw new Error("no op 'i64.mul'");
        const earlier = made.get(x)?.find(({ by, at }) => by === y && isAbove(f, at, v))?.quotient;
        let quotient = earlier ?? quotients(f, x, y).find((q) => isAbove(f, q, v));
        if (quotient === undefined) {
          quotient = cx.edit.insertBefore(v, makeInst(brilDiv, [x, y], { loc }));
          for (const q of quotients(f, x, y)) if (cx.edit.has(q) && isAbove(f, v, q)) cx.edit.replaceWith(q, quotient);
          const list = made.get(x);
          if (list === undefined) made.set(x, [{ by: y, at: v, quotient }]);
          else list.push({ by: y, at: v, quotient });
        }
        const product = cx.edit.insertBefore(v, makeInst(mul, [quotient, y], { loc }));
        cx.edit.replaceWith(v, cx.edit.insertBefore(v, makeInst(sub, [x, product], { loc })));
      }
    }
  },
});

/** The quotients of two values that wrap as Bril's do. */
function quotients(f: Func, x: ValueId, y: ValueId): readonly ValueId[] {
  const users = usesOf(f).of(x);
  if (users.length > most) return [];
  const { op: by, imm } = instOf(f, y);
  const wraps = by.kind === 'const' && imm !== -1n;
  return Array.from(users).filter((user) => {
    const { op, args } = instOf(f, user);
    return (op === brilDiv || (wraps && op.name === 'i64.div_s')) && args[0] === x && args[1] === y;
  });
}

/** Whether `a` stands before `b` on every way to `b`. */
function isAbove(f: Func, a: ValueId, b: ValueId): boolean {
  const home = blockOfValue(f);
  const [at, to] = [home[a] as BlockId, home[b] as BlockId];
  if (at !== to) return domTree(f).dominates(at, to);
  const { body } = blockOf(f, at);
  return body.indexOf(a) < body.indexOf(b);
}
