/**
 * Postdominators and control dependence: the dominator tree of the reversed graph, rooted in a virtual exit.
 *
 * The virtual exit follows every block that leaves the function (`ret`, `trap`). A region from which no such block can
 * be reached (an infinite loop) is joined to it too: at its last block in reverse postorder, usually a latch, and again
 * until everything reachable has a way to the exit. So every reachable block is in the tree.
 *
 * Traps and calls that don't return are no edges: "postdominates" speaks of the graph, and a block that postdominates
 * another need not run after it when something between them traps.
 */

import type { BlockId, Func } from '../func.ts';
import { bytes } from '../ints.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { depthFirst } from './dfs.ts';
import { DominatorTree, immediateDominators } from './dominator-tree.ts';
import { Frontiers } from './frontier.ts';
import { asIds, type Ids, PairList, type Rows, row, rowLength } from './ids.ts';
import { type BlockOrder, orderOf } from './order.ts';

/** Postdominators of the reachable blocks. */
export interface PostDominators {
  /** The tree; its nodes are blocks and `exit`, its root. "dominates" reads "postdominates". */
  readonly tree: DominatorTree<BlockId>;
  /** The virtual exit: a number that no block has. */
  readonly exit: BlockId;
  /** The blocks that the virtual exit follows: those without successors, then those that stand for infinite loops. */
  readonly exits: Ids<BlockId>;
  /** Edges of the reversed graph by node. */
  readonly reversed: Rows<BlockId>;
}

/** The postdominators. */
export const postDomTree: Analysis<PostDominators> = defineAnalysis({ name: 'postdom', of: 'shape', run: buildTree });

/**
 * Control dependence: `of(b)` gives the blocks whose branch decides whether `b` runs; `iterated(blocks)` all blocks whose
 * branches decide, directly or not, whether any of `blocks` runs.
 *
 * Paper: Ron Cytron, Jeanne Ferrante et al., Efficiently Computing Static Single Assignment Form and the Control
 *        Dependence Graph, TOPLAS 1991: control dependence is the frontier in the reversed graph.
 */
export const controlDependence: Analysis<Frontiers<BlockId>> = defineAnalysis({
  name: 'control-dependence',
  of: 'shape',
  run: (f) => {
    const { tree, reversed } = postDomTree(f);
    return new Frontiers(tree, reversed);
  },
});

function buildTree(f: Func): PostDominators {
  const order = orderOf(f);
  const exit = f.blocks.length as BlockId;
  const exits = exitBlocks(order, exit);
  const backward = new PairList();
  const forward = new PairList();
  for (const b of order.rpo) {
    for (const p of row(order.preds, b)) {
      backward.push(b, p);
      forward.push(p, b);
    }
  }
  for (const b of exits) {
    backward.push(exit, b);
    forward.push(b, exit);
  }
  const reversed = backward.rows<BlockId>(exit + 1);
  const dfs = depthFirst(exit + 1, exit, reversed);
  const idom = immediateDominators(exit + 1, dfs, forward.rows(exit + 1));
  const sequence = asIds(Int32Array.from(dfs.postorder).reverse());
  return { tree: new DominatorTree(exit, idom, sequence), exit, exits, reversed };
}

function exitBlocks(order: BlockOrder, count: number): Ids<BlockId> {
  const found: BlockId[] = [];
  const reached = bytes(count);
  const stack: BlockId[] = [];
  const flood = (from: BlockId): void => {
    found.push(from);
    reached[from] = 1;
    stack.push(from);
    for (let b = stack.pop(); b !== undefined; b = stack.pop()) {
      for (const p of row(order.preds, b)) {
        if (reached[p] === 1) continue;
        reached[p] = 1;
        stack.push(p);
      }
    }
  };
  for (const b of order.rpo) if (rowLength(order.succs, b) === 0) flood(b);
  for (let i = order.rpo.length - 1; i >= 0; i--) {
    const b = order.rpo[i] as BlockId;
    if (reached[b] === 0) flood(b);
  }
  return asIds(Int32Array.from(found));
}
