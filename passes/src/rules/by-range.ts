/**
 * What an op becomes where the ranges of its operands are known: by op, a function from the ranges to an answer. Each is
 * one instruction for one, or for none; see README.md for what a rule must keep.
 */

import {
  coreOp,
  coreTable,
  evalOp,
  type Inst,
  isWithin,
  leastOf,
  type OpDef,
  type Range,
  signedRange,
  type Trap,
  type Value,
  type ValueId,
} from '@sluice/ir';

/** What takes the place of an instruction: an operand or another value, or another op on the first operand. */
export type Answer =
  | { readonly why: string; readonly is: ValueId }
  | { readonly why: string; readonly op: OpDef; readonly constant: Value | null };

/** An operation as a rule sees it: operands with their ranges, and how to look at other instructions. */
export interface Operation {
  readonly args: readonly ValueId[];
  readonly a: Range;
  readonly b: Range;
  readonly inst: (v: ValueId) => Inst;
}

type ByRange = (o: Operation) => Answer | null;

const operand = (o: Operation, k: number, why: string): Answer => ({ why, is: o.args[k] as ValueId });

/** Whether every bit that may be 1 in `a` is 1 in `b`. */
const covers = (a: Range, b: Range): boolean =>
  (~a.zeros & ~b.ones) === 0 && (!a.wide || (~a.zerosHigh & ~b.onesHigh) === 0);

const and: ByRange = (o) => {
  if (covers(o.a, o.b)) return operand(o, 0, 'the mask keeps every bit that may be set');
  return covers(o.b, o.a) ? operand(o, 1, 'the mask keeps every bit that may be set') : null;
};

const or: ByRange = (o) => {
  if (covers(o.b, o.a)) return operand(o, 0, 'the bits are set already');
  return covers(o.a, o.b) ? operand(o, 1, 'the bits are set already') : null;
};

/** Sign extension of the lowest bits. */
const extend =
  (bits: number): ByRange =>
  (o) =>
    isWithin(o.a, signedRange(o.a.wide, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
      ? operand(o, 0, 'extended already')
      : null;

/** The exponent of a constant power of two; -1. */
function exponentOf(r: Range): number {
  if (r.lo !== r.hi || r.lo <= 0 || r.lo > 2 ** 48) return -1;
  const k = Math.log2(r.lo);
  return Number.isInteger(k) ? k : -1;
}

const constant = (wide: boolean, k: number): Value => (wide ? BigInt(k) : k | 0);

function division(t: 'i32' | 'i64'): readonly (readonly [string, ByRange])[] {
  const divU = coreOp(`${t}.div_u`);
  const remU = coreOp(`${t}.rem_u`);
  const shift = coreOp(`${t}.shr_u`);
  const mask = coreOp(`${t}.and`);
  const positive = ({ a, b }: Operation): boolean => a.lo >= 0 && b.lo >= 0;
  return [
    [
      `${t}.div_s`,
      (o) => {
        if (!positive(o)) return null;
        const k = exponentOf(o.b);
        if (k >= 0) return { why: 'a shift divides what is not negative', op: shift, constant: constant(o.a.wide, k) };
        return { why: 'neither is negative', op: divU, constant: null };
      },
    ],
    [
      `${t}.rem_s`,
      (o) => {
        if (!positive(o)) return null;
        if (o.b.lo > o.a.hi) return operand(o, 0, 'less than the divisor');
        const k = exponentOf(o.b);
        if (k >= 0) return { why: 'a mask is the remainder', op: mask, constant: constant(o.a.wide, 2 ** k - 1) };
        return { why: 'neither is negative', op: remU, constant: null };
      },
    ],
    [`${t}.rem_u`, (o) => (o.a.uhi < o.b.ulo ? operand(o, 0, 'less than the divisor') : null)],
    [`${t}.shr_s`, (o) => (o.a.lo >= 0 ? { why: 'the sign is 0', op: shift, constant: null } : null)],
  ];
}

const wrapped = coreOp('i32.wrap_i64');

/** The extension of what was cut off just before: the value itself, where it had room. */
const restored =
  (lo: number, hi: number): ByRange =>
  (o) => {
    const inner = o.inst(o.args[0] as ValueId);
    if (inner.op !== wrapped) return null;
    const value = inner.args[0] as ValueId;
    const range = (o as WrappedOperation).of(value);
    return range !== null && range.lo >= lo && range.hi <= hi ? { why: 'nothing was cut off', is: value } : null;
  };

/** An operation whose operands' operands can be asked for too. */
export interface WrappedOperation extends Operation {
  readonly of: (v: ValueId) => Range | null;
}

const table = new Map<string, ByRange>([
  ...(['i32', 'i64'] as const).flatMap((t): (readonly [string, ByRange])[] => [
    [`${t}.and`, and],
    [`${t}.or`, or],
    [`${t}.extend8_s`, extend(8)],
    [`${t}.extend16_s`, extend(16)],
    ...division(t),
  ]),
  ['i64.extend32_s', extend(32)],
  ['i64.extend_i32_s', restored(-(2 ** 31), 2 ** 31 - 1)],
  ['i64.extend_i32_u', restored(0, 2 ** 32 - 1)],
]);

/** What becomes of ops by range. */
export const byRange: ReadonlyMap<OpDef, ByRange> = new Map(
  [...table].map(([name, rule]) => [coreTable.get(name) as OpDef, rule]),
);

/**
 * Whether an instruction never traps, given the ranges of its operands: a division by what isn't 0, which can't overflow. Null
 * ranges are of operands that are no integers.
 */
export function neverTraps(op: OpDef, a: Range | null, b: Range | null): boolean {
  if (op.effect.traps.length === 0) return true;
  if (a === null || b === null || op.range === null || !divisions.has(op)) return false;
  if (b.ulo === 0) return false;
  const overflows = op.effect.traps.includes('integer-overflow');
  return !overflows || b.lo > -1 || b.hi < -1 || a.lo > leastOf(a.wide);
}

const divisions: ReadonlySet<OpDef> = new Set(
  (['i32', 'i64'] as const).flatMap((t) =>
    (['div_s', 'div_u', 'rem_s', 'rem_u'] as const).map((n) => coreOp(`${t}.${n}`)),
  ),
);

const opposite = coreOp('i32.eqz');

/** A comparison of a boolean with a constant is the boolean itself, or its opposite. */
export function booleanOf({ op, args, type }: Inst, a: Range, b: Range): Answer | null {
  if (op.range?.assume === undefined || args.length !== 2 || type !== 'i32' || a.wide) return null;
  if (a.ulo !== 0 || a.uhi !== 1 || b.lo !== b.hi) return null;
  const at = (x: number): Value | Trap => evalOp(op, 'i32', ['i32', 'i32'], [x, b.lo | 0]);
  const [no, yes] = [at(0), at(1)];
  if (no === 0 && yes === 1) return { why: 'the boolean itself', is: args[0] as ValueId };
  if (no !== 1 || yes !== 0) return null;
  return { why: 'the opposite of a boolean', op: opposite, constant: null };
}
