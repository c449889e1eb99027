/**
 * The end of an edit: whether anything changed at all, and whether the graph did.
 *
 * "Changed" is seen, not reported: what was touched is compared with the base, so that edits that cancel out give the
 * base itself, and edits of instructions keep the analyses of the graph (the `shape`). The order of layout belongs to
 * the graph, since analyses number blocks by it.
 */

import { Memo } from './analysis/memo.ts';
import type { Block, BlockId, Func, Inst } from './func.ts';
import { none, sameIds } from './inst.ts';
import type { Type } from './type.ts';

/** What an Editor made of its base. */
export interface Edited {
  readonly insts: readonly (Inst | undefined)[];
  /** Some instruction says something else. */
  readonly instsChanged: boolean;
  /** The base's own list when no block differs. */
  readonly blocks: readonly (Block | undefined)[];
  readonly order: readonly BlockId[];
  readonly slots: readonly Type[];
  /** Whether edges or blocks were touched at all. */
  readonly shapeTouched: boolean;
}

/** The edited function, or the base itself when nothing changed structurally. */
export function finished(base: Func, edited: Edited): Func {
  const { insts, instsChanged, blocks, order, slots, shapeTouched } = edited;
  if (!instsChanged && blocks === base.blocks && slots === base.slots && sameIds(order, base.order)) return base;
  const keepsShape = !shapeTouched || sameShape(base, edited);
  const shape = keepsShape ? base.shape : { cache: new Memo() };
  return {
    name: base.name,
    sig: base.sig,
    params: base.params,
    insts,
    blocks,
    order,
    slots,
    valueNames: base.valueNames,
    blockNames: base.blockNames,
    shape,
    cache: new Memo(),
  };
}

/** Whether both have the same blocks in the same order, with the same edges. */
function sameShape(base: Func, { insts, blocks, order }: Edited): boolean {
  if (!sameIds(order, base.order)) return false;
  for (let i = 0; i < order.length; i++) {
    const b = order[i] as BlockId;
    const now = blocks[b];
    const then = base.blocks[b];
    if (now === undefined || then === undefined) return false;
    if (!sameIds(insts[now.term]?.blocks ?? none, base.insts[then.term]?.blocks ?? none)) return false;
  }
  return true;
}
