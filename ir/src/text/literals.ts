/**
 * Numbers and constants in the text form, both ways. Printing and reading are inverse to each other, bit
 * for bit:
 *
 *   i32, i64    decimal; 0x... and the unsigned half of the range are read too
 *   f32, f64    the shortest decimal that rounds to the value; -0, inf, -inf, nan, and nan:0x... (all bits) for NaNs
 *               other than the canonical one
 *   v128        0x and 32 hex digits (its bits)
 *   references  null; for funcref also @name (a reference to a function is its name)
 *   any         null undefined true false, a number, an integer with n (bigint), a string in quotes
 */

import type { Type } from '../type.ts';
import { f32Bits, f32FromBits, f64Bits, f64FromBits, toBits, type Value } from '../value.ts';
import { printName } from './names.ts';
import { quoteText } from './strings.ts';

/** An integer of the text, decimal or hex with an optional minus; null when it is none. */
export function readInteger(text: string): bigint | null {
  const negative = text.charCodeAt(0) === 45;
  const digits = negative ? text.slice(1) : text;
  // Long runs of digits are refused before BigInt sees them: its cost is quadratic.
  if (digits.length > 50 || !/^(?:\d+|0x[\da-fA-F]+)$/.test(digits)) return null;
  const value = BigInt(digits);
  return negative ? -value : value;
}

/** A number from 0 to `max` (at most 2^53); null when the text is none. */
export function readCount(text: string, max: number): number | null {
  const value = readInteger(text);
  return value === null || value < 0n || value > BigInt(max) ? null : Number(value);
}

/** A constant of a type from its word; undefined when it is none (`any` has an `undefined` of its own: see `readAny`). */
export function readConst(type: Type, word: string): Value {
  switch (type) {
    case 'i32':
      return readI32(word);
    case 'i64':
      return inRange(readInteger(word), 64);
    case 'v128':
      return unsigned(inRange(readInteger(word), 128));
    case 'f32':
    case 'f64':
      return readFloat(type, word);
    case 'funcref':
    case 'externref':
      return word === 'null' ? null : undefined;
    case 'any':
      return undefined;
  }
}

/** A case value or an i32 constant; undefined when it is none. */
export function readI32(word: string): number | undefined {
  if (word.length < 10 && /^\d+$/.test(word)) return Number(word);
  const value = inRange(readInteger(word), 32);
  return value === undefined ? undefined : Number(BigInt.asIntN(32, value));
}

function inRange(value: bigint | null, bits: number): bigint | undefined {
  if (value === null || value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits)) return undefined;
  return BigInt.asIntN(bits, value);
}

function unsigned(value: bigint | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt.asUintN(128, value);
}

function readFloat(type: 'f32' | 'f64', word: string): Value {
  if (word === 'inf') return Number.POSITIVE_INFINITY;
  if (word === '-inf') return Number.NEGATIVE_INFINITY;
  if (word === 'nan') return Number.NaN;
  if (!/^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(word)) return undefined;
  return type === 'f32' ? Math.fround(Number(word)) : Number(word);
}

/** The NaN with the bits that stand behind `nan:`; undefined when they are no NaN's. */
export function readNaN(type: 'f32' | 'f64', bits: string): Value {
  const value = readInteger(bits);
  if (value === null || value < 0n || value >= 1n << (type === 'f32' ? 32n : 64n)) return undefined;
  const made = type === 'f32' ? f32FromBits(Number(BigInt.asIntN(32, value))) : f64FromBits(value);
  return typeof made === 'bigint' || Number.isNaN(made) ? made : undefined;
}

/** A constant of type `any` from its word, in a box; null when it is none. */
export function readAny(word: string): { readonly value: Value } | null {
  switch (word) {
    case 'null':
      return { value: null };
    case 'undefined':
      return { value: undefined };
    case 'true':
      return { value: true };
    case 'false':
      return { value: false };
  }
  if (word.endsWith('n') && word !== 'nan') {
    const value = readInteger(word.slice(0, -1));
    return value === null ? null : { value };
  }
  const value = readFloat('f64', word);
  return value === undefined ? null : { value };
}

/** A constant as the text form writes it. Total: a value that its type does not admit prints as it is. */
export function printConst(type: Type, value: Value): string {
  switch (type) {
    case 'f32':
    case 'f64':
      return typeof value === 'number' || typeof value === 'bigint' ? printFloat(type, value) : String(value);
    case 'v128':
      return typeof value === 'bigint' ? `0x${toBits(type, value).toString(16).padStart(32, '0')}` : String(value);
    case 'any':
      if (typeof value === 'bigint') return `${value}n`;
      if (typeof value === 'number') return printFloat('f64', value);
      return typeof value === 'string' ? quoteText(value) : String(value);
    case 'funcref':
      return typeof value === 'string' ? `@${printName(value)}` : String(value);
    default:
      return String(value);
  }
}

function printFloat(type: 'f32' | 'f64', value: number | bigint): string {
  if (typeof value === 'bigint') {
    const bits = type === 'f32' ? BigInt(f32Bits(value) >>> 0) : BigInt.asUintN(64, f64Bits(value));
    return `nan:0x${bits.toString(16)}`;
  }
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  if (Object.is(value, -0)) return '-0';
  return type === 'f32' ? shortestF32(value) : String(value);
}

// Nine digits always suffice for an f32; the first count that reads back as the same value is the shortest.
function shortestF32(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1 << 24) return String(value);
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(value);
}
