/**
 * Reasons that contradict each other: A wants to come after B, B after C, C after A. A module of its own, since graphlib is
 * wanted by tests and tools, and not when a program is compiled.
 */

import { alg, Graph } from '@dagrejs/graphlib';
import type { Pass } from './pass.ts';

/** Cycles among the reasons of a set of passes: each a list of names that demand each other's place. */
export function contradictions(passes: Iterable<Pass>): readonly (readonly string[])[] {
  const graph = new Graph({ directed: true });
  for (const pass of passes) {
    graph.setNode(pass.name);
    for (const { pass: other } of pass.after) graph.setEdge(other, pass.name);
    for (const { pass: other } of pass.before) graph.setEdge(pass.name, other);
  }
  return alg.findCycles(graph);
}
