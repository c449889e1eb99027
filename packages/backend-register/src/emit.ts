/**
 * A function of the IR with its allocation to register code.
 *
 * Blocks stand in reverse postorder (codegen's block-layout.ts) and fall through where they can. Phis cost nothing: they
 * share a register with their operands. Results that nobody uses go to registers of their own behind all others.
 *
 * When the allocator had few registers, parameters or operands of calls may lie in spill slots. Instructions name
 * registers only, so that such a function gets a flat frame: its slots are registers too.
 *
 * Not done: `invoke`, which has no instruction; `lower-invoke` comes before.
 */

import { type Instr, type InstrDef, type Operand, operandOf, type RegisterFunc } from '@sluice/bytecode';
import { type Allocation, type BlockLayout, layoutBlocks } from '@sluice/codegen';
import {
  type BlockId,
  blockOf,
  type CallSig,
  type Func,
  type Inst,
  instOf,
  type Signature,
  type Span,
  type Type,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import type { Forms } from './forms.ts';
import { type Condition, Selection } from './select.ts';

/** What emission of a function needs beside its allocation. */
export interface EmitContext {
  readonly forms: Forms;
  /** Slots that the program itself has, which start as zero. */
  readonly userSlots: number;
  /** Signatures of functions and imports. */
  readonly signatureOf: (name: string) => Signature | undefined;
}

/** An instruction whose labels are still blocks. */
interface Draft {
  readonly def: InstrDef;
  readonly operands: readonly Operand[];
  readonly targets: readonly BlockId[];
  readonly loc: Span | null;
}

/** Emits a function. */
export function emitFunc(allocation: Allocation, context: EmitContext): RegisterFunc {
  return new Emitter(allocation, context).emit();
}

const noTargets: readonly BlockId[] = [];

class Emitter {
  readonly #f: Func;
  readonly #context: EmitContext;
  readonly #forms: Forms;
  readonly #allocation: Allocation;
  readonly #selection: Selection;
  readonly #layout: BlockLayout;
  readonly #flat: boolean;
  readonly #code: Draft[] = [];
  /** `result`s that their call left in a register of its own. */
  readonly #parked = new Map<ValueId, number>();
  /** Registers, with those for results that nobody uses. */
  #registers: number;

  constructor(allocation: Allocation, context: EmitContext) {
    this.#f = allocation.func;
    this.#context = context;
    this.#forms = context.forms;
    this.#allocation = allocation;
    this.#selection = new Selection(allocation, context.forms);
    this.#layout = layoutBlocks(this.#f, (b) => this.#emitsOnly(b, 'br'));
    this.#flat = allocation.folded.size > 0 || this.#f.params.length > allocation.registers;
    this.#registers = allocation.registers + (this.#flat ? this.#f.slots.length : 0);
  }

  emit(): RegisterFunc {
    const f = this.#f;
    const { blocks } = this.#layout;
    const starts = new Int32Array(f.blocks.length).fill(-1);
    const clear = this.#flat && this.#context.userSlots > 0;
    if (clear) this.#clearSlots();
    for (const [i, b] of blocks.entries()) {
      starts[b] = this.#code.length;
      const { body } = blockOf(f, b);
      for (let k = 0; k < body.length; k++) this.#emitValue(body, k);
      this.#emitTerminator(b, blocks[i + 1] ?? null);
    }
    const code = this.#code.map(({ def, operands, targets, loc }): Instr => {
      if (targets.length === 0) return { def, operands, loc };
      const labels = targets.map((b) => starts[b] as number);
      return { def, operands: def.role === 'switch' ? [...operands, labels] : [...operands, ...labels], loc };
    });
    const registerNames = new Map<number, string>();
    for (const [i, v] of f.params.entries()) {
      const name = f.valueNames.get(v);
      if (name !== undefined) registerNames.set(i, name);
    }
    const slots = this.#flat ? (clear ? 1 : 0) : f.slots.length;
    return { name: f.name, sig: f.sig, registers: this.#registers, slots, registerNames, code };
  }

  /**
   * In a flat frame slots are registers, which do not start as zero: they are copied from a slot that nobody writes. Which
   * slots are the program's own can no longer be told; where it had none, all are written before they are read.
   */
  #clearSlots(): void {
    for (let cell = Math.max(this.#allocation.registers, this.#f.params.length); cell < this.#registers; cell++) {
      this.#push('reload', [cell, 0], null);
    }
  }

  /** Whether a block emits nothing but its terminator, of this kind. */
  #emitsOnly(b: BlockId, kind: 'br' | 'ret'): boolean {
    const { body, term } = blockOf(this.#f, b);
    return instOf(this.#f, term).op.kind === kind && body.every((v) => this.#isSilent(v) && !this.#isFused(v));
  }

  #isFused(v: ValueId): boolean {
    return this.#selection.fused.has(v);
  }

  #isSilent(v: ValueId): boolean {
    if (this.#selection.silent[v] === 1 || this.#allocation.folded.has(v)) return true;
    const inst = instOf(this.#f, v);
    if (inst.op.name !== 'copy') return false;
    return this.#allocation.registerOf[v] === this.#allocation.registerOf[inst.args[0] as ValueId];
  }

  #emitValue(body: readonly ValueId[], at: number): void {
    const v = body[at] as ValueId;
    const inst = instOf(this.#f, v);
    const fused = this.#selection.fused.get(v);
    if (fused !== undefined) {
      const access = instOf(this.#f, fused.access);
      this.#push(fused.def, this.#operands(fused.def, access, fused.access, access.args, null), access.loc);
      return;
    }
    if (this.#isSilent(v)) return;
    switch (inst.op.kind) {
      case 'call':
        this.#emitCall(body, at, inst);
        return;
      case 'result': {
        const parked = this.#parked.get(v);
        if (parked !== undefined) this.#push('move', [this.#destination(v), parked], inst.loc);
        return;
      }
      default:
        this.#emitOp(v, inst);
    }
  }

  #emitOp(v: ValueId, inst: Inst): void {
    const { name } = inst.op;
    switch (name) {
      case 'copy':
        this.#push('move', [this.#destination(v), this.#register(inst.args[0] as ValueId)], inst.loc);
        return;
      case 'slot.get': {
        const slot = inst.imm as number;
        if (this.#flat) this.#push('move', [this.#destination(v), this.#cellOf(slot)], inst.loc);
        else this.#push('reload', [this.#destination(v), slot], inst.loc);
        return;
      }
      case 'slot.set': {
        const slot = inst.imm as number;
        const value = this.#register(inst.args[0] as ValueId);
        if (this.#flat) this.#push('move', [this.#cellOf(slot), value], inst.loc);
        else this.#push('spill', [slot, value], inst.loc);
        return;
      }
      default: {
        const folded = this.#selection.foldOp(inst);
        if (folded === null) throw new Error(`@${this.#f.name}: the register machine has no instruction for '${name}'`);
        this.#push(folded.def, this.#operands(folded.def, inst, v, folded.args, folded.imm), inst.loc);
      }
    }
  }

  /** Operands in the order of the definition. */
  #operands(def: InstrDef, inst: Inst, v: ValueId, args: readonly ValueId[], imm: number | null): Operand[] {
    let next = 0;
    return def.operands.map((kind, k): Operand => {
      switch (kind) {
        case 'def':
          return this.#destination(v);
        case 'use':
          return this.#register(args[next++] as ValueId);
        case 'imm32':
          return imm;
        case 'type':
          return this.#typeOf(inst);
        default:
          return operandOf(def, k, inst.op, inst.imm);
      }
    });
  }

  /** What `T` stands for. */
  #typeOf(inst: Inst): Type {
    const at = inst.op.sig.params.indexOf('T');
    return (at < 0 ? inst : instOf(this.#f, inst.args[at] as ValueId)).type as Type;
  }

  #emitCall(body: readonly ValueId[], at: number, inst: Inst): void {
    const v = body[at] as ValueId;
    const uses = inst.args.map((arg) => this.#register(arg));
    const defs = inst.type === 'void' ? [] : inst.type === 'tuple' ? this.#tuple(body, at) : [this.#destination(v)];
    if (inst.op.imm === 'sig') {
      const { table, ...sig } = inst.imm as CallSig;
      if (table === undefined) this.#push('call_indirect', [defs, sig, uses], inst.loc);
      else this.#push('call_indirect.table', [defs, sig, uses, table], inst.loc);
    } else this.#push(inst.op.name, [defs, inst.imm as Operand, uses], inst.loc);
  }

  /**
   * Destinations of a call with several results. A `result` that stands right behind its call is written by the call;
   * further away its register may hold something else until then, so that the call writes a register of its own.
   */
  #tuple(body: readonly ValueId[], at: number): number[] {
    const call = body[at] as ValueId;
    const users = new Map<number, ValueId[]>();
    for (const v of usesOf(this.#f).of(call)) {
      if ((this.#allocation.registerOf[v] as number) < 0) continue;
      const k = instOf(this.#f, v).imm as number;
      const mine = users.get(k);
      if (mine === undefined) users.set(k, [v]);
      else mine.push(v);
    }
    const behind = new Set<ValueId>();
    for (let i = at + 1; i < body.length; i++) {
      const v = body[i] as ValueId;
      const inst = instOf(this.#f, v);
      if (inst.op.kind !== 'result' || inst.args[0] !== call) break;
      behind.add(v);
    }
    const taken = new Set<number>();
    const defs: number[] = [];
    for (let k = 0; k < this.#resultCount(instOf(this.#f, call)); k++) {
      const mine = users.get(k) ?? [];
      const [only] = mine;
      const register = only === undefined ? -1 : (this.#allocation.registerOf[only] as number);
      if (only !== undefined && mine.length === 1 && behind.has(only) && !taken.has(register)) {
        taken.add(register);
        defs.push(register);
        continue;
      }
      const own = this.#registers++;
      defs.push(own);
      for (const v of mine) this.#parked.set(v, own);
    }
    return defs;
  }

  #resultCount(call: Inst): number {
    const sig = typeof call.imm === 'string' ? this.#context.signatureOf(call.imm) : (call.imm as Signature);
    return sig?.results.length ?? 0;
  }

  #emitTerminator(b: BlockId, next: BlockId | null): void {
    const { term } = blockOf(this.#f, b);
    const inst = instOf(this.#f, term);
    const target = (i: number): BlockId => this.#layout.target(b, inst.blocks[i] as BlockId);
    switch (inst.op.kind) {
      case 'br':
        this.#goTo(target(0), next, inst.loc);
        return;
      case 'br_if': {
        const [yes, no] = [target(0), target(1)];
        if (yes === no) this.#goTo(yes, next, inst.loc);
        else this.#branch(b, this.#selection.condition(term), yes, no, next, inst.loc);
        return;
      }
      case 'switch': {
        const targets = inst.blocks.map((_, i) => target(i));
        const value = this.#register(inst.args[0] as ValueId);
        this.#push('switch', [value, inst.imm as readonly number[]], inst.loc, targets);
        return;
      }
      case 'ret':
        this.#return(inst);
        return;
      case 'trap':
        this.#push('trap', [inst.imm as string], inst.loc);
        return;
      default:
        throw new Error(`@${this.#f.name}: the register machine has no instruction for '${inst.op.name}'`);
    }
  }

  /** Jumps, falls through, or returns at once where the target does nothing else. */
  #goTo(to: BlockId, next: BlockId | null, loc: Span | null): void {
    if (to === next) return;
    if (this.#emitsOnly(to, 'ret')) this.#return(instOf(this.#f, blockOf(this.#f, to).term));
    else this.#push('jump', [], loc, [to]);
  }

  #branch(
    from: BlockId,
    condition: Condition,
    yes: BlockId,
    no: BlockId,
    next: BlockId | null,
    loc: Span | null,
  ): void {
    const [holds, fails] = condition.negated ? [no, yes] : [yes, no];
    // Where neither target is next, the branch leads to that which is taken more often: back in the loop.
    const turns = holds === next || (fails !== next && this.#goesBack(from, fails) && !this.#goesBack(from, holds));
    const opposite = turns ? this.#selection.opposite(condition) : null;
    const { def, args, imm } = opposite ?? condition;
    const operands: Operand[] = args.map((arg) => this.#register(arg));
    if (imm !== null) operands.push(imm);
    this.#push(def, operands, loc, [opposite === null ? holds : fails]);
    this.#goTo(opposite === null ? fails : holds, next, loc);
  }

  #goesBack(from: BlockId, to: BlockId): boolean {
    const { position } = this.#layout;
    return (position[to] as number) <= (position[from] as number);
  }

  #return(inst: Inst): void {
    this.#push('return', [inst.args.map((arg) => this.#register(arg))], inst.loc);
  }

  #push(def: InstrDef | string, operands: readonly Operand[], loc: Span | null, targets = noTargets): void {
    this.#code.push({ def: typeof def === 'string' ? this.#forms.named(def) : def, operands, targets, loc });
  }

  /** The register that a value is read from. */
  #register(v: ValueId): number {
    if (this.#allocation.folded.has(v)) return this.#cellOf(instOf(this.#f, v).imm as number);
    const register = this.#allocation.registerOf[v] as number;
    if (register < 0) throw new Error(`@${this.#f.name}: %${v} is used but has no register`);
    return register;
  }

  /** The register that a value is written to; one of its own when nobody reads it. */
  #destination(v: ValueId): number {
    const register = this.#allocation.registerOf[v] as number;
    return register < 0 ? this.#registers++ : register;
  }

  #cellOf(slot: number): number {
    return this.#allocation.registers + slot;
  }
}
