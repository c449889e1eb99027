/**
 * Turns branches around a few cheap computations into a choice between their results, and choices of which one side is dear
 * into branches.
 *
 *     ^0: br_if %c, ^1, ^2              ^0: %3 = i32.add %0, %1
 *     ^1: %3 = i32.add %0, %1               %4 = i32.sub %0, %1
 *         br ^3                   =>        %5 = select i32 %3, %4, %c
 *     ^2: %4 = i32.sub %0, %1               br ^3
 *         br ^3                         ^3: ... %5
 *     ^3: %5 = phi [^1: %3], [^2: %4]
 *
 * Paper:   Randy Allen, Ken Kennedy, Carrie Porterfield, Joe Warren, Conversion of Control Dependence to Data Dependence,
 *          POPL 1983; the way back: cold operands sunk, as in LLVM's select optimisation.
 * Differs: diamonds and triangles of single blocks, inner ones first; no predicates but `select`.
 * Legal:   what comes to run always may run where it did not before; it has no writes, so that what it reads is the same.
 *          Only numbers are chosen between.
 * Profit:  an interpreter pays for each instruction. Branching takes 1 for the branch (a comparison is part of it), half of
 *          each side, and, as often as not, a jump, or the moves to the phis; a choice takes both sides, 1 for each phi, and
 *          1 for the comparison that only the branch could swallow. The sides count with the op table's costs, and `cost`
 *          may be added on top. The other way: from `expensive` on for what one side alone needs.
 *          No level has this pass: with it the register machine executes 0.4 % more on Bril's benchmarks, the stack
 *          machine 1.2 % (2026-11), for moves to phis are mostly coalesced. It is for targets that execute directly.
 * Cost:    linear.
 * Not done: sides of several blocks; stores; switches.
 */

import {
  type BlockId,
  blockOfValue,
  cfgOf,
  type Func,
  type Inst,
  isSpeculatable,
  makeInst,
  none,
  orderOf,
  type Type,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { splitChoice } from './if-convert/split-choice.ts';
import { opOfKind } from './lib/structural.ts';
import { effectOf } from './lib/summaries.ts';
import { comparisonOf, selectOp } from './rules/recurrence.ts';

const options = {
  cost: { doc: 'what a choice may cost more than the branch', default: 0 },
  expensive: { doc: 'the cost from which on one side of a choice becomes a branch', default: 12 },
} as const;

type Context = FuncContext<typeof options>;

export default definePass({
  name: 'if-convert',
  summary: 'turn branches around cheap computations into choices, and dear choices into branches',
  paper: 'Allen, Kennedy, Porterfield, Warren, Conversion of Control Dependence to Data Dependence, POPL 1983',
  scope: 'func',
  after: [{ pass: 'jump-thread', why: 'a condition that is known on some ways is better led past than computed' }],
  options,
  run(f, cx) {
    const { rpo } = cx.get(orderOf);
    let touched: Set<BlockId> | null = null;
    // Inner branches come later in the order.
    for (let i = rpo.length - 1; i >= 0; i--) {
      const b = rpo[i] as BlockId;
      const term = f.insts[f.blocks[b]?.term as number] as Inst;
      if (term.op.kind !== 'br_if' || term.blocks[0] === term.blocks[1]) continue;
      const found = findSides(f, cx, b, term);
      if (found === null) continue;
      if (!cx.choose('if-convert', pays(f, cx, term, found))) {
        cx.declined('the choice costs more than the branch', f.blocks[b]?.term);
        continue;
      }
      if (!cx.rewrite('made a branch a choice', f.blocks[b]?.term)) return;
      convert(cx, b, found);
      touched ??= new Set();
      touched.add(b);
      // They are gone, and what stood in them stands in `b`.
      if (found.yes !== -1) touched.add(found.yes);
      if (found.no !== -1) touched.add(found.no);
    }
    splitDear(f, cx, touched);
  },
});

/** A branch that can go: its sides (-1: the edge leads to the join directly) and where they meet. */
interface Sides {
  readonly condition: ValueId;
  readonly yes: BlockId | -1;
  readonly no: BlockId | -1;
  readonly join: BlockId;
  /** Phis of the join with different inputs on the two ways. */
  readonly phis: number;
}

function findSides(f: Func, cx: Context, b: BlockId, term: Inst): Sides | null {
  const [then, otherwise] = term.blocks as readonly [BlockId, BlockId];
  const to = target(f, cx, b, then);
  const over = target(f, cx, b, otherwise);
  let join: BlockId;
  let sides: readonly [BlockId | -1, BlockId | -1];
  if (to !== -1 && to === over) [join, sides] = [to, [then, otherwise]];
  else if (to === otherwise) [join, sides] = [otherwise, [then, -1]];
  else if (over === then) [join, sides] = [then, [-1, otherwise]];
  else return null;
  if (join === b) return null;
  for (const side of sides) if (side !== -1 && !mayMove(f, cx, side)) return null;
  const phis = f.blocks[join]?.phis ?? none;
  const [p, q] = [sides[0] === -1 ? b : sides[0], sides[1] === -1 ? b : sides[1]];
  let differing = 0;
  for (let i = 0; i < phis.length; i++) {
    const { type, blocks, args } = f.insts[phis[i] as number] as Inst;
    if (args.length > 16) return null;
    if (args[blocks.indexOf(p)] === args[blocks.indexOf(q)]) continue;
    if (type !== 'i32' && type !== 'i64' && type !== 'f32' && type !== 'f64') return null;
    differing++;
  }
  return { condition: term.args[0] as ValueId, yes: sides[0], no: sides[1], join, phis: differing };
}

/** Where a block that only `b` leads to, reached or not, jumps; -1 when it does more. */
function target(f: Func, cx: Context, b: BlockId, side: BlockId): BlockId | -1 {
  const { start, items } = cx.get(cfgOf).preds;
  const first = start[side] as number;
  const block = f.blocks[side];
  if ((start[side + 1] as number) - first !== 1 || items[first] !== b || block === undefined) return -1;
  if (block.phis.length > 0) return -1;
  const { op, blocks } = f.insts[block.term] as Inst;
  return op.kind === 'br' ? (blocks[0] as BlockId) : -1;
}

/** Whether everything in a block may run where it does not now. */
function mayMove(f: Func, cx: Context, side: BlockId): boolean {
  const body = f.blocks[side]?.body ?? none;
  if (body.length > 16) return false;
  for (let i = 0; i < body.length; i++) {
    const inst = f.insts[body[i] as number] as Inst;
    if (isSpeculatable(effectOf(cx.module, inst)) && inst.type !== 'tuple') continue;
    cx.declined('a side may not run always', body[i]);
    return false;
  }
  return true;
}

function costOf(f: Func, side: BlockId | -1): number {
  if (side === -1) return 0;
  const body = f.blocks[side]?.body ?? none;
  let cost = 0;
  for (let i = 0; i < body.length; i++) cost += (f.insts[body[i] as number] as Inst).op.cost;
  return cost;
}

/** See the head, `Profit`. */
function pays(f: Func, cx: Context, { args }: Inst, sides: Sides): boolean {
  const both = costOf(f, sides.yes) + costOf(f, sides.no);
  const condition = f.insts[args[0] as number] as Inst;
  const swallowed = comparisonOf(condition.op) !== undefined && cx.get(usesOf).count(args[0] as ValueId) === 1 ? 1 : 0;
  const jump = sides.yes !== -1 && sides.no !== -1 ? 0.5 : 0;
  const [one, zero] = isTruth(f, sides) ? [0, 1] : [1, 0];
  const branch = 1 + both / 2 + jump + 0.5 * sides.phis;
  const choice = both + sides.phis * one + swallowed - zero;
  return choice <= branch + cx.options.cost;
}

/** Whether the one phi chooses between 1 and 0: then it is the condition, or its opposite. */
function isTruth(f: Func, { yes, no, join, phis }: Sides): boolean {
  const only = f.blocks[join]?.phis;
  if (phis !== 1 || only?.length !== 1 || yes === -1 || no === -1) return false;
  const { args, blocks, type } = f.insts[only[0] as number] as Inst;
  if (type !== 'i32') return false;
  const [a, b] = [args[blocks.indexOf(yes)], args[blocks.indexOf(no)]].map((v) => f.insts[v as number] as Inst);
  return (
    a?.op.kind === 'const' && b?.op.kind === 'const' && ((a.imm === 1 && b.imm === 0) || (a.imm === 0 && b.imm === 1))
  );
}

function convert(cx: Context, b: BlockId, { condition, yes, no, join }: Sides): void {
  const { edit } = cx;
  const [p, q] = [yes === -1 ? b : yes, no === -1 ? b : no];
  edit.moveBodies(
    [yes, no].filter((side): side is BlockId => side !== -1),
    b,
  );
  const { loc } = edit.term(b);
  const chosen: { readonly phi: ValueId; readonly value: ValueId }[] = [];
  for (const phi of edit.phis(join)) {
    const { args, blocks, type } = edit.inst(phi);
    const [x, y] = [args[blocks.indexOf(p)] as ValueId, args[blocks.indexOf(q)] as ValueId];
    const value = x === y ? x : edit.append(b, makeInst(selectOp, [x, y, condition], { type: type as Type, loc }));
    chosen.push({ phi, value });
  }
  edit.setTerm(b, makeInst(opOfKind(cx.ops, 'br'), none, { blocks: [join], loc }));
  for (const side of [yes, no]) if (side !== -1) edit.removeBlock(side);
  for (const { phi, value } of chosen) {
    edit.setPhiInput(phi, b, value);
    const { args } = edit.inst(phi);
    if (args.length === 1 && value !== phi) edit.replaceWith(phi, value);
  }
}

/** Looks for choices of which one side is dear and used by nothing else. */
function splitDear(f: Func, cx: Context, touched: ReadonlySet<BlockId> | null): void {
  const { rpo } = cx.get(orderOf);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    const body = f.blocks[b]?.body ?? none;
    if (touched?.has(b) === true) continue;
    // From the end: what is before stays in the block.
    for (let k = body.length - 1; k >= 0; k--) {
      const v = body[k] as ValueId;
      const inst = f.insts[v] as Inst;
      if (inst.op !== selectOp) continue;
      const uses = cx.get(usesOf);
      const home = cx.get(blockOfValue);
      const done = splitChoice({ f, cx, uses, home, block: b, at: k, expensive: cx.options.expensive });
      if (done === 'spent') return;
      // What stands before may have moved.
      if (done === 'split') break;
    }
  }
}
