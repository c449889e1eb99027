/**
 * Code of one block: which values stay on the operand stack.
 *
 *     %3 = i32.add %1, %2        local.get 1
 *     %4 = i32.mul %3, %1        local.get 2        %3 is used once, by what comes next on the stack: it never
 *                          =>    i32.add            sees a local. %4 has two uses: one finds it on the stack,
 *     %5 = i32.xor %4, %2        local.get 1        the other in its local.
 *     ...  %4                    i32.mul
 *                                local.tee 4
 *
 * Computations keep their order, so that effects and traps do, and none is delayed past a write of a local that it
 * reads. What is `pending` lies on the stack, the latest on top. An instruction takes pending values where they are
 * its operands in order, on top; what it finds elsewhere is settled: a `local.set` goes behind its computation, after
 * the fact. Operands in locals that stand below a pending one are pushed before that one's computation, if they held
 * the value then.
 *
 * Constants are made anew where they are used; those that belong to a phi are also put into its local.
 *
 * Paper:   Koopman, A Preliminary Exploration of Optimized Stack Code Generation, 1994 (intra-block scheduling).
 * Differs: no reordering of computations; values of other blocks stay in locals.
 * Cost:    linear in the operands of the block's instructions.
 */

import type { Instr, Operand } from '@sluice/bytecode';
import type { Allocation } from '@sluice/codegen';
import { type Block, type Func, type Inst, instOf, type Span, type Uses, usesOf, type ValueId } from '@sluice/ir';
import { CodeList, type CodeNode } from './code-list.ts';
import type { Forms } from './forms.ts';

/** A value on the operand stack. */
interface Pending {
  readonly value: ValueId;
  /** Its computation's first and last instruction. */
  readonly first: CodeNode;
  last: CodeNode;
  /** When the computation began and ended, counted in instructions of the block. */
  readonly start: number;
  readonly end: number;
  /** Neighbours on the stack. */
  below: Pending | null;
  above: Pending | null;
}

/** What the blocks of a function share. */
export interface FuncFacts {
  readonly f: Func;
  readonly allocation: Allocation;
  readonly forms: Forms;
  /** By `ValueId`: 1 where a phi uses the value. */
  readonly phiUse: Uint8Array;
  /** Number of results of functions and imports. */
  readonly resultCount: (name: string) => number;
  /** A local for an element of a tuple that is not read right after its call. */
  readonly park: (result: ValueId) => number;
  readonly parked: ReadonlyMap<ValueId, number>;
}

const never = -1;

/** Puts one block's code together. */
export class BlockCode {
  readonly code: CodeList = new CodeList();
  readonly #facts: FuncFacts;
  readonly #f: Func;
  readonly #uses: Uses;
  #top: Pending | null = null;
  readonly #pendingOf = new Map<ValueId, Pending>();
  /** By local: when it was written last in this block. */
  readonly #written = new Map<number, number>();
  /** Uses in this block of values that it computes. */
  readonly #localUses = new Map<ValueId, number>();
  #now = 0;

  constructor(facts: FuncFacts, block: Block) {
    this.#facts = facts;
    this.#f = facts.f;
    this.#uses = usesOf(facts.f);
    const own = new Set(block.body);
    for (const v of [...block.body, block.term]) {
      for (const arg of instOf(this.#f, v).args) {
        if (own.has(arg)) this.#localUses.set(arg, (this.#localUses.get(arg) ?? 0) + 1);
      }
    }
    this.#body(block);
    this.#now++;
  }

  /**
   * Pushes the terminator's operands; everything else that is on the stack goes to its local. Nothing but the jump
   * may come behind.
   */
  finish(term: Inst): void {
    this.#take(term.args, term.loc);
    this.#settleAll();
  }

  append(instr: Instr): void {
    this.code.append(instr);
  }

  #body(block: Block): void {
    for (let i = 0; i < block.body.length; i++) {
      this.#now++;
      const v = block.body[i] as ValueId;
      const inst = instOf(this.#f, v);
      if (inst.type === 'tuple') i += this.#tupleCall(v, inst, block.body, i);
      else this.#value(v, inst);
    }
  }

  #value(v: ValueId, inst: Inst): void {
    const { allocation, forms, phiUse, parked } = this.#facts;
    const { op, loc } = inst;
    if (op.kind === 'const') {
      if (phiUse[v] === 1) this.#define(v, this.code.append(forms.instrOf(this.#f, inst)), this.#now, loc);
      return;
    }
    if (allocation.folded.has(v)) return;
    if (op.kind === 'result') {
      const local = parked.get(v);
      // Else it stood right behind its call, which has put it into its local.
      if (local !== undefined) this.#define(v, this.#get(local, loc), this.#now, loc);
      return;
    }
    switch (op.name) {
      case 'copy':
        this.#copy(v, inst);
        return;
      case 'slot.get':
        this.#define(v, this.#get(this.#slot(inst), loc), this.#now, loc);
        return;
      case 'slot.set':
        this.#take(inst.args, loc);
        this.#written.set(this.#slot(inst), this.#now);
        this.#push('local.set', [this.#slot(inst)], loc);
        return;
      default: {
        const args = this.#inBestOrder(inst);
        const { first, start } = this.#take(args.args, loc);
        const node = this.code.append(forms.instrOf(this.#f, args));
        if (inst.type !== 'void') this.#define(v, node, start, loc, first ?? node);
      }
    }
  }

  /** A copy within one local, or to another. */
  #copy(v: ValueId, inst: Inst): void {
    const arg = inst.args[0] as ValueId;
    const { registerOf } = this.#facts.allocation;
    const onTop = this.#top?.value === arg;
    const same = registerOf[v] === registerOf[arg] && !this.#isConstant(arg);
    if (same && !(onTop && this.#uses.count(arg) === 1)) {
      this.#settle(this.#pendingOf.get(arg));
      return;
    }
    const { first, start } = this.#take(inst.args, inst.loc);
    // The copy's local is free from now on only: its write must not go back to where the operand was computed.
    const last = this.code.last;
    if (first === null || last === null) throw new Error(`@${this.#f.name}: %${v} copies nothing`);
    this.#define(v, last, start, inst.loc, first);
  }

  /** A call with several results: each goes to its local at once. Gives the number of projections behind it. */
  #tupleCall(call: ValueId, inst: Inst, body: readonly ValueId[], at: number): number {
    const { forms, allocation, resultCount, park } = this.#facts;
    this.#take(inst.args, inst.loc);
    this.code.append(forms.instrOf(this.#f, inst));
    let end = at + 1;
    const adjacent = new Set<ValueId>();
    for (; end < body.length; end++) {
      const v = body[end] as ValueId;
      const result = instOf(this.#f, v);
      if (result.op.kind !== 'result' || result.args[0] !== call) break;
      adjacent.add(v);
    }
    const count =
      typeof inst.imm === 'string'
        ? resultCount(inst.imm)
        : (inst.imm as { results: readonly unknown[] }).results.length;
    const homes: number[][] = Array.from({ length: count }, () => []);
    for (const v of new Set(this.#uses.of(call))) {
      if (this.#uses.count(v) === 0) continue;
      const local = adjacent.has(v) ? (allocation.registerOf[v] as number) : park(v);
      homes[instOf(this.#f, v).imm as number]?.push(local);
    }
    for (const locals of homes.reverse()) {
      if (locals.length === 0) this.#push('drop', [], inst.loc);
      locals.forEach((local, i) => {
        this.#push(i + 1 < locals.length ? 'local.tee' : 'local.set', [local], inst.loc);
        this.#written.set(local, this.#now);
      });
    }
    return end - at - 1;
  }

  /** Operands turned round where the op allows it and more of them are found on the stack. */
  #inBestOrder(inst: Inst): Inst {
    const { args, op } = inst;
    if (args.length !== 2 || this.#top === null) return inst;
    const [a, b] = args as readonly [ValueId, ValueId];
    const found = this.#matches(a, b);
    if (a === b || found === 2 || this.#matches(b, a) <= found) return inst;
    const other =
      op.laws.commutative === true ? op : op.laws.swapped === undefined ? null : this.#swapped(op.laws.swapped);
    return other === null ? inst : { ...inst, op: other, args: [b, a] };
  }

  #swapped(name: string): Inst['op'] | null {
    return this.#facts.forms.table.byName.get(name)?.op ?? null;
  }

  /** How many of two operands are on top of the stack, in order. */
  #matches(a: ValueId, b: ValueId): number {
    const top = this.#top;
    if (top === null) return 0;
    if (top.value === a) return this.#pendingOf.has(b) ? 0 : 1;
    if (top.value !== b) return 0;
    if (top.below?.value === a) return 2;
    return this.#heldBefore(a, top.start) ? 1 : 0;
  }

  /**
   * Pushes operands in order. `first` and `start`: where and when the computation of the first of them begins; null
   * without operands.
   */
  #take(args: readonly ValueId[], loc: Span | null): { readonly first: CodeNode | null; readonly start: number } {
    const found = this.#match(args);
    let first: CodeNode | null = null;
    let start = this.#now;
    /** The next operand that is taken from the stack, at or after `k`. */
    let next = 0;
    let onTop = false;
    for (let k = 0; k < args.length; k++) {
      const arg = args[k] as ValueId;
      const pending = found[k];
      if (pending !== undefined) {
        start = Math.min(start, pending.start);
        this.#drop(pending);
        if (this.#needsLocal(args, k, found)) this.#write(pending, 'local.tee', loc);
        first ??= pending.first;
        onTop = true;
        continue;
      }
      next = Math.max(next, k + 1);
      while (next < args.length && found[next] === undefined) next++;
      const place = found[next];
      onTop = onTop && args[k - 1] === arg && place === undefined;
      const instr = onTop ? this.#instr('dup', [], loc) : this.#fetch(arg, loc);
      const node = place === undefined ? this.code.append(instr) : this.code.insertBefore(place.first, instr);
      first ??= node;
    }
    return { first, start };
  }

  /** By operand: the pending value that it is, where operands and stack agree; settles all other operands. */
  #match(args: readonly ValueId[]): (Pending | undefined)[] {
    const found: (Pending | undefined)[] = new Array(args.length).fill(undefined);
    let candidate = this.#top;
    let barrier = Number.POSITIVE_INFINITY;
    let possible = true;
    for (let k = args.length - 1; k >= 0 && possible; k--) {
      const arg = args[k] as ValueId;
      const repeated = k > 0 && args[k - 1] === arg && barrier === Number.POSITIVE_INFINITY;
      if (candidate?.value === arg && !repeated) {
        found[k] = candidate;
        barrier = candidate.start;
        candidate = candidate.below;
      } else if (barrier !== Number.POSITIVE_INFINITY) {
        // It would be pushed before a computation that is done: did its local hold it then?
        possible = this.#heldBefore(arg, barrier);
      }
    }
    if (!possible) found.fill(undefined);
    const taken = new Set(found);
    for (const arg of args) {
      const pending = this.#pendingOf.get(arg);
      if (pending !== undefined && !taken.has(pending)) this.#settle(pending);
    }
    return found;
  }

  #heldBefore(v: ValueId, time: number): boolean {
    if (this.#isConstant(v)) return true;
    const pending = this.#pendingOf.get(v);
    if (pending !== undefined) return pending.end < time;
    return (this.#written.get(this.#home(v)) ?? never) < time;
  }

  /**
   * Whether operand k, which is on the stack, is needed in its local too: by a later instruction, or by another operand of
   * this one that no `dup` gives.
   */
  #needsLocal(args: readonly ValueId[], k: number, found: readonly (Pending | undefined)[]): boolean {
    const v = args[k] as ValueId;
    if (this.#uses.count(v) === 1) return false;
    let here = 0;
    for (const arg of args) if (arg === v) here++;
    if (this.#uses.count(v) > here) return true;
    const onTop = !found.some((other, j) => j > k && other !== undefined);
    let given = 1;
    while (onTop && args[k + given] === v) given++;
    return here > given;
  }

  /** What has just been computed: it stays on the stack if this block uses it. */
  #define(v: ValueId, last: CodeNode, start: number, loc: Span | null, first: CodeNode = last): void {
    if (this.#uses.count(v) === 0) {
      this.#push('drop', [], loc);
      return;
    }
    const pending: Pending = { value: v, first, last, start, end: this.#now, below: this.#top, above: null };
    if ((this.#localUses.get(v) ?? 0) === 0 || this.#isConstant(v)) {
      this.#write(pending, 'local.set', loc);
      return;
    }
    if (this.#top !== null) this.#top.above = pending;
    this.#top = pending;
    this.#pendingOf.set(v, pending);
  }

  // The operand stack.

  #drop(pending: Pending): void {
    if (pending.below !== null) pending.below.above = pending.above;
    if (pending.above !== null) pending.above.below = pending.below;
    if (this.#top === pending) this.#top = pending.below;
    this.#pendingOf.delete(pending.value);
  }

  #settle(pending: Pending | undefined): void {
    if (pending === undefined) return;
    this.#drop(pending);
    this.#write(pending, 'local.set', pending.last.instr.loc);
  }

  #settleAll(): void {
    while (this.#top !== null) this.#settle(this.#top);
  }

  // Locals.

  /** Puts the instruction that writes a value's local behind its computation. */
  #write(pending: Pending, name: 'local.set' | 'local.tee', loc: Span | null): void {
    const local = this.#home(pending.value);
    pending.last = this.code.insertAfter(pending.last, this.#instr(name, [local], loc));
    this.#written.set(local, Math.max(this.#written.get(local) ?? never, pending.end));
  }

  /** The local that holds a value. */
  #home(v: ValueId): number {
    const { allocation } = this.#facts;
    if (allocation.folded.has(v)) return this.#slot(instOf(this.#f, v));
    const register = allocation.registerOf[v] as number;
    if (register < 0) throw new Error(`@${this.#f.name}: %${v} is used and has no register`);
    return register;
  }

  #slot(inst: Inst): number {
    return this.#facts.allocation.registers + (inst.imm as number);
  }

  #isConstant(v: ValueId): boolean {
    return instOf(this.#f, v).op.kind === 'const';
  }

  /** Pushes a constant or a local. */
  #fetch(v: ValueId, loc: Span | null): Instr {
    const inst = instOf(this.#f, v);
    if (inst.op.kind === 'const') return { ...this.#facts.forms.instrOf(this.#f, inst), loc };
    return this.#instr('local.get', [this.#home(v)], loc);
  }

  #get(local: number, loc: Span | null): CodeNode {
    return this.#push('local.get', [local], loc);
  }

  #push(name: string, operands: readonly Operand[], loc: Span | null): CodeNode {
    return this.code.append(this.#instr(name, operands, loc));
  }

  #instr(name: string, operands: readonly Operand[], loc: Span | null): Instr {
    return { def: this.#facts.forms.named(name), operands, loc };
  }
}
