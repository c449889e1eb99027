/**
 * What the phases of simplify-cfg share: the draft, its graph as it is now, and the budget.
 */

import {
  type BlockId,
  bytes,
  type DepthFirst,
  DominatorTree,
  depthFirst,
  domTree,
  type Func,
  type Inst,
  immediateDominators,
  isAncestor,
  orderOf,
  type Rows,
  row,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';
import { type Draft, type DraftGraph, graphOf } from './draft.ts';

/** The context of the pass, with its options. */
export type Context = FuncContext<{ readonly preheaders: { readonly doc: string; readonly default: true } }>;

export interface State {
  readonly f: Func;
  readonly cx: Context;
  readonly d: Draft;
  /** The graph of the draft as it is; null where it must be made anew. */
  shape: Shape | null;
  /** The graph of which it is known that all blocks are reached. */
  pruned: Shape | null;
  /** The budget is spent: nothing more may be done. */
  spent: boolean;
  rewrites: number;
}

/** The graph with what is known of it; what is null was not asked for yet. */
export interface Shape extends DraftGraph {
  dfs: DepthFirst | null;
  tree: DominatorTree<BlockId> | null;
  loops: Uint8Array | null;
}

export function ask(s: State, what: string, at?: ValueId): boolean {
  if (!s.spent && s.cx.rewrite(what, at)) {
    s.rewrites++;
    return true;
  }
  s.spent = true;
  return false;
}

export function setTerm(s: State, b: BlockId, term: Inst): void {
  s.d.term[b] = term;
  s.d.changed = true;
  s.shape = null;
}

export function termIdOf(s: State, b: BlockId): ValueId | undefined {
  return s.f.blocks[b]?.term;
}

export function shapeOf(s: State): Shape {
  if (s.shape !== null) return s.shape;
  const { f, cx, d } = s;
  const order = d.changed ? null : cx.get(orderOf);
  if (order !== null && order.rpo.length === f.order.length) {
    s.shape = { succs: order.succs, preds: order.preds, dfs: order.dfs, tree: null, loops: null };
  } else {
    const { succs, preds } = graphOf(d);
    s.shape = { succs, preds, dfs: null, tree: null, loops: null };
  }
  return s.shape;
}

/** The search from the entry. */
export function searchOf(s: State, shape: Shape): DepthFirst {
  shape.dfs ??= depthFirst(s.d.term.length, s.f.order[0] as BlockId, shape.succs);
  return shape.dfs;
}

export function treeOf(s: State, shape: Shape): DominatorTree<BlockId> {
  if (shape.tree !== null) return shape.tree;
  if (!s.d.changed) shape.tree = s.cx.get(domTree);
  else {
    const dfs = searchOf(s, shape);
    const idom = immediateDominators(s.d.term.length, dfs, shape.preds);
    const rpo = Int32Array.from(dfs.postorder).reverse() as unknown as Rows['items'];
    shape.tree = new DominatorTree(s.f.order[0] as BlockId, idom, rpo);
  }
  return shape.tree;
}

export const HEADER = 1;
export const SEVERAL_ENTRIES = 2;

/** By block: HEADER where an edge comes back to a block that dominates its source, SEVERAL_ENTRIES where to another one. */
export function loopsOf(s: State, shape: Shape): Uint8Array {
  if (shape.loops !== null) return shape.loops;
  const loops = bytes(s.d.term.length);
  const { start, items } = shape.preds;
  const dfs = searchOf(s, shape);
  for (let i = 0; i < dfs.preorder.length; i++) {
    const b = dfs.preorder[i] as BlockId;
    for (let e = start[b] as number; e < (start[b + 1] as number); e++) {
      const p = items[e] as BlockId;
      if (!isAncestor(dfs, b, p)) continue;
      loops[b] = (loops[b] as number) | (treeOf(s, shape).dominates(b, p) ? HEADER : SEVERAL_ENTRIES);
    }
  }
  shape.loops = loops;
  return loops;
}

/** The predecessors of a header that are not in its loop. */
export function outsideOf(s: State, shape: Shape, header: BlockId): readonly BlockId[] {
  const tree = treeOf(s, shape);
  return [...row(shape.preds, header)].filter((p) => !tree.dominates(header, p));
}

/** The only predecessor of a header that is not in its loop; -1 where there are several. */
export function onlyOutside(s: State, shape: Shape, header: BlockId): BlockId | -1 {
  const tree = treeOf(s, shape);
  const { start, items } = shape.preds;
  let only: BlockId | -1 = -1;
  for (let e = start[header] as number; e < (start[header + 1] as number); e++) {
    const p = items[e] as BlockId;
    if (tree.dominates(header, p)) continue;
    if (only !== -1) return -1;
    only = p;
  }
  return only;
}
