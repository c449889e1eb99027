/**
 * The register allocators: registers for values, slots for those that find none.
 *
 * Without a bound on registers (bytecode whose frames may be as large as they like, locals of the stack machine) both
 * are one linear sweep over SSA form: nodes.ts, greedy.ts, rewrite.ts. It runs on everything, so it has to be fast. With a
 * bound there are spills, in rounds (bounded.ts), and a choice: colouring of a graph, or linear scan.
 *
 * Registers with types: the bound holds for each type, and is at least the number of its parameters, which all arrive in
 * registers.
 *
 * Needs: split-critical-edges and ssa-destruct before it. check.ts proves what comes out.
 */

import type { Allocation, Allocator, NamedAllocator, RegisterConstraints } from '@sluice/codegen';
import type { Func } from '@sluice/ir';
import { allocateBounded } from './bounded.ts';
import { colorWithFewerSpills } from './graph.ts';
import { scanOnce } from './linear-scan.ts';
import { nodesOf } from './nodes.ts';
import { finishAllocation } from './rewrite.ts';
import { colorFreely } from './scan-unbounded.ts';

const fewest = 4;

type Bounded = (f: Func, registers: number, typed: boolean) => Allocation;

function allocator(bounded: Bounded): Allocator {
  return (f: Func, { registers, typed }: RegisterConstraints): Allocation => {
    if (registers !== null) {
      if (registers < fewest) throw new Error(`an allocation needs at least ${fewest} registers, not ${registers}`);
      return bounded(f, registers, typed);
    }
    const arriving = f.params.length;
    const nodes = nodesOf(f, typed, arriving);
    return finishAllocation(f, nodes, colorFreely(f, nodes), arriving, new Set());
  };
}

/** Colours a graph; see the head of the file. Throws on fewer than 4 registers, or an op with more operands. */
export const allocate: Allocator = allocator(colorWithFewerSpills);

const linearScan = allocator((f, registers, typed) => allocateBounded(f, registers, typed, () => scanOnce));

/** The allocators, the usual one first. */
export const allocators: readonly NamedAllocator[] = [
  { name: 'graph', summary: 'colours an interference graph; the fewest spills', allocate },
  { name: 'linear-scan', summary: 'scans live ranges in order; faster', allocate: linearScan },
];
