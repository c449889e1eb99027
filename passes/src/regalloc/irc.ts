/**
 * Iterated register coalescing: takes nodes away one by one such that each will find a colour when it comes back, and on the way
 * merges the two ends of copies where this makes nothing harder.
 *
 *     simplify   a node of no copy with fewer neighbours than colours goes: whatever these get, a colour is left
 *     coalesce   a copy's ends become one node: by Briggs' test (fewer than K neighbours of K or more neighbours each) or
 *                George's (each neighbour of the one has fewer than K, or is the other's already); parameters, whose
 *                colours are fixed, by George's
 *     freeze     a node of few neighbours gives up its copies, so that it can be simplified
 *     spill      where nothing of this can be done, the node goes that costs least for the neighbours that it has, in hope
 *
 * Papers:  Lal George, Andrew Appel, Iterated Register Coalescing, TOPLAS 1996; Preston Briggs, Keith Cooper, Linda Torczon,
 *          Improvements to Graph Coloring Register Allocation, TOPLAS 1994.
 * Differs: copies that run most often come first; George's test for all nodes; a copy that failed is tried again only so many
 *          times, since nodes that live through a long function have as many neighbours as it has instructions.
 * Cost:    near linear in the edges of the graph.
 */

import type { CopyEdge } from './copies.ts';
import { NodeHeap } from './heap.ts';
import type { Interference } from './interference.ts';
import { Merged } from './merged.ts';
import { listNodes, type Nodes } from './nodes.ts';

/** What colouring needs beside the graph. */
export interface ColorInput {
  readonly nodes: Nodes;
  readonly graph: Interference;
  readonly copies: readonly CopyEdge[];
  /** Registers by file. */
  readonly limits: readonly number[];
  /** By node: what spilling it costs; infinite where it must not be spilled. */
  readonly cost: Float64Array;
}

/** The order in which nodes went, and which were merged into which. */
export interface Simplified {
  readonly stack: readonly number[];
  readonly merged: Merged;
}

/** Takes all nodes away. */
export function simplify(input: ColorInput): Simplified {
  return new Worklists(input).run();
}

const place = { none: 0, simplify: 1, freeze: 2, spill: 3, stack: 4, merged: 5, fixed: 6 } as const;
const state = { waiting: 0, active: 1, done: 2 } as const;
const attempts = 12;

class Worklists {
  readonly #input: ColorInput;
  readonly #merged: Merged;
  readonly #degree: Int32Array;
  readonly #place: Uint8Array;
  readonly #cost: Float64Array;
  /** By node: its copies, and by root the number of those that are not done, each end counted. */
  readonly #copiesOf: readonly (number[] | undefined)[];
  readonly #open: Int32Array;
  readonly #state: Uint8Array;
  readonly #tried: Uint8Array;
  readonly #waiting: number[] = [];
  readonly #low: number[] = [];
  readonly #freeze = new NodeHeap();
  readonly #spill = new NodeHeap();
  readonly #stack: number[] = [];

  constructor(input: ColorInput) {
    const { nodes, graph, copies, cost } = input;
    const count = nodes.of.length;
    this.#input = input;
    this.#merged = new Merged(graph);
    this.#degree = new Int32Array(count);
    this.#place = new Uint8Array(count);
    this.#cost = cost.slice();
    const copiesOf: (number[] | undefined)[] = [];
    this.#copiesOf = copiesOf;
    this.#open = new Int32Array(count);
    this.#state = new Uint8Array(copies.length);
    this.#tried = new Uint8Array(copies.length);
    for (let i = copies.length - 1; i >= 0; i--) {
      const { to, from } = copies[i] as CopyEdge;
      for (const end of [to, from]) {
        const list = copiesOf[end];
        if (list === undefined) copiesOf[end] = [i];
        else list.push(i);
        this.#open[end] = (this.#open[end] as number) + 1;
      }
      // Taken from the end: those that run most often first.
      this.#waiting.push(i);
    }
    for (const node of listNodes(nodes)) {
      this.#degree[node] = (graph.start[node + 1] as number) - (graph.start[node] as number);
      if ((nodes.fixed[node] as number) >= 0) this.#place[node] = place.fixed;
      else this.#sort(node);
    }
  }

  run(): Simplified {
    for (;;) {
      const low = this.#low.pop();
      if (low !== undefined) {
        if (this.#place[low] === place.simplify) this.#take(low);
        continue;
      }
      const copy = this.#waiting.pop();
      if (copy !== undefined) {
        if (this.#state[copy] === state.waiting) this.#coalesce(copy);
        continue;
      }
      if (this.#freezeOne() || this.#spillOne()) continue;
      return { stack: this.#stack, merged: this.#merged };
    }
  }

  #colors(node: number): number {
    return this.#input.limits[this.#input.nodes.file[node] as number] as number;
  }

  #isLow(node: number): boolean {
    return (this.#degree[node] as number) < this.#colors(node);
  }

  /** Whether a node is still in the graph. */
  #isThere(node: number): boolean {
    const at = this.#place[node];
    return at !== place.stack && at !== place.merged;
  }

  /** Puts a node on the list where it belongs. */
  #sort(node: number): void {
    if (!this.#isLow(node)) {
      this.#place[node] = place.spill;
      this.#spill.push(node, this.#price(node));
    } else if ((this.#open[node] as number) > 0) {
      this.#place[node] = place.freeze;
      this.#freeze.push(node, this.#weight(node));
    } else {
      this.#place[node] = place.simplify;
      this.#low.push(node);
    }
  }

  #price(node: number): number {
    return (this.#cost[node] as number) / Math.max(1, this.#degree[node] as number);
  }

  #weight(node: number): number {
    let weight = 0;
    for (const i of this.#copiesOf[node] ?? []) weight += (this.#input.copies[i] as CopyEdge).weight;
    return weight;
  }

  #take(node: number): void {
    this.#place[node] = place.stack;
    this.#stack.push(node);
    const neighbours: number[] = [];
    this.#merged.neighbours(node, neighbours);
    for (const other of neighbours) this.#loseNeighbour(other);
  }

  #loseNeighbour(node: number): void {
    if (!this.#isThere(node)) return;
    const degree = (this.#degree[node] as number) - 1;
    this.#degree[node] = degree;
    if (degree !== this.#colors(node) - 1 || this.#place[node] !== place.spill) return;
    // Tests of copies may hold now that did not before.
    this.#enable(node);
    const neighbours: number[] = [];
    this.#merged.neighbours(node, neighbours);
    for (const other of neighbours) if (this.#isThere(other)) this.#enable(other);
    this.#sort(node);
  }

  #enable(node: number): void {
    if ((this.#open[node] as number) === 0) return;
    for (const member of this.#merged.members(node)) {
      for (const copy of this.#copiesOf[member] ?? []) {
        if (this.#state[copy] !== state.active || (this.#tried[copy] as number) >= attempts) continue;
        this.#state[copy] = state.waiting;
        this.#waiting.push(copy);
      }
    }
  }

  // Copies.

  #coalesce(copy: number): void {
    const { to, from } = this.#input.copies[copy] as CopyEdge;
    const [x, y] = [this.#merged.find(to), this.#merged.find(from)];
    const [u, v] = this.#place[y] === place.fixed ? [y, x] : [x, y];
    if (!this.#isThere(u) || !this.#isThere(v) || u === v || this.#place[v] === place.fixed) {
      this.#finish(copy, u, v);
      return;
    }
    const [mine, both, its]: [number[], number[], number[]] = [[], [], []];
    if (!this.#merged.neighboursOfBoth(u, v, mine, both, its)) {
      this.#finish(copy, u, v);
      return;
    }
    if (this.#mayMerge(u, mine, both, its)) {
      this.#merge(u, v, both, its);
      this.#finish(copy, u, u);
    } else {
      this.#state[copy] = state.active;
      this.#tried[copy] = (this.#tried[copy] as number) + 1;
    }
  }

  /** Briggs' test, and George's in both directions. */
  #mayMerge(u: number, mine: readonly number[], both: readonly number[], its: readonly number[]): boolean {
    const isHard = (node: number): boolean => this.#isHard(node, 0);
    const fixed = this.#place[u] === place.fixed;
    if (!its.some((node) => isHard(node) && !(fixed && this.#place[node] === place.fixed))) return true;
    if (fixed) return false;
    if (!mine.some(isHard)) return true;
    let hard = 0;
    for (const node of mine) if (isHard(node)) hard++;
    for (const node of its) if (isHard(node)) hard++;
    // They will lose one neighbour.
    for (const node of both) if (this.#isHard(node, 1)) hard++;
    return hard < this.#colors(u);
  }

  #isHard(node: number, less: number): boolean {
    if (this.#place[node] === place.fixed) return true;
    return this.#isThere(node) && (this.#degree[node] as number) - less >= this.#colors(node);
  }

  #merge(u: number, v: number, both: readonly number[], its: readonly number[]): void {
    const { nodes } = this.#input;
    this.#place[v] = place.merged;
    this.#merged.merge(u, v);
    this.#open[u] = (this.#open[u] as number) + (this.#open[v] as number);
    this.#cost[u] = (this.#cost[u] as number) + (this.#cost[v] as number);
    let more = 0;
    for (const node of its) if (this.#isThere(node)) more++;
    this.#degree[u] = (this.#degree[u] as number) + more;
    for (const node of both) this.#loseNeighbour(node);
    if ((nodes.fixed[u] as number) < 0 && this.#place[u] === place.freeze && !this.#isLow(u)) this.#sort(u);
  }

  /** A copy is decided. */
  #finish(copy: number, u: number, v: number): void {
    this.#state[copy] = state.done;
    for (const node of [u, v]) {
      this.#open[node] = (this.#open[node] as number) - 1;
      this.#release(node);
    }
  }

  /** A node without copies need not be kept for them. */
  #release(node: number): void {
    if ((this.#open[node] as number) === 0 && this.#place[node] === place.freeze) this.#sort(node);
  }

  #freezeOne(): boolean {
    for (let node = this.#freeze.pop(); node !== -1; node = this.#freeze.pop()) {
      if (this.#place[node] !== place.freeze) continue;
      this.#freezeCopies(node);
      if (this.#place[node] === place.freeze) this.#sort(node);
      return true;
    }
    return false;
  }

  #freezeCopies(node: number): void {
    for (const member of this.#merged.members(node)) {
      for (const copy of this.#copiesOf[member] ?? []) {
        if (this.#state[copy] === state.done) continue;
        const { to, from } = this.#input.copies[copy] as CopyEdge;
        this.#finish(copy, this.#merged.find(to), this.#merged.find(from));
      }
    }
  }

  #spillOne(): boolean {
    for (let node = this.#spill.pop(); node !== -1; node = this.#spill.pop()) {
      if (this.#place[node] !== place.spill) continue;
      const price = this.#price(node);
      if (price > this.#spill.least) {
        // It has lost neighbours, or gained members, since it was put there.
        this.#spill.push(node, price);
        continue;
      }
      this.#freezeCopies(node);
      this.#take(node);
      return true;
    }
    return false;
  }
}
