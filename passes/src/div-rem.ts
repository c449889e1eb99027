/**
 * Recognises remainders that are written as `x - y * (x / y)`, also where the quotient is taken apart for a divisor of -1, and
 * tests of divisibility, `y * (x / y) = x`.
 *
 *     ^0: %4 = i64.ne %1, -1                       ^0: %9 = i64.rem_s %0, %1
 *         br_if %4, ^1, ^2                             %4 = i64.ne %1, -1
 *     ^1: %5 = i64.div_s %0, %1                        br_if %4, ^1, ^2
 *         br ^3                              =>    ^1: br ^3
 *     ^2: %6 = i64.sub 0, %0                       ^2: br ^3
 *         br ^3                                    ^3: ... %9
 *     ^3: %7 = phi i64 [^1: %5], [^2: %6]
 *         %8 = i64.mul %1, %7
 *         %9 = i64.sub %0, %8
 *
 * Paper:   folklore; languages whose division wraps, as Bril's, or that have no remainder, write it so.
 * Phases:  from each division: `quotientOf` (it, or the phi over it), `usesAsRemainder` (the product and what it is for),
 *          then the remainder takes the division's place, or goes before the branch.
 * Legal:   the quotient is used for nothing else, so that it goes. A remainder traps for a divisor of 0, as the division did,
 *          and nothing that could be seen stands between; it does not trap for the least number by -1: a division that might is left
 *          unless -1 was taken apart, where the remainder by -1 is 0, as the difference is.
 * Cost:    a look at each instruction; linear in the uses of quotients.
 * Not done: quotients that are needed too: a second division costs as much as a product and a difference.
 */

import {
  type BlockId,
  blockOfValue,
  type Func,
  type Ids,
  type Inst,
  isRemovable,
  makeInst,
  none,
  orderOf,
  type Type,
  termOf,
  type Uses,
  usesOf,
  type Value,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { constOp } from './lib/structural.ts';
import { effectOf } from './lib/summaries.ts';
import { type Division, divisionOf, isConstant } from './rules/division.ts';
import { comparisonOf, linearOf } from './rules/recurrence.ts';

export default definePass({
  name: 'div-rem',
  summary: 'recognise remainders that are written as differences, and tests of divisibility',
  paper: 'folklore',
  scope: 'func',
  after: [{ pass: 'simplify', why: 'sums and products stand in one form' }],
  run(f, cx) {
    let s: State | null = null;
    for (let i = 0; i < f.order.length; i++) {
      const b = f.order[i] as BlockId;
      const body = f.blocks[b]?.body ?? none;
      for (let k = 0; k < body.length; k++) {
        const v = body[k] as ValueId;
        const division = divisionOf((f.insts[v] as Inst).op);
        if (division === undefined) continue;
        s ??= { f, cx, uses: cx.get(usesOf), home: cx.get(blockOfValue) };
        if (!visit(s, v, b, division)) return;
      }
    }
  },
});

interface State {
  readonly f: Func;
  readonly cx: FuncContext;
  readonly uses: Uses;
  readonly home: Ids<BlockId>;
}

/** A quotient as the program has it: the division, or a phi over it, whose branch is at the end of `before`. */
interface Quotient {
  readonly v: ValueId;
  readonly before: BlockId | -1;
}

/** Looks at one division; false when the budget is spent. */
function visit(s: State, v: ValueId, b: BlockId, division: Division): boolean {
  const { f, cx, uses } = s;
  const { args, type, loc } = f.insts[v] as Inst;
  const [x, y] = args as readonly [ValueId, ValueId];
  const quotient = quotientOf(s, v, b, division);
  if (quotient === null || uses.count(quotient.v) !== 1) return true;
  const product = uses.items[uses.start[quotient.v] as number] as ValueId;
  if (!isProduct(s, product, quotient.v, y)) return true;
  const users = usesAsRemainder(s, product, x);
  if (users === null) {
    cx.declined('the product is used for more than a remainder', v);
    return true;
  }
  if (!cx.rewrite('a remainder', v)) return false;
  const { edit } = cx;
  const inst = makeInst(division.remainder, [x, y], { loc });
  let r = v;
  if (quotient.before === -1) edit.setInst(v, inst);
  else r = edit.insertBefore(edit.termId(quotient.before), inst);
  for (let i = 0; i < users.length; i++) {
    const user = users[i] as ValueId;
    const { op, loc: at } = f.insts[user] as Inst;
    if (comparisonOf(op) === undefined) edit.replaceWith(user, r);
    else edit.setInst(user, makeInst(op, [r, zeroOf(cx, type as Type)], { loc: at }));
  }
  edit.remove(product);
  if (quotient.before !== -1) {
    edit.remove(quotient.v);
    edit.remove(v);
  }
  return true;
}

function zeroOf(cx: FuncContext, type: Type): ValueId {
  const op = constOp(cx.ops, type);
  if (op === undefined) throw new Error(`type ${type} has no constants`);
  const zero: Value = type === 'i64' ? 0n : 0;
  return cx.edit.constant(op, zero);
}

/** The quotient that a division stands for; null when its remainder would not trap as it does. */
function quotientOf(s: State, v: ValueId, b: BlockId, { signed }: Division): Quotient | null {
  const { f, uses, home } = s;
  const [x, y] = (f.insts[v] as Inst).args as readonly [ValueId, ValueId];
  const by = f.insts[y] as Inst;
  if (!signed || (by.op.kind === 'const' && !isConstant(by, -1))) return { v, before: -1 };
  if (uses.count(v) !== 1) return null;
  const phi = uses.items[uses.start[v] as number] as ValueId;
  const { op, args, blocks } = f.insts[phi] as Inst;
  if (op.kind !== 'phi' || args.length !== 2) return null;
  const way = args.indexOf(v);
  const other = args[1 - way] as ValueId;
  if (blocks[way] !== b || !isNegated(f, other, x)) return null;
  const before = branchOnMinusOne(s, b, blocks[1 - way] as BlockId, home[phi] as BlockId, y);
  if (before === -1 || home[x] === b || home[y] === b) return null;
  // Nothing that could be seen may stand before the division on its way.
  const body = f.blocks[b]?.body ?? none;
  for (let i = 0; body[i] !== v; i++) {
    if (i >= 16 || !isRemovable(effectOf(s.cx.module, f.insts[body[i] as number] as Inst))) return null;
  }
  return { v: phi, before };
}

/** Whether a value is `0 - x`. */
function isNegated(f: Func, v: ValueId, x: ValueId): boolean {
  const { op, args, imm } = f.insts[v] as Inst;
  if (linearOf(op) === 'difference') return args[1] === x && isConstant(f.insts[args[0] as number] as Inst, 0);
  const of = f.insts[x] as Inst;
  if (op.kind !== 'const' || of.op.kind !== 'const') return false;
  const [k, n] = [of.imm, imm];
  return typeof k === 'bigint' ? BigInt.asIntN(64, -k) === n : ((0 - (k as number)) | 0) === n;
}

/** The block that ends with the test whether `y` is -1, from which `b` is reached when it isn't, and `other` when it is. */
function branchOnMinusOne({ f, cx }: State, b: BlockId, other: BlockId, join: BlockId, y: ValueId): BlockId | -1 {
  const before = onlyPred(cx, b);
  if (before === -1) return -1;
  const { op, args, blocks } = termOf(f, before);
  if (op.kind !== 'br_if' || blocks[0] === blocks[1]) return -1;
  if (other !== before && onlyPred(cx, other) !== before) return -1;
  const condition = f.insts[args[0] as number] as Inst;
  const relation = comparisonOf(condition.op)?.relation;
  if (condition.args[0] !== y || !isConstant(f.insts[condition.args[1] ?? y] as Inst, -1)) return -1;
  const differs = relation === 'ne' ? 0 : relation === 'eq' ? 1 : -1;
  if (differs === -1 || blocks[differs] !== b) return -1;
  // Over the side of -1, or straight to where both meet.
  return blocks[1 - differs] === (other === before ? join : other) ? before : -1;
}

function onlyPred(cx: FuncContext, b: BlockId): BlockId | -1 {
  const { start, items } = cx.get(orderOf).preds;
  const first = start[b] as number;
  return (start[b + 1] as number) - first === 1 ? (items[first] as BlockId) : -1;
}

/** Whether a value is the product of a quotient and the divisor. */
function isProduct({ f }: State, v: ValueId, quotient: ValueId, y: ValueId): boolean {
  const { op, args } = f.insts[v] as Inst;
  const [a, b] = args;
  if (linearOf(op) === 'product') return (a === quotient && b === y) || (a === y && b === quotient && a !== b);
  if (linearOf(op) !== 'shift' || a !== quotient || b === undefined) return false;
  const [by, count] = [f.insts[y] as Inst, f.insts[b] as Inst];
  if (by.op.kind !== 'const' || count.op.kind !== 'const') return false;
  const k = Number(count.imm as number | bigint);
  return k >= 0 && k < 31 && isConstant(by, 2 ** k);
}

/** What a product is used by, if each use is the difference to the dividend, or a test whether they are equal. */
function usesAsRemainder({ f, uses }: State, product: ValueId, x: ValueId): readonly ValueId[] | null {
  const found: ValueId[] = [];
  const end = uses.start[product + 1] as number;
  for (let i = uses.start[product] as number; i < end; i++) {
    const user = uses.items[i] as ValueId;
    const { op, args } = f.insts[user] as Inst;
    const relation = comparisonOf(op)?.relation;
    const other = args[0] === product ? args[1] : args[0];
    const tests = (relation === 'eq' || relation === 'ne') && other === x;
    const differs = linearOf(op) === 'difference' && args[0] === x && args[1] === product;
    if (args[0] === args[1] || !(tests || differs)) return null;
    found.push(user);
  }
  return found.length === 0 ? null : found;
}
