/**
 * Graph colouring: Chaitin's and Briggs' allocator, after the pressure has been brought down to the bound.
 *
 *   pressure.ts   chooses what to spill until no more values are live than there are registers
 *   interference.ts, coalesce.ts, color.ts   build the graph, merge copies, colour; what finds no colour is spilled, and
 *                 the graph is built anew
 *
 * Papers:  Gregory Chaitin et al., Register Allocation via Coloring, 1981; Preston Briggs et al., Improvements to Graph
 *          Coloring Register Allocation, TOPLAS 1994; Sebastian Hack, Register Allocation for Programs in SSA Form, 2007.
 */

import type { Attempt, Round, Strategy } from './bounded.ts';
import { coalesce, copiesOf } from './coalesce.ts';
import { colorGraph } from './color.ts';
import { spillCosts } from './cost.ts';
import { interferenceOf } from './interference.ts';
import { relievePressure } from './pressure.ts';

/** Relieves pressure once, then colours. */
export const graphColoring: Strategy = () => {
  let relieved = false;
  return (round) => {
    if (!relieved) {
      relieved = true;
      const { f, nodes, limits, arrivals, pinned } = round;
      const victims = relievePressure(f, nodes, limits, arrivals, () => spillCosts(f, nodes, arrivals, pinned));
      if (victims.size > 0) return { victims };
    }
    return color(round);
  };
};

function color({ f, nodes, limits, arrivals, pinned }: Round): Attempt {
  const cost = spillCosts(f, nodes, arrivals, pinned);
  const copies = copiesOf(f, nodes);
  const limitOf = (node: number): number => limits[nodes.file[node] as number] as number;
  const merged = coalesce(interferenceOf(f, nodes), copies, nodes, limitOf);
  const colored = colorGraph({ nodes, merged, copies, limits, cost });
  if (colored.failed.length === 0) return colored;
  const stuck = colored.failed.find((node) => cost[node] === Number.POSITIVE_INFINITY);
  if (stuck !== undefined) throw new Error(`@${f.name}: %${stuck} finds no register`);
  return { victims: new Set(colored.failed) };
}
