/**
 * Dominance frontiers, computed only where asked for, and iterated frontiers in linear time. Of a dominator tree they
 * say where phis are needed; of a postdominator tree they are control dependence (postdom.ts).
 *
 * Frontiers of all blocks together are quadratic in deep nests, so no table of them exists: `of` collects one from the
 * subtree, `iterated` never builds them.
 *
 * Paper: Vugranam Sreedhar, Guang Gao, A Linear Time Algorithm for Placing phi-Nodes, POPL 1995: roots are taken by
 *        falling level; each node of the tree is visited once, whatever the number of roots.
 */

import type { BlockId } from '../func.ts';
import { filledInts, ints } from '../ints.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { domTree } from './dom.ts';
import type { DominatorTree } from './dominator-tree.ts';
import type { Rows } from './ids.ts';
import { orderOf } from './order.ts';

/** Frontiers of one dominator tree. */
export class Frontiers<Id extends number> {
  readonly #tree: DominatorTree<Id>;
  readonly #succs: Rows<Id>;
  readonly #known = new Map<Id, readonly Id[]>();
  // Scratch of `iterated`: a mark counts when it is the stamp of the current call; buckets are empty between calls.
  readonly #visited: Int32Array;
  readonly #queued: Int32Array;
  readonly #found: Int32Array;
  readonly #bucket: Int32Array;
  readonly #nextInBucket: Int32Array;
  #stamp = 0;
  #steps = 0;

  /** @internal `succs` are the edges that the tree was made of. */
  constructor(tree: DominatorTree<Id>, succs: Rows<Id>) {
    const count = tree.level.length;
    this.#tree = tree;
    this.#succs = succs;
    this.#visited = ints(count);
    this.#queued = ints(count);
    this.#found = ints(count);
    this.#bucket = filledInts(count + 1, -1);
    this.#nextInBucket = ints(count);
  }

  /**
   * The frontier of a node: where its dominance ends, that is, nodes that it doesn't strictly dominate with a predecessor
   * that it dominates. Costs its subtree the first time.
   */
  of(node: Id): readonly Id[] {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const { pre, last, preorder, level } = this.#tree;
    const { start, items } = this.#succs;
    const result = new Set<Id>();
    const first = pre[node] as number;
    for (let i = first; first !== -1 && i <= (last[node] as number); i++) {
      const z = preorder[i] as Id;
      for (let e = start[z] as number; e < (start[z + 1] as number); e++) {
        const target = items[e] as Id;
        // An edge leads to a child of some dominator of its source, so levels alone decide.
        if ((level[target] as number) <= (level[node] as number)) result.add(target);
      }
    }
    const list = [...result];
    this.#known.set(node, list);
    return list;
  }

  /**
   * The smallest set that holds the frontiers of the given nodes and of its own members: the blocks that need a phi for
   * a variable that is set in `nodes`. Unreachable nodes don't count. Linear in the graph at most.
   */
  iterated(nodes: Iterable<Id>): readonly Id[] {
    const { level } = this.#tree;
    const stamp = ++this.#stamp;
    const result: Id[] = [];
    let top = -1;
    for (const node of nodes) {
      if ((level[node] as number) === -1 || this.#queued[node] === stamp) continue;
      this.#enqueue(node);
      top = Math.max(top, level[node] as number);
    }
    for (let at = top; at >= 0; at--) {
      for (let node = this.#bucket[at] as number; node !== -1; node = this.#bucket[at] as number) {
        this.#bucket[at] = this.#nextInBucket[node] as number;
        this.#visit(node as Id, result);
      }
    }
    return result;
  }

  /** How many nodes all calls of `iterated` have visited: what they cost. */
  get steps(): number {
    return this.#steps;
  }

  #enqueue(node: Id): void {
    const at = this.#tree.level[node] as number;
    this.#queued[node] = this.#stamp;
    this.#nextInBucket[node] = this.#bucket[at] as number;
    this.#bucket[at] = node;
  }

  // Nodes that were visited from a deeper root have already given all their edges that are high enough for this one.
  #visit(root: Id, result: Id[]): void {
    const { level, children } = this.#tree;
    const stamp = this.#stamp;
    const limit = level[root] as number;
    const stack: Id[] = [root];
    this.#visited[root] = stamp;
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      this.#steps++;
      const end = this.#succs.start[node + 1] as number;
      for (let e = this.#succs.start[node] as number; e < end; e++) {
        const target = this.#succs.items[e] as Id;
        if ((level[target] as number) > limit || this.#found[target] === stamp) continue;
        this.#found[target] = stamp;
        result.push(target);
        if (this.#queued[target] !== stamp) this.#enqueue(target);
      }
      for (let c = children.start[node] as number; c < (children.start[node + 1] as number); c++) {
        const child = children.items[c] as Id;
        if (this.#visited[child] === stamp) continue;
        this.#visited[child] = stamp;
        stack.push(child);
      }
    }
  }
}

/** Dominance frontiers of the blocks. */
export const frontiersOf: Analysis<Frontiers<BlockId>> = defineAnalysis({
  name: 'frontiers',
  of: 'shape',
  run: (f) => new Frontiers(domTree(f), orderOf(f).succs),
});
