/**
 * Writes down, before a loop, what a value is on the turn on which the loop is left.
 *
 *     %i = start + step * k   left on turn n   =>   start + step * n, in the preheader
 */

import { type BlockId, type Editor, makeInst, type OpTable, type ValueId } from '@sluice/ir';
import { comparing, differenceOf, productOf, selectOp, shiftOf, sumOf, unionOf } from '../rules/recurrence.ts';
import type { Polynomial } from './polynomial.ts';
import type { Affine } from './scev.ts';
import { constantOf } from './structural.ts';
import type { Distance, Exit } from './trip-count.ts';

type Integer = 'i32' | 'i64';

/** The inverses of 3 modulo 2^32 and 2^64. */
const thirdOf32 = -1431655765n;
const thirdOf64 = -6148914691236517205n;

/** n over k, for k up to 3. */
function choose(n: bigint, k: number): bigint {
  return k === 1 ? n : k === 2 ? (n * (n - 1n)) / 2n : (n * (n - 1n) * (n - 2n)) / 6n;
}

/** Whether `atExit` can say it: the count is known, as a number or in the width of the value. */
export function hasClosedForm({ start, rest }: Polynomial, { count, distance }: Exit): boolean {
  if (count !== null) return count >= 0n;
  return distance !== null && !distance.mayNeverEnd && (rest.length === 0 || distance.from.bits === start.bits);
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
  atExit({ start, rest }: Polynomial, { count, distance }: Exit): ValueId {
    const { bits } = start;
    if (count !== null) {
      let offset = start.offset;
      rest.forEach((k, i) => {
        offset += k * choose(count, i + 1);
      });
      return this.value({ ...start, offset: BigInt.asIntN(bits, offset) });
    }
    const type = typeOf(start);
    const turns = this.turns(distance as Distance);
    let sum = this.value(start);
    let chosen = turns;
    rest.forEach((k, i) => {
      if (i > 0) chosen = this.#chooseNext(turns, chosen, i, type);
      if (k !== 0n) sum = this.#sum(sum, this.#times(chosen, k, type), type);
    });
    return sum;
  }

  /** n over 2 or 3, from n over one less: the half of n(n - 1) with nothing lost; a third of what 3 divides is a product. */
  #chooseNext(n: ValueId, chosen: ValueId, from: number, type: Integer): ValueId {
    const less = this.#sum(n, this.constant(BigInt(-from), type), type);
    if (from === 1) {
      // Of n and n - 1 the even one is halved: n >> 1 is that half, and the other is odd.
      const half = this.emit(makeInst(shiftOf(type), [n, this.constant(1n, type)]));
      const odd = this.emit(makeInst(unionOf(type), [less, this.constant(1n, type)]));
      return this.emit(makeInst(orFail(productOf(type)), [half, odd]));
    }
    const product = this.emit(makeInst(orFail(productOf(type)), [chosen, less]));
    return this.#times(product, type === 'i32' ? thirdOf32 : thirdOf64, type);
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
