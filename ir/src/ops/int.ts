/**
 * Integer ops, i32 and i64: Wasm's semantics. Each entry says both widths; where they differ, `pick` takes the
 * column of i32 or of i64.
 */

import { effect } from '../effect.ts';
import { clz64, ctz32, ctz64, i64, popcnt32, popcnt64, rotl32, rotl64, u64 } from '../num.ts';
import { defineOp, type Fragment, type OpDef } from '../op.ts';
import { rangeRules } from '../range-ops.ts';
import { trap } from '../trap.ts';

const divides = effect({ traps: ['integer-divide-by-zero'] });
const dividesOrOverflows = effect({ traps: ['integer-divide-by-zero', 'integer-overflow'] });
const byZero = trap('integer-divide-by-zero');
const overflow = trap('integer-overflow');
const min64 = -(2n ** 63n);

/** The ops that one integer type has. */
function intOps<const T extends 'i32' | 'i64'>(t: T) {
  const pick = <A, B>(narrow: A, wide: B): A | B => (t === 'i32' ? narrow : wide);
  const width = pick(32, 64);
  const unary = `(${t}) -> ${t}`;
  const binary = `(${t}, ${t}) -> ${t}`;
  const compare = `(${t}, ${t}) -> i32`;
  /** A bit-vector constant of this width, and a shift count as Wasm takes it. */
  const bv = (k: number) => `(_ bv${k} ${width})`;
  const count = `(bvand $1 ${bv(width - 1)})`;
  const constant = (b: Fragment, k: number): number => b.constant(t, pick(k, BigInt(k)));
  /** Both ways of shifting by `n` and by what is left of the width. */
  const rotation = (b: Fragment, one: string, other: string, a: number, n: number): number => {
    const rest = b.emit(`${t}.sub`, [constant(b, width), n]);
    return b.emit(`${t}.or`, [b.emit(`${t}.${one}`, [a, n]), b.emit(`${t}.${other}`, [a, rest])]);
  };
  const extension = (b: Fragment, a: number, bits: number): number => {
    const k = constant(b, width - bits);
    return b.emit(`${t}.shr_s`, [b.emit(`${t}.shl`, [a, k]), k]);
  };
  const nonzero = pick("($1 === 0 ? 'integer-divide-by-zero' : '')", "($1 === 0n ? 'integer-divide-by-zero' : '')");
  return [
    defineOp(`${t}.const`, {
      doc: 'A constant.',
      sig: `() -> ${t}`,
      kind: 'const',
      imm: 'const',
      cost: 0,
      wasm: pick([0x41], [0x42]),
    }),
    defineOp(`${t}.add`, {
      doc: `Sum modulo 2^${width}.`,
      sig: binary,
      laws: { commutative: true, associative: true, rightIdentity: 0 },
      range: rangeRules.add,
      eval: pick(
        (a: number, b: number) => (a + b) | 0,
        (a: bigint, b: bigint) => i64(a + b),
      ),
      js: pick('((($0 | 0) + ($1 | 0)) | 0)', 'BigInt.asIntN(64, $0 + $1)'),
      wasm: pick([0x6a], [0x7c]),
      smt: '(bvadd $0 $1)',
    }),
    defineOp(`${t}.sub`, {
      doc: `Difference modulo 2^${width}.`,
      sig: binary,
      laws: { rightIdentity: 0, selfGives: 0 },
      range: rangeRules.sub,
      eval: pick(
        (a: number, b: number) => (a - b) | 0,
        (a: bigint, b: bigint) => i64(a - b),
      ),
      js: pick('((($0 | 0) - ($1 | 0)) | 0)', 'BigInt.asIntN(64, $0 - $1)'),
      wasm: pick([0x6b], [0x7d]),
      smt: '(bvsub $0 $1)',
    }),
    defineOp(`${t}.mul`, {
      doc: `Product modulo 2^${width}.`,
      sig: binary,
      laws: { commutative: true, associative: true, rightIdentity: 1, rightZero: 0 },
      cost: 3,
      range: rangeRules.mul,
      eval: pick(Math.imul, (a: bigint, b: bigint) => i64(a * b)),
      js: pick('Math.imul($0, $1)', 'BigInt.asIntN(64, $0 * $1)'),
      wasm: pick([0x6c], [0x7e]),
      smt: '(bvmul $0 $1)',
    }),
    defineOp(`${t}.div_s`, {
      doc: 'Signed quotient, rounded towards zero. Traps when the divisor is 0, or when the quotient does not fit.',
      sig: binary,
      effect: dividesOrOverflows,
      laws: { rightIdentity: 1 },
      cost: 10,
      range: rangeRules.div_s,
      eval: pick(
        (a: number, b: number) => (b === 0 ? byZero : a === -(2 ** 31) && b === -1 ? overflow : (a / b) | 0),
        (a: bigint, b: bigint) => (b === 0n ? byZero : a === min64 && b === -1n ? overflow : a / b),
      ),
      js: pick('(($0 / $1) | 0)', 'BigInt.asIntN(64, $0 / $1)'),
      jsTrap: pick(
        "($1 === 0 ? 'integer-divide-by-zero' : $1 === -1 && $0 === -2147483648 ? 'integer-overflow' : '')",
        "($1 === 0n ? 'integer-divide-by-zero' : $1 === -1n && $0 === -9223372036854775808n ? 'integer-overflow' : '')",
      ),
      wasm: pick([0x6d], [0x7f]),
      smt: '(bvsdiv $0 $1)',
    }),
    defineOp(`${t}.div_u`, {
      doc: 'Unsigned quotient, rounded down. Traps when the divisor is 0.',
      sig: binary,
      effect: divides,
      laws: { rightIdentity: 1 },
      cost: 10,
      range: rangeRules.div_u,
      eval: pick(
        (a: number, b: number) => (b === 0 ? byZero : ((a >>> 0) / (b >>> 0)) | 0),
        (a: bigint, b: bigint) => (b === 0n ? byZero : i64(u64(a) / u64(b))),
      ),
      js: pick(
        '(((($0 >>> 0) / ($1 >>> 0)) >>> 0) | 0)',
        'BigInt.asIntN(64, BigInt.asUintN(64, $0) / BigInt.asUintN(64, $1))',
      ),
      jsTrap: nonzero,
      wasm: pick([0x6e], [0x80]),
      smt: '(bvudiv $0 $1)',
    }),
    defineOp(`${t}.rem_s`, {
      doc: 'Signed remainder with the sign of the dividend; 0 where div_s would overflow. Traps when the divisor is 0.',
      sig: binary,
      effect: divides,
      cost: 10,
      range: rangeRules.rem_s,
      eval: pick(
        (a: number, b: number) => (b === 0 ? byZero : (a % b) | 0),
        (a: bigint, b: bigint) => (b === 0n ? byZero : a % b),
      ),
      js: pick('(($0 % $1) | 0)', 'BigInt.asIntN(64, $0 % $1)'),
      jsTrap: nonzero,
      wasm: pick([0x6f], [0x81]),
      smt: '(bvsrem $0 $1)',
    }),
    defineOp(`${t}.rem_u`, {
      doc: 'Unsigned remainder. Traps when the divisor is 0.',
      sig: binary,
      effect: divides,
      cost: 10,
      range: rangeRules.rem_u,
      eval: pick(
        (a: number, b: number) => (b === 0 ? byZero : ((a >>> 0) % (b >>> 0)) | 0),
        (a: bigint, b: bigint) => (b === 0n ? byZero : i64(u64(a) % u64(b))),
      ),
      js: pick('((($0 >>> 0) % ($1 >>> 0)) | 0)', 'BigInt.asIntN(64, BigInt.asUintN(64, $0) % BigInt.asUintN(64, $1))'),
      jsTrap: nonzero,
      wasm: pick([0x70], [0x82]),
      smt: '(bvurem $0 $1)',
    }),
    defineOp(`${t}.and`, {
      doc: 'Bitwise and.',
      sig: binary,
      laws: { commutative: true, associative: true, idempotent: true, rightIdentity: -1, rightZero: 0 },
      range: rangeRules.and,
      eval: pick(
        (a: number, b: number) => a & b,
        (a: bigint, b: bigint) => a & b,
      ),
      js: pick('($0 & $1)', 'BigInt.asIntN(64, $0 & $1)'),
      wasm: pick([0x71], [0x83]),
      smt: '(bvand $0 $1)',
    }),
    defineOp(`${t}.or`, {
      doc: 'Bitwise or.',
      sig: binary,
      laws: { commutative: true, associative: true, idempotent: true, rightIdentity: 0, rightZero: -1 },
      range: rangeRules.or,
      eval: pick(
        (a: number, b: number) => a | b,
        (a: bigint, b: bigint) => a | b,
      ),
      js: pick('($0 | $1)', 'BigInt.asIntN(64, $0 | $1)'),
      wasm: pick([0x72], [0x84]),
      smt: '(bvor $0 $1)',
    }),
    defineOp(`${t}.xor`, {
      doc: 'Bitwise exclusive or.',
      sig: binary,
      laws: { commutative: true, associative: true, rightIdentity: 0, selfGives: 0 },
      range: rangeRules.xor,
      eval: pick(
        (a: number, b: number) => a ^ b,
        (a: bigint, b: bigint) => a ^ b,
      ),
      js: pick('($0 ^ $1)', 'BigInt.asIntN(64, $0 ^ $1)'),
      wasm: pick([0x73], [0x85]),
      smt: '(bvxor $0 $1)',
    }),
    defineOp(`${t}.shl`, {
      doc: `Shift left; the count is taken modulo ${width}.`,
      sig: binary,
      laws: { rightIdentity: 0 },
      range: rangeRules.shl,
      eval: pick(
        (a: number, n: number) => a << n,
        (a: bigint, n: bigint) => i64(a << (n & 63n)),
      ),
      js: pick('($0 << $1)', 'BigInt.asIntN(64, $0 << ($1 & 63n))'),
      wasm: pick([0x74], [0x86]),
      smt: `(bvshl $0 ${count})`,
    }),
    defineOp(`${t}.shr_s`, {
      doc: `Shift right with copies of the sign; the count is taken modulo ${width}.`,
      sig: binary,
      laws: { rightIdentity: 0 },
      range: rangeRules.shr_s,
      eval: pick(
        (a: number, n: number) => a >> n,
        (a: bigint, n: bigint) => a >> (n & 63n),
      ),
      js: pick('($0 >> $1)', 'BigInt.asIntN(64, $0 >> ($1 & 63n))'),
      wasm: pick([0x75], [0x87]),
      smt: `(bvashr $0 ${count})`,
    }),
    defineOp(`${t}.shr_u`, {
      doc: `Shift right with zeros; the count is taken modulo ${width}.`,
      sig: binary,
      laws: { rightIdentity: 0 },
      range: rangeRules.shr_u,
      eval: pick(
        (a: number, n: number) => (a >>> n) | 0,
        (a: bigint, n: bigint) => i64(u64(a) >> (n & 63n)),
      ),
      js: pick('(($0 >>> $1) | 0)', 'BigInt.asIntN(64, BigInt.asUintN(64, $0) >> ($1 & 63n))'),
      wasm: pick([0x76], [0x88]),
      smt: `(bvlshr $0 ${count})`,
    }),
    defineOp(`${t}.rotl`, {
      doc: `Rotate left; the count is taken modulo ${width}.`,
      sig: binary,
      laws: { rightIdentity: 0 },
      eval: pick(rotl32, rotl64),
      js: pick(
        '(($0 << $1) | ($0 >>> (32 - $1)))',
        'BigInt.asIntN(64, ($0 << ($1 & 63n)) | (BigInt.asUintN(64, $0) >> ((64n - ($1 & 63n)) & 63n)))',
      ),
      wasm: pick([0x77], [0x89]),
      expand: (b, a, n) => rotation(b, 'shl', 'shr_u', a, n),
      smt: `(bvor (bvshl $0 ${count}) (bvlshr $0 (bvand (bvneg $1) ${bv(width - 1)})))`,
    }),
    defineOp(`${t}.rotr`, {
      doc: `Rotate right; the count is taken modulo ${width}.`,
      sig: binary,
      laws: { rightIdentity: 0 },
      eval: pick(
        (a: number, n: number) => rotl32(a, 32 - n),
        (a: bigint, n: bigint) => rotl64(a, -n),
      ),
      js: pick(
        '(($0 >>> $1) | ($0 << (32 - $1)))',
        'BigInt.asIntN(64, ($0 << ((64n - ($1 & 63n)) & 63n)) | (BigInt.asUintN(64, $0) >> ($1 & 63n)))',
      ),
      wasm: pick([0x78], [0x8a]),
      expand: (b, a, n) => rotation(b, 'shr_u', 'shl', a, n),
      smt: `(bvor (bvlshr $0 ${count}) (bvshl $0 (bvand (bvneg $1) ${bv(width - 1)})))`,
    }),
    defineOp(`${t}.clz`, {
      doc: `Number of zero bits above the highest one bit; ${width} of 0.`,
      sig: unary,
      range: rangeRules.clz,
      eval: pick((a: number) => Math.clz32(a), clz64),
      js: pick('Math.clz32($0)', `BigInt(${highJs} !== 0 ? Math.clz32(${highJs}) : 32 + Math.clz32(${lowJs}))`),
      wasm: pick([0x67], [0x79]),
      smt: countSmt(width, true),
    }),
    defineOp(`${t}.ctz`, {
      doc: `Number of zero bits below the lowest one bit; ${width} of 0.`,
      sig: unary,
      range: rangeRules.ctz,
      eval: pick(ctz32, ctz64),
      js: pick(ctzJs('$0'), `BigInt(${lowJs} !== 0 ? ${ctzJs(lowJs)} : 32 + ${ctzJs(highJs)})`),
      wasm: pick([0x68], [0x7a]),
      smt: countSmt(width, false),
    }),
    defineOp(`${t}.popcnt`, {
      doc: 'Number of one bits.',
      sig: unary,
      cost: 2,
      range: rangeRules.popcnt,
      eval: pick(popcnt32, popcnt64),
      js: pick(popcntJs('$0'), `BigInt(${popcntJs(lowJs)} + ${popcntJs(highJs)})`),
      wasm: pick([0x69], [0x7b]),
      smt: popcntSmt(width),
    }),
    defineOp(`${t}.extend8_s`, {
      doc: 'Its lowest 8 bits, sign extended.',
      sig: unary,
      laws: { idempotent: true },
      range: rangeRules.extend8_s,
      eval: pick(
        (a: number) => (a << 24) >> 24,
        (a: bigint) => BigInt.asIntN(8, a),
      ),
      js: pick('(($0 << 24) >> 24)', 'BigInt.asIntN(8, $0)'),
      wasm: pick([0xc0], [0xc2]),
      expand: (b, a) => extension(b, a, 8),
      smt: `((_ sign_extend ${width - 8}) ((_ extract 7 0) $0))`,
    }),
    defineOp(`${t}.extend16_s`, {
      doc: 'Its lowest 16 bits, sign extended.',
      sig: unary,
      laws: { idempotent: true },
      range: rangeRules.extend16_s,
      eval: pick(
        (a: number) => (a << 16) >> 16,
        (a: bigint) => BigInt.asIntN(16, a),
      ),
      js: pick('(($0 << 16) >> 16)', 'BigInt.asIntN(16, $0)'),
      wasm: pick([0xc1], [0xc3]),
      expand: (b, a) => extension(b, a, 16),
      smt: `((_ sign_extend ${width - 16}) ((_ extract 15 0) $0))`,
    }),
    defineOp(`${t}.eqz`, {
      doc: '1 if the operand is 0, else 0.',
      sig: `(${t}) -> i32`,
      range: rangeRules.eqz,
      eval: pick(
        (a: number) => (a === 0 ? 1 : 0),
        (a: bigint) => (a === 0n ? 1 : 0),
      ),
      js: pick('($0 === 0 ? 1 : 0)', '($0 === 0n ? 1 : 0)'),
      wasm: pick([0x45], [0x50]),
      expand: (b, a) => b.emit(`${t}.eq`, [a, constant(b, 0)]),
      smt: truth(`(= $0 ${bv(0)})`),
    }),
    defineOp(`${t}.eq`, {
      doc: '1 if the operands are equal, else 0.',
      sig: compare,
      laws: { commutative: true, selfGives: 1, negation: `${t}.ne`, swapped: `${t}.eq` },
      range: rangeRules.eq,
      eval: pick(
        (a: number, b: number) => (a === b ? 1 : 0),
        (a: bigint, b: bigint) => (a === b ? 1 : 0),
      ),
      js: '($0 === $1 ? 1 : 0)',
      wasm: pick([0x46], [0x51]),
      smt: truth('(= $0 $1)'),
    }),
    defineOp(`${t}.ne`, {
      doc: '1 if the operands differ, else 0.',
      sig: compare,
      laws: { commutative: true, selfGives: 0, negation: `${t}.eq`, swapped: `${t}.ne` },
      range: rangeRules.ne,
      eval: pick(
        (a: number, b: number) => (a !== b ? 1 : 0),
        (a: bigint, b: bigint) => (a !== b ? 1 : 0),
      ),
      js: '($0 !== $1 ? 1 : 0)',
      wasm: pick([0x47], [0x52]),
      smt: truth('(not (= $0 $1))'),
    }),
    defineOp(`${t}.lt_s`, {
      doc: '1 if the first operand is less than the second, both signed, else 0.',
      sig: compare,
      laws: { selfGives: 0, negation: `${t}.ge_s`, swapped: `${t}.gt_s` },
      range: rangeRules.lt_s,
      eval: pick(
        (a: number, b: number) => (a < b ? 1 : 0),
        (a: bigint, b: bigint) => (a < b ? 1 : 0),
      ),
      js: '($0 < $1 ? 1 : 0)',
      wasm: pick([0x48], [0x53]),
      smt: truth('(bvslt $0 $1)'),
    }),
    defineOp(`${t}.lt_u`, {
      doc: '1 if the first operand is less than the second, both unsigned, else 0.',
      sig: compare,
      laws: { selfGives: 0, negation: `${t}.ge_u`, swapped: `${t}.gt_u` },
      range: rangeRules.lt_u,
      eval: pick(
        (a: number, b: number) => (a >>> 0 < b >>> 0 ? 1 : 0),
        (a: bigint, b: bigint) => (u64(a) < u64(b) ? 1 : 0),
      ),
      js: pick('(($0 >>> 0) < ($1 >>> 0) ? 1 : 0)', '(BigInt.asUintN(64, $0) < BigInt.asUintN(64, $1) ? 1 : 0)'),
      wasm: pick([0x49], [0x54]),
      smt: truth('(bvult $0 $1)'),
    }),
    defineOp(`${t}.gt_s`, {
      doc: '1 if the first operand is greater than the second, both signed, else 0.',
      sig: compare,
      laws: { selfGives: 0, negation: `${t}.le_s`, swapped: `${t}.lt_s` },
      range: rangeRules.gt_s,
      eval: pick(
        (a: number, b: number) => (a > b ? 1 : 0),
        (a: bigint, b: bigint) => (a > b ? 1 : 0),
      ),
      js: '($0 > $1 ? 1 : 0)',
      wasm: pick([0x4a], [0x55]),
      smt: truth('(bvsgt $0 $1)'),
    }),
    defineOp(`${t}.gt_u`, {
      doc: '1 if the first operand is greater than the second, both unsigned, else 0.',
      sig: compare,
      laws: { selfGives: 0, negation: `${t}.le_u`, swapped: `${t}.lt_u` },
      range: rangeRules.gt_u,
      eval: pick(
        (a: number, b: number) => (a >>> 0 > b >>> 0 ? 1 : 0),
        (a: bigint, b: bigint) => (u64(a) > u64(b) ? 1 : 0),
      ),
      js: pick('(($0 >>> 0) > ($1 >>> 0) ? 1 : 0)', '(BigInt.asUintN(64, $0) > BigInt.asUintN(64, $1) ? 1 : 0)'),
      wasm: pick([0x4b], [0x56]),
      smt: truth('(bvugt $0 $1)'),
    }),
    defineOp(`${t}.le_s`, {
      doc: '1 if the first operand is at most the second, both signed, else 0.',
      sig: compare,
      laws: { selfGives: 1, negation: `${t}.gt_s`, swapped: `${t}.ge_s` },
      range: rangeRules.le_s,
      eval: pick(
        (a: number, b: number) => (a <= b ? 1 : 0),
        (a: bigint, b: bigint) => (a <= b ? 1 : 0),
      ),
      js: '($0 <= $1 ? 1 : 0)',
      wasm: pick([0x4c], [0x57]),
      smt: truth('(bvsle $0 $1)'),
    }),
    defineOp(`${t}.le_u`, {
      doc: '1 if the first operand is at most the second, both unsigned, else 0.',
      sig: compare,
      laws: { selfGives: 1, negation: `${t}.gt_u`, swapped: `${t}.ge_u` },
      range: rangeRules.le_u,
      eval: pick(
        (a: number, b: number) => (a >>> 0 <= b >>> 0 ? 1 : 0),
        (a: bigint, b: bigint) => (u64(a) <= u64(b) ? 1 : 0),
      ),
      js: pick('(($0 >>> 0) <= ($1 >>> 0) ? 1 : 0)', '(BigInt.asUintN(64, $0) <= BigInt.asUintN(64, $1) ? 1 : 0)'),
      wasm: pick([0x4d], [0x58]),
      smt: truth('(bvule $0 $1)'),
    }),
    defineOp(`${t}.ge_s`, {
      doc: '1 if the first operand is at least the second, both signed, else 0.',
      sig: compare,
      laws: { selfGives: 1, negation: `${t}.lt_s`, swapped: `${t}.le_s` },
      range: rangeRules.ge_s,
      eval: pick(
        (a: number, b: number) => (a >= b ? 1 : 0),
        (a: bigint, b: bigint) => (a >= b ? 1 : 0),
      ),
      js: '($0 >= $1 ? 1 : 0)',
      wasm: pick([0x4e], [0x59]),
      smt: truth('(bvsge $0 $1)'),
    }),
    defineOp(`${t}.ge_u`, {
      doc: '1 if the first operand is at least the second, both unsigned, else 0.',
      sig: compare,
      laws: { selfGives: 1, negation: `${t}.lt_u`, swapped: `${t}.le_u` },
      range: rangeRules.ge_u,
      eval: pick(
        (a: number, b: number) => (a >>> 0 >= b >>> 0 ? 1 : 0),
        (a: bigint, b: bigint) => (u64(a) >= u64(b) ? 1 : 0),
      ),
      js: pick('(($0 >>> 0) >= ($1 >>> 0) ? 1 : 0)', '(BigInt.asUintN(64, $0) >= BigInt.asUintN(64, $1) ? 1 : 0)'),
      wasm: pick([0x4f], [0x5a]),
      smt: truth('(bvuge $0 $1)'),
    }),
  ] as const satisfies readonly OpDef[];
}

// Texts of columns that are too long to stand in an entry. -----------------------------------------------------------

const lowJs = 'Number(BigInt.asIntN(32, $0))';
const highJs = 'Number(BigInt.asIntN(32, $0 >> 32n))';

function ctzJs(x: string): string {
  return `(${x} === 0 ? 32 : 31 - Math.clz32(${x} & (- ${x})))`;
}

/** Sums of ever wider groups of bits (Warren, Hacker's Delight, 5-1). */
function popcntJs(x: string): string {
  const pairs = `(${x} - ((${x} >>> 1) & 0x55555555))`;
  const nibbles = `((${pairs} & 0x33333333) + ((${pairs} >>> 2) & 0x33333333))`;
  return `(Math.imul((${nibbles} + (${nibbles} >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24)`;
}

/** A comparison as a 32-bit 0 or 1. */
function truth(condition: string): string {
  return `(ite ${condition} (_ bv1 32) (_ bv0 32))`;
}

/** The place of the first one bit, from above (`clz`) or from below (`ctz`). */
function countSmt(width: number, above: boolean): string {
  let term = `(_ bv${width} ${width})`;
  for (let k = width - 1; k >= 0; k--) {
    const bit = above ? width - 1 - k : k;
    term = `(ite (= ((_ extract ${bit} ${bit}) $0) #b1) (_ bv${k} ${width}) ${term})`;
  }
  return term;
}

function popcntSmt(width: number): string {
  let term = `(_ bv0 ${width})`;
  for (let bit = 0; bit < width; bit++) {
    term = `(bvadd ((_ zero_extend ${width - 1}) ((_ extract ${bit} ${bit}) $0)) ${term})`;
  }
  return term;
}

/** The ops of dialect `i32`. */
export const i32Ops = intOps('i32');

/** The ops of dialect `i64`. */
export const i64Ops = [
  ...intOps('i64'),
  defineOp('i64.extend32_s', {
    doc: 'Its lowest 32 bits, sign extended.',
    sig: '(i64) -> i64',
    laws: { idempotent: true },
    range: rangeRules.extend32_s,
    eval: (a: bigint) => BigInt.asIntN(32, a),
    js: 'BigInt.asIntN(32, $0)',
    wasm: [0xc4],
    smt: '((_ sign_extend 32) ((_ extract 31 0) $0))',
  }),
] as const satisfies readonly OpDef[];
