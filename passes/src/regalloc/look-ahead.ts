/** Next uses inside of the block at hand: next-use.ts says how it goes on behind. */

import {
  type Block,
  type BlockId,
  type Func,
  instOf,
  type LoopForest,
  liveness,
  orderOf,
  type ValueId,
} from '@sluice/ir';
import { edgeDistance, type NextUses, never } from './next-use.ts';
import type { Nodes } from './nodes.ts';
import { readsSlots } from './remake.ts';

/** Nothing comes behind: the node is dead. */
export const dead = -1;

/** Walks a block backwards once, then gives what it found in forward order. */
export class LookAhead {
  readonly #f: Func;
  readonly #of: Int32Array;
  readonly #uses: NextUses;
  readonly #loops: LoopForest;
  /** By node; dead where it is not live. */
  readonly #next: Float64Array;
  readonly #touched: number[] = [];
  /** By operand, the block's last one first: the node's next use behind the instruction. */
  #behind = new Float64Array(64);
  #left = 0;
  /** By position: the next use of what is defined there. */
  #defined = new Float64Array(64);

  constructor(f: Func, { of }: Nodes, uses: NextUses, loops: LoopForest) {
    this.#f = f;
    this.#of = of;
    this.#uses = uses;
    this.#loops = loops;
    this.#next = new Float64Array(f.insts.length).fill(dead);
  }

  /** The next use, behind its instruction, of the next operand in order. */
  operand(): number {
    return this.#behind[--this.#left] as number;
  }

  /** The next use of what the instruction at a position defines. */
  defined(position: number): number {
    return this.#defined[position] as number;
  }

  /** Looks at a block. */
  enter(b: BlockId): void {
    const next = this.#next;
    const { body, term } = this.#f.blocks[b] as Block;
    this.#left = 0;
    if (this.#defined.length <= body.length) this.#defined = new Float64Array(2 * body.length);
    this.#leave(b, body.length + 1);
    for (let i = body.length; i >= 0; i--) this.#inst(i === body.length ? term : (body[i] as ValueId), i);
    for (const node of this.#touched) next[node] = dead;
    this.#touched.length = 0;
  }

  /** What is live behind the block. */
  #leave(b: BlockId, length: number): void {
    const { out } = liveness(this.#f);
    const { succs } = orderOf(this.#f);
    const { nodes, distance } = this.#uses;
    const next = this.#next;
    for (let i = out.start[b] as number; i < (out.start[b + 1] as number); i++) {
      const node = this.#of[out.items[i] as number] as number;
      if (node < 0) continue;
      next[node] = never;
      this.#touched.push(node);
    }
    for (let e = succs.start[b] as number; e < (succs.start[b + 1] as number); e++) {
      const to = succs.items[e] as BlockId;
      for (let i = nodes.start[to] as number; i < (nodes.start[to + 1] as number); i++) {
        const node = nodes.items[i] as number;
        const away = length + edgeDistance(this.#loops, b, to, distance[i] as number);
        if (away < (next[node] as number)) next[node] = away;
      }
    }
  }

  #inst(v: ValueId, position: number): void {
    const next = this.#next;
    const inst = instOf(this.#f, v);
    const { args } = inst;
    const own = this.#of[v] as number;
    if (own >= 0) {
      this.#defined[position] = next[own] as number;
      next[own] = dead;
    }
    if (this.#left + args.length > this.#behind.length) {
      const larger = new Float64Array(2 * (this.#left + args.length));
      larger.set(this.#behind);
      this.#behind = larger;
    }
    for (let k = args.length - 1; k >= 0; k--) {
      const node = this.#of[args[k] as number] as number;
      this.#behind[this.#left++] = node < 0 ? dead : (next[node] as number);
    }
    const far = readsSlots(inst);
    for (let k = 0; k < args.length; k++) {
      const node = this.#of[args[k] as number] as number;
      if (node < 0) continue;
      if (!far) next[node] = position;
      else if (next[node] === dead) next[node] = never;
      this.#touched.push(node);
    }
  }
}
