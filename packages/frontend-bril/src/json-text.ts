/**
 * JSON text to a tree that keeps every node's position and every number as written.
 *
 * Why not JSON.parse: it rounds integers over 2^53, its errors have no position in structured form, and what is valid
 * JSON but no Bril program has to be reported where it stands. The stack is explicit, so that nesting costs memory and
 * not host stack; the scan goes forward only, so that time is linear. An object with a key twice is refused: readers
 * differ in which one they take.
 */

import { DiagnosticError, type Span } from '@sluice/ir';
import { malformedJson } from './diag-codes.ts';

/** A node of the tree; `at` is where its text begins. Strings and keys are decoded, a number keeps its text. */
export type JsonNode =
  | { readonly kind: 'object'; readonly at: number; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly kind: 'array'; readonly at: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string' | 'number'; readonly at: number; readonly text: string }
  | { readonly kind: 'true' | 'false' | 'null'; readonly at: number };

/** A parsed text: its root and a way from an offset to a position. */
export interface JsonText {
  readonly root: JsonNode;
  readonly spanOf: (offset: number) => Span;
}

type Open =
  | { readonly kind: 'object'; readonly at: number; readonly members: Map<string, JsonNode>; key: string }
  | { readonly kind: 'array'; readonly at: number; readonly items: JsonNode[] };

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const plainText = /[^"\\\x00-\x1f]+/y;
const space = /[ \t\n\r]+/y;
const word = /[A-Za-z]+/y;
const escapes: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** Parses one JSON value; throws `DiagnosticError` (SL0410). */
export function parseJsonText(text: string, file: string): JsonText {
  const spanOf = lineIndex(text, file);
  let at = text.startsWith('\ufeff') ? 1 : 0;

  const wrong = (message: string, where = at): DiagnosticError =>
    new DiagnosticError(malformedJson(spanOf(where), message));

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) return null;
    at += found[0].length;
    return found[0];
  };

  const parseString = (): string => {
    const start = at;
    const parts: string[] = [];
    at++;
    for (;;) {
      const plain = match(plainText);
      if (plain !== null) parts.push(plain);
      const next = text[at];
      if (next === '"') {
        at++;
        return parts.join('');
      }
      if (next === undefined) throw wrong('the string is not closed', start);
      if (next !== '\\') throw wrong('a control character has to be written as an escape');
      const hex = text.slice(at + 2, at + 6);
      const simple = escapes.get(text[at + 1] ?? '');
      if (simple !== undefined) {
        parts.push(simple);
        at += 2;
      } else if (text[at + 1] === 'u' && /^[0-9A-Fa-f]{4}$/.test(hex)) {
        parts.push(String.fromCharCode(Number.parseInt(hex, 16)));
        at += 6;
      } else {
        throw wrong('unknown escape in a string');
      }
    }
  };

  const parseScalar = (): JsonNode => {
    const start = at;
    if (text[at] === '"') return { kind: 'string', at: start, text: parseString() };
    const digits = match(number);
    if (digits !== null) {
      // `01`, `1.` and `1e` are read up to where they go wrong, and what follows is then no separator.
      return { kind: 'number', at: start, text: digits };
    }
    const found = match(word);
    if (found === 'true' || found === 'false' || found === 'null') return { kind: found, at: start };
    throw wrong(start >= text.length ? 'the file ends where a value has to be' : 'expected a value', start);
  };

  const parseKey = (open: Open & { kind: 'object' }): void => {
    match(space);
    const start = at;
    if (text[at] !== '"') throw wrong('expected a key in double quotes');
    open.key = parseString();
    if (open.members.has(open.key)) throw wrong('the object has this key twice', start);
    match(space);
    if (text[at] !== ':') throw wrong("expected ':'");
    at++;
  };

  const stack: Open[] = [];
  for (;;) {
    match(space);
    let node: JsonNode;
    const start = at;
    if (text[at] === '{' || text[at] === '[') {
      const open: Open =
        text[at] === '{'
          ? { kind: 'object', at: start, members: new Map(), key: '' }
          : { kind: 'array', at: start, items: [] };
      at++;
      match(space);
      if (text[at] !== (open.kind === 'object' ? '}' : ']')) {
        if (open.kind === 'object') parseKey(open);
        stack.push(open);
        continue;
      }
      at++;
      node = close(open);
    } else {
      node = parseScalar();
    }
    // A value is complete: put it where it belongs, and close whatever closes behind it.
    for (;;) {
      match(space);
      const parent = stack.at(-1);
      if (parent === undefined) {
        if (at < text.length) throw wrong('expected the end of the file');
        return { root: node, spanOf };
      }
      if (parent.kind === 'object') parent.members.set(parent.key, node);
      else parent.items.push(node);
      if (text[at] === ',') {
        at++;
        if (parent.kind === 'object') parseKey(parent);
        break;
      }
      const end = parent.kind === 'object' ? '}' : ']';
      if (text[at] !== end) throw wrong(`expected ',' or '${end}'`);
      at++;
      stack.pop();
      node = close(parent);
    }
  }
}

function close(open: Open): JsonNode {
  return open.kind === 'object'
    ? { kind: 'object', at: open.at, members: open.members }
    : { kind: 'array', at: open.at, items: open.items };
}

/** From an offset to line and column, by the starts of the lines. */
function lineIndex(text: string, file: string): (offset: number) => Span {
  const starts: number[] = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      // In range: 0 <= middle < starts.length.
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, col: offset - starts[low]! + 1 };
  };
}
