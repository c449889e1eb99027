/**
 * Where instructions stand while a function is being edited: the blocks of an Editor, their order, and for each
 * instruction its block.
 *
 * A block is opened (its phis and its body become chains, edit-chain.ts) when it first changes. Invariant: an instruction
 * that stands in a block is in the chain of that block's phis or body, or is its terminator, and `home` says so.
 *
 * Nothing here knows of instructions: whether one is a phi is said by the caller, edges and phi inputs are the Editor's.
 */

import { fillHomes } from './analysis/uses.ts';
import { Chain, Links } from './edit-chain.ts';
import type { Block, BlockId, Func, ValueId } from './func.ts';
import { none, sameIds } from './inst.ts';
import { filledInts } from './ints.ts';

interface OpenBlock {
  /** Null until it changes: mostly it doesn't. */
  phis: Chain<ValueId> | null;
  readonly body: Chain<ValueId>;
  term: ValueId;
  /** The last instruction that was put at the start of the body, where the next one goes; -1: none. */
  lead: ValueId | -1;
}

/** The blocks of one Editor; see the head of this file. */
export class BlockEdits {
  readonly #base: Func;
  /** The base's, until a block is added or removed. What is open counts more. */
  #blocks: (Block | undefined)[];
  /** By block; empty until one is opened. `#openIds` lists those that were. */
  #open: (OpenBlock | undefined)[] = [];
  readonly #openIds: BlockId[] = [];
  readonly #links: Links;
  /** Null until it changes. */
  #order: Chain<BlockId> | null = null;
  /** By value: its block or -1; null until asked for. */
  #home: Int32Array | null = null;

  constructor(base: Func) {
    this.#base = base;
    this.#blocks = base.blocks as (Block | undefined)[];
    // A few more: what is inserted has larger ids.
    this.#links = new Links(base.insts.length + 16);
  }

  // Blocks.

  has(b: BlockId): boolean {
    return this.#blocks[b] !== undefined;
  }

  get entry(): BlockId {
    const entry = this.#order === null ? this.#base.order[0] : this.#order.first;
    if (entry === undefined || entry < 0) throw new Error(`@${this.#base.name} has no blocks`);
    return entry as BlockId;
  }

  get order(): readonly BlockId[] {
    return this.#order === null ? this.#base.order : this.#order.items;
  }

  setOrder(order: readonly BlockId[]): void {
    this.#ordered().reset(order);
  }

  /** A new block with a terminator and nothing else, right after `after`, or at the end. */
  add(term: ValueId, after: BlockId | null): BlockId {
    const b = this.#blocks.length as BlockId;
    this.#own().push({ phis: none, body: none, term });
    this.place(term, b);
    const order = this.#ordered();
    order.insertAfter(after !== null && this.has(after) ? after : order.last, b);
    return b;
  }

  /** Takes a block out; what stands in it must be gone already, or go. */
  remove(b: BlockId): void {
    this.#own()[b] = undefined;
    this.#open[b] = undefined;
    this.#ordered().remove(b);
  }

  phis(b: BlockId): readonly ValueId[] {
    return this.#open[b]?.phis?.items ?? this.#block(b).phis;
  }

  body(b: BlockId): readonly ValueId[] {
    return this.#open[b]?.body.items ?? this.#block(b).body;
  }

  term(b: BlockId): ValueId {
    return (this.#open[b] ?? this.#block(b)).term;
  }

  /** Moves the end of a body, from `at` on (or nothing but the terminator), and the terminator to another, empty block. */
  moveTail(b: BlockId, at: ValueId, to: BlockId): void {
    const from = this.#opened(b);
    const rest = this.#opened(to);
    const tail = at === from.term ? none : from.body.cut(at);
    rest.body.reset(tail);
    [from.term, rest.term] = [rest.term, from.term];
    this.place(from.term, b);
    this.place(rest.term, to);
    for (const v of tail) this.place(v, to);
    if (from.lead >= 0 && this.home(from.lead as ValueId) !== b) from.lead = from.body.last;
  }

  // Instructions.

  /** The block in which an instruction stands; -1: in none. */
  home(v: ValueId): BlockId | -1 {
    return (this.#homes(0)[v] ?? -1) as BlockId | -1;
  }

  /** Says where an instruction stands; it must be there, or come there. */
  place(v: ValueId, b: BlockId | -1): void {
    this.#homes(v + 1)[v] = b;
  }

  append(b: BlockId, v: ValueId): void {
    this.#opened(b).body.append(v);
    this.place(v, b);
  }

  /** At the start of the body, after what was put there before. */
  prepend(b: BlockId, v: ValueId): void {
    const open = this.#opened(b);
    open.body.insertAfter(open.lead, v);
    open.lead = v;
    this.place(v, b);
  }

  /** Before an instruction of the body or the terminator. */
  insertBefore(b: BlockId, anchor: ValueId, v: ValueId): void {
    const open = this.#opened(b);
    if (anchor === open.term) open.body.append(v);
    else open.body.insertAfter(open.body.before(anchor), v);
    this.place(v, b);
  }

  addPhi(b: BlockId, v: ValueId): void {
    this.#openedPhis(b).append(v);
    this.place(v, b);
  }

  /** Takes an instruction that isn't a terminator out of its block. */
  take(v: ValueId, isPhi: boolean): void {
    const b = this.home(v) as BlockId;
    if (isPhi) this.#openedPhis(b).remove(v);
    else {
      const open = this.#opened(b);
      if (open.lead === v) open.lead = open.body.before(v);
      open.body.remove(v);
    }
    this.place(v, -1);
  }

  /** Moves the bodies of blocks to the end of another one's, in one go. */
  moveBodies(from: readonly BlockId[], to: BlockId): void {
    const target = this.#opened(to);
    const body = target.body.items.slice();
    for (const b of from) {
      const moved = this.body(b);
      if (moved.length === 0) continue;
      for (let i = 0; i < moved.length; i++) {
        body.push(moved[i] as ValueId);
        this.place(moved[i] as ValueId, to);
      }
      const open = this.#opened(b);
      open.body.reset(none);
      open.lead = -1;
    }
    target.body.reset(body);
  }

  reorder(b: BlockId, body: readonly ValueId[]): void {
    const open = this.#opened(b);
    if (body.length !== open.body.items.length) {
      throw new Error(`@${this.#base.name}: ^${b} has ${open.body.items.length} instructions, not ${body.length}`);
    }
    open.body.reset([...body]);
    open.lead = -1;
  }

  /** The blocks; those of the base, when none differs. */
  finish(): readonly (Block | undefined)[] {
    const base = this.#base.blocks;
    if (this.#openIds.length === 0 && this.#blocks === base) return base;
    const blocks = this.#blocks.slice();
    for (let i = 0; i < this.#openIds.length; i++) {
      const b = this.#openIds[i] as BlockId;
      const open = this.#open[b];
      if (open === undefined) continue;
      const { body, term } = open;
      const before = base[b];
      const phis = this.phis(b);
      const same =
        before !== undefined && before.term === term && sameIds(before.phis, phis) && sameIds(before.body, body.items);
      blocks[b] = same ? before : { phis, body: body.items, term };
    }
    // Without the blocks that have come and gone: results that the shape keeps are as long as the list of blocks.
    while (blocks.length > base.length && blocks.at(-1) === undefined) blocks.pop();
    if (blocks.length !== base.length) return blocks;
    for (let b = 0; b < blocks.length; b++) if (blocks[b] !== base[b]) return blocks;
    return base;
  }

  // Inside.

  #own(): (Block | undefined)[] {
    if (this.#blocks === this.#base.blocks) this.#blocks = [...this.#blocks];
    return this.#blocks;
  }

  #block(b: BlockId | -1): Block {
    const block = this.#blocks[b];
    if (block === undefined) throw new Error(`@${this.#base.name}: no block ^${b}`);
    return block;
  }

  #opened(b: BlockId): OpenBlock {
    let open = this.#open[b];
    if (open === undefined) {
      const { body, term } = this.#block(b);
      open = { phis: null, body: new Chain(this.#links, body), term, lead: -1 };
      if (this.#open.length === 0) this.#open = new Array<OpenBlock | undefined>(this.#blocks.length);
      this.#open[b] = open;
      this.#openIds.push(b);
    }
    return open;
  }

  #openedPhis(b: BlockId): Chain<ValueId> {
    const open = this.#opened(b);
    open.phis ??= new Chain(this.#links, this.#block(b).phis);
    return open.phis;
  }

  #ordered(): Chain<BlockId> {
    this.#order ??= new Chain(new Links(this.#base.blocks.length + 4), this.#base.order);
    return this.#order;
  }

  #homes(count: number): Int32Array {
    if (this.#home === null || this.#home.length < count) {
      const known = this.#home;
      const least = Math.max(count, this.#base.insts.length);
      // Few instructions are added mostly.
      const home = filledInts(known === null ? least + 16 : least + (least >> 1), -1);
      if (known === null) fillHomes(this.#base, home);
      else home.set(known);
      this.#home = home;
    }
    return this.#home;
  }
}
