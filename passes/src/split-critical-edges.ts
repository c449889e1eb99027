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
 *          end of its block). Then `addMiddle`, and `redirect` once for all new blocks.
 * Keeps:   fuel: the back-edge of a split edge is the one from its new block.
 * Cost:    linear in the edges.
 * Not done: leaving out edges whose join has no phis; blocks that stay empty are jumped through at emission.
 */

import { type BlockId, type Func, makeInst, none, type OpDef, orderOf, row, rowLength, withEdges } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';

/** By block and successor: the new block between them. */
type Middles = Map<BlockId, Map<BlockId, BlockId>>;

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
    const middles: Middles = new Map();
    for (const b of order.rpo) {
      removeSinglePhis(f, b, cx);
      if (rowLength(order.succs, b) < 2) continue;
      for (const target of row(order.succs, b)) {
        if (rowLength(order.preds, target) > 1) addMiddle(middles, b, target, cx);
      }
    }
    if (middles.size > 0) redirect(middles, cx);
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

function addMiddle(middles: Middles, from: BlockId, to: BlockId, cx: FuncContext): void {
  if (!cx.rewrite(`split the edge ^${from} -> ^${to}`)) return;
  const middle = cx.edit.addBlock(makeInst(brOf(cx), none, { blocks: [to] }), from);
  const known = middles.get(from);
  if (known === undefined) middles.set(from, new Map([[to, middle]]));
  else known.set(to, middle);
}

/** Leads the edges over their new blocks: first in the phis of each target, then in the branches. */
function redirect(middles: Middles, { edit }: FuncContext): void {
  const targets = new Set<BlockId>();
  for (const ends of middles.values()) for (const to of ends.keys()) targets.add(to);
  for (const to of targets) {
    for (const phi of edit.phis(to)) {
      const inst = edit.inst(phi);
      const blocks = inst.blocks.map((pred) => middles.get(pred)?.get(to) ?? pred);
      edit.setInst(phi, withEdges(inst, inst.args, blocks));
    }
  }
  for (const [from, ends] of middles) {
    const term = edit.term(from);
    const blocks = term.blocks.map((to) => ends.get(to) ?? to);
    edit.setTerm(from, withEdges(term, term.args, blocks));
  }
}

function brOf(cx: FuncContext): OpDef {
  const br = cx.ops.get('br');
  if (br === undefined) throw new Error("no op 'br'");
  return br;
}
