/**
 * Conversions between the numeric types: Wasm's semantics. The families of truncations are written once over the
 * source type; each entry names the limits beyond which the target has no value.
 */

import { effect } from '../effect.ts';
import { f32FromInteger, i64, u64 } from '../num.ts';
import { defineOp, type OpDef } from '../op.ts';
import { rangeRules } from '../range-ops.ts';
import { trap } from '../trap.ts';

const mayFail = effect({ traps: ['invalid-conversion', 'integer-overflow'] });
const invalid = trap('invalid-conversion');
const overflow = trap('integer-overflow');

/** Traps where `x` is NaN, or where `fits` (a condition over `$0`) does not hold. */
const truncTrap = (fits: string): string => `($0 !== $0 ? 'invalid-conversion' : ${fits} ? '' : 'integer-overflow')`;

/** Truncations from f32 or f64 to integers. An f32 is an f64 too, so that the meaning does not depend on the source. */
function truncations<const F extends 'f32' | 'f64'>(from: F) {
  const pick = <A>(single: A, double: A): A => (from === 'f32' ? single : double);
  const narrow = `(${from}) -> i32`;
  const wide = `(${from}) -> i64`;
  return [
    defineOp(`i32.trunc_${from}_s`, {
      doc: 'The integer part as a signed i32. Traps on NaN and when it does not fit.',
      sig: narrow,
      effect: mayFail,
      cost: 2,
      eval: (x: number) => (Number.isNaN(x) ? invalid : x > -2147483649 && x < 2147483648 ? x | 0 : overflow),
      js: '($0 | 0)',
      jsTrap: truncTrap('$0 > -2147483649 && $0 < 2147483648'),
      wasm: pick([0xa8], [0xaa]),
    }),
    defineOp(`i32.trunc_${from}_u`, {
      doc: 'The integer part as an unsigned i32. Traps on NaN and when it does not fit.',
      sig: narrow,
      effect: mayFail,
      cost: 2,
      eval: (x: number) => (Number.isNaN(x) ? invalid : x > -1 && x < 4294967296 ? x | 0 : overflow),
      js: '($0 | 0)',
      jsTrap: truncTrap('$0 > -1 && $0 < 4294967296'),
      wasm: pick([0xa9], [0xab]),
    }),
    defineOp(`i64.trunc_${from}_s`, {
      doc: 'The integer part as a signed i64. Traps on NaN and when it does not fit.',
      sig: wide,
      effect: mayFail,
      cost: 3,
      eval: (x: number) =>
        Number.isNaN(x) ? invalid : x >= -(2 ** 63) && x < 2 ** 63 ? BigInt(Math.trunc(x)) : overflow,
      js: 'BigInt.asIntN(64, BigInt(Math.trunc($0)))',
      jsTrap: truncTrap('$0 >= -9223372036854775808 && $0 < 9223372036854775808'),
      wasm: pick([0xae], [0xb0]),
    }),
    defineOp(`i64.trunc_${from}_u`, {
      doc: 'The integer part as an unsigned i64. Traps on NaN and when it does not fit.',
      sig: wide,
      effect: mayFail,
      cost: 3,
      eval: (x: number) => (Number.isNaN(x) ? invalid : x > -1 && x < 2 ** 64 ? i64(BigInt(Math.trunc(x))) : overflow),
      js: 'BigInt.asIntN(64, BigInt(Math.trunc($0)))',
      jsTrap: truncTrap('$0 > -1 && $0 < 18446744073709551616'),
      wasm: pick([0xaf], [0xb1]),
    }),
    defineOp(`i32.trunc_sat_${from}_s`, {
      doc: 'The integer part as a signed i32; the nearest limit when it does not fit, 0 of NaN.',
      sig: narrow,
      cost: 2,
      eval: (x: number) => (x >= 2147483647 ? 2147483647 : x <= -2147483648 ? -2147483648 : x | 0),
      js: '($0 >= 2147483647 ? 2147483647 : $0 <= -2147483648 ? -2147483648 : $0 | 0)',
      wasm: pick([0xfc, 0], [0xfc, 2]),
    }),
    defineOp(`i32.trunc_sat_${from}_u`, {
      doc: 'The integer part as an unsigned i32; the nearest limit when it does not fit, 0 of NaN.',
      sig: narrow,
      cost: 2,
      eval: (x: number) => (x >= 4294967295 ? -1 : x > 0 ? x | 0 : 0),
      js: '($0 >= 4294967295 ? -1 : $0 > 0 ? $0 | 0 : 0)',
      wasm: pick([0xfc, 1], [0xfc, 3]),
    }),
    defineOp(`i64.trunc_sat_${from}_s`, {
      doc: 'The integer part as a signed i64; the nearest limit when it does not fit, 0 of NaN.',
      sig: wide,
      cost: 3,
      eval: (x: number) => {
        if (Number.isNaN(x)) return 0n;
        return x >= 2 ** 63 ? 2n ** 63n - 1n : x <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(x));
      },
      js:
        '($0 !== $0 ? 0n : $0 >= 9223372036854775808 ? 9223372036854775807n' +
        ' : $0 <= -9223372036854775808 ? -9223372036854775808n : BigInt.asIntN(64, BigInt(Math.trunc($0))))',
      wasm: pick([0xfc, 4], [0xfc, 6]),
    }),
    defineOp(`i64.trunc_sat_${from}_u`, {
      doc: 'The integer part as an unsigned i64; the nearest limit when it does not fit, 0 of NaN.',
      sig: wide,
      cost: 3,
      eval: (x: number) => (x >= 2 ** 64 ? -1n : x > 0 ? i64(BigInt(Math.trunc(x))) : 0n),
      js: '($0 >= 18446744073709551616 ? -1n : $0 > 0 ? BigInt.asIntN(64, BigInt(Math.trunc($0))) : 0n)',
      wasm: pick([0xfc, 5], [0xfc, 7]),
    }),
  ] as const satisfies readonly OpDef[];
}

/** `f32FromInteger` of num.ts as an expression over an integer that `x` gives. */
function f32FromIntegerJs(x: string): string {
  const odd = `(${x} & -4096n) | ((${x} & 4095n) === 0n ? 0n : 2048n)`;
  return `Math.fround(Number(BigInt.asIntN(54, ${x}) === ${x} ? ${x} : ${odd}))`;
}

const conversions = [
  defineOp('i32.wrap_i64', {
    doc: 'The low 32 bits.',
    sig: '(i64) -> i32',
    range: rangeRules.wrap,
    eval: (a: bigint) => Number(BigInt.asIntN(32, a)),
    js: 'Number(BigInt.asIntN(32, $0))',
    wasm: [0xa7],
    smt: '((_ extract 31 0) $0)',
  }),
  defineOp('i64.extend_i32_s', {
    doc: 'The same signed integer.',
    sig: '(i32) -> i64',
    range: rangeRules.widen_s,
    eval: (a: number) => BigInt(a),
    js: 'BigInt($0)',
    wasm: [0xac],
    smt: '((_ sign_extend 32) $0)',
  }),
  defineOp('i64.extend_i32_u', {
    doc: 'The same unsigned integer.',
    sig: '(i32) -> i64',
    range: rangeRules.widen_u,
    eval: (a: number) => BigInt(a >>> 0),
    js: 'BigInt($0 >>> 0)',
    wasm: [0xad],
    smt: '((_ zero_extend 32) $0)',
  }),
  defineOp('f32.convert_i32_s', {
    doc: 'The nearest f32 to a signed i32, ties to even.',
    sig: '(i32) -> f32',
    cost: 2,
    eval: (a: number) => Math.fround(a),
    js: 'Math.fround($0)',
    wasm: [0xb2],
  }),
  defineOp('f32.convert_i32_u', {
    doc: 'The nearest f32 to an unsigned i32, ties to even.',
    sig: '(i32) -> f32',
    cost: 2,
    eval: (a: number) => Math.fround(a >>> 0),
    js: 'Math.fround($0 >>> 0)',
    wasm: [0xb3],
  }),
  defineOp('f32.convert_i64_s', {
    doc: 'The nearest f32 to a signed i64, ties to even, rounded once.',
    sig: '(i64) -> f32',
    cost: 3,
    eval: (a: bigint) => f32FromInteger(a),
    js: f32FromIntegerJs('$0'),
    wasm: [0xb4],
  }),
  defineOp('f32.convert_i64_u', {
    doc: 'The nearest f32 to an unsigned i64, ties to even, rounded once.',
    sig: '(i64) -> f32',
    cost: 3,
    eval: (a: bigint) => f32FromInteger(u64(a)),
    js: f32FromIntegerJs('BigInt.asUintN(64, $0)'),
    wasm: [0xb5],
  }),
  defineOp('f32.demote_f64', {
    doc: 'The nearest f32, ties to even; an infinity when it is too large.',
    sig: '(f64) -> f32',
    cost: 2,
    eval: (a: number) => Math.fround(a),
    js: 'Math.fround($0)',
    wasm: [0xb6],
  }),
  defineOp('f64.convert_i32_s', {
    doc: 'The same signed integer.',
    sig: '(i32) -> f64',
    eval: (a: number) => a,
    js: '($0 | 0)',
    wasm: [0xb7],
  }),
  defineOp('f64.convert_i32_u', {
    doc: 'The same unsigned integer.',
    sig: '(i32) -> f64',
    eval: (a: number) => a >>> 0,
    js: '($0 >>> 0)',
    wasm: [0xb8],
  }),
  defineOp('f64.convert_i64_s', {
    doc: 'The nearest f64 to a signed i64, ties to even.',
    sig: '(i64) -> f64',
    cost: 2,
    eval: (a: bigint) => Number(a),
    js: 'Number($0)',
    wasm: [0xb9],
  }),
  defineOp('f64.convert_i64_u', {
    doc: 'The nearest f64 to an unsigned i64, ties to even.',
    sig: '(i64) -> f64',
    cost: 2,
    eval: (a: bigint) => Number(u64(a)),
    js: 'Number(BigInt.asUintN(64, $0))',
    wasm: [0xba],
  }),
  defineOp('f64.promote_f32', {
    doc: 'The same number.',
    sig: '(f32) -> f64',
    eval: (a: number) => a,
    js: '$0',
    wasm: [0xbb],
  }),
  defineOp('i32.reinterpret_f32', {
    doc: 'The bits of an f32.',
    sig: '(f32) -> i32',
    bits: true,
    eval: (a: number) => a,
    js: '$0',
    wasm: [0xbc],
    smt: '$0',
  }),
  defineOp('i64.reinterpret_f64', {
    doc: 'The bits of an f64.',
    sig: '(f64) -> i64',
    bits: true,
    eval: (a: bigint) => a,
    js: '$0',
    wasm: [0xbd],
    smt: '$0',
  }),
  defineOp('f32.reinterpret_i32', {
    doc: 'The f32 with these bits.',
    sig: '(i32) -> f32',
    bits: true,
    eval: (a: number) => a,
    js: '$0',
    wasm: [0xbe],
    smt: '$0',
  }),
  defineOp('f64.reinterpret_i64', {
    doc: 'The f64 with these bits.',
    sig: '(i64) -> f64',
    bits: true,
    eval: (a: bigint) => a,
    js: '$0',
    wasm: [0xbf],
    smt: '$0',
  }),
] as const satisfies readonly OpDef[];

/** All conversions. */
export const convertOps = [...truncations('f32'), ...truncations('f64'), ...conversions] as const;
