/**
 * Puts a block on every edge that leaves a branch and enters a join, so that moves can be placed on each edge.
 *
 *     ^a: br_if %c, ^join, ^b             ^a: br_if %c, ^m, ^b
 *                               =>        ^m: br ^join
 *     ^b: br ^join                        ^b: br ^join
 *
 * Moves for the phis of `^join` stand at the end of its predecessors; at the end of `^a` they would run on the way to
 * `^b` too. Afterwards a block with several successors leads only to blocks with one predecessor.
 *
 * Paper:   folklore.
 * Phases:  first what would be in the way of the copies is taken out: blocks that the entry does not reach, and phis
 *          with a single input, which are that input (`removeSinglePhis`: the result of an `invoke` cannot be copied at the
 *          end of its block). Then `split`.
 * Keeps:   fuel: the back-edge of a split edge is the one from its new block.
 * Cost:    linear in the edges, but for the renaming of predecessors, which costs for each new edge of a join the
 *          number of its predecessors.
 * Not done: leaving out edges whose join has no phis; blocks that stay empty are jumped through at emission.
 */

import { type BlockId, type Func, type OpDef, orderOf, row, rowLength } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';

export default definePass({
  name: 'split-critical-edges',
  summary: 'put a block on each edge from a branch to a join',
  paper: 'folklore; needed by ssa-destruct',
  scope: 'func',
  idempotent: true,
  before: [{ pass: 'ssa-destruct', why: 'copies on an edge need a block of their own' }],
  run(f, cx) {
    const order = orderOf(f);
    removeUnreachable(f, cx);
    for (const b of order.rpo) {
      removeSinglePhis(f, b, cx);
      if (rowLength(order.succs, b) < 2) continue;
      for (const target of row(order.succs, b)) {
        if (rowLength(order.preds, target) > 1) split(b, target, cx);
      }
    }
  },
});

function removeUnreachable(f: Func, cx: FuncContext): void {
  const order = orderOf(f);
  if (order.rpo.length === f.order.length) return;
  // All or none: unreachable blocks use each other's values.
  if (!cx.rewrite('removed unreachable blocks')) return;
  for (const b of f.order) if (!order.reaches(b)) cx.edit.removeBlock(b);
}

function removeSinglePhis(f: Func, b: BlockId, cx: FuncContext): void {
  if (rowLength(orderOf(f).preds, b) !== 1) return;
  for (const phi of f.blocks[b]?.phis ?? []) {
    // By the edits: inputs from unreachable blocks are gone by now, unless the budget kept those blocks.
    const inst = cx.edit.inst(phi);
    const [only] = inst.args;
    if (inst.args.length !== 1 || only === undefined || only === phi) continue;
    if (cx.rewrite('replaced a phi by its only input', phi)) cx.edit.replaceWith(phi, only);
  }
}

function split(from: BlockId, to: BlockId, cx: FuncContext): void {
  if (cx.rewrite(`split the edge ^${from} -> ^${to}`)) cx.edit.splitEdge(from, to, brOf(cx));
}

function brOf(cx: FuncContext): OpDef {
  const br = cx.ops.get('br');
  if (br === undefined) throw new Error("no op 'br'");
  return br;
}
