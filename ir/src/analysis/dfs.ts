/**
 * Depth-first search over rows of successors, with an explicit stack: the base of the block order, of dominators in
 * both directions and of loops.
 */

import { filledInts, ints, scratchInts } from '../ints.ts';
import { asIds, type Ids, type Rows } from './ids.ts';

/** A depth-first tree. Arrays by node hold -1 for nodes that the root doesn't reach. */
export interface DepthFirst {
  /** Nodes in the order in which they were met; `preorder[0]` is the root. */
  readonly preorder: Ids;
  /** Nodes in the order in which they were left; the root is last. */
  readonly postorder: Ids;
  /** By node: its position in `preorder`. */
  readonly number: Ids;
  /** By node: the largest `number` in its subtree. */
  readonly last: Ids;
  /** By node: its parent in the tree; -1 for the root too. */
  readonly parent: Ids;
}

/** By node: the edge to follow next. */
const nextOf = scratchInts();

/** Searches from `root` over `count` nodes, successors in the order of their row. */
export function depthFirst(count: number, root: number, succs: Rows): DepthFirst {
  const { start, items } = succs;
  const number = filledInts(count, -1);
  const last = filledInts(count, -1);
  const parent = filledInts(count, -1);
  const next = nextOf(count);
  const preorder = ints(count);
  const postorder = ints(count);
  let met = 0;
  let left = 0;
  let node = root;
  number[root] = met;
  preorder[met++] = root;
  next[root] = start[root] as number;
  while (node !== -1) {
    const at = next[node] as number;
    if (at === start[node + 1]) {
      last[node] = met - 1;
      postorder[left++] = node;
      node = parent[node] as number;
      continue;
    }
    next[node] = at + 1;
    const child = items[at] as number;
    if (number[child] !== -1) continue;
    number[child] = met;
    preorder[met++] = child;
    parent[child] = node;
    next[child] = start[child] as number;
    node = child;
  }
  return {
    preorder: asIds(met === count ? preorder : preorder.subarray(0, met)),
    postorder: asIds(left === count ? postorder : postorder.subarray(0, left)),
    number: asIds(number),
    last: asIds(last),
    parent: asIds(parent),
  };
}

/** Whether `a` is `b` or an ancestor of `b` in the tree; false when the root doesn't reach one of them. */
export function isAncestor(tree: DepthFirst, a: number, b: number): boolean {
  const at = tree.number[b] as number;
  return at !== -1 && (tree.number[a] as number) <= at && at <= (tree.last[a] as number);
}
