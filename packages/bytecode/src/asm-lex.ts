/**
 * The tokens of the text assembly. One pass over the characters, one token at a time, no backtracking. Statements
 * stand on lines, so the end of a line is a token.
 *
 *   word     letters, digits and _ . + -: directives, instructions, types, labels, registers, numbers
 *   symbol   @name    local  $name    index  #12      (a name in quotes may hold any characters)
 *   string   "..." with escapes (ir text/literals.ts), on one line; `text` is what stands between the quotes
 *   arrow    ->       and the punctuation ( ) [ ] , : =        comments: from ; to the end of the line
 */

import { type Diagnostic, DiagnosticError, type Span } from '@sluice/ir';
import { decodeText } from '@sluice/ir/text/strings';
import { badCharacter, badEscape, expected, openString, quote } from './diag-codes.ts';

/** The kind of a token; punctuation is its own kind. */
export type TokenKind = 'eof' | 'eol' | 'word' | 'symbol' | 'local' | 'index' | 'string' | 'arrow' | Punctuation;

type Punctuation = '(' | ')' | '[' | ']' | ',' | ':' | '=';

const isWord = byCode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-', () => true);
const sigils = byCode('@$#', (c): TokenKind => (c === '@' ? 'symbol' : c === '$' ? 'local' : 'index'));
const punctuation = byCode('()[],:=', (c) => c as Punctuation);

function byCode<T>(chars: string, of: (char: string) => T): readonly (T | undefined)[] {
  const table: (T | undefined)[] = new Array(128).fill(undefined);
  for (const char of chars) table[char.charCodeAt(0)] = of(char);
  return table;
}

const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const space = 32;
const quoteMark = 34;
const minus = 45;
const semicolon = 59;
const greater = 62;
const backslash = 92;
const byteOrderMark = 0xfeff;

/** Whether a name can stand in the text without quotes. */
export function isPlainName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (isWord[code] !== true || (code === minus && name.charCodeAt(i + 1) === greater)) return false;
  }
  return name !== '';
}

/** Reads tokens; `kind`, `text`, `line` and `start` describe the current one. */
export class AsmLexer {
  readonly file: string;
  readonly source: string;
  kind: TokenKind = 'eol';
  /** Word, name without sigil, or what stands between a string's quotes (escapes undecoded). */
  text = '';
  line = 1;
  /** Offset of the current token and of the first character behind it. */
  start = 0;
  end = 0;
  private lineStart = 0;

  /** Stands on an empty line before the text: the first token comes by `next`. */
  constructor(source: string, file: string) {
    this.source = source;
    this.file = file;
  }

  /** The position of the current token. */
  span(): Span {
    return { file: this.file, line: this.line, col: this.start - this.lineStart + 1 };
  }

  /** Goes to the next token; throws a `DiagnosticError` where there is none. */
  next(): void {
    const { source } = this;
    let at = this.end;
    if (this.kind === 'eol' && at > 0) {
      this.line++;
      this.lineStart = at;
    }
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === semicolon) {
        const stop = source.indexOf('\n', at);
        at = stop === -1 ? source.length : stop;
        break;
      }
      const blank = code === space || code === tab || code === carriageReturn || (code === byteOrderMark && at === 0);
      if (!blank) break;
    }
    this.start = at;
    if (at >= source.length) this.token('eof', at);
    else this.tokenAt(source.charCodeAt(at), at);
  }

  private tokenAt(code: number, at: number): void {
    const { source } = this;
    const arrow = code === minus && source.charCodeAt(at + 1) === greater;
    const sigil = sigils[code];
    if (code === lineFeed) this.token('eol', at + 1);
    else if (arrow) this.token('arrow', at + 2);
    else if (isWord[code] === true) this.word('word', at);
    else if (sigil !== undefined) this.name(sigil, at + 1);
    else if (code === quoteMark) this.string('string', at);
    else {
      const kind = punctuation[code];
      // The bad character counts as a token of its own, so that what follows an error goes on behind it.
      this.token(kind ?? 'word', at + 1);
      if (kind === undefined) this.fail(badCharacter(this.span(), String.fromCodePoint(source.codePointAt(at) ?? 0)));
    }
  }

  private token(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
    this.text = '';
  }

  private word(kind: TokenKind, from: number): void {
    const { source } = this;
    let at = from;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (isWord[code] !== true || (code === minus && source.charCodeAt(at + 1) === greater)) break;
    }
    this.kind = kind;
    this.end = at;
    this.text = source.slice(from, at);
  }

  private name(kind: TokenKind, from: number): void {
    if (this.source.charCodeAt(from) === quoteMark) {
      this.string(kind, from);
      this.text = this.decoded();
      return;
    }
    this.word(kind, from);
    if (this.text === '') this.fail(badCharacter(this.span(), this.source.charAt(from - 1)));
  }

  private string(kind: TokenKind, from: number): void {
    const { source } = this;
    let at = from + 1;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === quoteMark || code === lineFeed) break;
      if (code === backslash && source.charCodeAt(at + 1) !== lineFeed) at++;
    }
    this.kind = kind;
    this.text = source.slice(from + 1, at);
    this.end = Math.min(at, source.length);
    if (source.charCodeAt(at) !== quoteMark) this.fail(openString(this.span()));
    this.end = at + 1;
  }

  /** The current string as text. */
  decoded(): string {
    const text = decodeText(this.text);
    if (typeof text === 'number') this.fail(badEscape(this.span(), this.text.slice(text, text + 10)));
    return text;
  }

  /** Goes to the end of the current line, after an error on it. Always gets on: the end of a line is a token. */
  skipLine(): void {
    if (this.kind === 'eol' || this.kind === 'eof') return;
    const stop = this.source.indexOf('\n', this.end);
    this.start = stop === -1 ? this.source.length : stop;
    this.token(stop === -1 ? 'eof' : 'eol', stop === -1 ? this.source.length : stop + 1);
  }

  /** Ends the statement with a diagnostic. */
  fail(d: Diagnostic): never {
    throw new DiagnosticError(d);
  }

  /** Ends the statement: something else was needed here. */
  expected(what: string): never {
    this.fail(expected(this.span(), what, this.describe()));
  }

  /** The current token in words, for messages. */
  describe(): string {
    if (this.kind === 'eof') return 'the end of the text';
    if (this.kind === 'eol') return 'the end of the line';
    return quote(this.source.slice(this.start, this.end));
  }

  /** Consumes a token of this kind if it is the current one. */
  accept(kind: TokenKind): boolean {
    if (this.kind !== kind) return false;
    this.next();
    return true;
  }

  /** Consumes this keyword if it is the current token. */
  acceptWord(word: string): boolean {
    if (this.kind !== 'word' || this.text !== word) return false;
    this.next();
    return true;
  }

  /** Consumes a token of this kind and gives its text; anything else is an error that asks for `what`. */
  take(kind: TokenKind, what: string): string {
    if (this.kind !== kind) this.expected(what);
    const { text } = this;
    this.next();
    return text;
  }

  /** Consumes a string and gives it decoded. */
  takeString(what: string): string {
    if (this.kind !== 'string') this.expected(what);
    const text = this.decoded();
    this.next();
    return text;
  }
}
