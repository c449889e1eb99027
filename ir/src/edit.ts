/**
 * The Editor: the only way to change a function. It copies what it touches, leaves its base alone, and `finish` gives
 * the new function, or the base itself when nothing changed structurally (DESIGN §1.2).
 *
 * Reads through the Editor see the edits; reads of the base `Func` don't. Substitutions (`replaceAllUses`) are kept in
 * a union-find and applied when an instruction is read and, for the rest, in one sweep at the end. Removals and
 * insertions inside a block are kept aside and merged when the block is read or at the end, so that k edits of a block
 * of n instructions cost O(n + k).
 *
 * Edges: `setTerm` takes the block out of the phis of targets that it no longer has; the phis of targets that it newly
 * has are the caller's to fill (`setPhiInput`). The shape, with its analyses, is carried over unless an edge, a block
 * or the order changed.
 */

import { blockOfValue, usesOf } from './analysis/uses.ts';
import { Forwarding } from './edit-forward.ts';
import { weave } from './edit-weave.ts';
import type { Block, BlockId, Func, Inst, ValueId } from './func.ts';
import { makeInst, none, sameIds, sameInst, withArgs, withEdges } from './inst.ts';
import type { OpDef } from './op.ts';
import type { Type } from './type.ts';
import { sameValue, type Value } from './value.ts';

interface OpenBlock {
  phis: ValueId[];
  body: ValueId[];
  term: ValueId;
  /** Some ids in `phis` or `body` are removed or have moved away. */
  holes: boolean;
  /** To be put before an instruction of the body, by its id. */
  before: Map<ValueId, ValueId[]> | null;
  /** To be put before the first instruction of the body. */
  head: ValueId[] | null;
}

/** Changes one function. Not to be used after `finish`. */
export class Editor {
  readonly base: Func;
  #insts: (Inst | undefined)[];
  #ownsInsts = false;
  #touched: ValueId[] = [];
  #open = new Map<BlockId, OpenBlock>();
  #blocks: (Block | undefined)[];
  #order: readonly BlockId[];
  #slots: readonly Type[];
  /** Blocks added after a block, nearest first; merged into the order when it is read. */
  #addedAfter = new Map<BlockId, BlockId[]>();
  #last: BlockId | null = null;
  #removedBlocks = false;
  #shapeChanged = false;
  #home: Int32Array | null = null;
  readonly #forward = new Forwarding();
  #newUsers = new Map<ValueId, ValueId[]>();
  #constants: Map<OpDef, ValueId[]> | null = null;

  constructor(base: Func) {
    this.base = base;
    this.#insts = base.insts as (Inst | undefined)[];
    this.#blocks = base.blocks as (Block | undefined)[];
    this.#order = base.order;
    this.#slots = base.slots;
  }

  // Reading.

  /** The blocks in order. */
  get order(): readonly BlockId[] {
    if (this.#addedAfter.size > 0) {
      this.#order = weave(none, this.#order, (b) => this.#addedAfter.get(b), 'after');
      this.#addedAfter.clear();
      this.#last = null;
    }
    if (this.#removedBlocks) {
      this.#order = this.#order.filter((b) => this.#blocks[b] !== undefined);
      this.#removedBlocks = false;
    }
    return this.#order;
  }

  get entry(): BlockId {
    const [entry] = this.#order;
    if (entry === undefined) throw new Error(`@${this.base.name} has no blocks`);
    return entry;
  }

  get slots(): readonly Type[] {
    return this.#slots;
  }

  /** One more than the largest value id. */
  get valueCount(): number {
    return this.#insts.length;
  }

  /** Whether the instruction is there (not removed). */
  has(v: ValueId): boolean {
    return this.#insts[v] !== undefined;
  }

  /** Whether the block is there (not removed). */
  hasBlock(b: BlockId): boolean {
    return this.#blocks[b] !== undefined;
  }

  /** The instruction as edited, operands substituted. */
  inst(v: ValueId): Inst {
    const inst = this.#insts[v];
    if (inst === undefined) throw new Error(`@${this.base.name}: no instruction %${v}`);
    if (this.#forward.empty || inst.args.length === 0) return inst;
    const args = this.#forward.resolveAll(inst.args);
    if (args === inst.args) return inst;
    const next = withArgs(inst, args);
    this.#write(v, next);
    return next;
  }

  /** What a value has been replaced by, or itself. */
  resolve(v: ValueId): ValueId {
    return this.#forward.resolve(v);
  }

  /** The block that an instruction stands in; -1 for parameters and removed ones. */
  blockOf(v: ValueId): BlockId {
    return (this.#homes()[v] ?? -1) as BlockId;
  }

  /** The phis of a block, as edited. */
  phis(b: BlockId): readonly ValueId[] {
    const open = this.#open.get(b);
    if (open === undefined) return this.#block(b).phis;
    this.#merge(b, open);
    return open.phis;
  }

  /** The body of a block, as edited: neither phis nor terminator. */
  body(b: BlockId): readonly ValueId[] {
    const open = this.#open.get(b);
    if (open === undefined) return this.#block(b).body;
    this.#merge(b, open);
    return open.body;
  }

  /** The id of a block's terminator. */
  termId(b: BlockId): ValueId {
    return (this.#open.get(b) ?? this.#block(b)).term;
  }

  /** The terminator of a block, as edited. */
  term(b: BlockId): Inst {
    return this.inst(this.termId(b));
  }

  /** The instructions that use a value now, each once, in no promised order. O(uses of all that it replaced). */
  users(v: ValueId): readonly ValueId[] {
    const root = this.resolve(v);
    const found = new Set<ValueId>();
    const uses = usesOf(this.base);
    const visit = (member: ValueId): void => {
      if (member < uses.start.length - 1) for (const user of uses.of(member)) found.add(user);
      for (const user of this.#newUsers.get(member) ?? none) found.add(user);
    };
    visit(root);
    for (const member of this.#forward.membersOf(root)) visit(member);
    return [...found].filter((user) => this.has(user) && this.inst(user).args.includes(root));
  }

  /** Whether exactly one instruction uses a value now; false also when that isn't seen among its first `limit` users. */
  usedOnce(v: ValueId, limit: number): boolean {
    const root = this.resolve(v);
    const uses = usesOf(this.base);
    let only = -1;
    let seen = 0;
    const several = (users: Iterable<ValueId>): boolean => {
      for (const user of users) {
        if (++seen > limit) return true;
        if (user === only || !this.has(user) || !this.inst(user).args.includes(root)) continue;
        if (only >= 0) return true;
        only = user;
      }
      return false;
    };
    const severalOf = (member: ValueId): boolean =>
      (member < uses.start.length - 1 && several(uses.of(member))) || several(this.#newUsers.get(member) ?? none);
    return !severalOf(root) && !this.#forward.membersOf(root).some(severalOf) && only >= 0;
  }

  // Instructions.

  /** Replaces the instruction `v` in place; its result type stays. Terminators: `setTerm`. */
  setInst(v: ValueId, inst: Inst): void {
    this.#noteUses(v, inst.args);
    this.#write(v, inst);
  }

  /** From now on every use of `from` is a use of `to`; `from` itself stays until removed. */
  replaceAllUses(from: ValueId, to: ValueId): void {
    this.#forward.add(from, to, this.#insts.length);
  }

  /** `replaceAllUses`, then `remove`. */
  replaceWith(v: ValueId, by: ValueId): void {
    this.replaceAllUses(v, by);
    this.remove(v);
  }

  /** Takes an instruction (not a terminator) out. Its uses must be gone, or go, before `finish`. */
  remove(v: ValueId): void {
    const home = this.blockOf(v);
    if (home >= 0) this.#opened(home).holes = true;
    this.#homes()[v] = -1;
    this.#write(v, undefined);
  }

  /** A new instruction at the end of a block's body. */
  append(b: BlockId, inst: Inst): ValueId {
    const v = this.#create(inst, b);
    const open = this.#opened(b);
    if (open.body.length === 0 && open.head !== null) open.head.push(v);
    else open.body.push(v);
    return v;
  }

  /** A new instruction at the start of a block's body. Several come to stand in the order of the calls. */
  prepend(b: BlockId, inst: Inst): ValueId {
    const v = this.#create(inst, b);
    const open = this.#opened(b);
    if (open.head === null) open.head = [];
    open.head.push(v);
    return v;
  }

  /** A new instruction just before another one of a body, or before a terminator. */
  insertBefore(anchor: ValueId, inst: Inst): ValueId {
    const b = this.blockOf(anchor);
    const open = this.#opened(b);
    if (open.term === anchor) return this.append(b, inst);
    const v = this.#create(inst, b);
    this.#putBefore(open, anchor, v);
    return v;
  }

  /** Moves an instruction of a body to the end of a block's body. */
  moveToEnd(v: ValueId, b: BlockId): void {
    this.#opened(this.blockOf(v)).holes = true;
    // Homeless while the block is merged, so that a former place in it is forgotten.
    this.#homes()[v] = -1;
    const open = this.#opened(b);
    this.#merge(b, open);
    this.#homes()[v] = b;
    open.body.push(v);
    this.#touched.push(v);
  }

  /** Replaces the body of a block by these instructions in this order: each stands in the block already. */
  reorder(b: BlockId, body: readonly ValueId[]): void {
    const open = this.#opened(b);
    this.#merge(b, open);
    open.body = [...body];
  }

  /** A phi with an input for each predecessor given. */
  addPhi(b: BlockId, type: Type, op: OpDef, blocks: readonly BlockId[], args: readonly ValueId[]): ValueId {
    const v = this.#create(makeInst(op, args, { type, blocks }), b);
    this.#opened(b).phis.push(v);
    return v;
  }

  /** Sets or adds the input of a phi for a predecessor. */
  setPhiInput(phi: ValueId, pred: BlockId, value: ValueId): void {
    const inst = this.inst(phi);
    const at = inst.blocks.indexOf(pred);
    if (at >= 0) {
      this.setInst(phi, withArgs(inst, inst.args.with(at, value)));
    } else {
      this.setInst(phi, withEdges(inst, [...inst.args, value], [...inst.blocks, pred]));
    }
  }

  /** A constant at the start of the entry block; one that was made by this editor before is used again. */
  constant(op: OpDef, value: Value): ValueId {
    this.#constants ??= new Map();
    const known = this.#constants.get(op) ?? [];
    const found = known.find((v) => this.has(v) && sameValue(this.inst(v).imm as Value, value));
    if (found !== undefined) return found;
    const made = this.prepend(this.entry, makeInst(op, none, { imm: value }));
    // A scan of the last few is enough: what is missed is one more constant, which gvn merges.
    this.#constants.set(op, [...known.slice(-15), made]);
    return made;
  }

  /** A new slot of the frame; its index. */
  addSlot(type: Type): number {
    this.#slots = [...this.#slots, type];
    return this.#slots.length - 1;
  }

  // Blocks and edges.

  /** Replaces a block's terminator. */
  setTerm(b: BlockId, inst: Inst): void {
    const open = this.#opened(b);
    const old = this.inst(open.term);
    this.#noteUses(open.term, inst.args);
    this.#write(open.term, inst);
    if (sameIds(old.blocks, inst.blocks)) return;
    this.#shapeChanged = true;
    for (const target of new Set(old.blocks)) if (!inst.blocks.includes(target)) this.removePhiInputs(target, b);
  }

  /** Makes every edge from `b` to `from` go to `to` instead; the phis of `to` are the caller's to fill. */
  redirect(b: BlockId, from: BlockId, to: BlockId): void {
    const term = this.term(b);
    this.setTerm(
      b,
      withEdges(
        term,
        term.args,
        term.blocks.map((target) => (target === from ? to : target)),
      ),
    );
  }

  /** Takes a predecessor out of all phis of a block. */
  removePhiInputs(b: BlockId, pred: BlockId): void {
    if (!this.hasBlock(b)) return;
    for (const phi of this.phis(b)) {
      const inst = this.inst(phi);
      const at = inst.blocks.indexOf(pred);
      if (at < 0) continue;
      this.setInst(phi, withEdges(inst, inst.args.toSpliced(at, 1), inst.blocks.toSpliced(at, 1)));
    }
  }

  /** In all phis of a block, what came from `from` comes from `to`. */
  renamePred(b: BlockId, from: BlockId, to: BlockId): void {
    for (const phi of this.phis(b)) {
      const inst = this.inst(phi);
      const at = inst.blocks.indexOf(from);
      if (at >= 0) this.setInst(phi, withEdges(inst, inst.args, inst.blocks.with(at, to)));
    }
  }

  /** A new block that ends with the given terminator, placed after `after` in the order (at the end without). */
  addBlock(term: Inst, after: BlockId | null = null): BlockId {
    if (this.#blocks === this.base.blocks) this.#blocks = [...this.base.blocks];
    const b = this.#blocks.length as BlockId;
    const termId = this.#create(term, b);
    this.#blocks.push({ phis: none, body: none, term: termId });
    const anchor = after !== null && this.hasBlock(after) ? after : this.#lastBlock();
    const list = this.#addedAfter.get(anchor);
    if (list === undefined) this.#addedAfter.set(anchor, [b]);
    else list.push(b);
    if (anchor === this.#lastBlock()) this.#last = b;
    this.#shapeChanged = true;
    this.#opened(b);
    return b;
  }

  #lastBlock(): BlockId {
    if (this.#last === null || !this.hasBlock(this.#last)) this.#last = this.order.at(-1) as BlockId;
    return this.#last;
  }

  /** Takes a block out with all that stands in it; the phis of its targets lose it. */
  removeBlock(b: BlockId): void {
    for (const target of new Set(this.term(b).blocks)) if (target !== b) this.removePhiInputs(target, b);
    for (const v of [...this.phis(b), ...this.body(b), this.termId(b)]) {
      this.#homes()[v] = -1;
      this.#write(v, undefined);
    }
    if (this.#blocks === this.base.blocks) this.#blocks = [...this.base.blocks];
    this.#blocks[b] = undefined;
    this.#open.delete(b);
    this.#shapeChanged = true;
    this.#removedBlocks = true;
  }

  /** Sets the order of layout: a permutation of the blocks, entry first. */
  setOrder(order: readonly BlockId[]): void {
    if (sameIds(order, this.order)) return;
    this.#order = order;
    this.#shapeChanged = true;
  }

  /** Puts a new block on the edges from one block to another; the new block. */
  splitEdge(from: BlockId, to: BlockId, br: OpDef): BlockId {
    const middle = this.addBlock(makeInst(br, none, { blocks: [to] }), from);
    const term = this.term(from);
    const targets = term.blocks.map((target) => (target === to ? middle : target));
    this.renamePred(to, from, middle);
    this.#noteUses(this.termId(from), term.args);
    this.#write(this.termId(from), withEdges(term, term.args, targets));
    return middle;
  }

  /** Splits a block before `at`, an instruction of its body or its terminator: what follows moves to the new block. */
  splitBlock(b: BlockId, at: ValueId, br: OpDef): BlockId {
    const body = this.body(b);
    const open = this.#opened(b);
    const index = at === open.term ? body.length : body.indexOf(at);
    if (index < 0) throw new Error(`%${at} does not stand in ^${b}`);
    const term = this.inst(open.term);
    const rest = this.addBlock(makeInst(br, none, { blocks: [] }), b);
    const tail = this.#opened(rest);
    const placeholder = tail.term;
    tail.body = body.slice(index);
    tail.term = open.term;
    open.body = body.slice(0, index);
    open.term = placeholder;
    const homes = this.#homes();
    for (const v of tail.body) homes[v] = rest;
    homes[tail.term] = rest;
    homes[placeholder] = b;
    this.#write(placeholder, makeInst(br, none, { blocks: [rest], loc: term.loc }));
    for (const target of new Set(term.blocks)) this.renamePred(target, b, rest);
    return rest;
  }

  // The end.

  /** The edited function, or the base itself when nothing changed structurally. */
  finish(): Func {
    this.#applyForwards();
    const { order } = this;
    const blocks = this.#closeBlocks();
    const { base } = this;
    const changed =
      blocks !== base.blocks ||
      !sameIds(order, base.order) ||
      this.#slots !== base.slots ||
      this.#touched.some((v) => this.#differs(v));
    if (!changed) return base;
    const shapeChanged = this.#shapeChanged && !this.#sameEdges(blocks, order);
    return {
      ...base,
      insts: this.#insts,
      blocks,
      order,
      slots: this.#slots,
      shape: shapeChanged ? { cache: new Map() } : base.shape,
      cache: new Map(),
    };
  }

  #sameEdges(blocks: readonly (Block | undefined)[], order: readonly BlockId[]): boolean {
    const { base } = this;
    // Results of analyses have a row for each id, removed blocks included.
    if (blocks.length !== base.blocks.length || !sameIds(order, base.order)) return false;
    return order.every((b) => {
      const now = blocks[b];
      const then = base.blocks[b];
      if (now === undefined || then === undefined) return false;
      return sameIds(this.#insts[now.term]?.blocks ?? none, base.insts[then.term]?.blocks ?? none);
    });
  }

  #differs(v: ValueId): boolean {
    const before = this.base.insts[v];
    const after = this.#insts[v];
    if (before === undefined || after === undefined) return before !== after;
    return !sameInst(before, after);
  }

  #applyForwards(): void {
    if (this.#forward.empty) return;
    const count = this.#insts.length;
    for (let v = 0; v < count; v++) {
      const inst = this.#insts[v];
      if (inst === undefined || inst.args.length === 0) continue;
      const args = this.#forward.resolveAll(inst.args);
      if (args !== inst.args) this.#write(v as ValueId, withArgs(inst, args));
    }
  }

  #closeBlocks(): readonly (Block | undefined)[] {
    const { base } = this;
    let blocks: (Block | undefined)[] | null = this.#blocks === base.blocks ? null : this.#blocks;
    for (const [b, open] of this.#open) {
      this.#merge(b, open);
      const before = base.blocks[b];
      const same =
        before !== undefined &&
        before.term === open.term &&
        sameIds(before.phis, open.phis) &&
        sameIds(before.body, open.body);
      if (same) {
        if (blocks !== null) blocks[b] = before;
        continue;
      }
      blocks ??= [...base.blocks];
      blocks[b] = { phis: open.phis, body: open.body, term: open.term };
    }
    return blocks ?? base.blocks;
  }

  // Inside.

  #block(b: BlockId): Block {
    const block = this.#blocks[b];
    if (block === undefined) throw new Error(`@${this.base.name}: no block ^${b}`);
    return block;
  }

  #opened(b: BlockId): OpenBlock {
    let open = this.#open.get(b);
    if (open === undefined) {
      const { phis, body, term } = this.#block(b);
      open = { phis: [...phis], body: [...body], term, holes: false, before: null, head: null };
      this.#open.set(b, open);
    }
    return open;
  }

  #merge(b: BlockId, open: OpenBlock): void {
    if (!open.holes && open.before === null && open.head === null) return;
    const homes = this.#homes();
    const { before, head } = open;
    const all = weave(head ?? none, open.body, (v) => before?.get(v), 'before');
    open.body = all.filter((v) => homes[v] === b);
    if (open.holes) open.phis = open.phis.filter((v) => homes[v] === b);
    open.holes = false;
    open.before = null;
    open.head = null;
  }

  #putBefore(open: OpenBlock, anchor: ValueId, v: ValueId): void {
    open.before ??= new Map();
    const list = open.before.get(anchor);
    if (list === undefined) open.before.set(anchor, [v]);
    else list.push(v);
  }

  #homes(): Int32Array {
    if (this.#home === null || this.#home.length < this.#insts.length) {
      const known: ArrayLike<number> = this.#home ?? blockOfValue(this.base);
      const grown = new Int32Array(this.#insts.length + (this.#insts.length >> 2) + 16).fill(-1);
      grown.set(known);
      this.#home = grown;
    }
    return this.#home;
  }

  #create(inst: Inst, b: BlockId): ValueId {
    const v = this.#insts.length as ValueId;
    this.#noteUses(v, inst.args);
    this.#write(v, inst);
    this.#homes()[v] = b;
    return v;
  }

  #write(v: ValueId, inst: Inst | undefined): void {
    if (!this.#ownsInsts) {
      this.#insts = this.#insts.slice();
      this.#ownsInsts = true;
    }
    this.#insts[v] = inst;
    this.#touched.push(v);
  }

  #noteUses(user: ValueId, args: readonly ValueId[]): void {
    for (const arg of args) {
      const list = this.#newUsers.get(arg);
      if (list === undefined) this.#newUsers.set(arg, [user]);
      else list.push(user);
    }
  }
}
