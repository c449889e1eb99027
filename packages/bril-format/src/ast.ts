/**
 * Bril programs as typed, readonly data: what the two parsers make and everything else reads.
 *
 * It is close to Bril's JSON form, with three differences. Integers are exact (`bigint`; JSON.parse would round them over
 * 2^53). What is absent is `null` and never a missing key. Types are flat: a base name and how many `ptr<>` are
 * around it, so that nothing needs recursion. Base names that Bril doesn't have are kept, for the checker to report.
 */

/** A position in the program's text; both count from 1, columns in code points. */
export interface BrilPos {
  readonly line: number;
  readonly col: number;
}

/** A type: `ptr` times `ptr<...>` around `base` (`int`, `bool`, `float`, `char`, `any` where well-formed). */
export interface BrilType {
  readonly base: string;
  readonly ptr: number;
}

/** A literal: `bigint` for a whole number as written, `number` with a point or an exponent, `string` for one code point. */
export type BrilLiteral = bigint | number | boolean | string;

/** A label: the place where the instruction behind it is jumped to. */
export interface BrilLabel {
  readonly kind: 'label';
  readonly label: string;
  readonly at: BrilPos;
}

/** An instruction. `dest` and `type` are null for effects; `value` is null for all but `const`. */
export interface BrilInstr {
  readonly kind: 'instr';
  readonly op: string;
  readonly dest: string | null;
  readonly type: BrilType | null;
  readonly args: readonly string[];
  readonly funcs: readonly string[];
  readonly labels: readonly string[];
  readonly value: BrilLiteral | null;
  readonly at: BrilPos;
}

/** A line of a function. */
export type BrilItem = BrilLabel | BrilInstr;

/** A parameter of a function. */
export interface BrilParam {
  readonly name: string;
  readonly type: BrilType;
}

/** A function; `type` is null where it returns nothing. */
export interface BrilFunction {
  readonly name: string;
  readonly params: readonly BrilParam[];
  readonly type: BrilType | null;
  readonly items: readonly BrilItem[];
  readonly at: BrilPos;
}

/** A program, with the name of the file that its positions mean. */
export interface BrilProgram {
  readonly file: string;
  readonly functions: readonly BrilFunction[];
}

/** Nested `ptr<>` deeper than this are refused by both parsers: printing them is quadratic, and no program needs them. */
export const maxPointerDepth: number = 64;

/** The base types of Bril, in the order in which the reference page names them. */
export const baseTypes: readonly string[] = ['int', 'bool', 'float', 'char', 'any'];

/** The type without pointers. */
export function baseType(base: string): BrilType {
  return { base, ptr: 0 };
}

/** Whether two types are the same. */
export function sameType(a: BrilType, b: BrilType): boolean {
  return a.base === b.base && a.ptr === b.ptr;
}

/** Whether a type is `any` itself; `ptr<any>` is not. */
export function isAny(type: BrilType): boolean {
  return type.ptr === 0 && type.base === 'any';
}

/** The type of a pointer to `type`. */
export function pointerTo(type: BrilType): BrilType {
  return { base: type.base, ptr: type.ptr + 1 };
}

/** What a pointer points to; null where `type` is no pointer. */
export function pointee(type: BrilType): BrilType | null {
  return type.ptr === 0 ? null : { base: type.base, ptr: type.ptr - 1 };
}

/** A type as the text form writes it: `ptr<ptr<int>>`. */
export function formatType(type: BrilType): string {
  return `${'ptr<'.repeat(type.ptr)}${type.base}${'>'.repeat(type.ptr)}`;
}

/** Whether `text` is a name that Bril's text form can write: `_`, `%` or an ASCII letter, then these, digits and `.`. */
export function isIdentifier(text: string): boolean {
  return /^[_%A-Za-z][_%.A-Za-z0-9]*$/.test(text);
}

/** Whether `text` is exactly one Unicode scalar value, which is what a `char` is. */
export function isScalar(text: string): boolean {
  const code = text.codePointAt(0);
  if (code === undefined || (code >= 0xd800 && code <= 0xdfff)) return false;
  return text.length === (code > 0xffff ? 2 : 1);
}
