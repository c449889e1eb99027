/** What module items and instructions share: types, signatures, numbers, constants and lists. */

import { badNumber, unknownType } from '../diag-codes.ts';
import { isType, type Signature, type Type } from '../type.ts';
import type { Value } from '../value.ts';
import type { Lexer } from './lex.ts';
import { readAny, readConst, readCount, readNaN } from './literals.ts';

/** A type of values. */
export function parseType(lex: Lexer): Type {
  if (lex.kind !== 'word') lex.expected('a type');
  const word = lex.text;
  if (!isType(word)) lex.fail(unknownType(lex.span(), word));
  lex.next();
  return word;
}

/** `(i32, i64)`: types in parentheses. */
export function parseTypeList(lex: Lexer): readonly Type[] {
  const types: Type[] = [];
  lex.take('(', "'('");
  while (lex.kind !== ')') {
    if (types.length > 0) lex.take(',', "',' or ')'");
    types.push(parseType(lex));
  }
  lex.next();
  return types;
}

/** A result type or, in parentheses, any number of them. */
export function parseResults(lex: Lexer): readonly Type[] {
  return lex.kind === '(' ? parseTypeList(lex) : [parseType(lex)];
}

/** `(i32) -> i64`. */
export function parseSignature(lex: Lexer): Signature {
  const params = parseTypeList(lex);
  lex.take('arrow', "'->'");
  return { params, results: parseResults(lex) };
}

/** A number from 0 to `max`, as a token of the given kind. */
export function parseCount(lex: Lexer, kind: 'word' | 'index', max: number, what: string): number {
  if (lex.kind !== kind) lex.expected(what);
  const value = readCount(lex.text, max);
  if (value === null) lex.fail(badNumber(lex.span(), lex.text, `${what} (0 to ${max})`));
  lex.next();
  return value;
}

/** A constant of the given type. */
export function parseConst(lex: Lexer, type: Type): Value {
  if (type === 'any' && lex.kind === 'string') return lex.takeText('a constant');
  if (type === 'funcref' && lex.kind === 'symbol') return lex.take('symbol', 'a constant');
  if (lex.kind !== 'word') lex.expected(`a constant of type ${type}`);
  const at = lex.start;
  const word = lex.text;
  lex.next();
  let value: Value;
  if (type === 'any') {
    const box = readAny(word);
    if (box !== null) return box.value;
  } else if ((type === 'f32' || type === 'f64') && word === 'nan' && lex.accept(':')) {
    value = readNaN(type, lex.take('word', 'the bits of a NaN'));
  } else {
    value = readConst(type, word);
  }
  if (value === undefined) lex.fail(badNumber(lex.spanAt(at), word, `a constant of type ${type}`));
  return value;
}
