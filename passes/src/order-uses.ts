/**
 * Orders instructions such that a phi dies where its next value is born, so that both can have one register. Without it,
 * `ssa-destruct` copies the one to the other on each turn of the loop.
 *
 *     ^l: %x = phi [^a: %n], [^l: %q]            ^l: %x = phi [^a: %n], [^l: %q]
 *         %q = i32.div_s %x, %two         =>         %s = i32.add %s0, %x
 *         %s = i32.add %s0, %x                       %q = i32.div_s %x, %two
 *
 * Paper:   folklore; the interference that is avoided is that of Sreedhar et al., Translating Out of Static Single Assignment
 *          Form, SAS 1999.
 * Phases:  for each phi and next value in the body of a block that the phi does not outlive: the next value moves behind the last
 *          use of the phi (`sink`); where it may not, the uses behind it move before it (`hoist`).
 * Legal:   what moves is pure, and moves over nothing that it uses or that uses it; so nothing is seen earlier or later.
 * Profit:  what moves must not keep another phi alive over its own next value, and no other next value may come before uses of
 *          its phi.
 * Needs:   nothing; it must come before ssa-destruct.
 * Keeps:   the shape; which instructions there are.
 * Cost:    near linear: a move goes over at most `farthest` instructions.
 * Not done: uses that depend on other instructions behind the next value; phis that are alive behind the block.
 */

import {
  type Block,
  type BlockId,
  blockOfValue,
  type Func,
  filledInts,
  instOf,
  isPure,
  liveness,
  orderOf,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';

const farthest = 128;

export default definePass({
  name: 'order-uses',
  summary: 'order instructions so that a phi dies where its next value is born',
  paper: 'folklore; Sreedhar et al., Translating Out of Static Single Assignment Form, SAS 1999',
  scope: 'func',
  before: [{ pass: 'ssa-destruct', why: 'it copies where a phi and its next value live at one time' }],
  run(f, cx) {
    const order = orderOf(f);
    let blocks: Bodies | null = null;
    for (const b of order.rpo) {
      const { phis } = f.blocks[b] as Block;
      for (let i = 0; i < phis.length; i++) {
        const phi = phis[i] as ValueId;
        const { args, blocks: preds } = instOf(f, phi);
        for (let k = 0; k < args.length; k++) {
          if (!order.isBackEdge(preds[k] as BlockId, b)) continue;
          const next = args[k] as ValueId;
          if (instOf(f, next).op.kind !== 'value') continue;
          blocks ??= new Bodies(f, cx);
          blocks.part(phi, next);
        }
      }
    }
    blocks?.finish();
  },
});

/** The bodies of blocks while instructions move in them. */
class Bodies {
  readonly #f: Func;
  readonly #cx: FuncContext;
  readonly #home: Int32Array;
  readonly #bodies = new Map<BlockId, ValueId[]>();
  readonly #changed = new Set<BlockId>();
  /** By value in one of `#bodies`: its position; -1 in others. */
  readonly #at: Int32Array;

  constructor(f: Func, cx: FuncContext) {
    this.#f = f;
    this.#cx = cx;
    this.#home = blockOfValue(f) as unknown as Int32Array;
    this.#at = filledInts(f.insts.length, -1);
  }

  /** Sees to it that the phi is dead when its next value is defined. */
  part(phi: ValueId, next: ValueId): void {
    const f = this.#f;
    const b = this.#home[next] as BlockId;
    if (liveness(f).isLiveOut(phi, b)) return;
    const body = this.#body(b);
    const from = this.#at[next] as number;
    const late: ValueId[] = [];
    for (const user of usesOf(f).of(phi)) {
      if (this.#home[user] !== b || instOf(f, user).op.kind === 'phi') continue;
      if (user === f.blocks[b]?.term) return this.#cx.declined('the end of the block uses the phi', phi);
      if ((this.#at[user] as number) > from) late.push(user);
    }
    if (late.length === 0) return;
    late.sort((x, y) => (this.#at[x] as number) - (this.#at[y] as number));
    const to = this.#at[late.at(-1) as ValueId] as number;
    if (to - from > farthest) return this.#cx.declined('the last use is too far away', phi);
    if (this.#maySink(next, b, from, to)) {
      if (!this.#cx.rewrite('moved the next value behind the last use', next)) return;
      this.#move(body, from, to);
    } else if (late.every((user) => this.#mayHoist(user, body, from))) {
      if (!this.#cx.rewrite('moved uses before the next value', next)) return;
      for (const user of late) this.#move(body, this.#at[user] as number, this.#at[next] as number);
    } else return this.#cx.declined('a use needs the next value, or may not move', phi);
    this.#changed.add(b);
  }

  finish(): void {
    for (const b of this.#changed) this.#cx.edit.reorder(b, this.#bodies.get(b) as ValueId[]);
  }

  #body(b: BlockId): ValueId[] {
    let body = this.#bodies.get(b);
    if (body === undefined) {
      body = (this.#f.blocks[b] as Block).body.slice();
      for (let i = 0; i < body.length; i++) this.#at[body[i] as ValueId] = i;
      this.#bodies.set(b, body);
    }
    return body;
  }

  #move(body: ValueId[], from: number, to: number): void {
    const v = body[from] as ValueId;
    const step = from < to ? 1 : -1;
    for (let i = from; i !== to; i += step) {
      const other = body[i + step] as ValueId;
      body[i] = other;
      this.#at[other] = i;
    }
    body[to] = v;
    this.#at[v] = to;
  }

  #maySink(v: ValueId, b: BlockId, from: number, to: number): boolean {
    const f = this.#f;
    const { op, args } = instOf(f, v);
    if (!isPure(op.effect)) return false;
    for (const user of usesOf(f).of(v)) {
      if (this.#home[user] === b && (this.#at[user] as number) >= 0 && (this.#at[user] as number) <= to) return false;
    }
    // Its operands live longer then: no phi among them may have its next value on the way.
    for (const arg of args) {
      if (instOf(f, arg).op.kind !== 'phi') continue;
      for (const next of instOf(f, arg).args) {
        const at = this.#at[next] as number;
        if (next !== v && this.#home[next] === b && at > from && at <= to) return false;
      }
    }
    return true;
  }

  #mayHoist(v: ValueId, body: readonly ValueId[], to: number): boolean {
    const f = this.#f;
    const { op, args } = instOf(f, v);
    const b = this.#home[v] as BlockId;
    if (!isPure(op.effect)) return false;
    for (const arg of args) if (this.#home[arg] === b && (this.#at[arg] as number) >= to) return false;
    // It is born earlier then: if it is a next value itself, no use of its phi may be on the way.
    const from = this.#at[v] as number;
    for (const user of usesOf(f).of(v)) {
      if (instOf(f, user).op.kind !== 'phi') continue;
      for (let i = to; i < from; i++) if (instOf(f, body[i] as ValueId).args.includes(user)) return false;
    }
    return true;
  }
}
