/**
 * The tokens of the text form. One pass over the characters, no regular expressions and no backtracking; the lexer
 * holds one token at a time, which the parser reads from its fields.
 *
 *   word     letters, digits and _ . $ - +: keywords, ops, types, numbers
 *   value    %name   block  ^name   symbol  @name   index  #12     (a name in quotes may hold any characters)
 *   string   "..." with escapes, on one line; `text` is what stands between the quotes, see literals.ts
 *   arrow    ->      and the punctuation ( ) [ ] { } , : = !       comments: from ; to the end of the line
 *
 * A word stops before `->`. Line breaks count only through `newline`: whether one stands before the token.
 */

import { type Diagnostic, DiagnosticError, type Span } from '../diag.ts';
import { badCharacter, badEscape, expected, openString, quote } from '../diag-codes.ts';
import { wordEnd } from './names.ts';
import { decodeBytes, decodeText } from './strings.ts';

/** The kind of a token; punctuation is its own kind. */
export type TokenKind = 'eof' | 'word' | 'value' | 'block' | 'symbol' | 'index' | 'string' | 'arrow' | Punctuation;

type Punctuation = '(' | ')' | '[' | ']' | '{' | '}' | ',' | ':' | '=' | '!';

const punctuation: readonly (Punctuation | undefined)[] = byCode('()[]{},:=!', (c) => c as Punctuation);
const sigils: readonly (TokenKind | undefined)[] = byCode('%^@#', (c) => {
  return c === '%' ? 'value' : c === '^' ? 'block' : c === '@' ? 'symbol' : 'index';
});

function byCode<T>(chars: string, of: (char: string) => T): readonly (T | undefined)[] {
  const table: (T | undefined)[] = new Array(128).fill(undefined);
  for (const char of chars) table[char.charCodeAt(0)] = of(char);
  return table;
}

const newlineCode = 10;
const spaceCode = 32;
const quoteCode = 34;
const minus = 45;
const semicolon = 59;
const backslash = 92;

/** Reads tokens; `kind`, `text`, `newline`, `line` and `start` describe the current one. */
export class Lexer {
  readonly file: string;
  readonly source: string;
  kind: TokenKind = 'eof';
  /** Word, name without sigil, or what stands between a string's quotes (escapes undecoded). */
  text = '';
  /** Whether the current token is the first of its line. */
  newline = true;
  line = 1;
  /** Offset of the current token and of the first character behind it. */
  start = 0;
  end = 0;
  private lineStart = 0;

  constructor(source: string, file: string) {
    this.source = source;
    this.file = file;
    this.next();
  }

  /** The position of the current token. */
  span(): Span {
    return { file: this.file, line: this.line, col: this.start - this.lineStart + 1 };
  }

  /** The position of an offset; counts lines, so for errors only. */
  spanAt(offset: number): Span {
    let line = 1;
    let from = 0;
    for (let at = this.source.indexOf('\n'); at !== -1 && at < offset; at = this.source.indexOf('\n', at + 1)) {
      line++;
      from = at + 1;
    }
    return { file: this.file, line, col: offset - from + 1 };
  }

  /** Goes to the next token. */
  next(): void {
    const source = this.source;
    const length = source.length;
    let at = this.end;
    this.newline = at === 0;
    for (; at < length; at++) {
      const code = source.charCodeAt(at);
      if (code === newlineCode) {
        this.newline = true;
        this.line++;
        this.lineStart = at + 1;
      } else if (code === semicolon) {
        const stop = source.indexOf('\n', at);
        at = stop === -1 ? length - 1 : stop - 1;
      } else if (code !== spaceCode && code !== 9 && code !== 13 && !(code === 0xfeff && at === 0)) {
        break;
      }
    }
    this.start = at;
    if (at >= length) {
      this.end = length;
      this.kind = 'eof';
      this.text = '';
      return;
    }
    const code = source.charCodeAt(at);
    const sigil = sigils[code];
    if (sigil !== undefined) {
      this.kind = sigil;
      this.name(at + 1);
      return;
    }
    const end = wordEnd(source, at);
    if (end > at) {
      this.kind = 'word';
      this.end = end;
      this.text = source.slice(at, end);
    } else if (code === quoteCode) {
      this.kind = 'string';
      this.string(at);
    } else if (code === minus) {
      this.kind = 'arrow';
      this.end = at + 2;
    } else {
      const kind = punctuation[code];
      if (kind === undefined) this.fail(badCharacter(this.span(), String.fromCodePoint(source.codePointAt(at) ?? 0)));
      this.kind = kind;
      this.end = at + 1;
    }
  }

  private name(from: number): void {
    if (this.source.charCodeAt(from) === quoteCode) {
      this.string(from);
      const text = decodeText(this.text);
      if (typeof text === 'number') this.badEscape(from + 1, text);
      this.text = text;
      return;
    }
    this.end = wordEnd(this.source, from);
    if (this.end === from) this.fail(badCharacter(this.span(), this.source.charAt(from - 1)));
    this.text = this.source.slice(from, this.end);
  }

  private string(from: number): void {
    const source = this.source;
    let at = from + 1;
    for (; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === quoteCode || code === newlineCode) break;
      if (code === backslash && source.charCodeAt(at + 1) !== newlineCode) at++;
    }
    if (source.charCodeAt(at) !== quoteCode) this.fail(openString(this.span()));
    this.text = source.slice(from + 1, at);
    this.end = at + 1;
  }

  /** Ends the parse with a diagnostic. */
  fail(d: Diagnostic): never {
    throw new DiagnosticError(d);
  }

  private badEscape(from: number, offset: number): never {
    this.fail(badEscape(this.spanAt(from + offset), this.source.slice(from + offset, from + offset + 2)));
  }

  /** Consumes a string and gives the text that it stands for. */
  takeText(what: string): string {
    if (this.kind !== 'string') this.expected(what);
    const text = decodeText(this.text);
    if (typeof text === 'number') this.badEscape(this.start + 1, text);
    this.next();
    return text;
  }

  /** Consumes a string and gives the bytes that it stands for. */
  takeBytes(what: string): Uint8Array {
    if (this.kind !== 'string') this.expected(what);
    const bytes = decodeBytes(this.text);
    if (typeof bytes === 'number') this.badEscape(this.start + 1, bytes);
    this.next();
    return bytes;
  }

  /** Ends the parse: something else was needed here. */
  expected(what: string): never {
    this.fail(expected(this.span(), what, this.describe()));
  }

  /** The current token in words, for messages. */
  describe(): string {
    if (this.kind === 'eof') return 'the end of the text';
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
    const text = this.text;
    this.next();
    return text;
  }
}
