/**
 * i32 ops as i64 ops on the same numbers, with their sign: what leaves 32 bits is wrapped (lowering.ts). Tests and ops on
 * bits stay where both operands are bools, tests also where both are chars or ints.
 */

import type { OpDef, ValueId } from '@sluice/ir';
import type { Lowering, LowerOp, Stays } from './lowering.ts';
import { isCodePoint } from './narrow.ts';
import { brilDiv } from './ops.ts';

type Args = readonly [ValueId, ValueId];

/** Of signed operands, wrapped. */
function wrapped(op: OpDef | string): LowerOp {
  return (b, args) =>
    b.narrow(
      b.wrap(
        b.emit(
          op,
          args.map((arg) => b.wide(arg)),
        ),
      ),
    );
}

/** Of signed operands; never leaves 32 bits. */
function fits(op: OpDef | string): LowerOp {
  return (b, args) =>
    b.narrow(
      b.emit(
        op,
        args.map((arg) => b.wide(arg)),
      ),
    );
}

/** Of unsigned operands, wrapped. */
function unsigned(op: OpDef | string): LowerOp {
  return (b, args) =>
    b.narrow(
      b.wrap(
        b.emit(
          op,
          args.map((arg) => b.unsigned(arg)),
        ),
      ),
    );
}

function isBit(b: Lowering, v: ValueId): boolean {
  const known = b.known(v);
  return known === undefined ? b.kept(v) === 'bool' : known === 0 || known === 1;
}

/** A shift by what a count is modulo 32. */
function shift(op: string, side: 'wide' | 'unsigned'): LowerOp {
  return (b, args) => {
    const [x, n] = args as Args;
    const known = b.known(n);
    const by = known === undefined ? b.emit('i64.and', [b.wide(n), b.int(31n)]) : b.int(BigInt((known as number) & 31));
    const result = b.emit(op, [b[side](x), by]);
    return b.narrow(op === 'i64.shr_s' ? result : b.wrap(result));
  };
}

function derived(op: string): LowerOp {
  return (b, args) => b.derived(op, args);
}

function extension(count: number): LowerOp {
  return (b, args) => {
    const m = b.int(2n ** BigInt(64 - count));
    return b.narrow(b.emit(brilDiv, [b.emit('i64.mul', [b.wide(args[0] as ValueId), m]), m]));
  };
}

const divide: LowerOp = (b, args) => {
  const [x, y] = args as Args;
  const by = b.known(y);
  if (by !== undefined && by !== -1) return fits(brilDiv)(b, args);
  return b.narrow(b.call('div32', b.wide(x), b.wide(y)));
};

const leading: LowerOp = (b, [x]) =>
  b.narrow(b.emit('i64.sub', [b.emit('i64.clz', [b.unsigned(x as ValueId)]), b.int(32n)]));

/** 2^32 more stops the count. */
const trailing: LowerOp = (b, [x]) =>
  b.narrow(b.emit('i64.ctz', [b.emit('i64.add', [b.unsigned(x as ValueId), b.int(2n ** 32n)])]));

/** A test of the numbers: the order of 64 bits is that of 32, signed and unsigned, where the sign is extended. */
function test(op: string): LowerOp {
  return (b, args) =>
    b.emit(
      op,
      args.map((arg) => b.wide(arg)),
    );
}

/** Whether both operands are of one kind that Bril compares. */
function compares(how: 'any' | 'signed' | 'unsigned'): Stays {
  return (b, args) => {
    const kinds = args.map((arg) => (b.known(arg) === undefined ? b.kept(arg) : null));
    const [kind, other] = kinds.filter((each) => each !== null);
    if (other !== undefined && other !== kind) return false;
    if (kind === 'bool') return how === 'any' && args.every((arg) => isBit(b, arg));
    return kind === 'int' ? how !== 'unsigned' : args.every((arg) => isChar(b, arg));
  };
}

function isChar(b: Lowering, v: ValueId): boolean {
  const known = b.known(v);
  return known === undefined || isCodePoint(known as number);
}

/** A float's integer part in 32 bits. */
function truncated(name: 'trunc32_s' | 'trunc32_u' | 'trunc_sat32_s' | 'trunc_sat32_u'): LowerOp {
  return (b, args) => b.narrow(b.wrap(b.call(name, ...args)));
}

/** By op. */
export const narrowLowerings: Readonly<Record<string, LowerOp>> = {
  'i32.add': wrapped('i64.add'),
  'i32.sub': wrapped('i64.sub'),
  'i32.mul': wrapped('i64.mul'),
  'i32.and': fits('i64.and'),
  'i32.or': fits('i64.or'),
  'i32.xor': fits('i64.xor'),
  'i32.shl': shift('i64.shl', 'wide'),
  'i32.shr_s': shift('i64.shr_s', 'wide'),
  'i32.shr_u': shift('i64.shr_u', 'unsigned'),
  'i32.rotl': derived('i32.rotl'),
  'i32.rotr': derived('i32.rotr'),
  'i32.extend8_s': extension(8),
  'i32.extend16_s': extension(16),
  'i32.clz': leading,
  'i32.ctz': trailing,
  'i32.popcnt': (b, [x]) => b.narrow(b.emit('i64.popcnt', [b.unsigned(x as ValueId)])),
  'i32.div_s': divide,
  'i32.div_u': unsigned(brilDiv),
  'i32.rem_s': fits('i64.rem_s'),
  'i32.rem_u': unsigned('i64.rem_s'),
  'i32.eq': test('i64.eq'),
  'i32.ne': test('i64.ne'),
  'i32.lt_s': test('i64.lt_s'),
  'i32.gt_s': test('i64.gt_s'),
  'i32.le_s': test('i64.le_s'),
  'i32.ge_s': test('i64.ge_s'),
  'i32.lt_u': test('i64.lt_u'),
  'i32.gt_u': test('i64.gt_u'),
  'i32.le_u': test('i64.le_u'),
  'i32.ge_u': test('i64.ge_u'),
  'i32.wrap_i64': (b, [x]) => b.narrow(b.wrap(x as ValueId)),
  'i32.trunc_f64_s': truncated('trunc32_s'),
  'i32.trunc_f64_u': truncated('trunc32_u'),
  'i32.trunc_sat_f64_s': truncated('trunc_sat32_s'),
  'i32.trunc_sat_f64_u': truncated('trunc_sat32_u'),
  'i64.extend_i32_s': (b, [x]) => b.wide(x as ValueId),
  'i64.extend_i32_u': (b, [x]) => b.unsigned(x as ValueId),
  'f64.convert_i32_s': (b, [x]) => b.emit('f64.convert_i64_s', [b.wide(x as ValueId)]),
  'f64.convert_i32_u': (b, [x]) => b.emit('f64.convert_i64_s', [b.unsigned(x as ValueId)]),
};

const bits: Stays = (b, args) => args.every((arg) => isBit(b, arg));

/** By op: operands for which Bril has it; the number of a bool is a choice, of a char its code. */
export const narrowStays: Readonly<Record<string, Stays>> = {
  'i32.and': bits,
  'i32.or': bits,
  'i32.xor': bits,
  'i32.eq': compares('any'),
  'i32.ne': compares('any'),
  'i32.lt_s': compares('signed'),
  'i32.gt_s': compares('signed'),
  'i32.le_s': compares('signed'),
  'i32.ge_s': compares('signed'),
  'i32.lt_u': compares('unsigned'),
  'i32.gt_u': compares('unsigned'),
  'i32.le_u': compares('unsigned'),
  'i32.ge_u': compares('unsigned'),
  'i64.extend_i32_s': (b, args) => b.kept(args[0] as ValueId) !== 'bool' && !b.isMade(args[0] as ValueId),
  'i64.extend_i32_u': (b, args) => b.kept(args[0] as ValueId) === 'char',
};
