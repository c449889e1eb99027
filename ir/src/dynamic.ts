/**
 * Values of type `any`: a number or a bool together with what it is. Ints, floats and bools are the host's own
 * bigint, number and boolean, so that hosted engines compute with them directly and equal ones are the same value;
 * chars and pointers, which have no such form, are small frozen objects. A NaN in an `any` has no payload.
 */

import type { Type } from './type.ts';
import { Boxed, toNumber, type Value } from './value.ts';

/** The immediate of `any.box` and `any.unbox`, by what it says the value is. */
export const anyTags = { int: 0, float: 1, bool: 2, char: 3, pointer: 4 } as const;

const plainTagTypes: readonly Type[] = ['i64', 'f64', 'i32', 'i32'];

/** Tags are below this; from `pointer` up each tag is a type of pointer of its own. */
export const anyTagLimit: number = 1 << 16;

/** The type of the value inside, by tag; undefined: no such tag. */
export function anyTagType(tag: number): Type | undefined {
  return tag >= anyTags.pointer && tag < anyTagLimit ? 'i64' : plainTagTypes[tag];
}

/** The dynamic value of a tag; a bool is true unless `value` is 0. */
export function box(tag: number, value: Value): Value {
  switch (tag) {
    case anyTags.int:
      return value;
    case anyTags.float:
      return toNumber(value);
    case anyTags.bool:
      return value !== 0;
    default:
      return new Boxed(tag, value as number | bigint);
  }
}

/** The tag of a dynamic value; -1 of none (the zero of `any`). */
export function tagOf(value: Value): number {
  switch (typeof value) {
    case 'bigint':
      return anyTags.int;
    case 'number':
      return anyTags.float;
    case 'boolean':
      return anyTags.bool;
    default:
      return value instanceof Boxed ? value.tag : -1;
  }
}

/** What is inside: an i64, f64 or i32 as `anyTagType` says. For a value with a tag. */
export function unbox(value: Value): Value {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Boxed ? value.value : value;
}
