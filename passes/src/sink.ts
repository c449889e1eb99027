/**
 * Moves computations down to the only way on which they are used, and out of loops that don't use them.
 *
 *     ^loop: %3 = i64.add %2, 1                       ^loop: %3 = i64.add %2, 1
 *            %4 = i64.lt_s %3, %0                            br_if %5, ^loop, ^exit
 *            br_if %5, ^loop, ^exit            =>     ^exit: %4 = i64.lt_s %3, %0
 *     ^exit: ... %4                                          ... %4
 *
 * Paper:   Jens Knoop, Oliver Rüthing, Bernhard Steffen, Partial Dead Code Elimination, PLDI 1994.
 * Differs: to one place, never to several; pure computations alone.
 * Phases:  blocks in postorder, each from its end, so that what uses a computation has moved before it: `placeFor` finds the
 *          block that dominates all uses, and from there up the one that runs least.
 * Legal:   the computation depends on its operands alone, which dominate all blocks that it dominates; a use by a phi stands at
 *          the end of the predecessor. Never into a loop.
 * Profit:  the new place runs more rarely, by `blockFrequency`. A phi of a loop that would have to live on beside its next value
 *          is not used behind the loop: that costs a move on each turn.
 * Cost:    linear in instructions and uses, and the depth of the dominator tree where one moves; values of many uses stay.
 * Not done: loads (what is between may write); constants, which cost nothing.
 */

import {
  type BlockId,
  blockFrequency,
  blockOfValue,
  copiedInts,
  type DominatorTree,
  domTree,
  type Func,
  type Inst,
  isPure,
  type LoopForest,
  loopForest,
  none,
  orderOf,
  type Uses,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';

/** Values with more uses stay; so many blocks are looked at on the way up. */
const mostUses = 8;
const mostSteps = 32;

export default definePass({
  name: 'sink',
  summary: 'move computations to the only way on which they are used',
  paper: 'Knoop, Rüthing, Steffen, Partial Dead Code Elimination, PLDI 1994',
  scope: 'func',
  after: [{ pass: 'licm', why: 'what is invariant goes up first; from there it never comes back into the loop' }],
  run(f, cx) {
    const { rpo } = cx.get(orderOf);
    if (rpo.length < 2) return;
    const home = cx.get(blockOfValue);
    const s: State = {
      f,
      cx,
      uses: cx.get(usesOf),
      tree: cx.get(domTree),
      loops: cx.get(loopForest),
      place: copiedInts(home as unknown as Int32Array),
      anchor: new Map(),
    };
    for (let i = rpo.length - 1; i >= 0; i--) {
      const b = rpo[i] as BlockId;
      const body = f.blocks[b]?.body ?? none;
      for (let k = body.length - 1; k >= 0; k--) if (!visit(s, body[k] as ValueId, b)) return;
    }
  },
});

interface State {
  readonly f: Func;
  readonly cx: FuncContext;
  readonly uses: Uses;
  readonly tree: DominatorTree<BlockId>;
  readonly loops: LoopForest;
  /** By value: its block as it stands now. */
  readonly place: Int32Array;
  /** By block that something was moved to: the first instruction of its body. */
  readonly anchor: Map<BlockId, ValueId>;
}

/** Looks at one instruction; false when the budget is spent. */
function visit(s: State, v: ValueId, b: BlockId): boolean {
  const { f, cx, uses } = s;
  const inst = f.insts[v] as Inst;
  const { op } = inst;
  if (op.kind !== 'value' || op.cost === 0 || inst.type === 'void' || !isPure(op.effect)) return true;
  const count = uses.count(v);
  if (count === 0 || count > mostUses) return true;
  const to = placeFor(s, v, b);
  if (to === -1) return true;
  const frequency = cx.get(blockFrequency);
  if (!cx.choose('sink', (frequency[to] as number) < (frequency[b] as number) * 0.99 && !keepsPhi(s, inst, b, to))) {
    cx.declined('it would not run more rarely, or keep a phi alive', v);
    return true;
  }
  if (!cx.rewrite('moved down', v)) return false;
  const { edit } = cx;
  const moved = edit.insertBefore(anchorOf(s, to), edit.inst(v));
  edit.replaceWith(v, moved);
  s.anchor.set(to, moved);
  s.place[v] = to;
  return true;
}

/** Whether a block is reached, through `b` always. */
function isBelow(tree: DominatorTree<BlockId>, b: BlockId, at: BlockId): boolean {
  return (tree.level[at] as number) !== -1 && tree.dominates(b, at);
}

/** The block to which an instruction may go: below its own, in no loop that its own is not in, running least; -1: none. */
function placeFor({ f, uses, tree, loops, place }: State, v: ValueId, b: BlockId): BlockId | -1 {
  let lowest: BlockId | -1 = -1;
  const end = uses.start[v + 1] as number;
  for (let i = uses.start[v] as number; i < end; i++) {
    const user = uses.items[i] as ValueId;
    const { op, args, blocks } = f.insts[user] as Inst;
    if (op.kind !== 'phi') {
      const at = place[user] as BlockId;
      if (at === b || !isBelow(tree, b, at)) return -1;
      lowest = lowest === -1 ? at : tree.commonDominator(lowest, at);
      continue;
    }
    for (let k = 0; k < args.length; k++) {
      if (args[k] !== v) continue;
      const at = blocks[k] as BlockId;
      if (at === b || !isBelow(tree, b, at)) return -1;
      lowest = lowest === -1 ? at : tree.commonDominator(lowest, at);
    }
  }
  if (lowest === -1) return -1;
  let found: BlockId | -1 = -1;
  let depth = Number.POSITIVE_INFINITY;
  let at = lowest;
  for (let step = 0; at !== b; at = tree.idom[at] as BlockId, step++) {
    if (step === mostSteps) return -1;
    const loop = loops.loopOf(at);
    if (loop !== -1 && !loops.contains(loop, b)) continue;
    // The lowest of those in the fewest loops.
    if (loops.depthOf(at) >= depth) continue;
    depth = loops.depthOf(at);
    found = at;
  }
  return found;
}

/** Whether an operand is a phi of a loop that is left on the way: it would live on beside its next value. */
function keepsPhi({ f, loops, place }: State, { args }: Inst, b: BlockId, to: BlockId): boolean {
  const inner = loops.loopOf(b);
  if (inner === -1 || loops.contains(inner, to)) return false;
  for (let k = 0; k < args.length; k++) {
    const arg = args[k] as ValueId;
    if ((f.insts[arg] as Inst).op.kind !== 'phi') continue;
    const at = place[arg] as BlockId;
    const loop = loops.loopOf(at);
    if (loop !== -1 && loops.header[loop] === at && !loops.contains(loop, to)) return true;
  }
  return false;
}

/** The instruction before which what comes to a block goes. */
function anchorOf({ f, cx, anchor }: State, b: BlockId): ValueId {
  const known = anchor.get(b);
  if (known !== undefined && cx.edit.has(known)) return known;
  const body = f.blocks[b]?.body ?? none;
  for (let i = 0; i < body.length; i++) if (cx.edit.has(body[i] as ValueId)) return body[i] as ValueId;
  return cx.edit.termId(b);
}
