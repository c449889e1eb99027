/**
 * Puts computations later in their block where that makes fewer values live at a time: what takes nothing from the operands
 * (all of them are needed afterwards too) waits until its result is wanted.
 *
 *     %k = i64.const 7                  %p = call i64 @f(%x)
 *     %m = i64.mul %x, %y               %m = i64.mul %x, %y            constants and %m do not live across the call;
 *     %p = call i64 @f(%x)       =>     %s = i64.add %p, %m            %x and %y did so before
 *     %s = i64.add %p, %m               %k = i64.const 7
 *     %t = i64.mul %s, %k               %t = i64.mul %s, %k
 *     ... %x ... %y
 *
 * An instruction that is the last to use an operand stays: its result takes the operand's place, and later there would be
 * two values where now is one. What reads a phi of its block stays too: the phi's register is wanted for its next value.
 *
 * Why safe: only pure instructions move, within their block, in front of their first user; all others keep their order.
 * Paper:    Sethi, Ullman, The Generation of Optimal Code for Arithmetic Expressions, JACM 1970 (registers needed by trees);
 *           Goodman, Hsu, Code scheduling and register allocation in large basic blocks, ICS 1988.
 * Differs:  one pass from the front, no search: an interpreter has no latencies to hide.
 * Cost:     linear in instructions and operands.
 * Not done: loads and instructions that may trap keep their order; nothing moves to another block.
 */

import { type Block, type BlockId, type Func, type Inst, ints, isPure, type ValueId } from '@sluice/ir';
import { definePass } from '@sluice/pipeline';

export default definePass({
  name: 'schedule',
  summary: 'compute values later in their block where fewer are live then',
  paper: 'Sethi, Ullman, The Generation of Optimal Code for Arithmetic Expressions, JACM 1970',
  scope: 'func',
  before: [{ pass: 'ssa-destruct', why: 'copies stand at the ends of blocks' }],
  run(f, cx) {
    const scheduler = new Scheduler(f);
    for (const b of f.order) {
      const body = f.blocks[b]?.body ?? [];
      if (body.length < 2) continue;
      const order = scheduler.order(b);
      const moved = firstMoved(body, order);
      if (moved < 0 || !cx.choose('fewer live values', true)) continue;
      if (!cx.rewrite('put later', body[moved])) return;
      cx.edit.reorder(b, order);
    }
  },
});

/** The first position where the orders differ; -1: nowhere. */
function firstMoved(before: readonly ValueId[], after: readonly ValueId[]): number {
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) return i;
  return -1;
}

/** Orders blocks; its arrays serve all of them. */
class Scheduler {
  readonly #f: Func;
  /** By value: uses that are not in what was ordered so far; those of other blocks stay. */
  readonly #left: Int32Array;
  /** By value: 1 while it waits. */
  readonly #waits: Int32Array;
  #out: ValueId[] = [];
  #phis: ReadonlySet<ValueId> = new Set();

  constructor(f: Func) {
    this.#f = f;
    const left = ints(f.insts.length);
    for (const b of f.order) {
      const block = f.blocks[b];
      if (block === undefined) continue;
      for (const list of [block.phis, block.body]) for (let i = 0; i < list.length; i++) count(f, list[i], left);
      count(f, block.term, left);
    }
    this.#left = left;
    this.#waits = ints(f.insts.length);
  }

  /** The body of a block in its new order. */
  order(b: BlockId): readonly ValueId[] {
    const { phis, body, term } = this.#f.blocks[b] as Block;
    this.#out = [];
    this.#phis = new Set(phis);
    const last = this.#inst(term);
    // What decides a branch goes last of all: a machine may do both at once.
    const condition = last.op.kind === 'br_if' ? (last.args[0] as ValueId) : null;
    for (let i = 0; i < body.length; i++) {
      const v = body[i] as ValueId;
      if (this.#mayWait(this.#inst(v), v, v === condition)) this.#waits[v] = 1;
      else this.#emit(v);
    }
    // Wanted by other blocks, or by the terminator.
    for (let i = 0; i < body.length; i++) {
      const v = body[i] as ValueId;
      if (this.#waits[v] === 1 && !last.args.includes(v)) this.#emit(v);
    }
    for (let k = 0; k < last.args.length; k++) {
      if (this.#waits[last.args[k] as number] === 1) this.#emit(last.args[k] as ValueId);
    }
    return this.#out;
  }

  #inst(v: ValueId): Inst {
    return this.#f.insts[v] as Inst;
  }

  /** Whether it is pure, somebody wants it, and none of its operands ends with it; the only use of a condition is at the end. */
  #mayWait({ op, args, type }: Inst, v: ValueId, decides: boolean): boolean {
    if (type === 'tuple' || (op.kind !== 'value' && op.kind !== 'const') || !isPure(op.effect)) return false;
    if (this.#left[v] === 0) return false;
    for (let k = 0; k < args.length; k++) if (this.#phis.has(args[k] as ValueId)) return false;
    if (decides && this.#left[v] === 1) return true;
    for (let k = 0; k < args.length; k++) {
      const arg = args[k] as ValueId;
      let own = 0;
      for (let j = 0; j < args.length; j++) if (args[j] === arg) own++;
      if ((this.#left[arg] as number) <= own) return false;
    }
    return true;
  }

  /** Adds an instruction behind those of its operands that wait. */
  #emit(root: ValueId): void {
    const stack: ValueId[] = [root];
    while (stack.length > 0) {
      const v = stack[stack.length - 1] as ValueId;
      const { args } = this.#inst(v);
      const height = stack.length;
      // The first operand ends on top, so that it comes first.
      for (let k = args.length - 1; k >= 0; k--)
        if (this.#waits[args[k] as number] === 1) stack.push(args[k] as ValueId);
      if (stack.length > height) continue;
      stack.pop();
      if (v !== root && this.#waits[v] === 0) continue;
      this.#waits[v] = 0;
      this.#out.push(v);
      for (let k = 0; k < args.length; k++) {
        const arg = args[k] as ValueId;
        this.#left[arg] = (this.#left[arg] as number) - 1;
      }
    }
  }
}

function count(f: Func, v: ValueId | undefined, left: Int32Array): void {
  const { args } = f.insts[v as number] as Inst;
  for (let k = 0; k < args.length; k++) left[args[k] as number] = (left[args[k] as number] as number) + 1;
}
