/**
 * Strong components of a graph, targets before sources.
 *
 * Paper: Robert Tarjan, Depth-First Search and Linear Graph Algorithms, SIAM J. Comput. 1972; with an explicit stack.
 */

import { bytes, filledInts, ints } from '../ints.ts';
import type { Rows } from './ids.ts';

/** The strong components of all nodes `0 .. count`, each after the components that it leads to; members ascend. */
export function strongComponents(count: number, succs: Rows): readonly (readonly number[])[] {
  const components: number[][] = [];
  const number = filledInts(count, -1);
  const low = ints(count);
  const next = ints(count);
  const open = bytes(count);
  const path: number[] = [];
  const members: number[] = [];
  let met = 0;

  const enter = (node: number): void => {
    number[node] = met;
    low[node] = met++;
    next[node] = succs.start[node] as number;
    open[node] = 1;
    path.push(node);
    members.push(node);
  };
  const leave = (node: number): void => {
    path.pop();
    const parent = path.at(-1);
    if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[node] as number);
    if (low[node] !== number[node]) return;
    const component: number[] = [];
    for (let member = -1; member !== node; ) {
      member = members.pop() as number;
      open[member] = 0;
      component.push(member);
    }
    components.push(component.sort((a, b) => a - b));
  };

  for (let root = 0; root < count; root++) {
    if (number[root] !== -1) continue;
    enter(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const at = next[node] as number;
      if (at === succs.start[node + 1]) {
        leave(node);
        continue;
      }
      next[node] = at + 1;
      const target = succs.items[at] as number;
      if (number[target] === -1) enter(target);
      else if (open[target] === 1) low[node] = Math.min(low[node] as number, number[target] as number);
    }
  }
  return components;
}
