/**
 * What becomes of the values of a function before anything is emitted:
 *
 *   constants     an operand where the instruction has room for 32 bits; only those with another use are emitted
 *   comparisons   part of the conditional jump, where that is their only use and their operands still hold there
 *   heap checks   part of the access behind them, on the same pointer
 *
 * All of it follows from the op table's laws; the ops that are named are those that have an instruction of their own.
 */

import type { InstrDef } from '@sluice/bytecode';
import type { Allocation } from '@sluice/codegen';
import {
  type BlockId,
  blockOf,
  type Func,
  type Inst,
  instOf,
  isRemovable,
  type OpDef,
  orderOf,
  type Uses,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import type { Forms } from './forms.ts';

/** An operand: a value in a register, or a constant in the instruction. */
export interface Folded {
  readonly def: InstrDef;
  readonly args: readonly ValueId[];
  readonly imm: number | null;
}

/** A conditional jump: goes to the first target if it holds. `negated`: to the second. */
export interface Condition extends Folded {
  readonly negated: boolean;
}

/** A group of heap ops that is one instruction. */
export interface FusedAccess {
  readonly def: InstrDef;
  /** The access itself; the checks in front of it emit nothing. */
  readonly access: ValueId;
}

/** Decisions about one function. */
export class Selection {
  /** Values that emit nothing where they stand. */
  readonly silent: Uint8Array;
  /** By the first value of a group. */
  readonly fused = new Map<ValueId, FusedAccess>();
  /** Accesses that are part of a group: they emit nothing themselves, but the group writes their result. */
  readonly #accesses = new Set<ValueId>();
  readonly #f: Func;
  readonly #forms: Forms;
  readonly #registerOf: Int32Array;
  readonly #uses: Uses;
  /** By `br_if`: the comparison that it is fused with. */
  readonly #conditions = new Map<ValueId, Condition>();

  constructor(allocation: Allocation, forms: Forms) {
    this.#f = allocation.func;
    this.#forms = forms;
    this.#registerOf = allocation.registerOf;
    this.#uses = usesOf(this.#f);
    this.silent = new Uint8Array(this.#f.insts.length);
    for (const b of orderOf(this.#f).rpo) this.#selectBlock(b);
    this.#silenceConstants();
  }

  /** The condition of a `br_if`. */
  condition(term: ValueId): Condition {
    const found = this.#conditions.get(term);
    if (found !== undefined) return found;
    const inst = instOf(this.#f, term);
    return { def: this.#forms.named('jump_if'), args: inst.args, imm: null, negated: false };
  }

  /** The opposite of a fused condition, where the table has it. */
  opposite(condition: Condition): Condition | null {
    const { def, args, imm, negated } = condition;
    if (def.role === 'jump-if') return { def: this.#forms.named('jump_unless'), args, imm, negated: !negated };
    if (def.role === 'jump-unless') return { def: this.#forms.named('jump_if'), args, imm, negated: !negated };
    const op = this.#forms.op(def.op?.laws.negation);
    if (op === null) return null;
    const forms = this.#forms.of(op);
    const other = imm === null ? forms.jump : forms.jumpImm;
    return other === null ? null : { def: other, args, imm, negated: !negated };
  }

  /** The instruction of an op, with a constant operand where that is possible. */
  foldOp(inst: Inst): Folded | null {
    const forms = this.#forms.of(inst.op);
    const imm = forms.imm === null ? null : this.#foldConstant(inst);
    if (imm !== null) {
      const def = this.#forms.of(imm.op).imm;
      if (def !== null) return { def, args: [imm.arg], imm: imm.value };
    }
    return forms.plain === null ? null : { def: forms.plain, args: inst.args, imm: null };
  }

  #selectBlock(b: BlockId): void {
    const { body, term } = blockOf(this.#f, b);
    for (let i = 0; i < body.length; i++) {
      const v = body[i] as ValueId;
      const inst = instOf(this.#f, v);
      // Not needed by anyone, and without effect: an allocator gives such values no register.
      if (this.#uses.count(v) === 0 && isRemovable(inst.op.effect) && inst.op.kind === 'value') this.silent[v] = 1;
      if (inst.op.name === 'heap.check') this.#fuseAccess(body, i);
      else if (inst.op.name === 'heap.check_init' && this.silent[v] === 0) this.#fuseInitialised(body, i);
    }
    if (instOf(this.#f, term).op.kind === 'br_if') this.#fuseBranch(body, term);
  }

  /** `heap.check p; heap.check_init p; heap.load p` and `heap.check p; heap.store p, v`. */
  #fuseAccess(body: readonly ValueId[], i: number): void {
    const at = (k: number) => (i + k < body.length ? instOf(this.#f, body[i + k] as ValueId) : null);
    const pointer = at(0)?.args[0];
    const [second, third] = [at(1), at(2)];
    if (second?.args[0] !== pointer) return;
    const first = body[i] as ValueId;
    if (second?.op.name === 'heap.store') {
      const access = body[i + 1] as ValueId;
      this.fused.set(first, { def: this.#forms.named('heap.store_checked'), access });
      this.silent[access] = 1;
    } else if (second?.op.name === 'heap.check_init' && third?.op.name === 'heap.load' && third.args[0] === pointer) {
      const access = body[i + 2] as ValueId;
      this.#accesses.add(access);
      this.fused.set(first, { def: this.#forms.named('heap.load_checked'), access });
      this.silent[body[i + 1] as ValueId] = 1;
      this.silent[access] = 1;
    }
  }

  /** `heap.check_init p; heap.load p`, where the check of the pointer is not needed. */
  #fuseInitialised(body: readonly ValueId[], i: number): void {
    const access = body[i + 1];
    const load = access === undefined ? null : instOf(this.#f, access);
    const first = body[i] as ValueId;
    if (access === undefined || load?.op.name !== 'heap.load') return;
    if (load.args[0] !== instOf(this.#f, first).args[0]) return;
    this.#accesses.add(access);
    this.fused.set(first, { def: this.#forms.named('heap.load_initialised'), access });
    this.silent[access] = 1;
  }

  /** Takes the comparison (or test for zero) that decides a `br_if` into the jump. */
  #fuseBranch(body: readonly ValueId[], term: ValueId): void {
    let v = instOf(this.#f, term).args[0] as ValueId;
    let negated = false;
    let position = body.length;
    let condition: Condition | null = null;
    for (;;) {
      if (this.#uses.count(v) !== 1) break;
      position = this.#findAbove(body, v, position);
      if (position < 0) break;
      const inst = instOf(this.#f, v);
      const found = this.#asCondition(inst, negated);
      if (found === null || !this.#holdUntilEnd(found.args, body, position)) break;
      condition = found;
      this.#conditions.set(term, condition);
      this.silent[v] = 1;
      // `i32.eqz`: the condition is its operand, negated, and that may be a comparison itself.
      if (found.def.role !== 'jump-if') break;
      v = found.args[0] as ValueId;
      negated = found.negated;
    }
  }

  /** The position of `v` in the body, below `limit`; -1 when it is not there. The search goes up a few steps only: what
   * decides a branch stands near it, and long blocks must not make this quadratic. */
  #findAbove(body: readonly ValueId[], v: ValueId, limit: number): number {
    const stop = Math.max(0, limit - 16);
    for (let i = limit - 1; i >= stop; i--) if (body[i] === v) return i;
    return -1;
  }

  #asCondition(inst: Inst, negated: boolean): Condition | null {
    const { op } = inst;
    if (op.name === 'i32.eqz') {
      return { def: this.#forms.named('jump_if'), args: inst.args, imm: null, negated: !negated };
    }
    if (op.name === 'i64.eqz') {
      return { def: this.#forms.named('jump.i64.eq.i'), args: inst.args, imm: 0, negated };
    }
    const forms = this.#forms.of(op);
    if (forms.jump === null) return null;
    const imm = forms.jumpImm === null ? null : this.#foldConstant(inst);
    if (imm !== null) {
      const def = this.#forms.of(imm.op).jumpImm;
      if (def !== null) return { def, args: [imm.arg], imm: imm.value, negated };
    }
    return { def: forms.jump, args: inst.args, imm: null, negated };
  }

  /** Whether nothing behind `position` writes the registers of the values (coalesced copies write what is there). */
  #holdUntilEnd(args: readonly ValueId[], body: readonly ValueId[], position: number): boolean {
    if (args.some((arg) => (this.#registerOf[arg] as number) < 0)) return false;
    for (let i = position + 1; i < body.length; i++) {
      const v = body[i] as ValueId;
      const register = this.#registerOf[v] as number;
      if (register < 0 || !args.some((arg) => this.#registerOf[arg] === register)) continue;
      if (this.silent[v] === 1 && !this.#accesses.has(v)) continue;
      const inst = instOf(this.#f, v);
      if (inst.op.name !== 'copy' || this.#registerOf[inst.args[0] as ValueId] !== register) return false;
    }
    return true;
  }

  /** One operand as a constant of 32 bits, the op turned round where its laws allow that. */
  #foldConstant(inst: Inst): { readonly op: OpDef; readonly arg: ValueId; readonly value: number } | null {
    const [left, right] = inst.args as readonly [ValueId, ValueId];
    const last = this.#constant(right);
    if (last !== null) return { op: inst.op, arg: left, value: last };
    const first = this.#constant(left);
    if (first === null) return null;
    const { commutative, swapped } = inst.op.laws;
    const op = commutative === true ? inst.op : this.#forms.op(swapped);
    return op === null ? null : { op, arg: right, value: first };
  }

  /** The value of an integer constant that fits 32 bits. */
  #constant(v: ValueId): number | null {
    const inst = instOf(this.#f, v);
    if (inst.op.kind !== 'const') return null;
    if (inst.type === 'i32') return inst.imm as number;
    if (inst.type !== 'i64') return null;
    const value = inst.imm as bigint;
    return BigInt.asIntN(32, value) === value ? Number(value) : null;
  }

  /** Constants that every user has in its instruction emit nothing. */
  #silenceConstants(): void {
    const needed = new Uint8Array(this.#f.insts.length);
    const need = (args: readonly ValueId[]): void => {
      for (const arg of args) needed[arg] = 1;
    };
    for (const b of orderOf(this.#f).rpo) {
      const { phis, body, term } = blockOf(this.#f, b);
      for (const v of phis) need(instOf(this.#f, v).args);
      for (const v of body) {
        const fused = this.fused.get(v);
        if (fused !== undefined) need(instOf(this.#f, fused.access).args);
        else if (this.silent[v] === 0) this.#needOperands(v, need);
      }
      const last = instOf(this.#f, term);
      need(last.op.kind === 'br_if' ? this.condition(term).args : last.args);
    }
    for (const b of orderOf(this.#f).rpo) {
      for (const v of blockOf(this.#f, b).body) {
        if (instOf(this.#f, v).op.kind === 'const' && needed[v] === 0) this.silent[v] = 1;
      }
    }
  }

  #needOperands(v: ValueId, need: (args: readonly ValueId[]) => void): void {
    const inst = instOf(this.#f, v);
    need(inst.op.kind === 'value' ? (this.foldOp(inst)?.args ?? inst.args) : inst.args);
  }
}
