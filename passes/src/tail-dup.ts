/**
 * Ends a block that jumps to a small one with a copy of that one, where the paths part or the function returns anyway: a jump
 * less on this path.
 *
 *     ^1: ...                             ^1: ...
 *         br ^3                               %6 = i32.add %x, %0
 *     ^2: ...                                 ret %6
 *         br ^3                   =>      ^2: ...
 *     ^3: %4 = phi [^1: %x], [^2: %y]         %5 = i32.add %y, %0
 *         %5 = i32.add %4, %0                 ret %5
 *         ret %5
 *
 * Paper:   Frank Mueller, David Whalley, Avoiding Unconditional Jumps by Code Replication, PLDI 1992.
 * Differs: blocks of a few instructions, whose values nobody uses but themselves and the phis that follow: no phi has to
 *          be made, and no copy on an edge.
 * Legal:   the block is no entry of a loop (a second way into a loop would make it irreducible).
 * Profit:  at most `size` instructions. The predecessor that stands right before the block falls into it and keeps it.
 * Needs:   no unreachable blocks.
 * Cost:    linear in blocks, and in what is copied: a block at most `most` times.
 * Not done: copies whose values are used further on (jump-thread repairs that, where a branch is decided); switches.
 */

import {
  type BlockId,
  blockOf,
  type Func,
  type Inst,
  instOf,
  type LoopForest,
  loopForest,
  orderOf,
  row,
  rowLength,
  termOf,
  usesOf,
  type ValueId,
  withArgs,
  withEdges,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';

const options = {
  size: { doc: 'the largest block, in instructions without phis and its end, that is copied', default: 3 },
  most: { doc: 'copies of one block', default: 8 },
} as const;

type Context = FuncContext<typeof options>;

export default definePass({
  name: 'tail-dup',
  summary: 'copy small blocks in place of jumps to them',
  paper: 'Mueller, Whalley, Avoiding Unconditional Jumps by Code Replication, PLDI 1992',
  scope: 'func',
  options,
  run(f, cx) {
    if (f.order.length < 3 || !f.order.some((b) => jumpsToSmall(f, cx, b))) return;
    const { rpo, preds, index } = cx.get(orderOf);
    if (rpo.length !== f.order.length) return cx.declined('there are unreachable blocks');
    // Blocks that got a copy have another end, and blocks that were copied other predecessors.
    const touched = new Set<BlockId>();
    for (let i = 1; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      if (rowLength(preds, b) < 2 || !mayCopy(f, cx, b)) continue;
      let copies = 0;
      // One stays, so that the block does.
      const most = Math.min(cx.options.most, rowLength(preds, b) - 1);
      for (const from of row(preds, b)) {
        if (termOf(f, from).op.kind !== 'br' || index[from] === i - 1 || touched.has(from)) continue;
        if (copies === most || !cx.rewrite('copied a block in place of a jump', blockOf(f, from).term)) break;
        copyInto(f, cx, b, from);
        touched.add(from);
        copies++;
      }
      if (copies > 0) touched.add(b);
    }
  },
});

/** A quick look: whether a block jumps to one that may be worth copying. */
function jumpsToSmall(f: Func, cx: Context, b: BlockId): boolean {
  const { op, blocks } = termOf(f, b);
  return op.kind === 'br' && isSmall(f, cx, blocks[0] as BlockId);
}

function isSmall(f: Func, cx: Context, b: BlockId): boolean {
  const { body, term } = blockOf(f, b);
  const { kind } = instOf(f, term).op;
  return (kind === 'ret' || kind === 'br_if') && cx.choose('tail-dup.profit', body.length <= cx.options.size);
}

// Legality and profit of copying a block at all.
function mayCopy(f: Func, cx: Context, b: BlockId): boolean {
  if (!isSmall(f, cx, b)) return false;
  const { phis, body } = blockOf(f, b);
  // Long blocks are never worth it, whatever is chosen.
  if (body.length > 100 || isEntry(cx.get(loopForest), b)) return false;
  return phis.every((v) => isLocal(f, v, b)) && body.every((v) => isLocal(f, v, b));
}

function isEntry(loops: LoopForest, b: BlockId): boolean {
  const l = loops.loopOf(b);
  return l !== -1 && (loops.isHeader(b) || row(loops.entries, l).includes(b));
}

/** Whether a value is used in its block alone, or by phis that it goes to from there. */
function isLocal(f: Func, v: ValueId, b: BlockId): boolean {
  const { body, term } = blockOf(f, b);
  const users = usesOf(f).of(v);
  for (let i = 0; i < users.length; i++) {
    const user = users[i] as ValueId;
    if (user === term || body.includes(user)) continue;
    const { op, args, blocks } = instOf(f, user);
    if (op.kind !== 'phi') return false;
    for (let k = 0; k < args.length; k++) if (args[k] === v && blocks[k] !== b) return false;
  }
  return true;
}

/** Puts a copy of a block at the end of one that jumps to it. */
function copyInto(f: Func, { edit }: Context, b: BlockId, into: BlockId): void {
  const { phis, body, term } = blockOf(f, b);
  const values = new Map<ValueId, ValueId>();
  const renamed = (v: ValueId): ValueId => values.get(v) ?? v;
  for (const phi of phis) {
    const { args, blocks } = edit.inst(phi);
    values.set(phi, args[blocks.indexOf(into)] as ValueId);
  }
  for (const v of body) {
    const inst = edit.inst(v);
    values.set(v, edit.append(into, withArgs(inst, inst.args.map(renamed))));
  }
  const last: Inst = edit.inst(term);
  edit.setTerm(into, withArgs(last, last.args.map(renamed)));
  for (const target of new Set(last.blocks)) {
    for (const phi of edit.phis(target)) {
      const inst = edit.inst(phi);
      const value = renamed(inst.args[inst.blocks.indexOf(b)] as ValueId);
      edit.setInst(phi, withEdges(inst, [...inst.args, value], [...inst.blocks, into]));
    }
  }
}
