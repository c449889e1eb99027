/**
 * Writes down, before a loop, what an affine value is on the turn on which the loop is left.
 *
 *     %i = start + step * k   left on turn n   =>   start + step * n, in the preheader
 */

import { type BlockId, type Editor, makeInst, type OpTable, type ValueId } from '@sluice/ir';
import { comparing, differenceOf, productOf, selectOp, sumOf } from '../rules/recurrence.ts';
import type { Affine } from './scev.ts';
import { constantOf } from './structural.ts';
import type { Distance, Exit } from './trip-count.ts';

type Integer = 'i32' | 'i64';

/** Whether `atExit` can say it: the count is known, as a number or in the width of the value. */
export function hasClosedForm(value: Affine, { count, distance }: Exit): boolean {
  if (count !== null) return count >= 0n;
  return distance !== null && !distance.mayNeverEnd && (value.step === 0n || distance.from.bits === value.bits);
}

/** Builds sums and products at the end of a block; what is known is folded. */
export class ClosedForms {
  readonly #edit: Editor;
  readonly #ops: OpTable;
  readonly #at: BlockId;

  constructor(edit: Editor, ops: OpTable, at: BlockId) {
    this.#edit = edit;
    this.#ops = ops;
    this.#at = at;
  }

  /** What the value is on the turn on which the exit, whose count must be known, leaves the loop. */
  atExit(value: Affine, { count, distance }: Exit): ValueId {
    const type = typeOf(value);
    if (count !== null) {
      const offset = BigInt.asIntN(value.bits, value.offset + value.step * count);
      return this.value({ ...value, offset, step: 0n });
    }
    const start = this.value({ ...value, step: 0n });
    if (value.step === 0n) return start;
    return this.#sum(start, this.#times(this.turns(distance as Distance), value.step, type), type);
  }

  /** The value on turn 0. */
  value({ bits, base, scale, offset }: Affine): ValueId {
    const type = bits === 32 ? 'i32' : 'i64';
    if (base === -1) return this.constant(offset, type);
    const scaled = this.#times(base, scale, type);
    return offset === 0n ? scaled : this.#sum(scaled, this.constant(offset, type), type);
  }

  /** The number of turns that a distance says. */
  turns({ from, to, sign, plus, relation, signed }: Distance): ValueId {
    const type = typeOf(from);
    const a = this.value(from);
    const b = this.value(to);
    const [high, low] = sign === 1n ? [b, a] : [a, b];
    const zero = from.base === -1 && from.offset === 0n && sign === 1n;
    const apart = zero ? b : this.emit(makeInst(orFail(differenceOf(type)), [high, low]));
    const turns = plus === 0n ? apart : this.#sum(apart, this.constant(plus, type), type);
    if (relation === null) return turns;
    const some = this.emit(makeInst(comparing(type, relation, signed), [a, b]));
    return this.emit(makeInst(selectOp, [turns, this.constant(0n, type), some], { type }));
  }

  /** The value on turn 0 plus or minus another one. */
  plus(value: Affine, other: ValueId, sign: 1n | -1n): ValueId {
    const type = typeOf(value);
    const offset = BigInt.asIntN(value.bits, value.offset);
    if (sign === 1n && value.base === -1 && offset === 0n) return other;
    const op = sign === 1n ? sumOf(type) : differenceOf(type);
    return this.emit(makeInst(orFail(op), [this.value({ ...value, offset }), other]));
  }

  /** A constant. */
  constant(k: bigint, type: Integer): ValueId {
    const wrapped = BigInt.asIntN(type === 'i32' ? 32 : 64, k);
    return this.emit(constantOf(this.#ops, type, type === 'i32' ? Number(wrapped) : wrapped));
  }

  /** Appends an instruction. */
  emit(inst: Parameters<Editor['append']>[1]): ValueId {
    return this.#edit.append(this.#at, inst);
  }

  #sum(a: ValueId, b: ValueId, type: Integer): ValueId {
    return this.emit(makeInst(orFail(sumOf(type)), [a, b]));
  }

  #times(a: ValueId, k: bigint, type: Integer): ValueId {
    if (k === 1n) return a;
    return this.emit(makeInst(orFail(productOf(type)), [a, this.constant(k, type)]));
  }
}

function typeOf({ bits }: Affine): Integer {
  return bits === 32 ? 'i32' : 'i64';
}

function orFail<T>(op: T | null): T {
  if (op === null) throw new Error('an integer type without arithmetic');
  return op;
}
