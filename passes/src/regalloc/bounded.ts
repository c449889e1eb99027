/**
 * Allocation with a bound on registers, in rounds: an allocator says which registers nodes have, or which nodes are to be
 * spilled; these go to slots, and the next round is over a function with shorter lives.
 *
 *   arrive.ts     parameters are copied at the entry, so that their arrival binds them for a moment only
 *   an allocator  graph.ts colours a graph, linear-scan.ts scans intervals
 *   spill.ts      puts nodes into slots
 *   rewrite.ts    colours to registers, copies within a register vanish
 *
 * It ends: a round either finds registers for everything or spills at least one node that lives for longer than an
 * instruction or two, and a spilled node leaves only values that live that long, which are never spilled again. Where only
 * such values are left, they all find registers: no more of them are live at a time than one instruction has operands, which
 * is less than there are registers (calls and returns read slots themselves), and ranges within one block make an
 * interval graph, which both allocators colour with as many registers as values are live. So nodes that may be spilled run
 * out at last.
 */

import type { Allocation } from '@sluice/codegen';
import { type Func, valueTypes } from '@sluice/ir';
import { type Arrivals, takeParameters } from './arrive.ts';
import type { Coloring } from './greedy.ts';
import { type Nodes, nodesOf } from './nodes.ts';
import { finishAllocation } from './rewrite.ts';
import { type Spilled, spillNodes } from './spill.ts';
import { spillCodeOf } from './spill-code.ts';

/** What an allocator sees of a round. */
export interface Round {
  readonly f: Func;
  readonly nodes: Nodes;
  /** Registers by file. */
  readonly limits: readonly number[];
  readonly arrivals: Arrivals;
  /** By `ValueId`: 1 for values that are as short as can be, which must not be spilled. */
  readonly pinned: Uint8Array;
}

/** Registers for all nodes; or nodes to be spilled everywhere (at least one); or the function with spill code of its own. */
export type Attempt = Coloring | { readonly victims: ReadonlySet<number> } | { readonly spilled: Spilled };

/** Makes the function that is asked in each round; it may remember what it did before. */
export type Strategy = () => (round: Round) => Attempt;

/** Allocates with `registers` registers, or so many of each type. */
export function allocateBounded(original: Func, registers: number, typed: boolean, strategy: Strategy): Allocation {
  const { params } = original.sig;
  const arriving = typed ? params.length : Math.min(params.length, registers);
  const limits = typed
    ? valueTypes.map((type) => Math.max(registers, params.filter((other) => other === type).length))
    : [registers];
  const { func, arrivals } = takeParameters(original, arriving);
  const folded = new Set<number>();
  let nodesSpilled = 0;
  const attempt = strategy();
  let f = func;
  let pinned = new Uint8Array(f.insts.length);
  for (;;) {
    const nodes = nodesOf(f, typed, arriving);
    // What a call reads from its slot needs no register.
    for (const v of folded) nodes.of[v] = -1;
    const result = attempt({ f, nodes, limits, arrivals, pinned });
    if ('colors' in result) {
      const allocation = finishAllocation(f, nodes, result, arriving, folded);
      const { reloads, stores } = spillCodeOf(original, allocation);
      return { ...allocation, stats: { ...allocation.stats, spilled: nodesSpilled, reloads, stores } };
    }
    const spilled = 'spilled' in result ? result.spilled : spillNodes(f, nodes, result.victims, arrivals);
    const before = f.insts.length;
    f = spilled.func;
    pinned = grown(pinned, f.insts.length);
    // What was loaded for one instruction lives for it alone; not so where the allocator put in loads itself.
    if ('victims' in result) pinned.fill(1, before);
    for (const v of spilled.short) pinned[v] = 1;
    for (const v of spilled.folded) folded.add(v);
    for (const [v, slot] of spilled.loads) arrivals.set(v, slot);
    nodesSpilled += spilled.count;
  }
}

function grown(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(array);
  return larger;
}
