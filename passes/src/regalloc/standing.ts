/**
 * How nodes stand while it is decided where they are in registers (residence.ts): what is known of each, which of them rather
 * gives up its register, and which come into a block in one.
 *
 * A node gives up its register for as long as it is not used, which is won, for what brings it back, which is lost: a constant
 * costs little, a node whose slot holds it a load, any other a load and a store.
 *
 * Paper:   Matthias Braun, Sebastian Hack, Register Spilling and Live-Range Splitting for SSA-Form Programs, CC 2009, 4.2.
 * Differs: costs beside distances.
 */

import type { BlockId, LoopForest } from '@sluice/ir';
import { type NextUses, outside } from './next-use.ts';
import type { Nodes } from './nodes.ts';

const remakeCost = 0.25;
const loadCost = 1;
const storeCost = 1;

/** What is known of nodes, at the instruction at hand. */
export class Standing {
  /** By node that is live: where it is used next, counted from the start of the block. */
  readonly next: Float64Array;
  /** By node in a register: 1 when its slot holds it, too. */
  readonly clean: Uint8Array;
  /** By node: 1 when it is made anew and has no slot. */
  readonly remade: Uint8Array;
  /** The instruction's position in its block. */
  position = 0;
  readonly limits: readonly number[];
  readonly #file: Int8Array;

  constructor(count: number, { file }: Nodes, limits: readonly number[]) {
    this.next = new Float64Array(count);
    this.clean = new Uint8Array(count);
    this.remade = new Uint8Array(count);
    this.limits = limits;
    this.#file = file;
  }

  fileOf(node: number): number {
    return this.#file[node] as number;
  }

  /** Whether one node rather gives up its register than another. */
  goesBefore(a: number, b: number): boolean {
    const [x, y] = [this.#gain(a), this.#gain(b)];
    return x > y || (x === y && a < b);
  }

  /** Takes nodes of a list while there is room, those first that would give up their register last. */
  fill(list: number[], room: number[], chosen: number[]): void {
    list.sort((a, b) => this.#gain(a) - this.#gain(b) || a - b);
    for (const node of list) {
      const file = this.fileOf(node);
      if ((room[file] as number) <= 0) continue;
      room[file] = (room[file] as number) - 1;
      chosen.push(node);
    }
  }

  #gain(node: number): number {
    const distance = (this.next[node] as number) - this.position + 1;
    const cost = this.remade[node] === 1 ? remakeCost : this.clean[node] === 1 ? loadCost : loadCost + storeCost;
    return distance / cost;
  }
}

/** Nodes by how many of the `known` predecessors have them in registers. */
type Having = ReadonlyMap<number, number>;

/** The nodes that come into a join in registers: what all predecessors have there, then what some have. */
export function entryOfJoin(standing: Standing, having: Having, known: number): readonly number[] {
  const all: number[] = [];
  const some: number[] = [];
  for (const [node, count] of having) {
    if (count === known) all.push(node);
    else if ((standing.next[node] as number) < outside && standing.remade[node] === 0) some.push(node);
  }
  const room = standing.limits.slice();
  const chosen: number[] = [];
  standing.fill(all, room, chosen);
  standing.fill(some, room, chosen);
  return chosen;
}

/**
 * The nodes that come into a loop in registers: what is used in it; what passes through only as far as the loop leaves
 * registers alone where it needs most.
 */
export function entryOfLoop(
  b: BlockId,
  standing: Standing,
  { nodes, loopPressure }: NextUses,
  loops: LoopForest,
  having: Having,
  known: number,
): readonly number[] {
  const { limits } = standing;
  const inside: number[] = [];
  const through: number[] = [];
  const passing = limits.map(() => 0);
  for (let i = nodes.start[b] as number; i < (nodes.start[b + 1] as number); i++) {
    const node = nodes.items[i] as number;
    const file = standing.fileOf(node);
    if ((standing.next[node] as number) < outside) inside.push(node);
    else {
      passing[file] = (passing[file] as number) + 1;
      if (having.get(node) === known) through.push(node);
    }
  }
  const room = limits.slice();
  const chosen: number[] = [];
  standing.fill(inside, room, chosen);
  const loop = loops.loopOf(b);
  const free = limits.map((limit, file) => {
    const most = loop === -1 ? limit : (loopPressure[loop * limits.length + file] as number);
    return Math.min(room[file] as number, limit - (most - (passing[file] as number)));
  });
  standing.fill(through, free, chosen);
  return chosen;
}
