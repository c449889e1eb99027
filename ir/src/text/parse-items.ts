/** The items of a module in the text form that are no functions: each reads what stands behind its keyword. */

import type {
  CustomSection,
  Data,
  ElementItem,
  ElementMode,
  ElementSegment,
  Export,
  Global,
  GlobalRef,
  ImportSource,
  Memory,
  RefType,
  Table,
} from '../func.ts';
import { zeroOf } from '../value.ts';
import type { Lexer } from './lex.ts';
import { parseConst, parseCount, parseType } from './parse-parts.ts';

const maxCount = 2 ** 32 - 1;

/** Behind `memory`: pages, most pages, source. */
export function parseMemory(lex: Lexer): Memory {
  const { min, max } = parseLimits(lex, 'a number of pages');
  return { min, max, source: parseSource(lex) };
}

/** Behind `table`: a name, a type, elements at the start and at most, the elements, a source. */
export function parseTable(lex: Lexer): Table {
  const name = lex.kind === 'symbol' ? lex.take('symbol', 'a name') : 'table';
  const type = lex.kind === 'word' && !isNumber(lex.text) ? parseRefType(lex) : 'funcref';
  const limits = lex.kind === 'word' ? parseLimits(lex, 'a number of elements') : null;
  const elements = parseItems(lex, () => lex.expected('a function (@name) or null')) as readonly (string | null)[];
  const { min, max } = limits ?? { min: elements.length, max: elements.length };
  return { name, type, min, max, source: parseSource(lex), elements };
}

/** Behind `global`. */
export function parseGlobal(lex: Lexer): Global {
  const name = lex.take('symbol', "the global's name (@name)");
  lex.take(':', "':'");
  const mutable = lex.acceptWord('mut');
  const type = parseType(lex);
  const source = parseSource(lex);
  if (source !== null) return { name, type, mutable, init: zeroOf(type), source };
  lex.take('=', "'=' or 'from'");
  const init = lex.acceptWord('global') ? parseRef(lex) : parseConst(lex, type);
  return { name, type, mutable, init, source };
}

/** Behind `segment`: where it goes, the type, the items. */
export function parseSegment(lex: Lexer): ElementSegment {
  const mode = parseMode(lex);
  const type = parseRefType(lex);
  const items = parseItems(lex, () => {
    if (!lex.acceptWord('global')) lex.expected('a function (@name), global or null');
    return parseRef(lex);
  });
  return { type, items, mode };
}

function parseMode(lex: Lexer): ElementMode {
  if (lex.acceptWord('passive')) return { kind: 'passive' };
  if (lex.acceptWord('declared')) return { kind: 'declared' };
  const table = lex.take('symbol', "a table (@name), 'passive' or 'declared'");
  return { kind: 'active', table, offset: parseOffset(lex, 'an index') };
}

/** Behind `data`. */
export function parseData(lex: Lexer): Data {
  const offset = lex.acceptWord('passive') ? null : parseOffset(lex, "an offset or 'passive'");
  return { offset, bytes: lex.takeBytes('bytes in quotes') };
}

/** Behind `export`. */
export function parseExport(lex: Lexer): Export {
  const external = lex.takeText("the export's name in quotes");
  if (lex.acceptWord('memory')) return { external, kind: 'memory', name: 'memory' };
  for (const kind of ['func', 'global', 'table'] as const) {
    if (lex.acceptWord(kind)) return { external, kind, name: lex.take('symbol', `a ${kind} (@name)`) };
  }
  return lex.expected('func, global, table or memory');
}

/** Behind `custom`: name, the section that it stands behind, content. */
export function parseCustom(lex: Lexer): CustomSection {
  const name = lex.takeText("the section's name in quotes");
  const after = parseCount(lex, 'word', 255, 'the id of a section');
  return { name, after, bytes: lex.takeBytes('bytes in quotes') };
}

function isNumber(text: string): boolean {
  return /^[0-9]/.test(text);
}

function parseLimits(lex: Lexer, what: string): { readonly min: number; readonly max: number | null } {
  const min = parseCount(lex, 'word', maxCount, what);
  const more = lex.kind === 'word' && !lex.newline && isNumber(lex.text);
  return { min, max: more ? parseCount(lex, 'word', maxCount, what) : null };
}

function parseSource(lex: Lexer): ImportSource | null {
  if (lex.newline || !lex.acceptWord('from')) return null;
  return { module: lex.takeText('the module in quotes'), field: lex.takeText('the field in quotes') };
}

function parseRefType(lex: Lexer): RefType {
  if (lex.acceptWord('funcref')) return 'funcref';
  if (lex.acceptWord('externref')) return 'externref';
  return lex.expected('funcref or externref');
}

function parseOffset(lex: Lexer, what: string): number | GlobalRef {
  return lex.acceptWord('global') ? parseRef(lex) : parseCount(lex, 'word', maxCount, what);
}

function parseRef(lex: Lexer): GlobalRef {
  return { global: lex.take('symbol', 'a global (@name)') };
}

function parseItems(lex: Lexer, other: () => ElementItem): readonly ElementItem[] {
  const items: ElementItem[] = [];
  lex.take('[', "'['");
  while (lex.kind !== ']') {
    if (items.length > 0) lex.take(',', "',' or ']'");
    if (lex.acceptWord('null')) items.push(null);
    else items.push(lex.kind === 'symbol' ? lex.take('symbol', 'a function (@name)') : other());
  }
  lex.next();
  return items;
}
