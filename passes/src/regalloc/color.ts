/**
 * Colours the graph with as many colours as there are registers, or says which nodes get none.
 *
 *   simplify   nodes with fewer neighbours than colours are taken away, since whatever the others get, a colour is left;
 *              when there is none, the node that is cheapest to spill for the neighbours that it has is taken away in hope
 *   select     in reverse, each node gets a colour that no neighbour has: that of the other end of a copy if it can be
 *              had, else the smallest. A node taken in hope may find one all the same.
 *
 * Nodes that must not be spilled (reloads: their ranges are as short as can be) are never taken in hope as long as
 * another is left; they are then coloured before it.
 *
 * Papers:  Gregory Chaitin et al., Register Allocation via Coloring, 1981; Preston Briggs et al., TOPLAS 1994 (optimism).
 */

import type { CopyEdge, Merged } from './coalesce.ts';
import type { Coloring } from './greedy.ts';
import { listNodes, type Nodes } from './nodes.ts';

/** What colouring needs beside the graph. */
export interface ColorInput {
  readonly nodes: Nodes;
  readonly merged: Merged;
  readonly copies: readonly CopyEdge[];
  /** By file. */
  readonly limits: readonly number[];
  /** By node: what spilling it costs; infinite where it must not be spilled. */
  readonly cost: Float64Array;
}

/** Colours, and the nodes that got none. */
export interface Colored extends Coloring {
  readonly failed: readonly number[];
}

/** Colours all nodes as far as it goes. */
export function colorGraph(input: ColorInput): Colored {
  const { nodes, merged } = input;
  const roots = listNodes(nodes).filter((node) => merged.find(node) === node);
  return select(input, simplify(input, roots));
}

/** The nodes in the order in which they are taken away. */
function simplify({ nodes, merged, limits, cost }: ColorInput, roots: readonly number[]): readonly number[] {
  const degree = merged.degree.slice();
  const gone = new Uint8Array(degree.length);
  const stack: number[] = [];
  const low: number[] = [];
  const limitOf = (node: number): number => limits[nodes.file[node] as number] as number;
  const free = roots.filter((node) => (nodes.fixed[node] as number) < 0);
  for (const node of free) if ((degree[node] as number) < limitOf(node)) low.push(node);
  const price = (node: number): number => costOf(merged, cost, node) / Math.max(1, degree[node] as number);
  const hopeful = free.filter((node) => (degree[node] as number) >= limitOf(node));
  const prices = new Map(hopeful.map((node) => [node, price(node)]));
  const byPrice = (a: number, b: number): number => {
    const [x, y] = [prices.get(a) as number, prices.get(b) as number];
    // Prices may be infinite, whose difference is not a number.
    return x < y ? -1 : x > y ? 1 : a - b;
  };
  hopeful.sort(byPrice);
  let next = 0;
  for (;;) {
    let node = low.pop();
    if (node === undefined) {
      while (next < hopeful.length && gone[hopeful[next] as number] === 1) next++;
      node = hopeful[next++];
      if (node === undefined) return stack;
    }
    if (gone[node] === 1) continue;
    gone[node] = 1;
    stack.push(node);
    merged.forNeighbours(node, (other) => {
      const left = (degree[other] as number) - 1;
      degree[other] = left;
      if (left === limitOf(other) - 1 && gone[other] === 0 && (nodes.fixed[other] as number) < 0) low.push(other);
    });
  }
}

function costOf(merged: Merged, cost: Float64Array, root: number): number {
  let sum = 0;
  for (const member of merged.members(root)) sum += cost[member] as number;
  return sum;
}

function select({ nodes, merged, copies, limits }: ColorInput, stack: readonly number[]): Colored {
  const colors = new Int32Array(nodes.of.length).fill(-1);
  const used: number[] = new Array(nodes.files).fill(0);
  const failed: number[] = [];
  const partners = new Map<number, number[]>();
  for (const { to, from } of copies) {
    const [a, b] = [merged.find(to), merged.find(from)];
    if (a === b) continue;
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      const list = partners.get(x);
      if (list === undefined) partners.set(x, [y]);
      else list.push(y);
    }
  }
  const give = (node: number, color: number): void => {
    colors[node] = color;
    const file = nodes.file[node] as number;
    used[file] = Math.max(used[file] as number, color + 1);
  };
  for (let node = 0; node < colors.length; node++) {
    if ((nodes.fixed[node] as number) >= 0) give(node, nodes.fixed[node] as number);
  }
  const taken = new Int32Array(Math.max(1, ...limits)).fill(-1);
  for (let i = stack.length - 1; i >= 0; i--) {
    const node = stack[i] as number;
    merged.forNeighbours(node, (other) => {
      const color = colors[other] as number;
      if (color >= 0) taken[color] = node;
    });
    const limit = limits[nodes.file[node] as number] as number;
    let color = partners
      .get(node)
      ?.map((partner) => colors[partner] as number)
      .find((c) => c >= 0 && taken[c] !== node);
    for (let c = 0; c < limit && color === undefined; c++) if (taken[c] !== node) color = c;
    if (color === undefined) for (const member of merged.members(node)) failed.push(member);
    else give(node, color);
  }
  for (let node = 0; node < colors.length; node++) {
    const root = merged.find(node);
    if (root !== node) colors[node] = colors[root] as number;
  }
  return { colors, used, failed };
}
