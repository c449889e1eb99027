/**
 * Colours the graph with as many colours as there are registers, or says which nodes get none: in reverse to the order in
 * which they were taken away (irc.ts), each node gets a colour that no neighbour has. That of a copy's other end, if it can
 * be had, else the smallest. A node taken in hope may find one all the same; where merged nodes find none together, each
 * of them may find one alone.
 *
 * Papers:  Gregory Chaitin et al., Register Allocation via Coloring, 1981; Preston Briggs et al., TOPLAS 1994 (optimism, biased
 *          colouring); Jinpyo Park, Soo-Mook Moon, Optimistic Register Coalescing, TOPLAS 2004 (taking merges back).
 */

import type { CopyEdge } from './copies.ts';
import type { Coloring } from './greedy.ts';
import { type ColorInput, type Simplified, simplify } from './irc.ts';

/** Colours, and the nodes that got none. */
export interface Colored extends Coloring {
  readonly failed: readonly number[];
}

/** Colours all nodes as far as it goes. */
export function colorGraph(input: ColorInput): Colored {
  return new Select(input, simplify(input)).run();
}

class Select {
  readonly #input: ColorInput;
  readonly #simplified: Simplified;
  readonly #colors: Int32Array;
  readonly #used: number[];
  readonly #failed: number[] = [];
  /** By colour: the last node that may not have it. */
  readonly #taken: Int32Array;
  readonly #copiesOf = new Map<number, CopyEdge[]>();
  #round = 0;

  constructor(input: ColorInput, simplified: Simplified) {
    const { nodes, copies, limits } = input;
    this.#input = input;
    this.#simplified = simplified;
    this.#colors = new Int32Array(nodes.of.length).fill(-1);
    this.#used = new Array<number>(nodes.files).fill(0);
    this.#taken = new Int32Array(Math.max(1, ...limits)).fill(-1);
    for (const copy of copies) {
      for (const end of [copy.to, copy.from]) {
        const list = this.#copiesOf.get(end);
        if (list === undefined) this.#copiesOf.set(end, [copy]);
        else list.push(copy);
      }
    }
  }

  run(): Colored {
    const { fixed } = this.#input.nodes;
    const { stack, merged } = this.#simplified;
    for (let node = 0; node < fixed.length; node++) {
      const color = fixed[node] as number;
      if (color >= 0) for (const member of merged.members(node)) this.#give(member, color);
    }
    for (let i = stack.length - 1; i >= 0; i--) {
      const members = merged.members(stack[i] as number);
      const color = this.#choose(members);
      if (color >= 0) for (const member of members) this.#give(member, color);
      else this.#separately(members);
    }
    return { colors: this.#colors, used: this.#used, failed: this.#failed };
  }

  #give(node: number, color: number): void {
    this.#colors[node] = color;
    const file = this.#input.nodes.file[node] as number;
    this.#used[file] = Math.max(this.#used[file] as number, color + 1);
  }

  /** Those that cost most to spill first. */
  #separately(members: readonly number[]): void {
    const { cost } = this.#input;
    const order = members.slice().sort((a, b) => {
      const [x, y] = [cost[a] as number, cost[b] as number];
      return x > y ? -1 : x < y ? 1 : a - b;
    });
    for (const member of order) {
      const color = members.length === 1 ? -1 : this.#choose([member]);
      if (color >= 0) this.#give(member, color);
      else this.#failed.push(member);
    }
  }

  /** A colour that no neighbour of these nodes has; -1: there is none. */
  #choose(members: readonly number[]): number {
    const { nodes, graph, limits } = this.#input;
    const limit = limits[nodes.file[members[0] as number] as number] as number;
    const round = this.#round++;
    for (const member of members) {
      const end = graph.start[member + 1] as number;
      for (let i = graph.start[member] as number; i < end; i++) {
        const color = this.#colors[graph.items[i] as number] as number;
        if (color >= 0) this.#taken[color] = round;
      }
    }
    let best = -1;
    let weight = 0;
    for (const member of members) {
      for (const copy of this.#copiesOf.get(member) ?? []) {
        const color = this.#colors[copy.to === member ? copy.from : copy.to] as number;
        if (color < 0 || this.#taken[color] === round || copy.weight <= weight) continue;
        best = color;
        weight = copy.weight;
      }
    }
    for (let color = 0; color < limit && best < 0; color++) if (this.#taken[color] !== round) best = color;
    return best;
  }
}
