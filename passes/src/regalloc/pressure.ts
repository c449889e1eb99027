/**
 * Chooses what to spill so that nowhere more values are live than there are registers. What is left for colouring is
 * then a graph that is small and mostly colourable at once.
 *
 * Each block is walked backwards with the values that are live and in registers. Where they are too many, the one goes
 * that is cheapest for the length of its life. A value that goes leaves all of the function at once (its web too), so that
 * counts elsewhere only fall; what remains of it is counted where it is: a register at each definition until it is
 * stored, and one at each use for its reload, unless the user reads slots itself. Hence one sweep over the blocks is
 * enough, in any order.
 *
 * Papers:  Laszlo Belady, A Study of Replacement Algorithms, 1966 (the farthest use, here by cost and length of life);
 *          Sebastian Hack, Register Allocation for Programs in SSA Form, 2007, chapter 4 (first spill, then colour).
 */

import { type Block, type BlockId, type Func, type Inst, instOf, liveness, orderOf, type ValueId } from '@sluice/ir';
import type { Arrivals } from './arrive.ts';
import { LiveSet } from './live-set.ts';
import type { Nodes } from './nodes.ts';
import { readsSlots } from './remake.ts';

/** The nodes to spill. Throws when one instruction needs more registers than there are. */
export function relievePressure(
  f: Func,
  nodes: Nodes,
  limits: readonly number[],
  arrivals: Arrivals,
  costs: () => Float64Array,
): ReadonlySet<number> {
  return new Relief(f, nodes, limits, arrivals, costs).run();
}

class Relief {
  readonly #f: Func;
  readonly #nodes: Nodes;
  readonly #limits: readonly number[];
  readonly #arrivals: Arrivals;
  readonly #costs: () => Float64Array;
  readonly #live: LiveSet;
  readonly #count: Int32Array;
  readonly #spilled = new Set<number>();
  /** By node: what a spill costs for each point that it is live at; made when first needed. */
  #price: Float64Array | null = null;
  /** Reloads that the instruction at hand needs, by file. */
  readonly #reloads: Int32Array;

  constructor(f: Func, nodes: Nodes, limits: readonly number[], arrivals: Arrivals, costs: () => Float64Array) {
    this.#f = f;
    this.#nodes = nodes;
    this.#limits = limits;
    this.#arrivals = arrivals;
    this.#costs = costs;
    this.#live = new LiveSet(f.insts.length);
    this.#count = new Int32Array(nodes.files);
    this.#reloads = new Int32Array(nodes.files);
  }

  run(): ReadonlySet<number> {
    const f = this.#f;
    const { out } = liveness(f);
    for (const b of orderOf(f).rpo) {
      const block = f.blocks[b] as Block;
      for (let i = out.start[b] as number; i < (out.start[b + 1] as number); i++) this.#enter(out.items[i] as ValueId);
      this.#relieveAll(block.term, []);
      this.#visit(block.term);
      for (let i = block.body.length - 1; i >= 0; i--) this.#visit(block.body[i] as ValueId);
      this.#live.clear();
      this.#count.fill(0);
    }
    return this.#spilled;
  }

  #isSpilled(v: ValueId): boolean {
    return this.#spilled.size > 0 && this.#spilled.has(this.#nodes.of[v] as number);
  }

  #enter(v: ValueId): void {
    if ((this.#nodes.of[v] as number) < 0 || this.#live.has(v) || this.#isSpilled(v)) return;
    this.#live.add(v);
    const file = this.#nodes.file[v] as number;
    this.#count[file] = (this.#count[file] as number) + 1;
  }

  #leave(v: ValueId): void {
    if (!this.#live.has(v)) return;
    this.#live.delete(v);
    const file = this.#nodes.file[v] as number;
    this.#count[file] = (this.#count[file] as number) - 1;
  }

  #visit(v: ValueId): void {
    const inst = instOf(this.#f, v);
    const copy = inst.op.name === 'copy';
    const defines = (this.#nodes.of[v] as number) >= 0;
    if (defines && this.#isSpilled(v)) {
      // Defined in a register, then stored; the source of a copy is stored directly, and a parameter lies in its slot.
      if (!copy && !this.#arrivals.has(v)) this.#relieve(this.#nodes.file[v] as number, 1, v, []);
    } else if (defines) this.#leave(v);
    for (const arg of inst.args) this.#enter(arg);
    // A copy of a spilled value is the reload itself.
    if (copy && defines && !this.#isSpilled(v)) this.#relieveAll(v, inst.args);
    else this.#relieveAll(v, inst.args, inst);
  }

  /** Makes room before an instruction; `reader` is it if its spilled operands need registers. */
  #relieveAll(at: ValueId, args: readonly ValueId[], reader: Inst | null = null): void {
    const slotReader = reader !== null && readsSlots(reader);
    this.#reloads.fill(0);
    if (reader !== null && !slotReader && this.#spilled.size > 0) {
      args.forEach((arg, k) => {
        if ((this.#nodes.of[arg] as number) < 0 || !this.#isSpilled(arg) || args.indexOf(arg) < k) return;
        const file = this.#nodes.file[arg] as number;
        this.#reloads[file] = (this.#reloads[file] as number) + 1;
      });
    }
    for (let file = 0; file < this.#count.length; file++) {
      this.#relieve(file, this.#reloads[file] as number, at, slotReader ? [] : args);
    }
  }

  #relieve(file: number, extra: number, at: ValueId, keep: readonly ValueId[]): void {
    const room = (this.#limits[file] as number) - extra;
    const excess = (this.#count[file] as number) - room;
    if (excess <= 0) return;
    const price = this.#prices();
    const candidates: ValueId[] = [];
    for (let i = 0; i < this.#live.size; i++) {
      const v = this.#live.items[i] as ValueId;
      if (this.#nodes.file[v] === file && Number.isFinite(price[this.#nodes.of[v] as number]) && !keep.includes(v)) {
        candidates.push(v);
      }
    }
    if (candidates.length < excess) {
      const { name } = instOf(this.#f, at).op;
      throw new Error(`@${this.#f.name}: '${name}' at %${at} needs more than ${this.#limits[file]} registers`);
    }
    const priceOf = (v: ValueId): number => price[this.#nodes.of[v] as number] as number;
    candidates.sort((a, b) => priceOf(a) - priceOf(b) || a - b);
    for (const v of candidates.slice(0, excess)) {
      this.#spilled.add(this.#nodes.of[v] as number);
      this.#leave(v);
    }
  }

  #prices(): Float64Array {
    if (this.#price === null) {
      const lengths = lifeLengths(this.#f, this.#nodes);
      this.#price = this.#costs().map((cost, node) => cost / (1 + (lengths[node] as number)));
    }
    return this.#price;
  }
}

/** By node: the number of instructions at which it is live. */
function lifeLengths(f: Func, { of }: Nodes): Float64Array {
  const lengths = new Float64Array(f.insts.length);
  const live = liveness(f);
  /** By value: the point in the block behind its last use. */
  const end = new Int32Array(f.insts.length).fill(-1);
  const close = (v: ValueId, point: number): void => {
    const node = of[v] as number;
    if (node >= 0 && (end[v] as number) >= 0) lengths[node] = (lengths[node] as number) + (end[v] as number) - point;
    end[v] = -1;
  };
  const open = (v: ValueId, point: number): void => {
    if (end[v] === -1) end[v] = point;
  };
  const visit = (v: ValueId, point: number): void => {
    close(v, point);
    for (const arg of instOf(f, v).args) open(arg, point);
  };
  for (const b of orderOf(f).rpo) {
    const { phis, body, term } = f.blocks[b] as Block;
    for (const v of live.liveOut(b as BlockId)) open(v, body.length + 2);
    visit(term, body.length + 1);
    for (let i = body.length - 1; i >= 0; i--) visit(body[i] as ValueId, i + 1);
    for (const v of phis) close(v, 0);
    for (const v of live.liveIn(b as BlockId)) close(v, 0);
  }
  return lengths;
}
