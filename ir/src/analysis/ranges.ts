/**
 * What each integer value may be: bounds and bits (range.ts), from constants, operations, and the branches on the way.
 *
 *     ^0: br ^1
 *     ^1: %i = phi [^0: %zero], [^2: %next]      0 .. 10
 *         %c = i32.lt_s %i, %ten
 *         br_if %c, ^2, ^3
 *     ^2: %next = i32.add %i, %one               here %i is in 0 .. 9, %next in 1 .. 10
 *         br ^1
 *     ^3:                                        here %i is 10
 *
 * Paper:   Patrick and Radhia Cousot, Abstract Interpretation, POPL 1977; Victor Hugo Sperle Campos et al., Speed and
 *          Precision in Range Analysis, SBLP 2012, for facts of branches on the values that they compare.
 * Differs: no copies of values for what branches say: the dominator tree is walked in preorder, and a fact holds until its
 *          subtree is left. Blocks that no path can reach are left out, as in conditional constant propagation.
 * Phases:  a walk assumes of each phi that has inputs over back-edges what the walk before found; at first nothing comes
 *          over them. What came is then compared with what was assumed: where it is not within, it is widened and there
 *          is another walk. At last one walk with what really came (narrowing), kept if it confirms itself.
 * Safe:    the result is that of a walk in which every assumption held at its end, whatever led to the assumptions.
 * Cost:    one walk without loops, else three, rarely up to seven; each is linear. Facts of a value at a block are looked for
 *          among the last few that branches said of it. Phis with very many inputs are not followed.
 */

import type { BlockId, Func, Inst, ValueId } from '../func.ts';
import { bytes } from '../ints.ts';
import {
  everything,
  isWithin,
  joinRanges,
  meetRanges,
  type Range,
  rangeOfConstant,
  rangeOfType,
  widenRange,
} from '../range.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { domTree } from './dom.ts';
import type { DominatorTree } from './dominator-tree.ts';
import { type BlockOrder, orderOf } from './order.ts';
import { type Facts, Known } from './range-facts.ts';
import { planRanges, type RangePlan } from './range-plan.ts';

/** Switches with more targets say nothing of the value. */
const mostCases = 64;
/** Facts of one value that are looked through for one that holds. */
const factsTried = 16;

const unknown = everything(false);
/** The ranges of a function's values; null for values that are no integers, and for those that never are. */
export class Ranges {
  /** By value: what it is in wherever it is defined. */
  readonly base: readonly (Range | null)[];
  readonly #tree: DominatorTree<BlockId>;
  readonly #facts: Facts;

  /** @internal */
  constructor(base: readonly (Range | null)[], tree: DominatorTree<BlockId>, facts: Facts) {
    this.base = base;
    this.#tree = tree;
    this.#facts = facts;
  }

  /** What a value is in wherever it is defined. */
  of(v: ValueId): Range | null {
    return this.base[v] ?? null;
  }

  /** What a value is in within a block, after the branches that lead to it. */
  at(v: ValueId, b: BlockId): Range | null {
    const { head, previous, block, range } = this.#facts;
    let tried = 0;
    for (let i = head[v] as number; i !== -1 && tried < factsTried; i = previous[i] as number, tried++) {
      if (this.#tree.dominates(block[i] as BlockId, b)) return range[i] as Range;
    }
    return this.base[v] ?? null;
  }
}

/** The ranges of all values. */
export const rangesOf: Analysis<Ranges> = defineAnalysis({
  name: 'ranges',
  of: 'func',
  run: (f) => new Walker(f).run(),
});

class Walker {
  readonly #f: Func;
  readonly #order: BlockOrder;
  readonly #tree: DominatorTree<BlockId>;
  readonly #plan: RangePlan;
  /** By value: what is known where the walk is; after it, wherever the value is. */
  readonly #now: (Range | null)[];
  /** By phi: what has come in this walk. */
  readonly #incoming: (Range | undefined)[];
  /** Phis with inputs over back-edges; by phi what is assumed of it, and what it was taken for in the last walk. */
  readonly #headers: readonly ValueId[];
  #assumed: (Range | undefined)[] = [];
  /** By block: 1 reached in this walk, 2 reached over a back-edge in any. */
  readonly #reached: Uint8Array;
  #surprised = false;
  readonly #known: Known;

  constructor(f: Func) {
    this.#f = f;
    this.#order = orderOf(f);
    this.#tree = domTree(f);
    this.#known = new Known(f);
    this.#now = this.#known.now;
    this.#plan = planRanges(f, this.#order, this.#now);
    this.#headers = this.#plan.headers;
    this.#incoming = new Array<Range | undefined>(this.#plan.phis.items.length === 0 ? 0 : f.insts.length);
    this.#reached = bytes(f.blocks.length);
  }

  run(): Ranges {
    this.#walk();
    for (let round = 0; this.#widen(round); round++) this.#walk();
    if (this.#headers.length > 0) this.#narrow();
    return new Ranges(this.#now, this.#tree, this.#known.facts);
  }

  /** Whether an assumption did not hold; then they are wider. After a few rounds nothing is assumed any more. */
  #widen(round: number): boolean {
    let wider = this.#surprised;
    for (let i = 0; i < this.#headers.length; i++) {
      const phi = this.#headers[i] as ValueId;
      const came = this.#incoming[phi];
      const taken = this.#now[phi] ?? null;
      if (came === undefined || (taken !== null && isWithin(came, taken))) continue;
      wider = true;
      this.#assumed[phi] = taken === null || round >= 3 ? everything(came.wide) : widenRange(taken, came, round === 0);
    }
    if (wider && round >= 4) for (const phi of this.#headers) this.#assumed[phi] = this.#whole(phi);
    return wider;
  }

  #whole(v: ValueId): Range {
    return rangeOfType((this.#f.insts[v] as Inst).type) ?? everything(false);
  }

  #narrow(): void {
    const kept = this.#assumed;
    const next = kept.slice();
    let narrower = false;
    for (let i = 0; i < this.#headers.length; i++) {
      const phi = this.#headers[i] as ValueId;
      const came = this.#incoming[phi];
      const taken = this.#now[phi] ?? null;
      if (came === undefined || taken === null || isWithin(taken, came)) continue;
      next[phi] = came;
      narrower = true;
    }
    if (!narrower) return;
    this.#assumed = next;
    this.#walk();
    if (this.#holds()) return;
    this.#assumed = kept;
    this.#walk();
  }

  #holds(): boolean {
    if (this.#surprised) return false;
    for (let i = 0; i < this.#headers.length; i++) {
      const phi = this.#headers[i] as ValueId;
      const came = this.#incoming[phi];
      const taken = this.#now[phi] ?? null;
      if (came !== undefined && (taken === null || !isWithin(came, taken))) return false;
    }
    return true;
  }

  // One walk.

  #walk(): void {
    const { preorder, last } = this.#tree;
    const reached = this.#reached;
    for (let b = 0; b < reached.length; b++) reached[b] = (reached[b] as number) & 2;
    this.#surprised = false;
    this.#known.begin();
    reached[preorder[0] as number] = 1;
    const { items } = this.#plan.phis;
    for (let i = 0; i < items.length; i++) this.#incoming[items[i] as number] = undefined;
    for (let at = 0; at < preorder.length; at++) {
      this.#known.leaveBefore(at);
      const b = preorder[at] as BlockId;
      if (reached[b] === 0) {
        this.#forget(b);
        continue;
      }
      const from = this.#onlyPred(b);
      if (from !== -1) {
        this.#known.enter(last[b] as number);
        if (!this.#assumeEdge(from, b)) {
          reached[b] = 0;
          this.#forget(b);
          continue;
        }
        this.#known.note(b);
      }
      this.#visit(b);
    }
    this.#known.leaveBefore(preorder.length);
  }

  /** What stands in a block that is not reached is nothing. */
  #forget(b: BlockId): void {
    const { phis, body } = this.#plan;
    for (let i = phis.start[b] as number; i < (phis.start[b + 1] as number); i++)
      this.#now[phis.items[i] as number] = null;
    for (let i = body.start[b] as number; i < (body.start[b + 1] as number); i++)
      this.#now[body.items[i] as number] = null;
  }

  #visit(b: BlockId): void {
    const { insts, blocks } = this.#f;
    const { phis, body } = this.#plan;
    const now = this.#now;
    for (let i = phis.start[b] as number; i < (phis.start[b + 1] as number); i++) {
      const phi = phis.items[i] as ValueId;
      const came = this.#incoming[phi];
      const assumed = this.#assumed[phi];
      now[phi] = came === undefined ? (assumed ?? null) : assumed === undefined ? came : joinRanges(came, assumed);
    }
    for (let i = body.start[b] as number; i < (body.start[b + 1] as number); i++) {
      const v = body.items[i] as ValueId;
      now[v] = this.#compute(insts[v] as Inst);
    }
    this.#leaveBlock(b, insts[blocks[b]?.term as number] as Inst);
  }

  #compute({ op, args, type }: Inst): Range {
    const { insts } = this.#f;
    const now = this.#now;
    const rule = op.range;
    // Operands that are no integers have no range, and no rule looks at it.
    const a = now[args[0] as number] ?? rangeOfType((insts[args[0] as number] as Inst).type) ?? unknown;
    const b =
      args.length > 1 ? (now[args[1] as number] ?? rangeOfType((insts[args[1] as number] as Inst).type) ?? unknown) : a;
    if (rule === null) return everything(type === 'i64');
    return args.length > 2 ? rule.of(a, b, now[args[2] as number] ?? unknown) : rule.of(a, b);
  }

  /** Says to each successor that it is reached, and to its phis what comes, if the edge can be taken. */
  #leaveBlock(b: BlockId, term: Inst): void {
    const { start, items } = this.#order.succs;
    for (let e = start[b] as number; e < (start[b + 1] as number); e++) {
      const to = items[e] as BlockId;
      if (this.#onlyPred(to) === b) {
        if (this.#possible(term, to)) this.#reach(b, to);
        continue;
      }
      const undo = this.#known.depth;
      if (this.#assumeEdge(b, to)) {
        this.#reach(b, to);
        this.#arrive(b, to);
      }
      this.#known.undoTo(undo);
    }
  }

  #reach(from: BlockId, to: BlockId): void {
    const reached = this.#reached;
    if (!this.#order.isBackEdge(from, to)) reached[to] = (reached[to] as number) | 1;
    else if (((reached[to] as number) & 2) === 0) {
      // Only where a loop has several entries has its first block not been reached already.
      if (reached[to] === 0) this.#surprised = true;
      reached[to] = (reached[to] as number) | 2;
    }
  }

  #arrive(from: BlockId, to: BlockId): void {
    const { start, items } = this.#plan.phis;
    for (let i = start[to] as number; i < (start[to + 1] as number); i++) {
      const phi = items[i] as ValueId;
      const { args, blocks, type } = this.#f.insts[phi] as Inst;
      const came = this.#known.of(args[blocks.indexOf(from)] as ValueId, type);
      const before = this.#incoming[phi];
      this.#incoming[phi] = before === undefined ? came : joinRanges(before, came);
    }
  }

  // Edges and conditions.

  /** The only predecessor of a block; -1. */
  #onlyPred(b: BlockId): BlockId | -1 {
    const { start, items } = this.#order.preds;
    const first = start[b] as number;
    return (start[b + 1] as number) - first === 1 ? (items[first] as BlockId) : -1;
  }

  /** Whether an edge can be taken, as far as the condition itself says. */
  #possible(term: Inst, to: BlockId): boolean {
    const { op, args, blocks, imm } = term;
    if (args.length === 0 || blocks.length > mostCases || (op.kind !== 'br_if' && op.kind !== 'switch')) return true;
    const on = this.#known.of(args[0] as ValueId, 'i32');
    if (op.kind === 'br_if') {
      if (on.uhi === 0) return blocks[1] === to;
      return on.ulo === 0 || blocks[0] === to;
    }
    if (on.lo !== on.hi) return true;
    const at = (imm as readonly number[]).indexOf(on.lo | 0);
    return (at === -1 ? blocks.at(-1) : blocks[at]) === to;
  }

  /** Narrows what is known to what holds on an edge; false: it is never taken. */
  #assumeEdge(from: BlockId, to: BlockId): boolean {
    const term = this.#f.insts[this.#f.blocks[from]?.term as number] as Inst;
    const { op, args, blocks, imm } = term;
    if (!this.#possible(term, to)) return false;
    if (op.kind === 'br_if') {
      return blocks[0] === blocks[1] || this.#known.assume(args[0] as ValueId, blocks[0] === to);
    }
    if (op.kind !== 'switch' || blocks.length > mostCases) return true;
    const at = blocks.indexOf(to);
    if (at === blocks.length - 1 || blocks.indexOf(to, at + 1) !== -1) return true;
    const found = rangeOfConstant((imm as readonly number[])[at] as number);
    const met = found === null ? null : meetRanges(this.#known.of(args[0] as ValueId, 'i32'), found);
    if (met !== null) this.#known.set(args[0] as ValueId, met);
    return met !== null;
  }
}
