/**
 * Values that come from outside: arguments of calls and results of host functions, brought into the form that their
 * type has (value.ts), as the JavaScript interface of Wasm does it. What cannot be brought into it is a mistake of the
 * embedding program and throws.
 */

import { isFuncRef } from './extern.ts';
import type { HostFunction } from './outcome.ts';
import type { Signature, Type } from './type.ts';
import { toNumber, type Value } from './value.ts';

/** The value in the form of its type: i32 and i64 wrap, f32 rounds. `who` is named when it has no such form. */
export function acceptValue(type: Type, value: Value, who: string): Value {
  switch (type) {
    case 'i32':
      if (typeof value === 'number' || typeof value === 'boolean') return Number(value) | 0;
      break;
    case 'i64':
      if (typeof value === 'bigint') return BigInt.asIntN(64, value);
      break;
    case 'f32':
      if (typeof value === 'number') return Math.fround(value);
      if (typeof value === 'bigint') return value;
      break;
    case 'f64':
      if (typeof value === 'number' || typeof value === 'bigint') return value;
      break;
    case 'v128':
      if (typeof value === 'bigint') return BigInt.asUintN(128, value);
      break;
    case 'funcref':
      if (value === null || typeof value === 'string' || isFuncRef(value)) return value;
      break;
    case 'externref':
      return value;
    case 'any':
      return typeof value === 'number' ? toNumber(value) : value;
  }
  throw new TypeError(`${who}: a ${typeof value} where ${type} is expected`);
}

/** Arguments in the form of a signature; throws when there are too few or too many. */
export function acceptArguments(sig: Signature, args: readonly Value[], who: string): readonly Value[] {
  const { params } = sig;
  if (args.length !== params.length) throw new TypeError(`${who} takes ${params.length} arguments, not ${args.length}`);
  return params.map((type, i) => acceptValue(type, args[i], `${who}, argument ${i + 1}`));
}

/** What a host function gave, in the form of its signature; one result may come alone or in a list. */
export function acceptResults(sig: Signature, given: ReturnType<HostFunction>, who: string): readonly Value[] {
  const { results } = sig;
  if (results.length === 0) return [];
  const list: readonly Value[] = Array.isArray(given) ? given : [given as Value];
  if (list.length !== results.length) {
    throw new TypeError(`${who} must give ${results.length} results, not ${list.length}`);
  }
  return results.map((type, i) => acceptValue(type, list[i], `${who}, result ${i + 1}`));
}
