/**
 * Values of scripts: arguments to values of the IR, and whether a result is what a script expects. Bits are compared
 * exactly; `nan:canonical` is a quiet NaN with an empty payload, `nan:arithmetic` any quiet NaN, of either sign.
 */

import { fromBits, isType, type Type, toBits, type Value } from '@sluice/ir';
import type { ScriptValue } from './script.ts';

/** Host references of scripts, by number: the same object for the same number. */
const hostReferences = new Map<string, object>();

/** The host reference that scripts write as this number. */
export function hostReference(number: string): object {
  let found = hostReferences.get(number);
  if (found === undefined) {
    found = Object.freeze({ extern: number });
    hostReferences.set(number, found);
  }
  return found;
}

/** A script's argument as a value. */
export function toValue(arg: ScriptValue): Value {
  const { type, value } = arg;
  if (type === 'v128') return lanesToBits(arg);
  if (type === 'externref' || type === 'funcref') {
    if (value === 'null') return null;
    if (type === 'externref' && typeof value === 'string') return hostReference(value);
    throw new Error(`a ${type} argument that is neither null nor a host reference`);
  }
  if (!isType(type) || typeof value !== 'string') throw new Error(`no value of type ${type}`);
  return fromBits(type, BigInt(value));
}

const laneBits: Readonly<Record<string, number>> = { i8: 8, i16: 16, i32: 32, i64: 64, f32: 32, f64: 64 };

function lanesOf(arg: ScriptValue): { readonly width: number; readonly lanes: readonly string[] } {
  const width = laneBits[arg.lane_type ?? ''];
  if (width === undefined || !Array.isArray(arg.value) || arg.value.length * width !== 128)
    throw new Error(`no lanes: ${JSON.stringify(arg)}`);
  return { width, lanes: arg.value as readonly string[] };
}

function lanesToBits(arg: ScriptValue): bigint {
  const { width, lanes } = lanesOf(arg);
  return lanes.reduceRight((bits, lane) => (bits << BigInt(width)) | BigInt.asUintN(width, BigInt(lane)), 0n);
}

/** Whether a result of this type is what a script expects. */
export function matches(expected: ScriptValue, type: Type, actual: Value): boolean {
  const either = expected.either ?? (expected.type === 'either' ? expected.values : undefined);
  if (either !== undefined) return either.some((each) => matches(each, type, actual));
  if (expected.type === 'refnull') return isReference(type) && actual === null;
  if (expected.type !== type) return false;
  switch (type) {
    case 'funcref':
      return expected.value === 'null' ? actual === null : actual !== null;
    case 'externref':
      if (expected.value === undefined) return actual !== null;
      return actual === (expected.value === 'null' ? null : hostReference(String(expected.value)));
    case 'v128': {
      const { width, lanes } = lanesOf(expected);
      const bits = toBits('v128', actual);
      return lanes.every((lane, i) => matchesBits(lane, width, BigInt.asUintN(width, bits >> BigInt(i * width))));
    }
    case 'any':
      return false;
    default:
      return (
        typeof expected.value === 'string' && matchesBits(expected.value, widthOf[type] ?? 0, toBits(type, actual))
      );
  }
}

const widthOf: Readonly<Record<string, number>> = { i32: 32, i64: 64, f32: 32, f64: 64 };

function isReference(type: Type): boolean {
  return type === 'funcref' || type === 'externref';
}

/** Exponent and the payload's highest bit, which makes a NaN quiet. */
const quietNaN: Readonly<Record<number, bigint>> = { 32: 0x7fc00000n, 64: 0x7ff8000000000000n };

function matchesBits(expected: string, width: number, actual: bigint): boolean {
  if (!expected.startsWith('nan:')) return BigInt.asUintN(width, BigInt(expected)) === actual;
  const quiet = quietNaN[width] ?? 0n;
  const magnitude = BigInt.asUintN(width - 1, actual);
  return expected === 'nan:canonical' ? magnitude === quiet : (magnitude & quiet) === quiet;
}

/** A result as messages show it. */
export function showActual(type: Type, value: Value): string {
  if (isReference(type) || type === 'any') return `${type}:${value === null ? 'null' : describe(value)}`;
  const bits = toBits(type, value);
  return type === 'v128' ? `v128:0x${bits.toString(16).padStart(32, '0')}` : `${type}:${bits}`;
}

function describe(value: Value): string {
  if (typeof value === 'object' && value !== null && 'extern' in value) return `extern ${String(value.extern)}`;
  return typeof value === 'string' ? `@${value}` : typeof value;
}

/** An expected value as messages show it. */
export function showExpected(expected: ScriptValue): string {
  const either = expected.either ?? (expected.type === 'either' ? expected.values : undefined);
  if (either !== undefined) return either.map(showExpected).join(' or ');
  const lanes = expected.lane_type === undefined ? '' : `${expected.lane_type} `;
  const value = Array.isArray(expected.value) ? expected.value.join(' ') : (expected.value ?? 'not null');
  return `${expected.type}:${lanes}${String(value)}`;
}
