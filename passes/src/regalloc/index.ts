/**
 * The register allocator: registers for values, slots for those that find none.
 *
 * Without a bound on registers (bytecode whose frames may be as large as they like, locals of the stack machine) it
 * is one linear sweep over SSA form: nodes.ts, greedy.ts, rewrite.ts. It runs on everything, so it has to be fast. With a
 * bound it colours a graph and spills: bounded.ts.
 *
 * Registers with types: the bound holds for each type, and is at least the number of its parameters, which all arrive in
 * registers.
 *
 * Needs: split-critical-edges and ssa-destruct before it. check.ts proves what comes out.
 */

import type { Allocation, Allocator, RegisterConstraints } from '@sluice/codegen';
import type { Func } from '@sluice/ir';
import { allocateBounded } from './bounded.ts';
import { greedyColoring } from './greedy.ts';
import { nodesOf } from './nodes.ts';
import { finishAllocation } from './rewrite.ts';

const fewest = 4;

/** Allocates registers; see the head of the file. Throws on fewer than 4 registers, or an op with more operands. */
export const allocate: Allocator = (f: Func, constraints: RegisterConstraints): Allocation => {
  const { registers, typed } = constraints;
  if (registers !== null) {
    if (registers < fewest) throw new Error(`an allocation needs at least ${fewest} registers, not ${registers}`);
    return allocateBounded(f, registers, typed);
  }
  const arriving = f.params.length;
  const nodes = nodesOf(f, typed, arriving);
  const spills = { spilled: 0, reloads: 0, stores: 0 };
  return finishAllocation(f, nodes, greedyColoring(f, nodes), arriving, new Set(), spills);
};
