/**
 * Values that are polynomials in the number of the turn: sums of counters, of their squares, and the like.
 *
 *     %s = phi [^pre: 0], [^h: %t]         %i = k
 *     %t = i64.add %s, %i                  %s = 0 + 0 k + 1 (k over 2)
 *
 * In the basis of binomial coefficients a sum over the turns is a shift: the sum of (t over j) for t below k is (k over j + 1).
 * All of it holds modulo 2^bits, since binomial coefficients are integers.
 *
 * Paper:   Bachmann, Wang, Zima, Chains of Recurrences, ISSAC 1994; Robert van Engelen, CC 2001.
 * Not done: degrees above 3, since a fourth of a product that wrapped is not to be had; factors that are not constant.
 */

import { type Inst, instOf, type ValueId } from '@sluice/ir';
import { linearOf } from '../rules/recurrence.ts';
import { type Affine, combined, type Evolution } from './scev.ts';

const highest = 3;
const deepest = 8;

/** `start + rest[0] (k over 1) + rest[1] (k over 2) + rest[2] (k over 3)` on turn k, modulo 2^bits; `start` has no step. */
export interface Polynomial {
  readonly start: Affine;
  readonly rest: readonly bigint[];
}

/** The polynomials of the values of one loop. */
export class Polynomials {
  readonly #evolution: Evolution;
  readonly #known = new Map<ValueId, Polynomial | null>();

  constructor(evolution: Evolution) {
    this.#evolution = evolution;
  }

  /** What a value is on turn k where it is computed; null where that is not known, or is no polynomial. */
  of(v: ValueId): Polynomial | null {
    return this.#of(v, deepest);
  }

  #of(v: ValueId, depth: number): Polynomial | null {
    const known = this.#known.get(v);
    if (known !== undefined) return known;
    const affine = this.#evolution.affine(v);
    if (affine !== null) return { start: { ...affine, step: 0n }, rest: affine.step === 0n ? [] : [affine.step] };
    const { f, loops, loop } = this.#evolution;
    if (depth === 0 || loops.loopOf(this.#evolution.homeOf(v)) !== loop) return null;
    // A value that comes back to itself other than by growing is none.
    this.#known.set(v, null);
    const inst = instOf(f, v);
    const found = inst.op.kind === 'phi' ? this.#sumOverTurns(v, depth - 1) : this.#combination(inst, depth - 1);
    this.#known.set(v, found);
    return found;
  }

  #combination({ op, args }: Inst, depth: number): Polynomial | null {
    const linear = linearOf(op);
    if (linear === undefined || linear === 'shift') return null;
    const a = this.#of(args[0] as ValueId, depth);
    const b = a === null ? null : this.#of(args[1] as ValueId, depth);
    if (a === null || b === null) return null;
    return linear === 'product' ? product(a, b) : sum(a, b, linear === 'sum' ? 1n : -1n);
  }

  /** A phi of the header that grows by a polynomial on each turn. */
  #sumOverTurns(phi: ValueId, depth: number): Polynomial | null {
    const { loops, loop } = this.#evolution;
    const ends = this.#evolution.homeOf(phi) === loops.header[loop] ? this.#evolution.ends(phi) : null;
    const start = ends === null ? null : this.#evolution.affine(ends.start);
    if (ends === null || start === null || start.step !== 0n) return null;
    const growth = this.#growth(ends.next, phi, start, depth);
    if (growth === null || growth.start.base !== -1 || growth.rest.length >= highest) return null;
    return { start, rest: [growth.start.offset, ...growth.rest] };
  }

  /** By what a value differs from a phi of the header. */
  #growth(v: ValueId, phi: ValueId, zeroOf: Affine, depth: number): Polynomial | null {
    if (v === phi) return { start: { ...zeroOf, base: -1, scale: 0n, offset: 0n }, rest: [] };
    const { f } = this.#evolution;
    const { op, args } = instOf(f, v);
    const linear = linearOf(op);
    if (depth === 0 || (linear !== 'sum' && linear !== 'difference')) return null;
    const [a, b] = args as readonly [ValueId, ValueId];
    const first = this.#growth(a, phi, zeroOf, depth - 1);
    if (first !== null) {
      const other = this.#of(b, depth - 1);
      return other === null ? null : sum(first, other, linear === 'sum' ? 1n : -1n);
    }
    const second = linear === 'sum' ? this.#growth(b, phi, zeroOf, depth - 1) : null;
    const other = second === null ? null : this.#of(a, depth - 1);
    return second === null || other === null ? null : sum(second, other, 1n);
  }
}

function sum(a: Polynomial, b: Polynomial, by: 1n | -1n): Polynomial | null {
  const start = combined(a.start, b.start, by);
  if (start === null) return null;
  const rest: bigint[] = [];
  for (let i = 0; i < Math.max(a.rest.length, b.rest.length); i++) {
    rest.push(BigInt.asIntN(start.bits, (a.rest[i] ?? 0n) + by * (b.rest[i] ?? 0n)));
  }
  return { start, rest };
}

/** By values on the first turns: their differences are the coefficients. */
function product(a: Polynomial, b: Polynomial): Polynomial | null {
  const degree = a.rest.length + b.rest.length;
  if (a.start.base !== -1 || b.start.base !== -1 || degree > highest) return null;
  const values: bigint[] = [];
  for (let k = 0; k <= degree; k++) values.push(valueAt(a, k) * valueAt(b, k));
  for (let round = 1; round <= degree; round++) {
    for (let k = degree; k >= round; k--) values[k] = (values[k] as bigint) - (values[k - 1] as bigint);
  }
  const { bits } = a.start;
  const [offset = 0n, ...rest] = values.map((k) => BigInt.asIntN(bits, k));
  return { start: { ...a.start, offset }, rest };
}

function valueAt({ start, rest }: Polynomial, k: number): bigint {
  let value = start.offset;
  let chosen = 1;
  rest.forEach((coefficient, i) => {
    chosen = (chosen * (k - i)) / (i + 1);
    value += coefficient * BigInt(chosen);
  });
  return value;
}
