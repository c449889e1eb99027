/**
 * The register allocator.
 */

import type { Allocation, Allocator, RegisterConstraints } from '@sluice/codegen';
import type { Func } from '@sluice/ir';
import { greedyColoring } from './greedy.ts';
import { nodesOf } from './nodes.ts';
import { finishAllocation } from './rewrite.ts';

/** Allocates registers. Needs `split-critical-edges` and `ssa-destruct` before it. */
export const allocate: Allocator = (f: Func, constraints: RegisterConstraints): Allocation => {
  const arriving = f.params.length;
  const nodes = nodesOf(f, constraints.typed, arriving);
  const coloring = greedyColoring(f, nodes);
  return finishAllocation(f, nodes, coloring, arriving, new Set(), { spilled: 0, reloads: 0, stores: 0 });
};
