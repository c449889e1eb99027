/**
 * Dominator trees of any rooted graph: the algorithm, and the tree with constant-time queries. `dom.ts` and
 * `postdom.ts` are thin uses of it.
 *
 * Paper:   Loukas Georgiadis, Linear-Time Algorithms for Dominators and Related Problems, 2005 (Semi-NCA).
 *          Semidominators with path compression as Lengauer and Tarjan have them, then each immediate dominator as the
 *          nearest common ancestor, found by climbing the tree built so far.
 * Why:     the iterative algorithm of Cooper, Harvey and Kennedy climbs the whole nest for each back-edge: quadratic on
 *          10,000 nested loops. Semi-NCA is near linear there and as fast on small graphs.
 */

import { filledInts, ints, scratchInts } from '../ints.ts';
import type { DepthFirst } from './dfs.ts';
import { asIds, type Ids, type Rows, rowsOfPairs } from './ids.ts';

const parentsOf = scratchInts();
const nodesOf = scratchInts();
const sizeOf = scratchInts();
const nextOf = scratchInts();
const semiOf = scratchInts();
const bestOf = scratchInts();
const linkOf = scratchInts();
const pathOf = scratchInts();
const dominatorOf = scratchInts();

/** A dominator tree. Arrays by node hold -1 for nodes that the root doesn't reach. */
export class DominatorTree<Id extends number = number> {
  /** By node: its immediate dominator; -1 for the root. */
  readonly idom: Ids<Id>;
  /** The tree in preorder: a node before what it dominates. */
  readonly preorder: Ids<Id>;
  /** By node: its position in `preorder`. */
  readonly pre: Ids;
  /** By node: the largest `pre` in its subtree, which is `preorder[pre[n]] .. preorder[last[n]]`. */
  readonly last: Ids;
  /** By node: its depth in the tree; the root has 0. */
  readonly level: Ids;
  readonly #sequence: Ids;
  #children: Rows<Id> | null = null;

  /** @internal `sequence` lists the reached nodes, each after its dominator; children keep that order. */
  constructor(root: Id, idom: Int32Array, sequence: Ids) {
    const count = idom.length;
    this.idom = asIds(idom);
    this.#sequence = sequence;
    const level = filledInts(count, -1);
    for (let i = 0; i < sequence.length; i++) {
      const node = sequence[i] as Id;
      level[node] = node === root ? 0 : (level[idom[node] as number] as number) + 1;
    }
    this.level = asIds(level);
    const preorder = ints(sequence.length);
    const pre = filledInts(count, -1);
    const last = filledInts(count, -1);
    numberSubtrees(root, idom, sequence, preorder, pre, last);
    this.preorder = asIds(preorder);
    this.pre = asIds(pre);
    this.last = asIds(last);
  }

  /** By node: the nodes that it dominates immediately, in the order of `sequence`. */
  get children(): Rows<Id> {
    this.#children ??= this.#childRows();
    return this.#children;
  }

  #childRows(): Rows<Id> {
    const sequence = this.#sequence;
    const parents = parentsOf(sequence.length);
    const nodes = nodesOf(sequence.length);
    let n = 0;
    for (let i = 0; i < sequence.length; i++) {
      const node = sequence[i] as Id;
      const parent = this.idom[node] as number;
      if (parent < 0) continue;
      parents[n] = parent;
      nodes[n++] = node;
    }
    return rowsOfPairs(this.idom.length, parents, nodes, n);
  }

  /**
   * Whether every path from the root to `b` goes through `a`; true when they are the same. No path leads to an
   * unreachable `b`, so everything dominates it; an unreachable `a` dominates nothing that is reachable.
   */
  dominates(a: Id, b: Id): boolean {
    const at = this.pre[b] as number;
    if (at === -1) return true;
    const first = this.pre[a] as number;
    return first !== -1 && first <= at && at <= (this.last[a] as number);
  }

  /** As `dominates`, and they differ. */
  strictlyDominates(a: Id, b: Id): boolean {
    return a !== b && this.dominates(a, b);
  }

  /** The lowest node that dominates both; both must be reachable (throws otherwise: a bug of the caller). */
  commonDominator(a: Id, b: Id): Id {
    if (this.level[a] === -1 || this.level[b] === -1) throw new Error(`no path leads to ${a}, or none to ${b}`);
    let x = a;
    let y = b;
    while (x !== y) {
      if ((this.level[x] as number) >= (this.level[y] as number)) x = this.idom[x] as Id;
      else y = this.idom[y] as Id;
    }
    return x;
  }
}

/** The preorder without a search: a subtree's size says where what follows it begins. */
function numberSubtrees(
  root: number,
  idom: Int32Array,
  sequence: Ids,
  preorder: Int32Array,
  pre: Int32Array,
  last: Int32Array,
): void {
  const size = sizeOf(idom.length);
  for (let i = 0; i < sequence.length; i++) size[sequence[i] as number] = 1;
  for (let i = sequence.length - 1; i > 0; i--) {
    const node = sequence[i] as number;
    const parent = idom[node] as number;
    if (node !== root) size[parent] = (size[parent] as number) + (size[node] as number);
  }
  // By node: where the next of its children begins.
  const next = nextOf(idom.length);
  for (let i = 0; i < sequence.length; i++) {
    const node = sequence[i] as number;
    const parent = idom[node] as number;
    const at = node === root ? 0 : (next[parent] as number);
    if (node !== root) next[parent] = at + (size[node] as number);
    next[node] = at + 1;
    pre[node] = at;
    last[node] = at + (size[node] as number) - 1;
    preorder[at] = node;
  }
}

/** The immediate dominators by node, -1 for the root and what it doesn't reach. `preds` may hold unreachable nodes. */
export function immediateDominators(count: number, dfs: DepthFirst, preds: Rows): Int32Array {
  const reached = dfs.preorder.length;
  const { number, preorder, parent } = dfs;
  // All arrays below are indexed by number in the preorder, in which an ancestor is smaller than its descendants.
  const semi = semiOf(reached);
  const best = bestOf(reached);
  const link = linkOf(reached);
  const path = pathOf(reached);
  const dominator = dominatorOf(reached);
  for (let i = 0; i < reached; i++) {
    semi[i] = i;
    best[i] = i;
    link[i] = i === 0 ? -1 : (number[parent[preorder[i] as number] as number] as number);
    dominator[i] = link[i] as number;
  }

  // The node with the smallest semidominator on the way from `v` up to what is not processed yet (below `limit`);
  // shortens the way for the next one.
  const evaluate = (v: number, limit: number): number => {
    if (v < limit) return v;
    let depth = 0;
    let u = v;
    while ((link[u] as number) >= limit) {
      path[depth++] = u;
      u = link[u] as number;
    }
    // `u` is the topmost processed node; hand its best down the path.
    while (depth > 0) {
      const w = path[--depth] as number;
      const above = link[w] as number;
      if ((semi[best[above] as number] as number) < (semi[best[w] as number] as number))
        best[w] = best[above] as number;
      link[w] = link[above] as number;
    }
    return best[v] as number;
  };

  for (let w = reached - 1; w > 0; w--) {
    const node = preorder[w] as number;
    const end = preds.start[node + 1] as number;
    for (let i = preds.start[node] as number; i < end; i++) {
      const p = number[preds.items[i] as number] as number;
      if (p === -1) continue;
      const candidate = semi[evaluate(p, w + 1)] as number;
      if (candidate < (semi[w] as number)) semi[w] = candidate;
    }
  }

  const idom = filledInts(count, -1);
  for (let w = 1; w < reached; w++) {
    let d = dominator[w] as number;
    while (d > (semi[w] as number)) d = dominator[d] as number;
    dominator[w] = d;
    idom[preorder[w] as number] = preorder[d] as number;
  }
  return idom;
}
