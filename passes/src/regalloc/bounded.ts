/**
 * Allocation with a bound on registers: Chaitin's and Briggs' graph colouring, after the pressure has been brought down to
 * the bound.
 *
 *   arrive.ts     parameters are copied at the entry, so that their arrival binds them for a moment only
 *   pressure.ts   chooses what to spill until no more values are live than there are registers; spill.ts does it
 *   interference.ts, coalesce.ts, color.ts   build the graph, merge copies, colour; what finds no colour is spilled, and
 *                 the graph is built anew
 *   rewrite.ts    colours to registers, copies within a register vanish
 *
 * It ends: a round either colours everything or spills at least one node that lives for longer than an instruction or
 * two, and a spilled node leaves only values that live that long, which are never spilled again. Where only such values
 * are left, they are all coloured: no more of them are live at a time than one instruction has operands, which is less than
 * there are registers (calls and returns read slots themselves), and ranges within one block make an interval graph, in
 * which `simplify` always finds a node with fewer neighbours than that. So nodes that may be spilled run out at last.
 *
 * Papers:  Gregory Chaitin et al., Register Allocation via Coloring, 1981; Preston Briggs et al., Improvements to Graph
 *          Coloring Register Allocation, TOPLAS 1994; Sebastian Hack, Register Allocation for Programs in SSA Form, 2007.
 */

import type { Allocation } from '@sluice/codegen';
import { type Func, valueTypes } from '@sluice/ir';
import { takeParameters } from './arrive.ts';
import { coalesce, copiesOf } from './coalesce.ts';
import { colorGraph } from './color.ts';
import { spillCosts } from './cost.ts';
import { interferenceOf } from './interference.ts';
import { nodesOf } from './nodes.ts';
import { relievePressure } from './pressure.ts';
import { finishAllocation } from './rewrite.ts';
import { spillNodes } from './spill.ts';

/** Allocates with `registers` registers, or so many of each type. */
export function allocateBounded(original: Func, registers: number, typed: boolean): Allocation {
  const { params } = original.sig;
  const arriving = typed ? params.length : Math.min(params.length, registers);
  const limits = typed
    ? valueTypes.map((type) => Math.max(registers, params.filter((other) => other === type).length))
    : [registers];
  const { func, arrivals } = takeParameters(original, arriving);
  const folded = new Set<number>();
  const stats = { spilled: 0, reloads: 0, stores: 0 };
  let f = func;
  let pinned = new Uint8Array(f.insts.length);
  let relieved = false;
  for (;;) {
    const nodes = nodesOf(f, typed, arriving);
    // What a call reads from its slot needs no register.
    for (const v of folded) nodes.of[v] = -1;
    let victims: ReadonlySet<number>;
    if (relieved) {
      const cost = spillCosts(f, nodes, arrivals, pinned);
      const copies = copiesOf(f, nodes);
      const limitOf = (node: number): number => limits[nodes.file[node] as number] as number;
      const merged = coalesce(interferenceOf(f, nodes), copies, nodes, limitOf);
      const colored = colorGraph({ nodes, merged, copies, limits, cost });
      if (colored.failed.length === 0) return finishAllocation(f, nodes, colored, arriving, folded, stats);
      const stuck = colored.failed.find((node) => cost[node] === Number.POSITIVE_INFINITY);
      if (stuck !== undefined) throw new Error(`@${f.name}: %${stuck} finds no register`);
      victims = new Set(colored.failed);
    } else {
      victims = relievePressure(f, nodes, limits, arrivals, () => spillCosts(f, nodes, arrivals, pinned));
      relieved = true;
      if (victims.size === 0) continue;
    }
    const spilled = spillNodes(f, nodes, victims, arrivals);
    const before = f.insts.length;
    f = spilled.func;
    pinned = grown(pinned, f.insts.length);
    pinned.fill(1, before);
    for (const v of spilled.short) pinned[v] = 1;
    for (const v of spilled.folded) folded.add(v);
    stats.spilled += spilled.stats.spilled;
    stats.reloads += spilled.stats.reloads;
    stats.stores += spilled.stats.stores;
  }
}

function grown(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(array);
  return larger;
}
