/**
 * Takes out what no path from the entry leads to, as the function stands in the Editor. All of it or nothing: blocks
 * that can't be reached may refer to each other in circles.
 */

import { type BlockId, bytes, type Editor, type ValueId, withEdges } from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';

/** Removes unreachable blocks; false when there were none or the budget is spent. Linear in blocks, edges and phis. */
export function removeUnreachable(cx: FuncContext): boolean {
  const { edit } = cx;
  const reached = reachable(edit);
  const gone = edit.order.filter((b) => reached[b] !== 1);
  if (gone.length === 0 || !cx.rewrite('removed unreachable blocks')) return false;
  // Phis first, each once: taking a wide phi's inputs out one by one would be quadratic.
  const cleaned = new Set<BlockId>();
  for (const b of gone) {
    for (const target of edit.term(b).blocks) {
      if (reached[target] !== 1 || cleaned.has(target)) continue;
      cleaned.add(target);
      for (const phi of edit.phis(target)) dropInputs(edit, phi, reached);
    }
  }
  for (const b of gone) for (const phi of edit.phis(b)) edit.remove(phi);
  for (const b of gone) edit.removeBlock(b);
  return true;
}

function reachable(edit: Editor): Uint8Array {
  const reached = bytes(edit.order.reduce((most, b) => Math.max(most, b), 0) + 1);
  const stack: BlockId[] = [edit.entry];
  reached[edit.entry] = 1;
  for (let b = stack.pop(); b !== undefined; b = stack.pop()) {
    const { blocks } = edit.term(b);
    for (let i = 0; i < blocks.length; i++) {
      const target = blocks[i] as BlockId;
      if (reached[target] === 1) continue;
      reached[target] = 1;
      stack.push(target);
    }
  }
  return reached;
}

function dropInputs(edit: Editor, phi: ValueId, reached: Uint8Array): void {
  const inst = edit.inst(phi);
  const stays = (_: unknown, i: number): boolean => reached[inst.blocks[i] as number] === 1;
  edit.setInst(phi, withEdges(inst, inst.args.filter(stays), inst.blocks.filter(stays)));
}
