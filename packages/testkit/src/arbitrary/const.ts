/**
 * Arbitraries of constants and arguments: small numbers first (they end loops and hit elements), corner values of each
 * type as likely as random ones. Floats include NaNs with payloads, which must survive wherever bits only move.
 */

import { anyTags, box, f32FromBits, f64FromBits, type Type, type Value } from '@sluice/ir';
import fc from 'fast-check';

const powers = [5, 6, 7, 8, 15, 16, 24, 31, 32, 33, 52, 53, 62, 63].map((k) => 1n << BigInt(k));
const wide = [...new Set(powers.flatMap((p) => [p - 1n, p, p + 1n, -p, 1n - p]).map((x) => BigInt.asIntN(64, x)))];
const narrow = [...new Set(wide.map((x) => Number(BigInt.asIntN(32, x))))];
const reals = [
  ...[
    -0,
    0.5,
    -0.5,
    1.5,
    2.5,
    0.1,
    1e10,
    -1e19,
    1e-310,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    2 ** -126,
    2 ** -149,
    3e38,
  ],
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 2147483647.5, -2147483648.9, 0.49999999999999994],
];
const nans32 = [0xffc00000, 0x7fa00000, 0xff800001, 0x7fffffff].map((bits) => f32FromBits(bits | 0));
const nans64 = [0xfff8000000000000n, 0x7ff4000000000000n, 0xfff0000000000001n].map(f64FromBits);

/** Corner values of a type; never empty. */
export function cornersOf(type: Type): readonly Value[] {
  switch (type) {
    case 'i32':
      return narrow;
    case 'i64':
      return wide;
    case 'f32':
      return [...reals.map(Math.fround), ...nans32];
    case 'f64':
      return [...reals, ...nans64];
    case 'v128':
      return [
        ...[0n, 1n, (1n << 128n) - 1n, 0x80000000_00000000_7fffffff_ffffffffn, 0x0f0e0d0c0b0a09080706050403020100n],
        // Lanes of f32 and f64: numbers, infinities, NaNs with payloads.
        ...[0x7fa00001_ff800000_3fc00000_80000000n, 0x4f800000_cf000001_7f7fffff_00000001n],
        ...[0xfff0000000000001_41dfffffffe00000n, 0x3ff8000000000000_c1e0000000200000n],
      ];
    case 'any':
      return [undefined, 0n, 1, true, false, 1.5, box(anyTags.char, 97), box(anyTags.pointer, 1n)];
    case 'funcref':
    case 'externref':
      return [null];
  }
}

/** Values of a type as constants and arguments have them. */
export function arbitraryConst(type: Type): fc.Arbitrary<Value> {
  const corner = fc.constantFrom(...cornersOf(type));
  const small = fc.integer({ min: -4, max: 12 });
  const bits = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
  const mixed = (simple: fc.Arbitrary<Value>, random: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
    fc.oneof({ weight: 3, arbitrary: simple }, { weight: 1, arbitrary: corner }, { weight: 1, arbitrary: random });
  switch (type) {
    case 'i32':
      return mixed(small, fc.integer());
    case 'i64':
      return mixed(small.map(BigInt), bits);
    case 'f32':
      return mixed(small, fc.integer().map(f32FromBits));
    case 'f64':
      return mixed(small, fc.oneof(bits.map(f64FromBits), fc.double({ min: -(2 ** 65), max: 2 ** 65 })));
    case 'v128':
      return mixed(
        fc.tuple(fc.constantFrom(8n, 16n, 32n, 64n), small).map(([width, n]) => {
          let vector = 0n;
          for (let at = 0n; at < 128n; at += width) vector |= BigInt.asUintN(Number(width), BigInt(n)) << at;
          return vector;
        }),
        fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
      );
    default:
      return corner;
  }
}

/** Arguments of the given types. */
export function arbitraryArguments(types: readonly Type[]): fc.Arbitrary<readonly Value[]> {
  return types.length === 0 ? fc.constant([]) : fc.tuple(...types.map(arbitraryConst));
}

/** Arguments of the given types, the same ones for the same seed. */
export function sampleArguments(types: readonly Type[], count: number, seed: number): readonly (readonly Value[])[] {
  return types.length === 0 ? [[]] : fc.sample(arbitraryArguments(types), { numRuns: count, seed });
}
