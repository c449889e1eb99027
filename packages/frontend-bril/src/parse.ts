/**
 * Bril text to the AST, by the grammar of upstream's `bril2json`:
 *
 *     program  = { function }
 *     function = "@name" [ "(" [ param { "," param } ] ")" ] [ ":" type ] "{" { item } "}"
 *     param    = name ":" type
 *     item     = ".label" ":"  |  [ name [ ":" type ] "=" ] operation ";"
 *     operation = "const" literal  |  op { name | "@name" | ".label" }
 *     type     = name  |  "ptr" "<" type ">"
 *
 * One token of lookahead and no recursion; the first mistake ends it. Differs from upstream: integers outside 64 bits,
 * type constructors other than `ptr` and imports (`from "file" import @f;`) are refused.
 */

import {
  type BrilFunction,
  type BrilInstr,
  type BrilItem,
  type BrilLiteral,
  type BrilParam,
  type BrilProgram,
  type BrilType,
  maxPointerDepth,
} from '@sluice/bril-format';
import { attempt, DiagnosticError, type Result, type Span } from '@sluice/ir';
import { expectedToken, importsUnsupported, intOutOfRange, pointerTooDeep, unknownConstructor } from './diag-codes.ts';
import { type Lexer, makeLexer, type Token } from './lex.ts';

/** Parses Bril's text form; `file` names it in diagnostics (SL04xx). */
export function parseBril(text: string, file: string): Result<BrilProgram> {
  return attempt(() => parseProgram({ file, next: makeLexer(text, file), token: null }));
}

/** Whether `value` is a 64-bit signed integer. */
export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/** A decimal literal as a `bigint`; null where it is not 64 bits wide. Linear also for a million digits. */
export function parseInt64(text: string): bigint | null {
  const digits = text.replace(/^([+-]?)0+(?=[0-9])/, '$1');
  if (digits.length > 20) return null;
  const value = BigInt(digits.startsWith('+') ? digits.slice(1) : digits);
  return isInt64(value) ? value : null;
}

interface Parser {
  readonly file: string;
  readonly next: Lexer;
  /** The token looked at and not yet taken. */
  token: Token | null;
}

function peek(p: Parser): Token {
  p.token ??= p.next();
  return p.token;
}

function take(p: Parser): Token {
  const token = peek(p);
  p.token = null;
  return token;
}

function spanOf(p: Parser, at: { readonly line: number; readonly col: number }): Span {
  return { file: p.file, line: at.line, col: at.col };
}

function unexpected(p: Parser, wanted: string): DiagnosticError {
  const token = peek(p);
  return new DiagnosticError(expectedToken(spanOf(p, token), wanted, describe(token)));
}

function describe(token: Token): string {
  if (token.kind === 'end') return 'the end of the file';
  if (token.kind === 'function') return `'@${token.text}'`;
  if (token.kind === 'label') return `'.${token.text}'`;
  if (token.kind === 'char') return 'a char literal';
  return `'${token.text}'`;
}

function isMark(token: Token, mark: string): boolean {
  return token.kind === 'punctuation' && token.text === mark;
}

/** Takes `mark` where it is next. */
function skip(p: Parser, mark: string): boolean {
  if (!isMark(peek(p), mark)) return false;
  take(p);
  return true;
}

function expectMark(p: Parser, mark: string): void {
  if (!skip(p, mark)) throw unexpected(p, `'${mark}'`);
}

function expectName(p: Parser, what: string): Token {
  if (peek(p).kind !== 'name') throw unexpected(p, what);
  return take(p);
}

function parseProgram(p: Parser): BrilProgram {
  const functions: BrilFunction[] = [];
  for (;;) {
    const token = peek(p);
    if (token.kind === 'end') return { file: p.file, functions };
    if (token.kind === 'name' && (token.text === 'from' || token.text === 'import')) {
      throw new DiagnosticError(importsUnsupported(spanOf(p, token)));
    }
    if (token.kind !== 'function') throw unexpected(p, "a function ('@name')");
    functions.push(parseFunction(p));
  }
}

function parseFunction(p: Parser): BrilFunction {
  const { text: name, line, col } = take(p);
  const params: BrilParam[] = [];
  if (skip(p, '(') && !skip(p, ')')) {
    do {
      const param = expectName(p, 'the name of a parameter').text;
      expectMark(p, ':');
      params.push({ name: param, type: parseType(p) });
    } while (skip(p, ','));
    expectMark(p, ')');
  }
  const type = skip(p, ':') ? parseType(p) : null;
  expectMark(p, '{');
  const items: BrilItem[] = [];
  while (!skip(p, '}')) items.push(parseItem(p));
  return { name, params, type, items, at: { line, col } };
}

function parseType(p: Parser): BrilType {
  let ptr = 0;
  let name = expectName(p, 'a type');
  while (skip(p, '<')) {
    if (name.text !== 'ptr') throw new DiagnosticError(unknownConstructor(spanOf(p, name), name.text));
    ptr++;
    if (ptr > maxPointerDepth) throw new DiagnosticError(pointerTooDeep(spanOf(p, name), maxPointerDepth));
    name = expectName(p, 'a type');
  }
  for (let i = 0; i < ptr; i++) expectMark(p, '>');
  return { base: name.text, ptr };
}

function parseItem(p: Parser): BrilItem {
  const first = peek(p);
  const at = { line: first.line, col: first.col };
  if (first.kind === 'label') {
    take(p);
    expectMark(p, ':');
    return { kind: 'label', label: first.text, at };
  }
  if (first.kind !== 'name') throw unexpected(p, "an instruction, a label or '}'");
  take(p);
  let item: BrilInstr;
  if (skip(p, ':')) {
    const type = parseType(p);
    expectMark(p, '=');
    item = parseOperation(p, expectName(p, 'an op'), first.text, type, at);
  } else if (skip(p, '=')) {
    item = parseOperation(p, expectName(p, 'an op'), first.text, null, at);
  } else {
    if (first.text === 'const') throw unexpected(p, "':' (a constant needs a destination: 'x: int = const 5;')");
    item = parseOperation(p, first, null, null, at);
  }
  expectMark(p, ';');
  return item;
}

function parseOperation(
  p: Parser,
  op: Token,
  dest: string | null,
  type: BrilType | null,
  at: BrilInstr['at'],
): BrilInstr {
  const args: string[] = [];
  const funcs: string[] = [];
  const labels: string[] = [];
  if (op.text === 'const' && dest !== null) {
    const value = parseLiteral(p);
    return { kind: 'instr', op: op.text, dest, type, args, funcs, labels, value, at };
  }
  for (;;) {
    const { kind, text } = peek(p);
    if (kind === 'name') args.push(text);
    else if (kind === 'function') funcs.push(text);
    else if (kind === 'label') labels.push(text);
    else return { kind: 'instr', op: op.text, dest, type, args, funcs, labels, value: null, at };
    take(p);
  }
}

function parseLiteral(p: Parser): BrilLiteral {
  const token = peek(p);
  if (token.kind === 'int') {
    const value = parseInt64(token.text);
    if (value === null) throw new DiagnosticError(intOutOfRange(spanOf(p, token)));
    take(p);
    return value;
  }
  if (token.kind === 'float') return Number(take(p).text);
  if (token.kind === 'char') return take(p).text;
  if (token.kind === 'name' && (token.text === 'true' || token.text === 'false')) return take(p).text === 'true';
  throw unexpected(p, 'a literal');
}
