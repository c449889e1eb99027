/**
 * The Editor: the only way to change a function. It copies what it touches, leaves its base alone, and `finish` gives
 * the new function, or the base itself when nothing changed structurally (DESIGN §1.2).
 *
 * Reads through the Editor see the edits; reads of the base `Func` don't. A list that it gave (`body`, `phis`, `order`,
 * `users`) doesn't change any more: a pass may walk it and edit meanwhile. Substitutions (`replaceAllUses`) are kept in a
 * union-find and applied when an instruction is read and, for the rest, in one sweep at the end.
 *
 * Edges: `setTerm` takes the block out of the phis of targets that it no longer has; the phis of targets that it newly
 * has are the caller's to fill (`setPhiInput`). The shape, with its analyses, is carried over unless an edge, a block
 * or the order changed.
 *
 * Cost: an edit is O(1), but for the first one of a block, and for reading a list after a change, which are linear in
 * its length; `finish` is linear in what was touched, and in the function where uses were replaced.
 *
 * Parts: edit-insts.ts instructions, substitutions and users; edit-blocks.ts where they stand; edit-finish.ts the end.
 */

import { BlockEdits } from './edit-blocks.ts';
import { finished } from './edit-finish.ts';
import { InstEdits } from './edit-insts.ts';
import type { BlockId, Func, Inst, ValueId } from './func.ts';
import { makeInst, none, sameIds, withArgs, withEdges } from './inst.ts';
import type { OpDef } from './op.ts';
import type { Type } from './type.ts';
import { sameValue, type Value } from './value.ts';

/** Changes one function. Not to be used after `finish`. */
export class Editor {
  readonly base: Func;
  readonly #insts: InstEdits;
  readonly #blocks: BlockEdits;
  #slots: readonly Type[];
  #shapeTouched = false;
  /** The last few constants of each op that `constant` made. */
  #constants: Map<OpDef, readonly ValueId[]> | null = null;

  constructor(base: Func) {
    this.base = base;
    this.#insts = new InstEdits(base);
    this.#blocks = new BlockEdits(base);
    this.#slots = base.slots;
  }

  // Reading.

  /** The blocks in order. */
  get order(): readonly BlockId[] {
    return this.#blocks.order;
  }

  /** The first block. */
  get entry(): BlockId {
    return this.#blocks.entry;
  }

  /** The types of the frame's slots, as edited. */
  get slots(): readonly Type[] {
    return this.#slots;
  }

  /** One more than the largest value id. */
  get valueCount(): number {
    return this.#insts.count;
  }

  /** Whether the instruction is there (not removed). */
  has(v: ValueId): boolean {
    return this.#insts.has(v);
  }

  /** Whether the block is there (not removed). */
  hasBlock(b: BlockId): boolean {
    return this.#blocks.has(b);
  }

  /** The instruction as edited, operands substituted. */
  inst(v: ValueId): Inst {
    return this.#insts.get(v);
  }

  /** What a value has been replaced by, or itself. */
  resolve(v: ValueId): ValueId {
    return this.#insts.resolve(v);
  }

  /** The block that an instruction stands in; -1 for parameters and removed ones. */
  blockOf(v: ValueId): BlockId {
    return this.#blocks.home(v) as BlockId;
  }

  /** The phis of a block, as edited. */
  phis(b: BlockId): readonly ValueId[] {
    return this.#blocks.phis(b);
  }

  /** The body of a block, as edited: neither phis nor terminator. */
  body(b: BlockId): readonly ValueId[] {
    return this.#blocks.body(b);
  }

  /** The id of a block's terminator. */
  termId(b: BlockId): ValueId {
    return this.#blocks.term(b);
  }

  /** The terminator of a block, as edited. */
  term(b: BlockId): Inst {
    return this.inst(this.termId(b));
  }

  /** The instructions that use a value now, each once, in no promised order. O(uses of all that it replaced). */
  users(v: ValueId): readonly ValueId[] {
    return this.#insts.users(v);
  }

  /** Whether exactly one instruction uses a value now; false also when that isn't seen among its first `limit` users. */
  usedOnce(v: ValueId, limit: number): boolean {
    return this.#insts.usedOnce(v, limit);
  }

  // Instructions.

  /** Replaces the instruction `v` in place; its result type stays, and a phi stays a phi. Terminators: `setTerm`. */
  setInst(v: ValueId, inst: Inst): void {
    const old = this.inst(v);
    if ((old.op.kind === 'phi') !== (inst.op.kind === 'phi')) throw this.#bug(`%${v} turns into '${inst.op.name}'`);
    if (old.op.kind !== 'phi' && !sameIds(old.blocks, inst.blocks)) this.setTerm(this.blockOf(v), inst);
    else this.#insts.set(v, inst);
  }

  /**
   * From now on every use of `from` is a use of `to`, uses in instructions that are made later included; `from` itself
   * stays until removed. It is for good: when `from` stands for `to` already, nothing happens.
   */
  replaceAllUses(from: ValueId, to: ValueId): void {
    this.#insts.replaceAllUses(from, to);
  }

  /** `replaceAllUses`, then `remove`. */
  replaceWith(v: ValueId, by: ValueId): void {
    this.replaceAllUses(v, by);
    this.remove(v);
  }

  /** Takes an instruction (not a terminator) out. Its uses must be gone, or go, before `finish`. */
  remove(v: ValueId): void {
    if (!this.has(v)) return;
    if (this.blockOf(v) >= 0) this.#take(v);
    this.#insts.delete(v);
  }

  /** A new instruction at the end of a block's body. */
  append(b: BlockId, inst: Inst): ValueId {
    const v = this.#create(inst);
    this.#blocks.append(b, v);
    return v;
  }

  /** A new instruction at the start of a block's body. Several come to stand in the order of the calls. */
  prepend(b: BlockId, inst: Inst): ValueId {
    const v = this.#create(inst);
    this.#blocks.prepend(b, v);
    return v;
  }

  /** A new instruction just before another one of a body, or before a terminator. */
  insertBefore(anchor: ValueId, inst: Inst): ValueId {
    const b = this.blockOf(anchor);
    if (b < 0 || this.inst(anchor).op.kind === 'phi') throw this.#bug(`nothing can stand before %${anchor}`);
    const v = this.#create(inst);
    this.#blocks.insertBefore(b, anchor, v);
    return v;
  }

  /** Moves an instruction of a body to the end of a block's body. */
  moveToEnd(v: ValueId, b: BlockId): void {
    if (this.inst(v).op.kind === 'const') this.#constants?.delete(this.inst(v).op);
    this.#take(v);
    this.#blocks.append(b, v);
  }

  /** Moves the bodies of blocks, in this order, to the end of the body of another one. */
  moveBodies(from: readonly BlockId[], to: BlockId): void {
    this.#constants?.clear();
    this.#blocks.moveBodies(from, to);
  }

  /** Replaces the body of a block by these instructions in this order: each stands in the block already. */
  reorder(b: BlockId, body: readonly ValueId[]): void {
    this.#constants?.clear();
    this.#blocks.reorder(b, body);
  }

  /** A phi with an input for each predecessor given. */
  addPhi(b: BlockId, type: Type, op: OpDef, blocks: readonly BlockId[], args: readonly ValueId[]): ValueId {
    const v = this.#create(makeInst(op, args, { type, blocks }));
    this.#blocks.addPhi(b, v);
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
    const known = this.#constants.get(op) ?? none;
    const found = known.find((v) => this.#isConstant(v, op, value));
    if (found !== undefined) return found;
    const made = this.prepend(this.entry, makeInst(op, none, { imm: value }));
    // A scan of the last few is enough: what is missed is one more constant, which gvn merges.
    this.#constants.set(op, [...known.slice(-15), made]);
    return made;
  }

  /** Whether a value is still the constant as which it was made, and uses of it are uses of it. */
  #isConstant(v: ValueId, op: OpDef, value: Value): boolean {
    if (!this.has(v) || this.resolve(v) !== v || this.blockOf(v) !== this.entry) return false;
    const inst = this.inst(v);
    return inst.op === op && sameValue(inst.imm as Value, value);
  }

  /** A new slot of the frame; its index. */
  addSlot(type: Type): number {
    this.#slots = [...this.#slots, type];
    return this.#slots.length - 1;
  }

  /** Takes all slots out. No instruction may touch one any more. */
  dropSlots(): void {
    if (this.#slots.length > 0) this.#slots = [];
  }

  // Blocks and edges.

  /** Replaces a block's terminator. */
  setTerm(b: BlockId, inst: Inst): void {
    const v = this.termId(b);
    const old = this.inst(v);
    this.#insts.set(v, inst);
    if (sameIds(old.blocks, inst.blocks)) return;
    this.#shapeTouched = true;
    if (old.blocks.length < 3 && inst.blocks.length < 3) {
      // A target that stands there twice has lost its inputs the second time.
      for (let i = 0; i < old.blocks.length; i++) {
        const target = old.blocks[i] as BlockId;
        if (!inst.blocks.includes(target)) this.removePhiInputs(target, b);
      }
      return;
    }
    const kept = new Set(inst.blocks);
    for (const target of new Set(old.blocks)) if (!kept.has(target)) this.removePhiInputs(target, b);
  }

  /** Makes every edge from `b` to `from` go to `to` instead; the phis of `to` are the caller's to fill. */
  redirect(b: BlockId, from: BlockId, to: BlockId): void {
    this.setTerm(b, redirected(this.term(b), from, to));
  }

  /** Takes a predecessor out of all phis of a block. */
  removePhiInputs(b: BlockId, pred: BlockId): void {
    if (!this.hasBlock(b)) return;
    const phis = this.phis(b);
    for (let i = 0; i < phis.length; i++) {
      const phi = phis[i] as ValueId;
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

  /** A new block that ends with the given terminator, right after `after` in the order (at the end without). */
  addBlock(term: Inst, after: BlockId | null = null): BlockId {
    this.#shapeTouched = true;
    return this.#blocks.add(this.#create(term), after);
  }

  /** Takes a block out with all that stands in it; the phis of its targets lose it. */
  removeBlock(b: BlockId): void {
    const { blocks } = this.term(b);
    if (blocks.length < 3) {
      for (let i = 0; i < blocks.length; i++) if (blocks[i] !== b) this.removePhiInputs(blocks[i] as BlockId, b);
    } else for (const target of new Set(blocks)) if (target !== b) this.removePhiInputs(target, b);
    this.#drop(this.phis(b));
    this.#drop(this.body(b));
    this.#drop([this.termId(b)]);
    this.#blocks.remove(b);
    this.#shapeTouched = true;
  }

  /** Sets the order of layout: a permutation of the blocks, entry first. */
  setOrder(order: readonly BlockId[]): void {
    if (sameIds(order, this.order)) return;
    this.#blocks.setOrder([...order]);
    this.#shapeTouched = true;
  }

  /** Puts a new block on the edges from one block to another; the new block. */
  splitEdge(from: BlockId, to: BlockId, br: OpDef): BlockId {
    const middle = this.addBlock(makeInst(br, none, { blocks: [to] }), from);
    this.renamePred(to, from, middle);
    this.#insts.set(this.termId(from), redirected(this.term(from), to, middle));
    return middle;
  }

  /**
   * Splits a block before `at`, an instruction of its body or its terminator: what follows moves to the new block. Linear
   * in what moves, so that who splits a block in many places begins at its end.
   */
  splitBlock(b: BlockId, at: ValueId, br: OpDef): BlockId {
    if (this.blockOf(at) !== b || this.inst(at).op.kind === 'phi')
      throw this.#bug(`%${at} is not in the body of ^${b}`);
    const term = this.term(b);
    const rest = this.addBlock(makeInst(br, none, { loc: term.loc }), b);
    this.#blocks.moveTail(b, at, rest);
    this.#insts.set(this.termId(b), makeInst(br, none, { blocks: [rest], loc: term.loc }));
    const targets = term.blocks.length < 2 ? term.blocks : new Set(term.blocks);
    for (const target of targets) this.renamePred(target, b, rest);
    return rest;
  }

  // The end.

  /** The edited function, or the base itself when nothing changed structurally. */
  finish(): Func {
    const { insts, changed } = this.#insts.finish();
    return finished(this.base, {
      insts,
      instsChanged: changed,
      blocks: this.#blocks.finish(),
      order: this.order,
      slots: this.#slots,
      shapeTouched: this.#shapeTouched,
    });
  }

  #create(inst: Inst): ValueId {
    const v = this.#insts.count as ValueId;
    this.#insts.set(v, inst);
    return v;
  }

  #drop(list: readonly ValueId[]): void {
    for (let i = 0; i < list.length; i++) {
      this.#blocks.place(list[i] as ValueId, -1);
      this.#insts.delete(list[i] as ValueId);
    }
  }

  #take(v: ValueId): void {
    const b = this.blockOf(v);
    if (b < 0 || this.termId(b) === v) throw this.#bug(`%${v} is in no body`);
    this.#blocks.take(v, this.inst(v).op.kind === 'phi');
  }

  #bug(message: string): Error {
    return new Error(`@${this.base.name}: ${message}`);
  }
}

/** The terminator, with targets `from` replaced. */
function redirected(term: Inst, from: BlockId, to: BlockId): Inst {
  const targets = term.blocks.map((target) => (target === from ? to : target));
  return withEdges(term, term.args, targets);
}
