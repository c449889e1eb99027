/**
 * Where nodes are live, as ranges on one line: blocks in reverse postorder, each instruction with two points.
 *
 *     point 2i      instruction i reads its operands: the last use of a value ends its range here, exclusive
 *     point 2i + 1  it writes its result: a range starts here
 *     start         each block has a point before its first instruction, where phis are defined
 *
 * Between ranges of one node are holes, in which its register is free for others. Ranges that touch are one.
 *
 * Cost: linear in the function and its liveness.
 */

import { type Block, type BlockId, type Func, instOf, liveness, orderOf, type ValueId } from '@sluice/ir';
import type { Nodes } from './nodes.ts';

/** Ranges by node: `[from[i], to[i])` for `i` in `first[node] .. first[node + 1] - 1`, ascending. */
export interface Intervals {
  readonly first: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** The intervals of all nodes. */
export function intervalsOf(f: Func, nodes: Nodes): Intervals {
  return new Ranges(f, nodes).run();
}

/** The number of points at which a node is live. */
export function lengthOf({ first, from, to }: Intervals, node: number): number {
  let length = 0;
  const end = first[node + 1] as number;
  for (let i = first[node] as number; i < end; i++) length += (to[i] as number) - (from[i] as number);
  return length;
}

/**
 * Walks blocks and instructions from the last one up. The ranges of a node are then found in descending order, since no
 * two values of a node live at one time.
 */
class Ranges {
  readonly #f: Func;
  readonly #of: Int32Array;
  /** By value: where its range ends in the block at hand; -1: not live. */
  readonly #end: Int32Array;
  // A list for each node, the last one found first.
  readonly #head: Int32Array;
  #next = new Int32Array(64);
  #from = new Int32Array(64);
  #to = new Int32Array(64);
  #count = 0;

  constructor(f: Func, { of }: Nodes) {
    this.#f = f;
    this.#of = of;
    this.#end = new Int32Array(of.length).fill(-1);
    this.#head = new Int32Array(of.length).fill(-1);
  }

  run(): Intervals {
    const f = this.#f;
    const { rpo } = orderOf(f);
    const live = liveness(f);
    let point = 0;
    for (const b of rpo) point += pointsOf(f.blocks[b] as Block);
    for (let k = rpo.length - 1; k >= 0; k--) {
      const b = rpo[k] as BlockId;
      const { phis, body, term } = f.blocks[b] as Block;
      const start = point - pointsOf(f.blocks[b] as Block);
      const { out } = live;
      for (let i = out.start[b] as number; i < (out.start[b + 1] as number); i++)
        this.#use(out.items[i] as number, point);
      this.#visit(term, point - 2);
      for (let i = body.length - 1; i >= 0; i--) this.#visit(body[i] as ValueId, start + 2 + 2 * i);
      for (let i = 0; i < phis.length; i++) this.#define(phis[i] as number, start);
      const rows = live.in;
      for (let i = rows.start[b] as number; i < (rows.start[b + 1] as number); i++) {
        const v = rows.items[i] as number;
        if (this.#end[v] !== -1) this.#define(v, start);
      }
      point = start;
    }
    // Parameters stand in no block: they are there from the first point on.
    for (const v of f.params) if (this.#end[v] !== -1) this.#define(v, 0);
    return this.#rows();
  }

  #visit(v: ValueId, point: number): void {
    this.#define(v, point + 1);
    const { args } = instOf(this.#f, v);
    for (let k = 0; k < args.length; k++) this.#use(args[k] as number, point + 1);
  }

  #use(v: number, point: number): void {
    if ((this.#of[v] as number) >= 0 && this.#end[v] === -1) this.#end[v] = point;
  }

  #define(v: number, point: number): void {
    const node = this.#of[v] as number;
    if (node < 0) return;
    // What is used in blocks alone that nothing reaches is written all the same.
    const to = this.#end[v] === -1 ? point + 1 : (this.#end[v] as number);
    this.#end[v] = -1;
    const last = this.#head[node] as number;
    if (last !== -1 && this.#from[last] === to) {
      this.#from[last] = point;
      return;
    }
    const at = this.#count++;
    if (at === this.#from.length) {
      this.#next = longer(this.#next);
      this.#from = longer(this.#from);
      this.#to = longer(this.#to);
    }
    this.#next[at] = last;
    this.#from[at] = point;
    this.#to[at] = to;
    this.#head[node] = at;
  }

  #rows(): Intervals {
    const count = this.#head.length;
    const first = new Int32Array(count + 1);
    const from = new Int32Array(this.#count);
    const to = new Int32Array(this.#count);
    let length = 0;
    for (let node = 0; node < count; node++) {
      first[node] = length;
      for (let at = this.#head[node] as number; at !== -1; at = this.#next[at] as number) {
        from[length] = this.#from[at] as number;
        to[length++] = this.#to[at] as number;
      }
    }
    first[count] = length;
    return { first, from, to };
  }
}

/** Two points before the first instruction and two for each. */
function pointsOf({ body }: Block): number {
  return 2 * body.length + 4;
}

function longer(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
