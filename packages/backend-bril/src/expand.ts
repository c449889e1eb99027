/**
 * Ops of the IR that are several instructions of Bril. An expansion gives false where it does not hold for these operands.
 *
 *   x < y, unsigned    x - 2^63 < y - 2^63, signed
 *   x << k             x * 2^k, for a constant k
 *   x rem y            x - (x / y) * y
 *   x & 2^k-1          the remainder of what is made positive
 */

import type { Build } from './build.ts';
import type { Operand } from './draft.ts';

type Expansion = (b: Build) => boolean;

const minimum = -(2n ** 63n);

function unsigned(op: string): Expansion {
  return (b) => {
    const shifted = (k: number): Operand => {
      const known = b.constant(k);
      if (typeof known === 'bigint') return b.int(BigInt.asIntN(64, known + minimum));
      return b.emit('add', 'int', b.args[k] as Operand, b.int(minimum));
    };
    const left = shifted(0);
    b.finish(op, left, shifted(1));
    return true;
  };
}

function negated(op: string, base: 'bool'): Expansion {
  return (b) => {
    b.finish('not', b.emit(op, base, b.args[0] as Operand, b.args[1] as Operand));
    return true;
  };
}

function divides(b: Build): boolean {
  const by = b.constant(1);
  return typeof by === 'bigint' && by !== -1n;
}

/** The lowest bits of x, or all but these: ((x rem m) + m) rem m, for m = 2^k. Sums wrap at a multiple of m, so that it holds for every x. */
const bits: Expansion = (b) => {
  const at = typeof b.constant(1) === 'bigint' ? 1 : 0;
  const mask = b.constant(at);
  if (typeof mask !== 'bigint') return false;
  const low = mask < 0n ? ~mask : mask;
  if (low < 1n || low >= 2n ** 62n || (low & (low + 1n)) !== 0n) return false;
  const x = b.args[1 - at] as Operand;
  const by = b.int(low + 1n);
  const rest = (y: Operand): readonly [Operand, Operand] => [y, b.emit('mul', 'int', b.emit('div', 'int', y, by), by)];
  const moved = b.emit('add', 'int', b.emit('sub', 'int', ...rest(x)), by);
  if (mask > 0n) b.finish('sub', ...rest(moved));
  else b.finish('sub', x, b.emit('sub', 'int', ...rest(moved)));
  return true;
};

/** Exclusive or of bools. */
const differ: Expansion = (b) => {
  if (b.kind !== 'bool') return false;
  const [x, y] = b.args as readonly [Operand, Operand];
  const both = b.emit('not', 'bool', b.emit('and', 'bool', x, y));
  b.finish('and', b.emit('or', 'bool', x, y), both);
  return true;
};

/** By op. */
export const expansions: Readonly<Record<string, Expansion>> = {
  'i64.eqz': (b) => {
    b.finish('eq', b.args[0] as Operand, b.int(0n));
    return true;
  },
  'i64.ne': negated('eq', 'bool'),
  'f64.ne': negated('feq', 'bool'),
  'i64.lt_u': unsigned('lt'),
  'i64.gt_u': unsigned('gt'),
  'i64.le_u': unsigned('le'),
  'i64.ge_u': unsigned('ge'),
  'i64.and': bits,
  'i64.shl': (b) => {
    const by = b.constant(1);
    if (typeof by !== 'bigint') return false;
    b.finish('mul', b.args[0] as Operand, b.int(BigInt.asIntN(64, 1n << (by & 63n))));
    return true;
  },
  'i64.div_s': (b) => {
    if (!divides(b)) return false;
    b.finish('div', b.args[0] as Operand, b.args[1] as Operand);
    return true;
  },
  'i64.rem_s': (b) => {
    const [x, y] = b.args as readonly [Operand, Operand];
    b.finish('sub', x, b.emit('mul', 'int', b.emit('div', 'int', x, y), y));
    return true;
  },
  'f64.neg': (b) => {
    b.finish('fmul', b.args[0] as Operand, b.float(-1));
    return true;
  },
  'i32.xor': differ,
  'i32.eqz': (b) => {
    if (b.kind !== 'int' && b.kind !== 'char') return false;
    if (b.kind === 'int') b.finish('eq', b.args[0] as Operand, b.int(0n));
    else b.finish('eq', b.emit('char2int', 'int', b.args[0] as Operand), b.int(0n));
    return true;
  },
  'i32.ne': (b) => {
    if (b.kind === 'bool') return differ(b);
    b.finish('not', b.emit(b.kind === 'char' ? 'ceq' : 'eq', 'bool', b.args[0] as Operand, b.args[1] as Operand));
    return b.kind !== 'other';
  },
  'i32.eq': (b) => {
    if (b.kind !== 'bool') return false;
    const [x, y] = b.args as readonly [Operand, Operand];
    const neither = b.emit('not', 'bool', b.emit('or', 'bool', x, y));
    b.finish('or', b.emit('and', 'bool', x, y), neither);
    return true;
  },
};
