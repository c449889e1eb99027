/**
 * The types of values. Booleans are `i32` 0 or 1; there is no undef and no poison (SPEC.md §2).
 *
 * `void` (no result) and `tuple` (several results, read by `result k`) are kinds of instruction results, never of
 * parameters, slots or memory.
 */

/** The types that a value may have. */
export const valueTypes = ['i32', 'i64', 'f32', 'f64', 'v128', 'funcref', 'externref', 'any'] as const;

/** The type of a value. */
export type Type = (typeof valueTypes)[number];

/** What an instruction defines: a value, nothing, or a tuple of values. */
export type ResultType = Type | 'void' | 'tuple';

const known: ReadonlySet<string> = new Set<string>(valueTypes);

/** Whether `text` names a type of values. */
export function isType(text: string): text is Type {
  return known.has(text);
}

/** A function's type: what it takes and what it gives. */
export interface Signature {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

/** `(i32, i64) -> f64`; several results in parentheses; none: `(i32) -> ()`. */
export function printSignature(sig: Signature): string {
  const results = sig.results.length === 1 ? String(sig.results[0]) : `(${sig.results.join(', ')})`;
  return `(${sig.params.join(', ')}) -> ${results}`;
}

/** Whether two signatures are the same. */
export function sameSignature(a: Signature, b: Signature): boolean {
  return sameTypes(a.params, b.params) && sameTypes(a.results, b.results);
}

/** Whether two lists of types are the same. */
export function sameTypes(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i]);
}
