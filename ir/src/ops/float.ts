/**
 * Floating-point ops, f32 and f64: IEEE 754 with ties to even, as Wasm has them. An f32 operation computes in f64 and
 * rounds once more; for sum, difference, product, quotient and square root this is exact (Figueroa 1995: 53 bits are
 * at least 2 * 24 + 2). Few laws: -0 and NaN break the rest.
 */

import { nearest } from '../num.ts';
import { defineOp, type OpDef } from '../op.ts';
import { rangeRules } from '../range-ops.ts';

const sign64 = -(2n ** 63n);
const rest64 = 2n ** 63n - 1n;

/** The ops that one floating-point type has. */
function floatOps<const T extends 'f32' | 'f64'>(t: T) {
  const pick = <A, B>(narrow: A, wide: B): A | B => (t === 'f32' ? narrow : wide);
  const unary = `(${t}) -> ${t}`;
  const binary = `(${t}, ${t}) -> ${t}`;
  const compare = `(${t}, ${t}) -> i32`;
  const rounded = (js: string) => pick(`Math.fround(${js})`, `(${js})`);
  const { fround } = Math;
  return [
    defineOp(`${t}.const`, {
      doc: 'A constant; the bits of a NaN are kept.',
      sig: `() -> ${t}`,
      kind: 'const',
      imm: 'const',
      cost: 0,
      wasm: pick([0x43], [0x44]),
    }),
    defineOp(`${t}.add`, {
      doc: 'Sum. The identity is -0: -0 + 0 is 0.',
      sig: binary,
      laws: { commutative: true, rightIdentity: -0 },
      cost: 2,
      eval: pick(
        (a: number, b: number) => fround(a + b),
        (a: number, b: number) => a + b,
      ),
      js: rounded('$0 + $1'),
      wasm: pick([0x92], [0xa0]),
    }),
    defineOp(`${t}.sub`, {
      doc: 'Difference.',
      sig: binary,
      laws: { rightIdentity: 0 },
      cost: 2,
      eval: pick(
        (a: number, b: number) => fround(a - b),
        (a: number, b: number) => a - b,
      ),
      js: rounded('$0 - $1'),
      wasm: pick([0x93], [0xa1]),
    }),
    defineOp(`${t}.mul`, {
      doc: 'Product.',
      sig: binary,
      laws: { commutative: true, rightIdentity: 1 },
      cost: 2,
      eval: pick(
        (a: number, b: number) => fround(a * b),
        (a: number, b: number) => a * b,
      ),
      js: rounded('$0 * $1'),
      wasm: pick([0x94], [0xa2]),
    }),
    defineOp(`${t}.div`, {
      doc: 'Quotient; division by zero gives an infinity or a NaN.',
      sig: binary,
      laws: { rightIdentity: 1 },
      cost: 8,
      eval: pick(
        (a: number, b: number) => fround(a / b),
        (a: number, b: number) => a / b,
      ),
      js: rounded('$0 / $1'),
      wasm: pick([0x95], [0xa3]),
    }),
    defineOp(`${t}.min`, {
      doc: 'The lesser operand; -0 is less than 0; NaN if an operand is NaN.',
      sig: binary,
      laws: { commutative: true, associative: true, idempotent: true, rightIdentity: Infinity },
      cost: 2,
      eval: (a: number, b: number) => Math.min(a, b),
      js: 'Math.min($0, $1)',
      wasm: pick([0x96], [0xa4]),
    }),
    defineOp(`${t}.max`, {
      doc: 'The greater operand; 0 is greater than -0; NaN if an operand is NaN.',
      sig: binary,
      laws: { commutative: true, associative: true, idempotent: true, rightIdentity: -Infinity },
      cost: 2,
      eval: (a: number, b: number) => Math.max(a, b),
      js: 'Math.max($0, $1)',
      wasm: pick([0x97], [0xa5]),
    }),
    defineOp(`${t}.copysign`, {
      doc: 'The first operand with the sign of the second; moves bits exactly.',
      sig: binary,
      laws: { associative: true, idempotent: true },
      cost: 2,
      bits: true,
      eval: pick(
        (a: number, b: number) => (a & 0x7fffffff) | (b & 0x80000000),
        (a: bigint, b: bigint) => (a & rest64) | (b & sign64),
      ),
      js: pick(
        '(($0 & 0x7fffffff) | ($1 & 0x80000000))',
        'BigInt.asIntN(64, ($0 & 0x7fffffffffffffffn) | ($1 & 0x8000000000000000n))',
      ),
      wasm: pick([0x98], [0xa6]),
      smt: pick(
        '(bvor (bvand $0 #x7fffffff) (bvand $1 #x80000000))',
        '(bvor (bvand $0 #x7fffffffffffffff) (bvand $1 #x8000000000000000))',
      ),
    }),
    defineOp(`${t}.abs`, {
      doc: 'The operand without its sign; moves bits exactly.',
      sig: unary,
      laws: { idempotent: true },
      bits: true,
      eval: pick(
        (a: number) => a & 0x7fffffff,
        (a: bigint) => a & rest64,
      ),
      js: pick('($0 & 0x7fffffff)', 'BigInt.asIntN(64, $0 & 0x7fffffffffffffffn)'),
      wasm: pick([0x8b], [0x99]),
      smt: pick('(bvand $0 #x7fffffff)', '(bvand $0 #x7fffffffffffffff)'),
    }),
    defineOp(`${t}.neg`, {
      doc: 'The operand with the opposite sign; moves bits exactly.',
      sig: unary,
      laws: { involution: true },
      bits: true,
      eval: pick(
        (a: number) => a ^ 0x80000000,
        (a: bigint) => a ^ sign64,
      ),
      js: pick('($0 ^ 0x80000000)', 'BigInt.asIntN(64, $0 ^ 0x8000000000000000n)'),
      wasm: pick([0x8c], [0x9a]),
      smt: pick('(bvxor $0 #x80000000)', '(bvxor $0 #x8000000000000000)'),
    }),
    defineOp(`${t}.ceil`, {
      doc: 'The least integer that is not less.',
      sig: unary,
      laws: { idempotent: true },
      cost: 2,
      eval: (a: number) => Math.ceil(a),
      js: 'Math.ceil($0)',
      wasm: pick([0x8d], [0x9b]),
    }),
    defineOp(`${t}.floor`, {
      doc: 'The greatest integer that is not greater.',
      sig: unary,
      laws: { idempotent: true },
      cost: 2,
      eval: (a: number) => Math.floor(a),
      js: 'Math.floor($0)',
      wasm: pick([0x8e], [0x9c]),
    }),
    defineOp(`${t}.trunc`, {
      doc: 'The nearest integer towards zero.',
      sig: unary,
      laws: { idempotent: true },
      cost: 2,
      eval: (a: number) => Math.trunc(a),
      js: 'Math.trunc($0)',
      wasm: pick([0x8f], [0x9d]),
    }),
    defineOp(`${t}.nearest`, {
      doc: 'The nearest integer, ties to even.',
      sig: unary,
      laws: { idempotent: true },
      cost: 2,
      eval: nearest,
      js: nearestJs,
      wasm: pick([0x90], [0x9e]),
    }),
    defineOp(`${t}.sqrt`, {
      doc: 'Square root; NaN of a negative number, -0 of -0.',
      sig: unary,
      cost: 8,
      eval: pick(
        (a: number) => fround(Math.sqrt(a)),
        (a: number) => Math.sqrt(a),
      ),
      js: rounded('Math.sqrt($0)'),
      wasm: pick([0x91], [0x9f]),
    }),
    defineOp(`${t}.eq`, {
      doc: '1 if the operands are equal, else 0; -0 equals 0, NaN equals nothing.',
      sig: compare,
      laws: { commutative: true, negation: `${t}.ne`, swapped: `${t}.eq` },
      range: rangeRules.truth,
      eval: (a: number, b: number) => (a === b ? 1 : 0),
      js: '($0 === $1 ? 1 : 0)',
      wasm: pick([0x5b], [0x61]),
    }),
    defineOp(`${t}.ne`, {
      doc: '1 if the operands are not equal, else 0; NaN equals nothing.',
      sig: compare,
      laws: { commutative: true, negation: `${t}.eq`, swapped: `${t}.ne` },
      range: rangeRules.truth,
      eval: (a: number, b: number) => (a !== b ? 1 : 0),
      js: '($0 !== $1 ? 1 : 0)',
      wasm: pick([0x5c], [0x62]),
    }),
    defineOp(`${t}.lt`, {
      doc: '1 if the first operand is less than the second, else 0. Not the opposite of ge, because of NaN.',
      sig: compare,
      laws: { selfGives: 0, swapped: `${t}.gt` },
      range: rangeRules.truth,
      eval: (a: number, b: number) => (a < b ? 1 : 0),
      js: '($0 < $1 ? 1 : 0)',
      wasm: pick([0x5d], [0x63]),
    }),
    defineOp(`${t}.gt`, {
      doc: '1 if the first operand is greater than the second, else 0.',
      sig: compare,
      laws: { selfGives: 0, swapped: `${t}.lt` },
      range: rangeRules.truth,
      eval: (a: number, b: number) => (a > b ? 1 : 0),
      js: '($0 > $1 ? 1 : 0)',
      wasm: pick([0x5e], [0x64]),
    }),
    defineOp(`${t}.le`, {
      doc: '1 if the first operand is at most the second, else 0.',
      sig: compare,
      laws: { swapped: `${t}.ge` },
      range: rangeRules.truth,
      eval: (a: number, b: number) => (a <= b ? 1 : 0),
      js: '($0 <= $1 ? 1 : 0)',
      wasm: pick([0x5f], [0x65]),
    }),
    defineOp(`${t}.ge`, {
      doc: '1 if the first operand is at least the second, else 0.',
      sig: compare,
      laws: { swapped: `${t}.le` },
      range: rangeRules.truth,
      eval: (a: number, b: number) => (a >= b ? 1 : 0),
      js: '($0 >= $1 ? 1 : 0)',
      wasm: pick([0x60], [0x66]),
    }),
  ] as const satisfies readonly OpDef[];
}

/** `nearest` of num.ts as an expression. */
const nearestJs =
  '(Math.abs($0) < 4503599627370496 ? $0 < 0 || Object.is($0, -0)' +
  ' ? - (4503599627370496 - $0 - 4503599627370496) : $0 + 4503599627370496 - 4503599627370496 : $0)';

/** The ops of dialect `f32`. */
export const f32Ops = floatOps('f32');

/** The ops of dialect `f64`. */
export const f64Ops = floatOps('f64');
