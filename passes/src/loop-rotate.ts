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
 *          edges; when all are done, `repair` gives each use of a header's value the one that reaches it.
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
  termOf,
  type ValueId,
  withArgs,
  withEdges,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { SsaRepair } from './lib/ssa-repair.ts';

/** Loops inside of a loop beyond which it is left alone: it hardly matters there, and values that live through are many. */
const deepestNest = 32;

const options = {
  size: { doc: 'the largest header, in instructions without constants, that is copied', default: 12 },
} as const;

type Context = FuncContext<typeof options>;

interface Plan {
  readonly preheader: BlockId;
  readonly header: BlockId;
  /** The targets of the header in the loop and outside. */
  readonly body: BlockId;
  readonly exit: BlockId;
}

/** At the end of block `at` the value is `copy`. */
interface Copy {
  readonly value: ValueId;
  readonly at: BlockId;
  readonly copy: ValueId;
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
    const copies: Copy[] = [];
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
      rotate(f, cx, plan, copies);
    }
    if (copies.length > 0) repair(cx, copies);
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
  return { preheader, header, body, exit };
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

function rotate(f: Func, cx: Context, plan: Plan, copies: Copy[]): void {
  const { edit } = cx;
  const { preheader, header, exit } = plan;
  const br = coreOp('br');
  // What the header's values are when it is entered from outside.
  const first = new Map<ValueId, ValueId>();
  const { phis, body, term } = blockOf(f, header);
  for (const v of phis) {
    const { args, blocks } = instOf(f, v);
    first.set(v, args[blocks.indexOf(preheader)] as ValueId);
  }
  const before = (v: ValueId): ValueId => first.get(v) ?? v;
  for (const v of body) {
    const inst = instOf(f, v);
    if (inst.op.kind === 'const') {
      // One is enough: from the preheader it reaches all that the header reached.
      edit.moveToEnd(v, preheader);
      continue;
    }
    first.set(v, edit.append(preheader, withArgs(inst, inst.args.map(before))));
  }
  const test = instOf(f, term);
  // A block of its own where others lead to the body: it becomes the loop's header, and is one of no inner loop.
  const alone = rowLength(cx.get(cfgOf).preds, plan.body) === 1;
  const start = alone ? plan.body : edit.splitEdge(header, plan.body, br);
  const inside = edit.addBlock(makeInst(br, none, { blocks: [start], loc: test.loc }), preheader);
  const targets = test.blocks.map((to) => (to === exit ? exit : inside));
  edit.setTerm(preheader, withEdges(test, test.args.map(before), targets));
  addInputs(cx, exit, header, preheader, before);
  addInputs(cx, start, header, inside, before);
  for (const [value, copy] of first) copies.push({ value, at: preheader, copy });
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
 * Gives each use of a header's value the one that reaches it. Later loops first: what one of them starts with may be the
 * value of an earlier one, which has to be looked up in turn.
 */
function repair(cx: Context, copies: Copy[]): void {
  const ssa = new SsaRepair(cx.edit, coreOp('phi'));
  for (const { value, at, copy } of copies.reverse()) {
    ssa.repair(value, [[at, copy]]);
    // With one way back the header's phis have one input left.
    if (cx.edit.inst(value).op.kind === 'phi') ssa.consider(value);
  }
  ssa.finish();
}
