/**
 * Moves a computation that only one branch needs into that branch, so that the other one does not pay for it.
 *
 *     ^a:                              ^a:
 *       %p = i32.mul %x, %y              br_if %c, ^b, ^d
 *       br_if %c, ^b, ^d         =>    ^b:
 *     ^b:                                %p = i32.mul %x, %y
 *       ret %p                           ret %p
 *
 * Paper:    folklore ("sinking"); Knoop, Ruething, Steffen, Partial Dead Code Elimination, PLDI 1994, is the whole story.
 * Why safe: only pure computations move, so nobody sees when they run; their operands dominate them, hence the users too.
 * Phases:   blocks from last to first and instructions from bottom to top, so that what a moved instruction alone used may
 *           follow it in the same sweep.
 * Cost:     linear in the instructions and their uses.
 * Not done: users in several branches (needs copies), users that are phis (needs an edge of its own).
 */
import { type BlockId, isPure, loopForest, orderOf, type ValueId } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';

export default definePass({
  name: 'my-pass',
  summary: 'move computations into the only branch that needs them',
  paper: 'folklore',
  scope: 'func',
  before: [{ pass: 'ssa-destruct', why: 'a copy must stay where it was put' }],
  run(f, cx) {
    const top = new Map<BlockId, ValueId>();
    for (const b of [...cx.get(orderOf).rpo].reverse()) {
      for (const v of [...(f.blocks[b]?.body ?? [])].reverse()) visit(v, b, cx, top);
    }
  },
});

/** `top`: by block, the first instruction, before which the next one goes. */
function visit(v: ValueId, from: BlockId, cx: FuncContext, top: Map<BlockId, ValueId>): void {
  if (!mayMove(v, cx)) return;
  const to = onlyUser(v, cx);
  if (to === null || to === from) return;
  if (!cx.choose('my-pass.profit', isWorthMoving(from, to, cx))) return cx.declined('its only user is in a loop', v);
  if (!cx.rewrite('moved to its only branch', v)) return;
  const anchor = top.get(to) ?? cx.edit.body(to)[0] ?? cx.edit.termId(to);
  const moved = cx.edit.insertBefore(anchor, cx.edit.inst(v));
  cx.edit.replaceWith(v, moved);
  top.set(to, moved);
}

// Legality. Constants are left alone: they cost nothing, and engines fold them into their users.
function mayMove(v: ValueId, cx: FuncContext): boolean {
  const { op } = cx.edit.inst(v);
  return op.kind === 'value' && isPure(op.effect);
}

/** The block that holds all users; null when there are several, or none, or a phi among them. */
function onlyUser(v: ValueId, cx: FuncContext): BlockId | null {
  let found: BlockId | null = null;
  for (const user of cx.edit.users(v)) {
    const at = cx.edit.blockOf(user);
    if (cx.edit.inst(user).op.kind === 'phi' || (found !== null && at !== found)) return null;
    found = at;
  }
  return found;
}

// Profit. In a deeper loop it would run more often than it did.
function isWorthMoving(from: BlockId, to: BlockId, cx: FuncContext): boolean {
  const loops = cx.get(loopForest);
  return loops.depthOf(to) <= loops.depthOf(from);
}
