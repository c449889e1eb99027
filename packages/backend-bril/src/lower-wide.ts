/**
 * i64 and f64 ops that Bril lacks, by others. With x / y the truncated quotient, m = 2^k:
 *
 *   x >> k, signed      q + ((x - q m) + m) / m - 1,  q = x / m       the rest is negative, or it is not
 *   x >> k, unsigned    (x without sign) / m + (2^(63-k) if x < 0)
 *   x & (2^a - 2^b)     (x & 2^a-1) - (x & 2^b-1)                     the two masks expand.ts knows
 *   x & c, c < 0        x - (x & ~c)
 *   x | c               (x & ~c) + c
 *   x ^ y               x + y - 2 (x & y)
 *
 * What depends on values that are not known goes to the library.
 *
 * Paper:   Henry Warren, Hacker's Delight, 2nd ed., 2012: 2-1, 2-2, 2-7.
 */

import type { OpDef, ValueId } from '@sluice/ir';
import type { LibraryName } from './library.ts';
import type { Lowering, LowerOp, Stays } from './lowering.ts';
import { brilDiv } from './ops.ts';

type Args = readonly [ValueId, ValueId];

const least = -(2n ** 63n);
const greatest = 2n ** 63n - 1n;

function call(name: LibraryName): LowerOp {
  return (b, args) => b.call(name, ...args);
}

/** The constant operand and the other one; null where there is none. */
function split(b: Lowering, [x, y]: Args): { readonly c: bigint; readonly x: ValueId } | null {
  const [left, right] = [b.known(x), b.known(y)];
  if (typeof right === 'bigint') return { c: right, x };
  return typeof left === 'bigint' ? { c: left, x: y } : null;
}

/** Whether `expand.ts` says it in place: the lowest bits, or all but these. */
function isLow(c: bigint): boolean {
  const low = c < 0n ? ~c : c;
  return low >= 1n && low < 2n ** 62n && (low & (low + 1n)) === 0n;
}

const and: LowerOp = (b, args) => {
  const found = split(b, args as Args);
  if (found === null) return b.call('and', ...args);
  const { c, x } = found;
  if (c === 0n) return b.int(0n);
  if (c === -1n) return x;
  if (c === greatest) return b.withoutSign(x);
  if (c === least) return b.select(b.isNegative(x), b.int(least), b.int(0n));
  if (c < 0n) return b.emit('i64.sub', [x, b.emit('i64.and', [x, b.int(~c)])]);
  const lowest = c & -c;
  const above = c + lowest;
  // Neither a row of ones nor cheaper as two of them.
  if ((above & (above - 1n)) !== 0n) return b.call('and', ...args);
  const upper = b.emit('i64.and', [x, b.int(above - 1n)]);
  return b.emit('i64.sub', [upper, b.emit('i64.and', [x, b.int(lowest - 1n)])]);
};

const or: LowerOp = (b, args) => {
  const found = split(b, args as Args);
  if (found !== null) return b.emit('i64.add', [b.emit('i64.and', [found.x, b.int(~found.c)]), b.int(found.c)]);
  return b.emit('i64.sub', [b.emit('i64.add', args), b.emit('i64.and', args)]);
};

const xor: LowerOp = (b, args) => {
  const found = split(b, args as Args);
  if (found?.c === -1n) return b.emit('i64.sub', [b.int(-1n), found.x]);
  if (found?.c === least) return b.emit('i64.add', [found.x, b.int(least)]);
  const twice = b.emit('i64.mul', [b.emit('i64.and', args), b.int(2n)]);
  return b.emit('i64.sub', [b.emit('i64.add', args), twice]);
};

function count(b: Lowering, n: ValueId): number | null {
  const known = b.known(n);
  return typeof known === 'bigint' ? Number(known & 63n) : null;
}

const shiftSigned: LowerOp = (b, args) => {
  const [x, n] = args as Args;
  const k = count(b, n);
  if (k === null) return b.call('shr_s', x, n);
  if (k === 0) return x;
  if (k === 63) return b.select(b.isNegative(x), b.int(-1n), b.int(0n));
  const m = b.int(2n ** BigInt(k));
  const quotient = b.emit(brilDiv, [x, m]);
  const rest = b.emit('i64.sub', [x, b.emit('i64.mul', [quotient, m])]);
  const zero = b.emit(brilDiv, [b.emit('i64.add', [rest, m]), m]);
  return b.emit('i64.sub', [b.emit('i64.add', [quotient, zero]), b.int(1n)]);
};

const shiftUnsigned: LowerOp = (b, args) => {
  const [x, n] = args as Args;
  const k = count(b, n);
  if (k === null) return b.call('shr_u', x, n);
  if (k === 0) return x;
  const top = b.select(b.isNegative(x), b.int(2n ** BigInt(63 - k)), b.int(0n));
  if (k === 63) return top;
  return b.emit('i64.add', [b.emit(brilDiv, [b.withoutSign(x), b.int(2n ** BigInt(k))]), top]);
};

function derived(op: string): LowerOp {
  return (b, args) => b.derived(op, args);
}

/** The lowest bits with their sign: up, where the rest is lost, and down. */
function extension(bits: number): LowerOp {
  return (b, args) => {
    const m = b.int(2n ** BigInt(64 - bits));
    return b.emit(brilDiv, [b.emit('i64.mul', [args[0] as ValueId, m]), m]);
  };
}

const divide: LowerOp = (b, args) => {
  const [x, y] = args as Args;
  const left = b.known(x);
  if (left !== undefined && left !== least) return b.emit(brilDiv, args);
  return b.call('div_s', x, y);
};

const remainder: LowerOp = (b, args) => {
  const quotient = b.emit('i64.div_u', args);
  return b.emit('i64.sub', [args[0] as ValueId, b.emit('i64.mul', [quotient, args[1] as ValueId])]);
};

/** Ops that see nothing of a NaN but that it is one. */
function isArithmetic(op: OpDef): boolean {
  return (!op.bits && op.dialect === 'f64') || op.name === 'call_host';
}

const negate: LowerOp = (b, args) => {
  const bits = b.emit('i64.reinterpret_f64', args);
  return b.emit('f64.reinterpret_i64', [b.emit('i64.add', [bits, b.int(least)])]);
};

const absolute: LowerOp = (b, args) =>
  b.emit('f64.reinterpret_i64', [b.withoutSign(b.emit('i64.reinterpret_f64', args))]);

/** By op. */
export const wideLowerings: Readonly<Record<string, LowerOp>> = {
  'i64.and': and,
  'i64.or': or,
  'i64.xor': xor,
  'i64.shl': call('shl'),
  'i64.shr_s': shiftSigned,
  'i64.shr_u': shiftUnsigned,
  'i64.rotl': derived('i64.rotl'),
  'i64.rotr': derived('i64.rotr'),
  'i64.extend8_s': extension(8),
  'i64.extend16_s': extension(16),
  'i64.extend32_s': extension(32),
  'i64.clz': call('clz'),
  'i64.ctz': call('ctz'),
  'i64.popcnt': call('popcnt'),
  'i64.div_s': divide,
  'i64.div_u': call('div_u'),
  'i64.rem_u': remainder,
  'i64.trunc_f64_s': call('trunc_s'),
  'i64.trunc_f64_u': call('trunc_u'),
  'i64.trunc_sat_f64_s': call('trunc_sat_s'),
  'i64.trunc_sat_f64_u': call('trunc_sat_u'),
  'f64.convert_i64_s': call('convert_s'),
  'f64.convert_i64_u': call('convert_u'),
  'f64.neg': negate,
  'f64.abs': absolute,
  'f64.copysign': call('copysign'),
  'f64.min': call('min'),
  'f64.max': call('max'),
  'f64.ceil': call('ceil'),
  'f64.floor': call('floor'),
  'f64.trunc': call('trunc'),
  'f64.nearest': call('nearest'),
  'f64.sqrt': call('sqrt'),
};

/** Whether a product with -1 does what a negation does: nobody looks at the bits of a NaN. */
export function isProduct(b: Lowering, v: ValueId): boolean {
  return b.edit.users(v).every((user) => isArithmetic(b.edit.inst(user).op));
}

/** By op: operands for which Bril has it, as one instruction or as expand.ts says. */
export const wideStays: Readonly<Record<string, Stays>> = {
  'i64.and': (b, args) => {
    const found = split(b, args as Args);
    return found !== null && isLow(found.c);
  },
  'i64.shl': (b, args) => count(b, args[1] as ValueId) !== null,
  'i64.div_s': (b, args) => {
    const by = b.known(args[1] as ValueId);
    return by !== undefined && by !== -1n;
  },
};
