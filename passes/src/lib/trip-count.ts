/**
 * Trip counts: on which turn a loop is left, by the tests of its exits. Closed formulas throughout; nothing is run.
 *
 * Turns count from 0. The `count` of an exit is the first turn on which its test says to leave: on turns before it the test
 * says to stay, which holds whether or not the test is reached on them. Integers wrap, so that
 *
 *     stay while x != y, x = x0 + s k     s k = y - x0 modulo 2^bits: none where the power of two in s does not divide it, else
 *                                         by the inverse of the odd part (Hacker's Delight, 2nd ed., 10-16)
 *     stay while x < y, s > 0             ceil((y - x0) / s), provided that x does not wrap past the last number on that turn:
 *                                         with constants this is looked at, with a step of 1 it cannot happen
 *     stay while x < y, s < 0             until x wraps past the least number
 *
 * `<=` is `<` with one more, where there is one more. Symbolic counts (`Distance`) have a step of 1 or -1.
 *
 * Not done: symbolic bounds with other steps, which need ranges of values; tests in a switch; tests of inner loops.
 */

import { type BlockId, domTree, type Edge, type Func, type Inst, type LoopId, termOf, type ValueId } from '@sluice/ir';
import { type Comparison, comparisonOf, type Relation } from '../rules/recurrence.ts';
import { type Affine, combined, type Evolution } from './scev.ts';

/** A count that depends on values: `to - from` (or `from - to`) if `from relation to` holds, else 0; modulo 2^bits. */
export interface Distance {
  /** Neither changes in the loop. */
  readonly from: Affine;
  readonly to: Affine;
  /** 1: `to - from`; -1: `from - to`. */
  readonly sign: 1n | -1n;
  /** To be added to the difference: 1 for `<=`. */
  readonly plus: 0n | 1n;
  /** Null: it holds always. */
  readonly relation: Relation | null;
  readonly signed: boolean;
  /** Where `to` is the last number there is the test may never say to leave. */
  readonly mayNeverEnd: boolean;
}

/** An edge that leaves a loop. */
export interface Exit {
  readonly from: BlockId;
  readonly to: BlockId;
  /** Where its branch stays in the loop; -1 where it has no such target, or several, or is no `br_if`. */
  readonly inside: BlockId | -1;
  /** Whether its test runs on every turn that is not left before. */
  readonly everyTurn: boolean;
  /** See the head; -1: its test never says to leave; null: not known, or not constant. */
  readonly count: bigint | null;
  readonly distance: Distance | null;
}

const known = new WeakMap<Evolution, readonly Exit[]>();

/** The exits of a loop. */
export function exitsOf(evolution: Evolution): readonly Exit[] {
  let exits = known.get(evolution);
  if (exits === undefined) {
    const { f, loops, loop } = evolution;
    exits = loops.exitEdges(loop).map((edge) => exitOf(evolution, edge, f, loop));
    known.set(evolution, exits);
  }
  return exits;
}

function exitOf(evolution: Evolution, { from, to }: Edge, f: Func, loop: LoopId): Exit {
  const { loops } = evolution;
  const unknown: Exit = { from, to, inside: -1, everyTurn: false, count: null, distance: null };
  const term = termOf(f, from);
  if (term.op.kind !== 'br_if' || loops.loopOf(from) !== loop) return unknown;
  const inside = term.blocks[term.blocks[0] === to ? 1 : 0] as BlockId;
  if (!loops.contains(loop, inside)) return unknown;
  const everyTurn = loops.latches(loop).every((latch) => latch === from || domTree(f).dominates(from, latch));
  const test = testOf(evolution, term, term.blocks[0] === inside);
  if (test === null) return { ...unknown, inside, everyTurn };
  return { ...unknown, inside, everyTurn, ...countOf(test) };
}

/** `x relation y`, and the branch stays (or goes where it was asked about). */
export interface Test {
  readonly x: Affine;
  readonly y: Affine;
  readonly relation: Relation;
  readonly signed: boolean;
}

const negated: Readonly<Record<Relation, Relation>> = { eq: 'ne', ne: 'eq', lt: 'ge', le: 'gt', gt: 'le', ge: 'lt' };
/** What a relation is when its sides change places. */
export const swapped: Readonly<Record<Relation, Relation>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
};

/** When a branch goes to its first target (`whenTrue`) or its second one; the side that changes comes first. */
export function testOf(evolution: Evolution, term: Inst, whenTrue: boolean): Test | null {
  return testOfValue(evolution, term.args[0] as ValueId, whenTrue);
}

/** When a value is not 0 (`whenTrue`), or is. */
function testOfValue(evolution: Evolution, value: ValueId, whenTrue: boolean): Test | null {
  let stay = whenTrue;
  let v = value;
  // Negations of negations; each step goes to another operand.
  for (let left = 4; left > 0; left--) {
    const inst = evolution.f.insts[v] as Inst;
    const comparison = comparisonOf(inst.op);
    if (comparison === undefined) break;
    if (comparison.relation !== 'zero') return ordered(evolution, inst, comparison, stay);
    const zero = affineTest(evolution, inst.args[0] as ValueId, stay ? 'eq' : 'ne');
    if (zero !== null || comparison.type !== 'i32') return zero;
    stay = !stay;
    v = inst.args[0] as ValueId;
  }
  return affineTest(evolution, v, stay ? 'ne' : 'eq');
}

function affineTest(evolution: Evolution, v: ValueId, relation: Relation): Test | null {
  const x = evolution.affine(v);
  if (x === null || x.step === 0n) return null;
  return { x, y: { bits: x.bits, base: -1, scale: 0n, offset: 0n, step: 0n }, relation, signed: false };
}

function ordered(evolution: Evolution, { args }: Inst, comparison: Comparison, stay: boolean): Test | null {
  const x = evolution.affine(args[0] as ValueId);
  const y = x === null ? null : evolution.affine(args[1] as ValueId);
  if (x === null || y === null) return null;
  const relation = stay ? (comparison.relation as Relation) : negated[comparison.relation as Relation];
  const { signed } = comparison;
  if (relation === 'eq' || relation === 'ne') {
    if (x.step === 0n) return { x: y, y: x, relation, signed };
    // Differences modulo 2^bits are 0 exactly where both are the same.
    const still = { ...y, step: 0n };
    return { x: { ...x, step: BigInt.asIntN(x.bits, x.step - y.step) }, y: still, relation, signed };
  }
  if (y.step === 0n) return { x, y, relation, signed };
  return x.step === 0n ? { x: y, y: x, relation: swapped[relation], signed } : null;
}

type Counted = Pick<Exit, 'count' | 'distance'>;
const unknownCount: Counted = { count: null, distance: null };
const counted = (count: bigint): Counted => ({ count, distance: null });

function countOf({ x, y, relation, signed }: Test): Counted {
  const start: Affine = { ...x, step: 0n };
  const apart = combined(y, start, -1n);
  const constant = apart !== null && apart.base === -1 ? apart.offset : null;
  const apartForEver = apart !== null && isNever(apart, x.step);
  if (relation === 'eq') {
    if (apartForEver) return counted(0n);
    if (constant === null) return unknownCount;
    return counted(constant !== 0n ? 0n : x.step === 0n ? -1n : 1n);
  }
  if (relation === 'ne') {
    if (apartForEver) return counted(-1n);
    if (constant !== null) return counted(turnsUntilEqual(constant, x.step, x.bits));
    const { step } = x;
    if (step !== 1n && step !== -1n) return unknownCount;
    const distance = { from: start, to: y, sign: step, plus: 0n, relation: null, signed, mayNeverEnd: false } as const;
    return { count: null, distance };
  }
  if (x.step === 0n) return unknownCount;
  if (x.base === -1 && y.base === -1) return ordersCount(x, y.offset, relation, signed);
  const rising = relation === 'lt' || relation === 'le';
  if (x.step !== (rising ? 1n : -1n)) return unknownCount;
  const loose = relation === 'le' || relation === 'ge';
  // One past a constant bound is there unless the bound is the last number.
  const last = lastNumber(x.bits, signed, rising);
  const mayNeverEnd = loose && (y.base !== -1 || inOrder(y.offset, x.bits, signed) === last);
  const plus = loose ? 1n : 0n;
  return { count: null, distance: { from: start, to: y, sign: x.step, plus, relation, signed, mayNeverEnd } };
}

/** Whether `d` is no multiple of the step on any turn, whatever its base is: a power of two divides all terms but one. */
function isNever({ bits, scale, offset }: Affine, step: bigint): boolean {
  const common = BigInt.asUintN(bits, scale | step);
  return common !== 0n && offset % (common & -common) !== 0n;
}

/**
 * Whether a truth value is the same on all turns up to `last`, that one included; -1: on all there are, however many.
 * Null where that is not known.
 */
export function truthUntil(evolution: Evolution, v: ValueId, last: bigint): boolean | null {
  for (const answer of [true, false]) {
    const test = testOfValue(evolution, v, answer);
    if (test === null) return null;
    const { count } = countOf(test);
    if (count !== null && (count < 0n || (last >= 0n && count > last))) return answer;
  }
  return null;
}

/** Whether a truth value is one thing on the first turn, and the other one on all turns from then up to `last`. */
export function turnsAfterFirst(evolution: Evolution, v: ValueId, last: bigint): boolean {
  if (last <= 0n) return false;
  for (const answer of [true, false]) {
    const test = testOfValue(evolution, v, answer);
    if (test === null || countOf(test).count !== 1n) continue;
    const { x, relation } = test;
    const next = { ...x, offset: BigInt.asIntN(x.bits, x.offset + x.step) };
    const { count } = countOf({ ...test, x: next, relation: negated[relation] });
    return count !== null && (count < 0n || count >= last);
  }
  return false;
}

/** The last turn that a loop may begin, at the most; -1 where there is no such bound. */
export function lastTurn(exits: readonly Exit[]): bigint {
  let last = -1n;
  for (const { everyTurn, count, distance } of exits) {
    if (!everyTurn) continue;
    const bound = count ?? (distance === null ? -1n : longest(distance));
    if (bound >= 0n && (last < 0n || bound < last)) last = bound;
  }
  return last;
}

/** The most that a distance can be; -1 where it may never end. */
function longest({ from, sign, relation, signed, mayNeverEnd }: Distance): bigint {
  if (mayNeverEnd) return -1n;
  const all = (1n << BigInt(from.bits)) - 1n;
  if (relation === null || from.base !== -1) return all;
  // It ends at the last number there is.
  return sign * (lastNumber(from.bits, signed, sign === 1n) - inOrder(from.offset, from.bits, signed));
}

/** The least k with `s k = d` modulo 2^bits; -1 where there is none. */
function turnsUntilEqual(d: bigint, s: bigint, bits: 32 | 64): bigint {
  if (d === 0n) return 0n;
  if (s === 0n) return -1n;
  let shift = 0n;
  while (((s >> shift) & 1n) === 0n) shift++;
  if ((d >> shift) << shift !== d) return -1n;
  const width = bits - Number(shift);
  const odd = s >> shift;
  // Newton's iteration doubles the bits that are right: 3, 6, 12, 24, 48, 96.
  let inverse = odd;
  for (let i = 0; i < 5; i++) inverse = BigInt.asUintN(width, inverse * (2n - odd * inverse));
  return BigInt.asUintN(width, (d >> shift) * inverse);
}

/** A number as its order sees it. */
function inOrder(k: bigint, bits: 32 | 64, signed: boolean): bigint {
  return signed ? BigInt.asIntN(bits, k) : BigInt.asUintN(bits, k);
}

/** The greatest number of an order, or the least. */
function lastNumber(bits: 32 | 64, signed: boolean, greatest: boolean): bigint {
  const half = 1n << BigInt(bits - 1);
  if (signed) return greatest ? half - 1n : -half;
  return greatest ? 2n * half - 1n : 0n;
}

/** With constants on both sides. */
function ordersCount(x: Affine, bound: bigint, relation: Relation, signed: boolean): Counted {
  const { bits } = x;
  const low = lastNumber(bits, signed, false);
  const high = lastNumber(bits, signed, true);
  let from = inOrder(x.offset, bits, signed);
  let to = inOrder(bound, bits, signed);
  let { step } = x;
  // Turned over, `>` is `<`.
  if (relation === 'gt' || relation === 'ge') {
    from = low + high - from;
    to = low + high - to;
    step = -step;
  }
  if (relation === 'le' || relation === 'ge') {
    if (to === high) return counted(-1n);
    to++;
  }
  if (from >= to) return counted(0n);
  if (step > 0n) {
    const turns = (to - from + step - 1n) / step;
    return from + turns * step <= high ? counted(turns) : unknownCount;
  }
  const turns = (from - low) / -step + 1n;
  return from + turns * step + (high - low + 1n) >= to ? counted(turns) : unknownCount;
}

/** Whether the loop is left for certain, whatever the values are, unless something ends it before. */
export function alwaysEnds(exits: readonly Exit[]): boolean {
  return exits.some(
    ({ everyTurn, count, distance }) =>
      everyTurn && ((count !== null && count >= 0n) || (distance !== null && !distance.mayNeverEnd)),
  );
}
