/**
 * Merges nodes that a copy joins, so that the copy vanishes, where this cannot make the graph harder to colour.
 *
 * Briggs' test: the merged node has fewer than K neighbours of K or more neighbours each. Such a node can be removed
 * once the others are, so what was colourable stays colourable. Copies from blocks that run often go first.
 *
 * Papers:  Preston Briggs, Keith Cooper, Linda Torczon, Improvements to Graph Coloring Register Allocation, TOPLAS 1994.
 *          Lal George, Andrew Appel, Iterated Register Coalescing, TOPLAS 1996, from whom the loop is not taken: phi webs
 *          come coalesced from ssa-destruct, and the select phase prefers the colour of a copy's other end.
 * Not done: merging with parameters; their copies at the entry are left to that preference.
 */

import { type Block, blockFrequency, type Func, instOf, orderOf } from '@sluice/ir';
import type { Interference } from './interference.ts';
import type { Nodes } from './nodes.ts';

/** A copy between two nodes. */
export interface CopyEdge {
  readonly to: number;
  readonly from: number;
  readonly weight: number;
}

/** The copies between different nodes, those that run most often first. */
export function copiesOf(f: Func, nodes: Nodes): readonly CopyEdge[] {
  const frequency = blockFrequency(f);
  const copies: CopyEdge[] = [];
  for (const b of orderOf(f).rpo) {
    for (const v of (f.blocks[b] as Block).body) {
      const inst = instOf(f, v);
      if (inst.op.name !== 'copy') continue;
      const to = nodes.of[v] as number;
      const from = nodes.of[inst.args[0] as number] as number;
      if (to >= 0 && from >= 0 && to !== from) copies.push({ to, from, weight: frequency[b] as number });
    }
  }
  return copies.sort((a, b) => b.weight - a.weight);
}

/** Nodes merged into others: a union-find whose trees list their members. */
export class Merged {
  readonly degree: Int32Array;
  readonly #graph: Interference;
  readonly #root: Int32Array;
  readonly #next: Int32Array;
  readonly #seen: Int32Array;
  #round = 0;

  constructor(graph: Interference) {
    const count = graph.start.length - 1;
    this.#graph = graph;
    this.#root = new Int32Array(count).fill(-1);
    // A ring of the members of each tree.
    this.#next = Int32Array.from({ length: count }, (_, node) => node);
    this.#seen = new Int32Array(count).fill(-1);
    this.degree = new Int32Array(count);
    for (let node = 0; node < count; node++) {
      this.degree[node] = (graph.start[node + 1] as number) - (graph.start[node] as number);
    }
  }

  find(node: number): number {
    let root = node;
    for (let up = this.#root[root] as number; up !== -1; up = this.#root[root] as number) root = up;
    for (let at = node; at !== root; ) {
      const up = this.#root[at] as number;
      this.#root[at] = root;
      at = up;
    }
    return root;
  }

  /** The nodes merged into this one, itself included. */
  members(root: number): readonly number[] {
    const members = [root];
    for (let at = this.#next[root] as number; at !== root; at = this.#next[at] as number) members.push(at);
    return members;
  }

  /** Calls with each neighbour once. */
  forNeighbours(root: number, visit: (other: number) => void): void {
    const round = ++this.#round;
    this.#visit(root, round, round, visit);
  }

  /** Merges two nodes if they don't interfere and Briggs' test holds for `limit` colours; whether it did. */
  tryMerge(a: number, b: number, colors: number, significant: (node: number, degree: number) => boolean): boolean {
    const seenByA = ++this.#round;
    const seenByB = ++this.#round;
    const common: number[] = [];
    let hard = 0;
    let adjacent = false;
    this.#visit(a, seenByA, seenByA, (other) => {
      if (significant(other, this.degree[other] as number)) hard++;
    });
    this.#visit(b, seenByA, seenByB, (other, both) => {
      const degree = this.degree[other] as number;
      if (other === a) adjacent = true;
      if (!both) {
        if (significant(other, degree)) hard++;
        return;
      }
      // It will lose one neighbour.
      common.push(other);
      if (significant(other, degree) && !significant(other, degree - 1)) hard--;
    });
    if (adjacent || hard >= colors) return false;
    this.#root[b] = a;
    const [nextA, nextB] = [this.#next[a] as number, this.#next[b] as number];
    this.#next[a] = nextB;
    this.#next[b] = nextA;
    this.degree[a] = (this.degree[a] as number) + (this.degree[b] as number) - common.length;
    for (const other of common) this.degree[other] = (this.degree[other] as number) - 1;
    return true;
  }

  /** Neighbours marked `second` are passed over; the others get that mark, and `both` says whether they had `first`. */
  #visit(root: number, first: number, second: number, visit: (other: number, both: boolean) => void): void {
    let member = root;
    do {
      const end = this.#graph.start[member + 1] as number;
      for (let i = this.#graph.start[member] as number; i < end; i++) {
        const other = this.find(this.#graph.items[i] as number);
        const seen = this.#seen[other];
        if (seen === second) continue;
        this.#seen[other] = second;
        visit(other, seen === first);
      }
      member = this.#next[member] as number;
    } while (member !== root);
  }
}

/** Merges along copies. `colorsOf` says how many colours a node may choose from. */
export function coalesce(
  graph: Interference,
  copies: readonly CopyEdge[],
  nodes: Nodes,
  colorsOf: (node: number) => number,
): Merged {
  const merged = new Merged(graph);
  const significant = (node: number, degree: number): boolean =>
    (nodes.fixed[node] as number) >= 0 || degree >= colorsOf(node);
  for (const { to, from } of copies) {
    const [a, b] = [merged.find(to), merged.find(from)];
    if (a === b || (nodes.fixed[a] as number) >= 0 || (nodes.fixed[b] as number) >= 0) continue;
    merged.tryMerge(a, b, colorsOf(a), significant);
  }
  return merged;
}
