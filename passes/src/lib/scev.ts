/**
 * Scalar evolution: what an integer is on turn k of a loop, as a function of k alone.
 *
 *     ^h: %i = phi [^pre: %n], [^latch: %j]         %i = n + 3k
 *         %j = i64.add %i, 3                        %j = n + 3 + 3k
 *         %p = i64.mul %j, 5                        %p = 5n + 15 + 15k
 *
 * An `Affine` is `scale * base + offset + step * k`, all modulo 2^bits, with `base` any value that does not change in the
 * loop. Integers wrap here, so that no form ever needs a promise about overflow; what needs one (orders: how long is
 * `i < n`?) is in trip-count.ts.
 *
 * Paper:   Olaf Bachmann, Paul Wang, Eugene Zima, Chains of Recurrences, ISSAC 1994.
 * Differs: the first order only, with constant steps: what trip counts and unrolling need.
 * Cost:    a few steps for a value, remembered; sums deeper than `deepest` are given up.
 */

import {
  type Analysis,
  type BlockId,
  blockOfValue,
  defineAnalysis,
  type Func,
  type Inst,
  type LoopForest,
  type LoopId,
  loopForest,
  type ValueId,
} from '@sluice/ir';
import { linearOf } from '../rules/recurrence.ts';

const deepest = 12;

/** On turn k, from 0: `scale * base + offset + step * k` modulo 2^bits. Numbers are signed; base -1 goes with scale 0. */
export interface Affine {
  readonly bits: 32 | 64;
  readonly base: ValueId | -1;
  readonly scale: bigint;
  readonly offset: bigint;
  readonly step: bigint;
}

/** `a + by * b`; null where two bases would be needed. */
export function combined(a: Affine, b: Affine, by: bigint): Affine | null {
  const { bits } = a;
  if (a.base !== -1 && b.base !== -1 && a.base !== b.base) return null;
  const wrap = (k: bigint): bigint => BigInt.asIntN(bits, k);
  const scale = wrap(a.scale + by * b.scale);
  const base = scale === 0n ? -1 : a.base !== -1 ? a.base : b.base;
  return { bits, base, scale, offset: wrap(a.offset + by * b.offset), step: wrap(a.step + by * b.step) };
}

/** Whether two values are the same on every turn. */
export function sameAffine(a: Affine, b: Affine): boolean {
  return a.bits === b.bits && a.base === b.base && a.scale === b.scale && a.offset === b.offset && a.step === b.step;
}

function constant(bits: 32 | 64, k: bigint): Affine {
  return { bits, base: -1, scale: 0n, offset: BigInt.asIntN(bits, k), step: 0n };
}

/** The evolution of the values of one loop; `evolutionOf` gives it. */
export class Evolution {
  readonly f: Func;
  readonly loops: LoopForest;
  readonly loop: LoopId;
  readonly #homes: { readonly [v: number]: BlockId };
  readonly #known = new Map<ValueId, Affine | null>();

  /** The loop must be reducible. */
  constructor(f: Func, loop: LoopId) {
    this.f = f;
    this.loop = loop;
    this.loops = loopForest(f);
    this.#homes = blockOfValue(f);
  }

  /** Whether a value is the same on every turn because it is made outside of the loop, or is a constant. */
  isInvariant(v: ValueId): boolean {
    const home = this.#homes[v] as BlockId | -1;
    return home === -1 || !this.loops.contains(this.loop, home) || this.#inst(v).op.kind === 'const';
  }

  /** The block that a value stands in; -1 for parameters. */
  homeOf(v: ValueId): BlockId {
    return this.#homes[v] as BlockId;
  }

  /** What an i32 or i64 is on turn k where it is computed; null where that is not known, or is not affine. */
  affine(v: ValueId): Affine | null {
    return this.#affine(v, deepest);
  }

  #inst(v: ValueId): Inst {
    return this.f.insts[v] as Inst;
  }

  #affine(v: ValueId, depth: number): Affine | null {
    const known = this.#known.get(v);
    if (known !== undefined) return known;
    const { type, op, imm } = this.#inst(v);
    if (type !== 'i32' && type !== 'i64') return null;
    const bits = type === 'i32' ? 32 : 64;
    if (op.kind === 'const') return constant(bits, BigInt(imm as number | bigint));
    if (this.isInvariant(v)) {
      // Seen through as far as it is a multiple of one value, so that equal terms cancel out.
      const found = (depth > 0 ? this.#combination(v, depth - 1) : null) ?? {
        ...constant(bits, 0n),
        base: v,
        scale: 1n,
      };
      this.#known.set(v, found);
      return found;
    }
    // What an inner loop computes changes within a turn.
    if (depth === 0 || this.loops.loopOf(this.#homes[v] as BlockId) !== this.loop) return null;
    const found = op.kind === 'phi' ? this.#recurrence(v, bits) : this.#combination(v, depth - 1);
    // Failing for want of depth is not for good, but asking again and again would not be cheap.
    this.#known.set(v, found);
    return found;
  }

  #combination(v: ValueId, depth: number): Affine | null {
    const { op, args } = this.#inst(v);
    const linear = linearOf(op);
    if (linear === undefined) return null;
    const a = this.#affine(args[0] as ValueId, depth);
    const b = a === null ? null : this.#affine(args[1] as ValueId, depth);
    if (a === null || b === null) return null;
    if (linear === 'sum') return combined(a, b, 1n);
    if (linear === 'difference') return combined(a, b, -1n);
    const zero = constant(a.bits, 0n);
    if (b.base === -1 && b.step === 0n) {
      return combined(zero, a, linear === 'product' ? b.offset : 1n << BigInt.asUintN(a.bits === 32 ? 5 : 6, b.offset));
    }
    return linear === 'product' && a.base === -1 && a.step === 0n ? combined(zero, b, a.offset) : null;
  }

  /** A phi of the header that starts with one value, and grows by a constant on each turn. */
  #recurrence(phi: ValueId, bits: 32 | 64): Affine | null {
    if (this.#homes[phi] !== this.loops.header[this.loop]) return null;
    const ends = this.ends(phi);
    if (ends === null) return null;
    const step = this.#growth(ends.next, phi, bits);
    if (step === null) return null;
    const start = this.#affine(ends.start, deepest);
    return start === null ? null : { ...start, step };
  }

  /** What a phi of the header starts with, and what it is on the next turn; null where either is several values. */
  ends(phi: ValueId): { readonly start: ValueId; readonly next: ValueId } | null {
    const { args, blocks } = this.#inst(phi);
    let start: ValueId | -1 = -1;
    let next: ValueId | -1 = -1;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as ValueId;
      if (this.loops.contains(this.loop, blocks[i] as BlockId)) {
        if (next !== -1 && next !== arg) return null;
        next = arg;
      } else {
        if (start !== -1 && start !== arg) return null;
        start = arg;
      }
    }
    return start === -1 || next === -1 ? null : { start, next };
  }

  /** By what constant a value differs from a phi of the header; null where it doesn't. */
  #growth(v: ValueId, phi: ValueId, bits: 32 | 64): bigint | null {
    let sum = 0n;
    let at = v;
    for (let left = deepest; at !== phi; left--) {
      if (left === 0 || this.isInvariant(at)) return null;
      const { op, args } = this.#inst(at);
      const linear = linearOf(op);
      if (linear !== 'sum' && linear !== 'difference') return null;
      const [a, b] = args as readonly [ValueId, ValueId];
      const first = this.#inst(b).op.kind === 'const';
      if (!first && (linear === 'difference' || this.#inst(a).op.kind !== 'const')) return null;
      const k = BigInt(this.#inst(first ? b : a).imm as number | bigint);
      sum += linear === 'sum' ? k : -k;
      at = first ? a : b;
    }
    return BigInt.asIntN(bits, sum);
  }
}

/** The evolutions of a function's loops, made when they are asked for: passes in a row ask for the same. */
class Evolutions {
  readonly #f: Func;
  readonly #known: (Evolution | undefined)[] = [];

  constructor(f: Func) {
    this.#f = f;
  }

  of(loop: LoopId): Evolution {
    this.#known[loop] ??= new Evolution(this.#f, loop);
    return this.#known[loop];
  }
}

const evolutions: Analysis<Evolutions> = defineAnalysis({
  name: 'evolutions',
  of: 'func',
  run: (f) => new Evolutions(f),
});

/** The evolution of the values of a loop, which must be reducible. */
export function evolutionOf(f: Func, loop: LoopId): Evolution {
  return evolutions(f).of(loop);
}
