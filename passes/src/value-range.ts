/**
 * Uses what is known of integers where they stand: decides branches, cases and comparisons, drops masks and extensions that
 * change nothing, and makes divisions of what is not negative cheaper.
 *
 *     ^loop: %i = phi [^pre: %zero], [^body: %next]          %i is in 0 .. 100
 *            %h = i32.div_s %i, 2                      =>    %h = i32.shr_u %i, 1
 *            %m = i32.and %i, 255                            (%i)
 *            %c = i32.lt_s %i, 0                             0
 *
 * Paper:   Jason Patterson, Accurate Static Branch Prediction by Value Range Propagation, PLDI 1995, for the analysis;
 *          correlated value propagation is what others call the pass.
 * Phases:  the ranges (ir/src/analysis/ranges.ts); a sweep over instructions (rules/by-range.ts), then terminators.
 * Legal:   a division is replaced by what traps in the same cases; it vanishes only if it cannot trap.
 * Cost:    one to three walks of the analysis, one sweep; nothing where no integer is compared or divided.
 * Not done: facts that relate two values (`x < y`); bounds of heap objects; conditions of loops that run a known number of
 *          times.
 */

import {
  type BlockId,
  constantOfRange,
  type Func,
  type Inst,
  instOf,
  isWithin,
  makeInst,
  none,
  type Range,
  type Ranges,
  rangeOfConstant,
  rangesOf,
  type Type,
  type Value,
  type ValueId,
  withEdges,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { constantOf, constOp, jumpTo } from './lib/structural.ts';
import { removeUnreachable } from './lib/unreachable.ts';
import { type Answer, booleanOf, byRange, neverTraps, type WrappedOperation } from './rules/by-range.ts';

export default definePass({
  name: 'value-range',
  summary: 'decide and simplify what follows from the ranges of integers',
  paper: 'Patterson, Accurate Static Branch Prediction by Value Range Propagation, PLDI 1995',
  scope: 'func',
  after: [{ pass: 'gvn', why: 'what a branch says of a value holds for all equal computations only if they are one' }],
  run(f, cx) {
    if (!mayTell(f)) return;
    const state: State = { f, cx, ranges: cx.get(rangesOf), block: f.order[0] as BlockId };
    for (let i = 0; i < f.order.length; i++) {
      const b = f.order[i] as BlockId;
      state.block = b;
      const body = f.blocks[b]?.body ?? none;
      for (let k = 0; k < body.length; k++) if (!visit(state, body[k] as ValueId)) return;
    }
    let decided = false;
    for (let i = 0; i < f.order.length; i++) decided = visitTerm(state, f.order[i] as BlockId) || decided;
    if (decided) removeUnreachable(cx);
  },
});

interface State {
  readonly f: Func;
  readonly cx: FuncContext;
  readonly ranges: Ranges;
  block: BlockId;
}

/** Whether there is something that ranges could change: two comparisons, or what rules are for, bare masks aside. */
function mayTell(f: Func): boolean {
  let comparisons = 0;
  for (let i = 0; i < f.order.length; i++) {
    const block = f.blocks[f.order[i] as number];
    if (block === undefined) continue;
    const { body } = block;
    for (let k = 0; k < body.length; k++) {
      const { op, args } = f.insts[body[k] as number] as Inst;
      if (op.range === null) continue;
      if (op.range.assume === undefined) {
        if (byRange.has(op)) return true;
      } else if (op.laws.idempotent !== true || (f.insts[args[0] as number] as Inst).op.range !== null) {
        comparisons++;
        if (comparisons > 1) return true;
      }
    }
  }
  return false;
}

/** Simplifies one instruction; false when the budget is spent. */
function visit(s: State, v: ValueId): boolean {
  const { f, cx, ranges, block } = s;
  const inst = f.insts[v] as Inst;
  const { op, type } = inst;
  if ((type !== 'i32' && type !== 'i64') || op.range === null || op.kind === 'const') return true;
  const range = ranges.of(v);
  // Nothing comes here.
  if (range === null) return true;
  const { args } = inst;
  const a = ranges.at(args[0] as ValueId, block);
  const b = args.length > 1 ? ranges.at(args[1] as ValueId, block) : a;
  const constant = constantOfRange(range);
  if (constant !== undefined) {
    if (!neverTraps(op, a, b)) {
      cx.declined('it always gives one value, but may trap', v);
      return true;
    }
    if (!cx.rewrite('always the same value', v)) return false;
    cx.edit.setInst(v, constantOf(cx.ops, type, constant, inst));
    return true;
  }
  if (a === null || b === null) return true;
  const rule = byRange.get(op);
  const operation: WrappedOperation = { args, a, b, inst: (of) => instOf(f, of), of: (of) => ranges.at(of, block) };
  const answer = rule === undefined ? booleanOf(inst, a, b) : rule(operation);
  if (answer === null) return true;
  if ('is' in answer && !neverTraps(op, a, b)) return true;
  return replace(s, v, inst, answer);
}

function replace(s: State, v: ValueId, inst: Inst, answer: Answer): boolean {
  const { cx } = s;
  if (!cx.rewrite(answer.why, v)) return false;
  if ('is' in answer) {
    cx.edit.replaceWith(v, answer.is);
    return true;
  }
  const [a, b] = inst.args as [ValueId, ValueId | undefined];
  const second = answer.constant === null ? b : newConstant(s, inst.type as Type, answer.constant);
  const args = answer.op.sig.params.length === 1 || second === undefined ? [a] : [a, second];
  cx.edit.setInst(v, makeInst(answer.op, args, { loc: inst.loc }));
  return true;
}

function newConstant({ cx }: State, type: Type, value: Value): ValueId {
  const op = constOp(cx.ops, type);
  if (op === undefined) throw new Error(`type ${type} has no constants`);
  return cx.edit.constant(op, value);
}

/** Folds a branch that goes one way, and takes cases out that never come; whether an edge went. */
function visitTerm(s: State, b: BlockId): boolean {
  const { f, cx, ranges } = s;
  const id = f.blocks[b]?.term as ValueId;
  const term = f.insts[id] as Inst;
  const { op, args, blocks } = term;
  if (op.kind !== 'br_if' && op.kind !== 'switch') return false;
  const on = ranges.at(args[0] as ValueId, b);
  if (on === null) return false;
  if (op.kind === 'br_if') {
    const way = on.uhi === 0 ? 1 : on.ulo > 0 ? 0 : -1;
    if (way === -1 || !cx.rewrite('decided a branch', id)) return false;
    cx.edit.setTerm(b, jumpTo(cx.ops, blocks[way] as BlockId, term));
    return true;
  }
  return visitSwitch(s, b, id, term, on);
}

function visitSwitch({ cx }: State, b: BlockId, id: ValueId, term: Inst, on: Range): boolean {
  const cases = term.imm as readonly number[];
  const left: number[] = [];
  for (let i = 0; i < cases.length; i++) {
    const value = rangeOfConstant(cases[i] as number);
    if (value !== null && isWithin(value, on)) left.push(i);
  }
  // Every value that it may have is a case: the last of them is what is left.
  const complete = left.length > 0 && on.hi - on.lo === left.length - 1;
  if (left.length === cases.length && !complete) return false;
  if (!cx.rewrite('took out cases that never come', id)) return false;
  const targets = left.map((i) => term.blocks[i] as BlockId);
  if (!complete) targets.push(term.blocks.at(-1) as BlockId);
  if (targets.length === 1) cx.edit.setTerm(b, jumpTo(cx.ops, targets[0] as BlockId, term));
  else {
    const kept = left.slice(0, targets.length - 1).map((i) => cases[i] as number);
    const { op, type, args, loc } = withEdges(term, term.args, targets);
    cx.edit.setTerm(b, { op, type, args, imm: kept, blocks: targets, loc });
  }
  return true;
}
