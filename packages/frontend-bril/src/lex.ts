/**
 * Bril text to tokens, one at a time and on demand.
 *
 * Safe on hostile text: one forward scan by sticky regular expressions without backtracking, so linear in the text,
 * and every character that begins no token is a diagnostic. Columns count code points, as upstream's do.
 */

import { charEscapes } from '@sluice/bril-format';
import { DiagnosticError, type Span } from '@sluice/ir';
import { malformedToken, unfinishedChar } from './diag-codes.ts';

/** What a token is; a punctuation mark is its own kind. */
export type TokenKind = 'name' | 'function' | 'label' | 'int' | 'float' | 'char' | 'string' | 'punctuation' | 'end';

/** A token: `text` is the name without `@` or `.`, the number as written, the character that a char literal means. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
  readonly col: number;
}

/** Gives the next token at each call; at the end of the text `end`, as often as asked. Throws `DiagnosticError`. */
export type Lexer = () => Token;

const blank = /[ \t\r\f\v]+|#[^\n]*/y;
const name = /[_%A-Za-z][_%.A-Za-z0-9]*/y;
const number = /[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y;
const string = /"[^"\n]*"/y;
const punctuation = '{}():;=,<>';

/** A lexer over `text`; `file` names it in diagnostics. */
export function makeLexer(text: string, file: string): Lexer {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  // Columns are counted from here: `colBase` is the column of the code unit at `colFrom`.
  let colFrom = at;
  let colBase = 1;

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    return found === null ? null : found[0];
  };

  const column = (): number => {
    for (; colFrom < at; colFrom++) {
      const unit = text.charCodeAt(colFrom);
      if (unit < 0xdc00 || unit > 0xdfff) colBase++;
    }
    return colBase;
  };

  const skipBlank = (): void => {
    for (;;) {
      if (text[at] === '\n') {
        at++;
        line++;
        colFrom = at;
        colBase = 1;
        continue;
      }
      const skipped = match(blank);
      if (skipped === null) return;
      at += skipped.length;
    }
  };

  /** The character that the literal at `at` means, and moves behind it. */
  const charLiteral = (span: Span): string => {
    const escaped = text[at + 1] === '\\' && text[at + 3] === "'" ? charEscapes.get(text[at + 2] ?? '') : undefined;
    if (escaped !== undefined) {
      at += 4;
      return escaped;
    }
    const code = text.codePointAt(at + 1);
    const width = code !== undefined && code > 0xffff ? 2 : 1;
    if (code === undefined || code === 10 || (code >= 0xd800 && code <= 0xdfff) || text[at + 1 + width] !== "'") {
      throw new DiagnosticError(unfinishedChar(span));
    }
    at += width + 2;
    return String.fromCodePoint(code);
  };

  const lexNumber = (span: Span): { kind: TokenKind; text: string } => {
    const found = match(number);
    if (found === null)
      throw new DiagnosticError(malformedToken(span, String.fromCodePoint(text.codePointAt(at) ?? 0)));
    at += found.length;
    // `12abc` is one mistake and not a number followed by a name.
    const rest = match(name);
    if (rest !== null) throw new DiagnosticError(malformedToken(span, found + rest));
    return { kind: /^[+-]?[0-9]+$/.test(found) ? 'int' : 'float', text: found };
  };

  return () => {
    skipBlank();
    const col = column();
    const span: Span = { file, line, col };
    if (at >= text.length) return { kind: 'end', text: '', line, col };
    const first = text[at] ?? '';
    const plain = match(name);
    if (plain !== null) {
      at += plain.length;
      return { kind: 'name', text: plain, line, col };
    }
    if (punctuation.includes(first)) {
      at++;
      return { kind: 'punctuation', text: first, line, col };
    }
    if (first === "'") return { kind: 'char', text: charLiteral(span), line, col };
    if (first === '"') {
      const quoted = match(string);
      if (quoted === null) throw new DiagnosticError(malformedToken(span, first));
      at += quoted.length;
      return { kind: 'string', text: quoted.slice(1, -1), line, col };
    }
    if (first === '@' || first === '.') {
      at++;
      const sigilled = match(name);
      if (sigilled !== null) {
        at += sigilled.length;
        return { kind: first === '@' ? 'function' : 'label', text: sigilled, line, col };
      }
      at--;
      if (first === '@') throw new DiagnosticError(malformedToken(span, first));
    }
    return { ...lexNumber(span), line, col };
  };
}
