/**
 * Graph colouring. First it is decided what is spilled, until nowhere more values are live than there are registers; what is
 * left is a graph that is small and mostly colourable at once.
 *
 *   residence.ts, split.ts   spill where registers are few, and split ranges for it
 *   pressure.ts              spill some nodes everywhere
 *   interference.ts, irc.ts, color.ts   build the graph, merge copies, colour; what finds no colour is spilled everywhere,
 *                            and the graph is built anew
 *
 * Neither way to spill is always the better one: splitting wins where a value is not needed in a loop, and loses where paths
 * that meet want different values in registers. So where there are too many values both are done, and what costs less in
 * size and guessed executions is taken. This doubles the time of a function that spills.
 *
 * Papers:  Gregory Chaitin et al., Register Allocation via Coloring, 1981; Preston Briggs et al., Improvements to Graph
 *          Coloring Register Allocation, TOPLAS 1994; Sebastian Hack, Register Allocation for Programs in SSA Form, 2007.
 */

import type { Allocation } from '@sluice/codegen';
import type { Func } from '@sluice/ir';
import { type Attempt, allocateBounded, type Round, type Strategy } from './bounded.ts';
import { colorGraph } from './color.ts';
import { copiesOf } from './copies.ts';
import { spillCosts } from './cost.ts';
import { interferenceOf } from './interference.ts';
import { relievePressure } from './pressure.ts';
import { residenceOf } from './residence.ts';
import { spillCodeOf } from './spill-code.ts';
import { splitRanges } from './split.ts';

/** Allocates with so many registers (of each type), spilling in the way that costs less. */
export function colorWithFewerSpills(f: Func, registers: number, typed: boolean): Allocation {
  const split = allocateBounded(f, registers, typed, () => relieved(splitOnce));
  if (split.stats.spilled === 0) return split;
  const whole = allocateBounded(f, registers, typed, () => relieved(spillOnce));
  return spillCodeOf(f, whole).cost < spillCodeOf(f, split).cost ? whole : split;
}

/** Does one thing about pressure, then colours. */
function relieved(relieve: (round: Round) => Attempt | null): ReturnType<Strategy> {
  let first = true;
  return (round) => {
    const attempt = first ? relieve(round) : null;
    first = false;
    return attempt ?? color(round);
  };
}

function splitOnce({ f, nodes, limits, arrivals }: Round): Attempt | null {
  const residence = residenceOf(f, nodes, limits, arrivals);
  return residence === null ? null : { spilled: splitRanges(f, nodes, residence, arrivals) };
}

function spillOnce({ f, nodes, limits, arrivals, pinned }: Round): Attempt | null {
  const victims = relievePressure(f, nodes, limits, arrivals, () => spillCosts(f, nodes, arrivals, pinned));
  return victims.size === 0 ? null : { victims };
}

function color({ f, nodes, limits, arrivals, pinned }: Round): Attempt {
  const cost = spillCosts(f, nodes, arrivals, pinned);
  const colored = colorGraph({ nodes, graph: interferenceOf(f, nodes), copies: copiesOf(f, nodes), limits, cost });
  if (colored.failed.length === 0) return colored;
  const stuck = colored.failed.find((node) => cost[node] === Number.POSITIVE_INFINITY);
  if (stuck !== undefined) throw new Error(`@${f.name}: %${stuck} finds no register`);
  return { victims: new Set(colored.failed) };
}
