/**
 * Values at the borders of a program: how `print` writes them, and how `@main`'s arguments are read.
 *
 * The texts are those of the reference interpreter, byte for byte: a float with 17 decimals, in scientific notation from
 * 1e10 up and from 1e-10 down. Differs: arguments are checked as a whole (upstream takes `12abc` for 12).
 */

import {
  type BrilFunction,
  type BrilLiteral,
  type BrilProgram,
  type BrilType,
  formatType,
  isScalar,
} from '@sluice/bril-format';
import { type Diagnostic, fail, ok, type Result, type Span } from '@sluice/ir';
import { missingMain, wrongArg, wrongArgCount } from './diag-codes.ts';
import { parseInt64 } from './parse.ts';

/** A value with its type: an int is a `bigint`, a float a `number`, a char a string of one code point. */
export type BrilValue =
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'char'; readonly value: string };

/** A float as `print` writes it. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0.00000000000000000';
  const size = Math.abs(value);
  return size >= 1e10 || (size <= 1e-10 && size !== 0) ? value.toExponential(17) : value.toFixed(17);
}

/** A value as `print` writes it. */
export function formatValue(value: BrilValue): string {
  return value.type === 'float' ? formatFloat(value.value) : String(value.value);
}

/** What `print` writes for a pointer: the reference interpreter shows neither address nor content. */
export const pointerText: string = '[object Object]';

/** The typed value of a checked `const`; a whole number is a float where one is wanted, and keeps its form in `any`. */
export function constValue(type: BrilType, literal: BrilLiteral): BrilValue {
  if (typeof literal === 'bigint') {
    return type.base === 'float' ? { type: 'float', value: Number(literal) } : { type: 'int', value: literal };
  }
  if (typeof literal === 'number') return { type: 'float', value: literal };
  return typeof literal === 'boolean' ? { type: 'bool', value: literal } : { type: 'char', value: literal };
}

/** Whether a code point can be a `char`: in Unicode's range and no surrogate. */
export function isCharCode(code: bigint): boolean {
  return code >= 0n && code <= 0x10ffffn && (code < 0xd800n || code > 0xdfffn);
}

/** The function to run; a diagnostic where there is none. */
export function findMain(program: BrilProgram): Result<BrilFunction> {
  const main = program.functions.find((func) => func.name === 'main');
  return main === undefined ? fail(missingMain({ file: program.file, line: 1, col: 1 })) : ok(main);
}

/** The arguments of `@main` from the words of a command line, all problems at once (SL052x). */
export function parseMainArgs(program: BrilProgram, words: readonly string[]): Result<readonly BrilValue[]> {
  const main = findMain(program);
  if (!main.ok) return main;
  const { params, at } = main.value;
  const span: Span = { file: program.file, line: at.line, col: at.col };
  if (params.length !== words.length) return fail(wrongArgCount(span, params.length, words.length));
  const values: BrilValue[] = [];
  const findings: Diagnostic[] = [];
  for (const [i, param] of params.entries()) {
    // In range: both lists are equally long.
    const word = words[i]!;
    const parsed = parseArg(param.type, word);
    if (typeof parsed === 'string') findings.push(wrongArg(span, param.name, formatType(param.type), word, parsed));
    else values.push(parsed);
  }
  return findings.length > 0 ? fail(...findings) : ok(values);
}

/** The value of one word, or what to do instead. */
function parseArg(type: BrilType, word: string): BrilValue | string {
  switch (formatType(type)) {
    case 'int': {
      const value = /^[+-]?[0-9]+$/.test(word) ? parseInt64(word) : null;
      return value === null ? 'give a decimal integer of 64 bits' : { type: 'int', value };
    }
    case 'float': {
      const plain = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(word);
      if (!plain && !/^([+-]?Infinity|NaN)$/.test(word)) return 'give a decimal number, Infinity, -Infinity or NaN';
      return { type: 'float', value: Number(word) };
    }
    case 'bool':
      return word === 'true' || word === 'false' ? { type: 'bool', value: word === 'true' } : "give 'true' or 'false'";
    case 'char':
      return isScalar(word) ? { type: 'char', value: word } : 'give exactly one character';
    default:
      return '@main takes int, float, bool and char from the command line';
  }
}
