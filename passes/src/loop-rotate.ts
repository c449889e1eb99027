/**
 * Moves the test of a loop from its top to its bottom: a `while` becomes a `do while` behind an `if`.
 *
 *     ^pre: br ^h                        ^pre: test', br_if ^in, ^exit
 *     ^h:   test, br_if ^body, ^exit     ^in:  br ^body
 *     ^body: ..., br ^h            =>    ^body: ..., br ^h
 *     ^exit:                             ^h:   test, br_if ^body, ^exit
 *                                        ^exit:
 *
 * Each turn then takes one jump and not two, and what stands in the body is certain to run once the loop is entered, so
 * that licm may move what traps to ^in, the new preheader.
 *
 * Paper:   the shape is that of Muchnick, Advanced Compiler Design and Implementation, 1997, 18.5 (loop inversion).
 * Phases:  for each loop `planOf` says whether and how; `rotate` copies the header behind the preheader and leads the
 *          edges; `leadUses` gives each use of a header's value the one that reaches it. Where that is to be looked for,
 *          since a loop has several ways out, `repair` does, when all are done.
 * Legal:   the header has one edge out and one into the loop; the loop has a preheader and is entered at the header only.
 * Profit:  the header is small and holds no call; the loop is not tested at its bottom yet. A second run finds only loops
 *          whose header was the preheader of one that was rotated.
 * Needs:   preheaders (simplify-cfg).
 * Breaks:  blocks that could be merged appear (simplify-cfg): the old header and what led back to it.
 * Cost:    O(instructions of headers), and for each of their values the blocks where it lives: `deepestNest` bounds that.
 * Not done: loops that are left by a `switch`, or in the middle only.
 */

import {
  type BlockId,
  blockOf,
  type Cfg,
  cfgOf,
  coreOp,
  type Func,
  instOf,
  ints,
  type LoopForest,
  type LoopId,
  loopForest,
  makeInst,
  none,
  rowLength,
  type Type,
  termOf,
  type ValueId,
  withArgs,
  withEdges,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { removeTrivialPhis, SsaRepair } from './lib/ssa-repair.ts';

/** Loops inside of a loop beyond which it is left alone: it hardly matters there, and values that live through are many. */
const deepestNest = 32;

const options = {
  size: { doc: 'the largest header, in instructions without constants, that is copied', default: 12 },
} as const;

type Context = FuncContext<typeof options>;

interface Plan {
  readonly loop: LoopId;
  readonly preheader: BlockId;
  readonly header: BlockId;
  /** The targets of the header in the loop and outside. */
  readonly body: BlockId;
  readonly exit: BlockId;
}

/** A value of a header, and what it is when the header is entered from outside. */
interface Split {
  readonly value: ValueId;
  readonly copy: ValueId;
  /** At the end of this block it is `copy`. */
  readonly preheader: BlockId;
  /** Where the body starts; the phi there of the two, -1 where nothing in the loop uses it. */
  readonly start: BlockId;
  atStart: ValueId | -1;
}

interface State {
  readonly f: Func;
  readonly cx: Context;
  readonly loops: LoopForest;
  /** Of the blocks that were made, in order: the innermost loop around them. */
  readonly loopOfNew: (LoopId | -1)[];
  /** Phis that may be no choice in the end. */
  readonly phis: ValueId[];
  /** Values of which uses outside of the loop are left. */
  readonly later: Split[];
}

export default definePass({
  name: 'loop-rotate',
  summary: 'test loops at their bottom',
  paper: 'Muchnick, Advanced Compiler Design and Implementation, 1997, 18.5',
  scope: 'func',
  after: [{ pass: 'simplify-cfg', why: 'makes the preheaders behind which the test is copied' }],
  before: [{ pass: 'licm', why: 'in a rotated loop the body is certain to run' }],
  options,
  run(f, cx) {
    const loops = cx.get(loopForest);
    if (loops.count === 0) return;
    const s: State = { f, cx, loops, loopOfNew: [], phis: [], later: [] };
    const height = heights(loops);
    for (let l = 0; l < loops.count; l++) {
      const plan = planOf(f, cx, loops, l as LoopId);
      if (plan === null) continue;
      const { term } = blockOf(f, plan.header);
      if (!cx.choose('loop-rotate.profit', worthRotating(f, cx, plan)) || (height[l] as number) > deepestNest) {
        cx.declined('the header is too large', term);
        continue;
      }
      if (!cx.rewrite('rotated', term)) break;
      rotate(s, plan);
    }
    if (s.later.length > 0) repair(s);
    if (s.phis.length > 0) removeTrivialPhis(cx.edit, s.phis);
  },
});

/** By loop: how many loops are nested inside it. */
function heights(loops: LoopForest): Int32Array {
  const height = ints(loops.count);
  for (let l = loops.count - 1; l >= 0; l--) {
    const parent = loops.parent[l] as number;
    if (parent >= 0) height[parent] = Math.max(height[parent] as number, (height[l] as number) + 1);
  }
  return height;
}

// Legality, and whether there is anything to rotate.
function planOf(f: Func, cx: Context, loops: LoopForest, loop: LoopId): Plan | null {
  const header = loops.header[loop] as BlockId;
  const { op, blocks } = termOf(f, header);
  if (op.kind !== 'br_if') return null;
  const [a, b] = blocks as readonly [BlockId, BlockId];
  if (loops.contains(loop, a) === loops.contains(loop, b)) return null;
  const [body, exit] = loops.contains(loop, a) ? [a, b] : [b, a];
  if (body === header || isBottomTested(f, loops, loop)) return null;
  const preheader = loops.irreducible(loop) ? -1 : loops.preheader(loop);
  if (preheader === -1) {
    cx.declined('the loop has no preheader', blockOf(f, header).term);
    return null;
  }
  return { loop, preheader, header, body, exit };
}

/** Whether each way back to the header could also leave the loop. */
function isBottomTested(f: Func, loops: LoopForest, loop: LoopId): boolean {
  return loops.latches(loop).every((b) => termOf(f, b).blocks.some((to) => !loops.contains(loop, to)));
}

// Profit.
function worthRotating(f: Func, cx: Context, { header }: Plan): boolean {
  let size = 0;
  for (const v of blockOf(f, header).body) {
    const { kind } = instOf(f, v).op;
    if (kind === 'call') return false;
    if (kind !== 'const' && ++size > cx.options.size) return false;
  }
  return true;
}

function rotate(s: State, plan: Plan): void {
  const { f, cx, loops } = s;
  const { edit } = cx;
  const { loop, preheader, header, exit } = plan;
  const br = coreOp('br');
  // What the header's values are when it is entered from outside.
  const first = new Map<ValueId, ValueId>();
  const before = (v: ValueId): ValueId => first.get(v) ?? v;
  const { phis, body, term } = blockOf(f, header);
  for (const v of phis) {
    const { args, blocks } = edit.inst(v);
    first.set(v, args[blocks.indexOf(preheader)] as ValueId);
  }
  for (const v of body) {
    const inst = edit.inst(v);
    if (inst.op.kind === 'const') {
      // One is enough: from the preheader it reaches all that the header reached.
      edit.moveToEnd(v, preheader);
      continue;
    }
    first.set(v, edit.append(preheader, withArgs(inst, inst.args.map(before))));
  }
  const test = edit.inst(term);
  const { preds } = cx.get(cfgOf);
  // A block of its own where others lead to the body: it becomes the loop's header, and is one of no inner loop.
  const alone = rowLength(preds, plan.body) === 1;
  const start = alone ? plan.body : edit.splitEdge(header, plan.body, br);
  if (!alone) s.loopOfNew.push(loop);
  const inside = edit.addBlock(makeInst(br, none, { blocks: [start], loc: test.loc }), preheader);
  s.loopOfNew.push(loops.loopOf(preheader));
  const targets = test.blocks.map((to) => (to === exit ? exit : inside));
  edit.setTerm(preheader, withEdges(test, test.args.map(before), targets));
  addInputs(cx, exit, header, preheader, before);
  addInputs(cx, start, header, inside, before);
  const leaves = rowLength(preds, exit) === 1 && hasOneWayOut(loops, cx.get(cfgOf), loop);
  for (const [value, copy] of first)
    leadUses(s, plan, { value, copy, preheader, start, atStart: -1 }, inside, leaves ? exit : -1);
  for (const v of phis) s.phis.push(v);
}

/** Whether one edge alone leaves the loop. Costs its blocks, of which a nest has `deepestNest` times as many at most. */
function hasOneWayOut(loops: LoopForest, { succs: { start, items } }: Cfg, loop: LoopId): boolean {
  const blocks = loops.blocks(loop);
  let ways = 0;
  for (let i = 0; i < blocks.length; i++) {
    const b = blocks[i] as BlockId;
    for (let e = start[b] as number; e < (start[b + 1] as number); e++)
      if (!loops.contains(loop, items[e] as BlockId) && ++ways > 1) return false;
  }
  return ways === 1;
}

/** What the phis of `b` get from `from` they get from `to` as well, as it is before the loop. */
function addInputs(cx: Context, b: BlockId, from: BlockId, to: BlockId, before: (v: ValueId) => ValueId): void {
  const { edit } = cx;
  for (const phi of edit.phis(b)) {
    const { args, blocks } = edit.inst(phi);
    edit.setPhiInput(phi, to, before(args[blocks.indexOf(from)] as ValueId));
  }
}

/**
 * Gives each use of a header's value the one that reaches it: in the loop a phi where the body starts, after the loop one in
 * the `exit`, if that is where all that comes after the loop comes from; else (-1) those uses are left for `repair`.
 */
function leadUses(s: State, { loop, header }: Plan, split: Split, inside: BlockId, exit: BlockId | -1): void {
  const { edit } = s.cx;
  const { value, copy, preheader } = split;
  let atExit: ValueId | -1 = -1;
  let left = false;
  const meet = (b: BlockId, from: BlockId): ValueId => {
    const phi = edit.addPhi(b, edit.inst(value).type as Type, coreOp('phi'), [header, from], [value, copy]);
    s.phis.push(phi);
    return phi;
  };
  for (const user of edit.users(value)) {
    const { op, args, blocks } = edit.inst(user);
    let next: ValueId[] | null = null;
    for (let k = 0; k < args.length; k++) {
      if (args[k] !== value) continue;
      const at = op.kind === 'phi' ? (blocks[k] as BlockId) : edit.blockOf(user);
      if (at === header) continue;
      next ??= args.slice();
      if (isWithin(s, loop, at)) {
        if (split.atStart === -1) split.atStart = meet(split.start, inside);
        next[k] = split.atStart;
      } else if (exit === -1) left = true;
      else {
        if (atExit === -1) atExit = meet(exit, preheader);
        next[k] = atExit;
      }
    }
    if (next !== null) edit.setInst(user, withArgs(edit.inst(user), next));
  }
  if (left) s.later.push(split);
}

function isWithin({ f, loops, loopOfNew }: State, loop: LoopId, b: BlockId): boolean {
  if (b < f.blocks.length) return loops.contains(loop, b);
  const inner = loopOfNew[b - f.blocks.length] as LoopId | -1;
  return inner !== -1 && loops.encloses(loop, inner);
}

/**
 * Gives the uses that are left the value that reaches them. Later loops first: what one of them starts with may be the value
 * of an earlier one, which has to be looked up in turn.
 */
function repair({ cx, later }: State): void {
  const ssa = new SsaRepair(cx.edit, coreOp('phi'));
  for (const { value, copy, preheader, start, atStart } of later.reverse()) {
    const known: [BlockId, ValueId][] = [[preheader, copy]];
    if (atStart !== -1) known.push([start, atStart]);
    ssa.repair(value, known);
  }
  ssa.finish();
}
