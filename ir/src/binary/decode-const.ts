/** Types, signatures and constants of the binary form. */

import { type Signature, type Type, valueTypes } from '../type.ts';
import { fromBits, type Value } from '../value.ts';
import { anyTags } from './layout.ts';
import type { Reader } from './reader.ts';

/** Bytes that 64 bits take in LEB128. */
const longBytes = 10;

/** A type of values. */
export function readType(r: Reader): Type {
  const at = r.at;
  const type = valueTypes[r.u8('a type')];
  if (type === undefined) r.wrong('no type', at);
  return type;
}

/** A list of types. */
export function readTypes(r: Reader): readonly Type[] {
  const count = r.count('types');
  const types: Type[] = [];
  for (let k = 0; k < count; k++) types.push(readType(r));
  return types;
}

/** A signature. */
export function readSignature(r: Reader): Signature {
  const params = readTypes(r);
  return { params, results: readTypes(r) };
}

/** A constant of a type. */
export function readConst(r: Reader, type: Type, strings: readonly string[]): Value {
  switch (type) {
    case 'i32':
      return r.i32('a constant');
    case 'i64': {
      const at = r.at;
      const value = r.bigint('a constant', longBytes);
      if (value !== BigInt.asIntN(64, value)) r.wrong('a constant is too large', at);
      return value;
    }
    case 'f32':
      return fromBits(type, r.bits('a constant', 4));
    case 'f64':
      return fromBits(type, r.bits('a constant', 8));
    case 'v128':
      return fromBits(type, r.bits('a constant', 16));
    case 'funcref': {
      const index = r.index('a constant', strings.length + 1);
      return index === 0 ? null : (strings[index - 1] as string);
    }
    case 'externref':
      return null;
    case 'any':
      return readAny(r, strings);
  }
}

function readAny(r: Reader, strings: readonly string[]): Value {
  const at = r.at;
  const tag = anyTags[r.u8('a constant')];
  if (tag === undefined) return r.wrong('no constant', at);
  switch (tag) {
    case 'undefined':
      return undefined;
    case 'null':
      return null;
    case 'false':
      return false;
    case 'true':
      return true;
    case 'number':
      return Number(fromBits('f64', r.bits('a constant', 8)));
    case 'bigint':
      return r.bigint('a constant', longBytes);
    case 'string':
      return strings[r.index('a constant', strings.length)] as string;
  }
}
