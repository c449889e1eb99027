/**
 * Linear scan: nodes get registers in the order in which they start, and keep them. A second allocator beside graph
 * colouring, faster and simpler; what comes out goes through the same spill code, checker and backends.
 *
 *     node     0   4   8   12  16              register 0   [a--)  [a----)
 *     a        [---)   [-------)               register 1     [b------)
 *     b            [-------)                   register 0, in the hole of a:
 *     c            [---)                                         c
 *
 * Each register keeps the ranges that lie ahead of the scan. A node takes the register of the other end of a copy, else the
 * first one without a range in its way. Where there is none, it or those in its way in one register are spilled, whoever
 * costs least for the length that is freed; a spilled node is in its slot everywhere, and the function is scanned anew with
 * the short ranges of its loads and stores (bounded.ts).
 *
 * Papers:  Massimiliano Poletto, Vivek Sarkar, Linear Scan Register Allocation, TOPLAS 1999; holes: Omri Traub, Glenn
 *          Holloway, Michael Smith, Quality and Speed in Linear-Scan Register Allocation, PLDI 1998; hints: Christian Wimmer,
 *          Hanspeter Mössenböck, Optimized Interval Splitting in a Linear Scan Register Allocator, VEE 2005.
 * Differs: who is spilled is chosen by cost and length, not by the last end, which spills more.
 * Not done: splitting of intervals. With the ranges of split.ts before it, it has 8 % fewer loads and stores at 4 registers,
 *          but 1 % more at 8 and a fifth more at 16, on random functions.
 * Cost:    O(n log n) for each scan where holes are few.
 */

import type { Func } from '@sluice/ir';
import { Ahead } from './ahead.ts';
import type { Attempt, Round } from './bounded.ts';
import { copiesOf } from './copies.ts';
import { spillCosts } from './cost.ts';
import { type Intervals, intervalsOf, lengthOf } from './intervals.ts';
import { listNodes, type Nodes } from './nodes.ts';

/** Scans once: registers for all nodes, or those that are to be spilled. */
export function scanOnce(round: Round): Attempt {
  return new Scan(round).run();
}

class Scan {
  readonly #f: Func;
  readonly #nodes: Nodes;
  readonly #intervals: Intervals;
  readonly #limits: readonly number[];
  readonly #cost: Float64Array;
  readonly #colors: Int32Array;
  /** By file and colour. */
  readonly #registers: readonly (readonly Ahead[])[];
  /** By node: the nodes that copies lead to or from. */
  readonly #partners = new Map<number, number[]>();
  readonly #victims = new Set<number>();

  constructor({ f, nodes, limits, arrivals, pinned }: Round) {
    this.#f = f;
    this.#nodes = nodes;
    this.#limits = limits;
    this.#intervals = intervalsOf(f, nodes);
    this.#cost = spillCosts(f, nodes, arrivals, pinned);
    this.#colors = new Int32Array(nodes.of.length).fill(-1);
    this.#registers = limits.map((limit) => Array.from({ length: limit }, () => new Ahead()));
    for (const { to, from } of copiesOf(f, nodes)) {
      this.#partner(to, from);
      this.#partner(from, to);
    }
  }

  run(): Attempt {
    const { first, from } = this.#intervals;
    const { fixed } = this.#nodes;
    const nodes = listNodes(this.#nodes).filter((node) => first[node] !== first[node + 1]);
    for (const node of nodes) if ((fixed[node] as number) >= 0) this.#give(node, fixed[node] as number);
    const startOf = (node: number): number => from[first[node] as number] as number;
    const order = nodes.filter((node) => (fixed[node] as number) < 0).sort((a, b) => startOf(a) - startOf(b) || a - b);
    for (const node of order) {
      const start = startOf(node);
      const registers = this.#registersOf(node);
      for (const register of registers) register.pass(start);
      const color = this.#hinted(node) ?? registers.findIndex((register) => this.#isFree(register, node));
      if (color >= 0) this.#give(node, color);
      else this.#relieve(node);
    }
    if (this.#victims.size > 0) return { victims: this.#victims };
    const used = this.#limits.map(() => 0);
    for (const node of nodes) {
      const file = this.#nodes.file[node] as number;
      used[file] = Math.max(used[file] as number, (this.#colors[node] as number) + 1);
    }
    return { colors: this.#colors, used };
  }

  #registersOf(node: number): readonly Ahead[] {
    return this.#registers[this.#nodes.file[node] as number] as readonly Ahead[];
  }

  #partner(node: number, other: number): void {
    const list = this.#partners.get(node);
    if (list === undefined) this.#partners.set(node, [other]);
    else list.push(other);
  }

  #hinted(node: number): number | undefined {
    const registers = this.#registersOf(node);
    for (const other of this.#partners.get(node) ?? []) {
      const color = this.#colors[other] as number;
      if (color >= 0 && this.#isFree(registers[color] as Ahead, node)) return color;
    }
    return undefined;
  }

  #isFree(register: Ahead, node: number): boolean {
    return register.isFreeFor(this.#intervals, node);
  }

  /** Adds the nodes that are in the way of one. */
  #inTheWay(register: Ahead, node: number, into: Set<number>): void {
    const { first, from, to } = this.#intervals;
    const end = first[node + 1] as number;
    for (let i = first[node] as number; i < end; i++) {
      let at = register.firstBehind(from[i] as number);
      while (at >= 0 && (register.from[at] as number) < (to[i] as number)) into.add(register.node[at--] as number);
    }
  }

  #give(node: number, color: number): void {
    this.#colors[node] = color;
    (this.#registersOf(node)[color] as Ahead).addAll(this.#intervals, node);
  }

  /** Spills a node for which there is no register, or those that are in its way in one of them. */
  #relieve(node: number): void {
    let best = this.#price(node);
    let color = -1;
    let out = new Set<number>();
    this.#registersOf(node).forEach((register, c) => {
      const inTheWay = new Set<number>();
      this.#inTheWay(register, node, inTheWay);
      let price = 0;
      for (const other of inTheWay) price += this.#price(other);
      if (price >= best) return;
      best = price;
      color = c;
      out = inTheWay;
    });
    if (best === Number.POSITIVE_INFINITY) throw new Error(`@${this.#f.name}: %${node} finds no register`);
    if (color === -1) {
      this.#victims.add(node);
      return;
    }
    (this.#registersOf(node)[color] as Ahead).drop(out);
    for (const other of out) {
      this.#victims.add(other);
      this.#colors[other] = -1;
    }
    this.#give(node, color);
  }

  /** What a spill costs for each point that it frees. */
  #price(node: number): number {
    return (this.#cost[node] as number) / lengthOf(this.#intervals, node);
  }
}
