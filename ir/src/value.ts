/**
 * Run-time values and constants, in one representation that `eval`, folding, the interpreter and hosts share:
 *
 *   i32        number, -2^31 .. 2^31-1           f32, f64   number; a NaN whose bits are not the canonical
 *   i64        bigint, -2^63 .. 2^63-1                      positive quiet NaN: bigint, its bits (unsigned)
 *   v128       bigint, its bits (unsigned)        refs, any  the host's value
 *
 * So arithmetic works on plain numbers, and bits still survive moves, loads and stores (SPEC.md §3). Values of one
 * type are the same exactly when `sameValue` (`Object.is`) says so.
 */

import type { Type } from './type.ts';

/** A run-time value; which form it has depends on its type alone, see the head of this file. */
export type Value = number | bigint | string | boolean | object | null | undefined;

/** A char or a pointer in an `any`; see dynamic.ts. */
export class Boxed {
  readonly tag: number;
  readonly value: number | bigint;

  /** @internal use `box` */
  constructor(tag: number, value: number | bigint) {
    this.tag = tag;
    this.value = value;
    Object.freeze(this);
  }
}

const scratch = new DataView(new ArrayBuffer(8));
const canonical32 = 0x7fc00000;
const canonical64 = 0x7ff8000000000000n;

/** The value of an f32 with the given bits (any i32). */
export function f32FromBits(bits: number): Value {
  scratch.setInt32(0, bits);
  const value = scratch.getFloat32(0);
  if (!Number.isNaN(value) || bits === canonical32) return value;
  return BigInt(bits >>> 0);
}

/** The value of an f64 with the given bits (any i64, signed or unsigned). */
export function f64FromBits(bits: bigint): Value {
  scratch.setBigInt64(0, BigInt.asIntN(64, bits));
  const value = scratch.getFloat64(0);
  if (!Number.isNaN(value) || bits === canonical64) return value;
  return BigInt.asUintN(64, bits);
}

/** The bits of an f32 as an i32. */
export function f32Bits(value: Value): number {
  if (typeof value === 'bigint') return Number(BigInt.asIntN(32, value));
  const number = Number(value);
  if (Number.isNaN(number)) return canonical32;
  scratch.setFloat32(0, number);
  return scratch.getInt32(0);
}

/** The bits of an f64 as a signed i64. */
export function f64Bits(value: Value): bigint {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value);
  const number = Number(value);
  if (Number.isNaN(number)) return canonical64;
  scratch.setFloat64(0, number);
  return scratch.getBigInt64(0);
}

/** The bits of a number-like value as an unsigned bigint: 32 bits for i32 and f32, 64 for i64 and f64, 128 for v128. */
export function toBits(type: Type, value: Value): bigint {
  switch (type) {
    case 'i32':
      return BigInt.asUintN(32, BigInt(Number(value)));
    case 'f32':
      return BigInt(f32Bits(value) >>> 0);
    case 'f64':
      return BigInt.asUintN(64, f64Bits(value));
    case 'i64':
      return BigInt.asUintN(64, BigInt(value as bigint));
    case 'v128':
      return BigInt.asUintN(128, BigInt(value as bigint));
    case 'funcref':
    case 'externref':
    case 'any':
      throw new Error(`a value of type ${type} has no bits`);
  }
}

/** The value with the given bits; the inverse of `toBits`. */
export function fromBits(type: Type, bits: bigint): Value {
  switch (type) {
    case 'i32':
      return Number(BigInt.asIntN(32, bits));
    case 'f32':
      return f32FromBits(Number(BigInt.asIntN(32, bits)));
    case 'f64':
      return f64FromBits(bits);
    case 'i64':
      return BigInt.asIntN(64, bits);
    case 'v128':
      return BigInt.asUintN(128, bits);
    case 'funcref':
    case 'externref':
    case 'any':
      throw new Error(`a value of type ${type} has no bits`);
  }
}

/** An f32 or f64 as a plain number: a NaN with a payload becomes `NaN`. */
export function toNumber(value: Value): number {
  return typeof value === 'bigint' ? Number.NaN : (value as number);
}

/** Zero of a type: what a fresh slot or local holds. References are null, `any` is undefined. */
export function zeroOf(type: Type): Value {
  switch (type) {
    case 'i32':
    case 'f32':
    case 'f64':
      return 0;
    case 'i64':
    case 'v128':
      return 0n;
    case 'funcref':
    case 'externref':
      return null;
    case 'any':
      return undefined;
  }
}

/** Whether two values of one type are the same, bit for bit. */
export function sameValue(a: Value, b: Value): boolean {
  return Object.is(a, b);
}

/** Whether two results are equal as observations: any NaN equals any NaN (SPEC.md §3). */
export function equalResult(type: Type, a: Value, b: Value): boolean {
  if (type === 'f32' || type === 'f64') return isNaNValue(a) ? isNaNValue(b) : Object.is(a, b);
  if (a instanceof Boxed && b instanceof Boxed) return a.tag === b.tag && a.value === b.value;
  return Object.is(a, b);
}

function isNaNValue(value: Value): boolean {
  return typeof value === 'bigint' || Number.isNaN(value);
}
