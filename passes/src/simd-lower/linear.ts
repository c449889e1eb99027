/**
 * What an integer is on turn k of a loop, as a sum of several values: `sum of scale * value + offset + step * k`, modulo
 * 2^bits. As lib/scev.ts, whose forms have one value only; addresses are sums of a row, a column and a pointer.
 *
 *     %a = i32.add %p, (i32.shl %i, 2)      p + 4n + 4k     where %i = n + k
 *
 * Cost: a few steps for a value, remembered; sums deeper than `deepest` or longer than `longest` are given up.
 */

import { coreOp, type Func, type Inst, instOf, type ValueId } from '@sluice/ir';
import type { Evolution } from '../lib/scev.ts';
import { linearOf } from '../rules/recurrence.ts';

const deepest = 16;
const longest = 6;

/** A value that does not change in the loop, and how often it is counted. */
export type Term = readonly [value: ValueId, scale: bigint];

/** On turn k, from 0. Terms are in the order of their values; numbers are signed. */
export interface Linear {
  readonly bits: 32 | 64;
  readonly terms: readonly Term[];
  readonly offset: bigint;
  readonly step: bigint;
}

const wrap = coreOp('i32.wrap_i64');
const copy = coreOp('copy');

/** `a + by * b`; null where it would be too long. */
export function sumOfLinear(a: Linear, b: Linear, by: bigint): Linear | null {
  const { bits } = a;
  const terms: Term[] = [];
  let i = 0;
  let k = 0;
  while (i < a.terms.length || k < b.terms.length) {
    const [v = Number.POSITIVE_INFINITY, m = 0n] = a.terms[i] ?? [];
    const [w = Number.POSITIVE_INFINITY, n = 0n] = b.terms[k] ?? [];
    const value = Math.min(v, w) as ValueId;
    const scale = BigInt.asIntN(bits, (v === value ? m : 0n) + (w === value ? by * n : 0n));
    if (v === value) i++;
    if (w === value) k++;
    if (scale !== 0n) terms.push([value, scale]);
  }
  if (terms.length > longest) return null;
  const offset = BigInt.asIntN(bits, a.offset + by * b.offset);
  return { bits, terms, offset, step: BigInt.asIntN(bits, a.step + by * b.step) };
}

/** Whether two values differ by a constant, the same on all turns: then they have the same key. */
export function keyOf({ bits, terms, step }: Linear): string {
  return `${bits} ${step} ${terms.map(([v, scale]) => `${v}*${scale}`).join(' ')}`;
}

function constant(bits: 32 | 64, k: bigint): Linear {
  return { bits, terms: [], offset: BigInt.asIntN(bits, k), step: 0n };
}

/** The linear forms of the values of one loop, or of code that is in none that matters: there nothing changes. */
export class LinearForms {
  readonly #evolution: Evolution | null;
  readonly #f: Func;
  readonly #known = new Map<ValueId, Linear | null>();

  constructor(f: Func, evolution: Evolution | null) {
    this.#evolution = evolution;
    this.#f = f;
  }

  /** What an i32 or i64 is on turn k; null where it is not of this form. */
  of(v: ValueId): Linear | null {
    return this.#of(v, deepest);
  }

  #of(v: ValueId, depth: number): Linear | null {
    const known = this.#known.get(v);
    if (known !== undefined) return known;
    const inst = instOf(this.#f, v);
    const { type, op, imm } = inst;
    if (type !== 'i32' && type !== 'i64') return null;
    const bits = type === 'i32' ? 32 : 64;
    if (op.kind === 'const') return constant(bits, BigInt(imm as number | bigint));
    let found =
      depth === 0 ? null : op.kind === 'phi' ? this.#recurrence(v, bits, depth - 1) : this.#sum(inst, depth - 1);
    if (found === null && (this.#evolution === null || this.#evolution.isInvariant(v)))
      found = { ...constant(bits, 0n), terms: [[v, 1n]] };
    // Failing for want of depth is not for good, but asking again and again would not be cheap.
    this.#known.set(v, found);
    return found;
  }

  #sum({ op, args }: Inst, depth: number): Linear | null {
    if (op === wrap) {
      const wide = this.#of(args[0] as ValueId, depth);
      return wide === null ? null : sumOfLinear(constant(32, 0n), wide, 1n);
    }
    if (op === copy) return this.#of(args[0] as ValueId, depth);
    const linear = linearOf(op);
    if (linear === undefined) return null;
    const a = this.#of(args[0] as ValueId, depth);
    const b = a === null ? null : this.#of(args[1] as ValueId, depth);
    if (a === null || b === null) return null;
    if (linear === 'sum') return sumOfLinear(a, b, 1n);
    if (linear === 'difference') return sumOfLinear(a, b, -1n);
    const zero = constant(a.bits, 0n);
    if (isConstant(b)) {
      const by = linear === 'product' ? b.offset : 1n << BigInt.asUintN(a.bits === 32 ? 5 : 6, b.offset);
      return sumOfLinear(zero, a, by);
    }
    return linear === 'product' && isConstant(a) ? sumOfLinear(zero, b, a.offset) : null;
  }

  /** A phi of the header that grows by a constant on each turn. */
  #recurrence(phi: ValueId, bits: 32 | 64, depth: number): Linear | null {
    if (this.#evolution === null || this.#evolution.isInvariant(phi)) return null;
    const grows = this.#evolution.affine(phi);
    const ends = grows === null ? null : this.#evolution.ends(phi);
    if (grows === null || ends === null) return null;
    const start = this.#of(ends.start, depth);
    return start === null
      ? { ...constant(bits, 0n), terms: [[ends.start, 1n]], step: grows.step }
      : { ...start, step: grows.step };
  }
}

function isConstant({ terms, step }: Linear): boolean {
  return terms.length === 0 && step === 0n;
}
