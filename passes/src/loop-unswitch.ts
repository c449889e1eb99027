/**
 * Takes a branch out of a loop that goes the same way on every turn: the loop is there twice, once for each way.
 *
 *     ^pre: br ^h                      ^pre: br_if %c, ^one, ^two
 *     ^h:   ...                        ^one: br ^h              ^two: br ^h'
 *           br_if %c, ^a, ^b     =>    ^h:   ..., br ^a         ^h':  ..., br ^b'
 *     ^a:   ...                        ^a:   ...                ^b':  ...
 *     ^b:   ...
 *
 * Where a branch on the same condition led to the loop, the way is known and nothing is copied.
 *
 * Paper:   Frances Allen, John Cocke, A Catalogue of Optimizing Transformations, 1971 (unswitching).
 * Phases:  for each loop that has no changed loop in it, from the last one: `planOf`, then `unswitch`; repair at the end.
 * Legal:   the condition is made before the loop, so that to ask it earlier shows nothing; all that the loop does stays in its
 *          order in both copies.
 * Profit:  the loop is small: one condition for each loop in a run, and at most `growth` instructions for a function.
 * Needs:   preheaders and one way back (simplify-cfg); invariant conditions outside of loops (licm).
 * Breaks:  blocks that could be merged appear (simplify-cfg).
 * Cost:    O(instructions of small loops), and what is copied.
 * Not done: switches; conditions of which only a part does not change.
 */

import {
  type BlockId,
  blockOf,
  blockOfValue,
  domTree,
  type Func,
  instOf,
  type LoopId,
  loopForest,
  makeInst,
  orderOf,
  rowLength,
  termOf,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { inputFrom, type LoopCopier, type PlainLoop, plainLoop } from './lib/copy-loop.ts';
import { eachLoop } from './lib/each-loop.ts';
import { jumpTo, opOfKind } from './lib/structural.ts';
import { removeUnreachable } from './lib/unreachable.ts';

/** No loop with more instructions is looked at. */
const largestLoop = 128;
/** Users of a condition that are looked at for a branch that leads to the loop. */
const usersTried = 16;

const options = {
  size: { doc: 'the most instructions of a loop that is copied', default: 48 },
  growth: { doc: 'the most instructions that are added to a function', default: 192 },
} as const;

type Context = FuncContext<typeof options>;

interface Plan {
  readonly loop: PlainLoop;
  readonly condition: ValueId;
  /** Blocks of the loop that branch on it. */
  readonly branches: readonly BlockId[];
  /** Which target they take; null: it is asked before the loop. */
  readonly way: 0 | 1 | null;
}

export default definePass({
  name: 'loop-unswitch',
  summary: 'take branches that go the same way on every turn out of loops',
  paper: 'Allen, Cocke, A Catalogue of Optimizing Transformations, 1971',
  scope: 'func',
  after: [
    { pass: 'simplify-cfg', why: 'makes the preheaders in which the condition is asked' },
    { pass: 'licm', why: 'moves conditions that do not change out of the loop' },
  ],
  options,
  run(f, cx) {
    let grown = 0;
    const changed = eachLoop(f, cx, (loop, copier) => {
      const plan = planOf(f, cx, loop, grown, copier);
      if (plan === null) return false;
      if (plan.way !== null) decide(f, cx, plan.branches, plan.way);
      else {
        unswitch(f, cx, plan, copier());
        grown += plan.loop.size;
      }
      return true;
    });
    if (changed) removeUnreachable(cx);
  },
});

// Legality first, then profit.
function planOf(f: Func, cx: Context, id: LoopId, grown: number, copier: () => LoopCopier): Plan | null {
  const loop = plainLoop(f, id, largestLoop);
  if (loop === null) return null;
  const condition = invariantCondition(f, cx, loop);
  if (condition === -1) return null;
  const branches = loop.blocks.filter((b) => {
    const { op, args } = termOf(f, b);
    return op.kind === 'br_if' && args[0] === condition;
  });
  const at = blockOf(f, branches[0] as BlockId).term;
  const way = knownWay(f, cx, loop, condition);
  if (way !== null) {
    return cx.rewrite('the branch that leads to the loop decides', at) ? { loop, condition, branches, way } : null;
  }
  if (!copier().mayLeave(loop)) {
    cx.declined('what is behind the loop cannot choose between the copies', at);
    return null;
  }
  const { size, growth } = cx.options;
  if (!cx.choose('loop-unswitch.profit', loop.size <= size && grown + loop.size <= growth)) {
    cx.declined('the loop is too large', at);
    return null;
  }
  return cx.rewrite('asked before the loop', at) ? { loop, condition, branches, way } : null;
}

/** The condition of the first branch that goes the same way on every turn; -1 for none. */
function invariantCondition(f: Func, cx: Context, { id, blocks }: PlainLoop): ValueId | -1 {
  const loops = cx.get(loopForest);
  for (const b of blocks) {
    const { op, args, blocks: targets } = termOf(f, b);
    const condition = args[0];
    if (op.kind !== 'br_if' || condition === undefined || targets[0] === targets[1]) continue;
    if (instOf(f, condition).op.kind === 'const') continue;
    const home = cx.get(blockOfValue)[condition] as BlockId | -1;
    if (home === -1 || !loops.contains(id, home)) return condition;
  }
  return -1;
}

/** Which way a branch on the condition has gone that alone leads to the loop; null where there is none. */
function knownWay(f: Func, cx: Context, { header }: PlainLoop, condition: ValueId): 0 | 1 | null {
  const users = cx.get(usesOf).of(condition);
  const dom = cx.get(domTree);
  const { preds } = cx.get(orderOf);
  const homes = cx.get(blockOfValue);
  for (let i = 0; i < users.length && i < usersTried; i++) {
    const { op, args, blocks } = instOf(f, users[i] as ValueId);
    if (op.kind !== 'br_if' || args[0] !== condition || blocks[0] === blocks[1]) continue;
    const from = homes[users[i] as ValueId] as BlockId;
    if (!dom.strictlyDominates(from, header)) continue;
    for (const way of [0, 1] as const) {
      const to = blocks[way] as BlockId;
      if (rowLength(preds, to) === 1 && dom.dominates(to, header)) return way;
    }
  }
  return null;
}

function decide(f: Func, { edit, ops }: Context, branches: readonly BlockId[], way: 0 | 1): void {
  for (const b of branches) {
    const term = termOf(f, b);
    edit.setTerm(b, jumpTo(ops, term.blocks[way] as BlockId, term));
  }
}

function unswitch(f: Func, cx: Context, plan: Plan, copier: LoopCopier): void {
  const { edit, ops } = cx;
  const { loop, condition, branches } = plan;
  const { header, preheader, blocks } = loop;
  const br = opOfKind(ops, 'br');
  copier.begin(loop, true);
  const one = edit.splitEdge(preheader, header, br);
  const two = edit.addBlock(jumpTo(ops, header), blocks.at(-1) ?? null);
  const other = (b: BlockId): BlockId | -1 => (branches.includes(b) ? (termOf(f, b).blocks[1] as BlockId) : -1);
  const copy = copier.copy(loop, two, null, other);
  edit.setTerm(two, jumpTo(ops, copy.header));
  const goesBack = edit.term(copy.latch).blocks.includes(header);
  if (goesBack) edit.redirect(copy.latch, header, copy.header);
  blockOf(f, header).phis.forEach((phi, i) => {
    const mine = copier.copyOf(phi);
    edit.setPhiInput(mine, two, inputFrom(instOf(f, phi), preheader));
    if (goesBack) edit.setPhiInput(mine, copy.latch, copy.next[i] as ValueId);
  });
  edit.setTerm(preheader, makeInst(opOfKind(ops, 'br_if'), [condition], { blocks: [one, two] }));
  decide(f, cx, branches, 0);
  copier.end(loop);
}
