/**
 * The dominator tree of a function's blocks. Algorithm, paper and queries: dominator-tree.ts.
 *
 * Children stand in reverse postorder, so that a walk of the tree in preorder meets blocks much as they are laid out.
 */

import type { BlockId } from '../func.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { DominatorTree, immediateDominators } from './dominator-tree.ts';
import { orderOf } from './order.ts';

/** The dominator tree; nodes are blocks, the root is the entry. */
export const domTree: Analysis<DominatorTree<BlockId>> = defineAnalysis({
  name: 'dom',
  of: 'shape',
  run: (f) => {
    const order = orderOf(f);
    const idom = immediateDominators(f.blocks.length, order.dfs, order.preds);
    return new DominatorTree(order.rpo[0] as BlockId, idom, order.rpo);
  },
});
