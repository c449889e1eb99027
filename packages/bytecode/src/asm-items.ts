/** The items of a program in text assembly that are no functions: each reads what stands behind its directive. */

import {
  type CustomSection,
  type Data,
  type ElementItem,
  type ElementMode,
  type ElementSegment,
  type Export,
  type Global,
  type GlobalRef,
  type Import,
  type ImportSource,
  type Memory,
  type RefType,
  type Table,
  zeroOf,
} from '@sluice/ir';
import { decodeBytes } from '@sluice/ir/text/strings';
import type { AsmLexer } from './asm-lex.ts';
import { parseSignature, parseType, parseValue, takeCount } from './asm-operand.ts';
import { badEscape, badNumber } from './diag-codes.ts';

export function readImport(lex: AsmLexer): Import {
  const name = lex.take('symbol', 'the @name of the import');
  const sig = parseSignature(lex);
  const module = lex.takeString('the name of a module in quotes');
  return { name, module, field: lex.takeString('the name of its function in quotes'), sig };
}

export function readMemory(lex: AsmLexer): Memory {
  return { ...readLimits(lex, 'a number of pages'), source: readSource(lex) };
}

export function readTable(lex: AsmLexer): Table {
  const name = lex.kind === 'symbol' ? lex.take('symbol', 'a @name') : 'table';
  const type = lex.kind === 'word' && !isNumber(lex.text) ? readRefType(lex) : 'funcref';
  const limits = lex.kind === 'word' ? readLimits(lex, 'a number of elements') : null;
  const elements = readItems(lex, false) as readonly (string | null)[];
  const { min, max } = limits ?? { min: elements.length, max: elements.length };
  return { name, type, min, max, source: readSource(lex), elements };
}

export function readGlobal(lex: AsmLexer): Global {
  const name = lex.take('symbol', 'the @name of the global');
  const mutable = lex.acceptWord('mut');
  const type = parseType(lex);
  const source = readSource(lex);
  if (source !== null) return { name, type, mutable, init: zeroOf(type), source };
  lex.take('=', "'=' or 'from'");
  return { name, type, mutable, init: lex.acceptWord('global') ? readRef(lex) : parseValue(lex, type), source };
}

export function readSegment(lex: AsmLexer): ElementSegment {
  const mode = readMode(lex);
  const type = readRefType(lex);
  return { type, items: readItems(lex, true), mode };
}

export function readData(lex: AsmLexer): Data {
  const offset = lex.acceptWord('passive') ? null : readOffset(lex, "an address, or 'passive'");
  return { offset, bytes: readBytes(lex) };
}

export function readExport(lex: AsmLexer): Export {
  const external = lex.takeString('the exported name in quotes');
  if (lex.acceptWord('memory')) return { external, kind: 'memory', name: 'memory' };
  for (const kind of ['func', 'global', 'table'] as const) {
    if (lex.acceptWord(kind)) return { external, kind, name: lex.take('symbol', `the @name of a ${kind}`) };
  }
  return lex.expected("'func', 'global', 'table' or 'memory'");
}

export function readCustom(lex: AsmLexer): CustomSection {
  const name = lex.takeString("the section's name in quotes");
  const at = lex.span();
  const after = takeCount(lex, 'the id of a section');
  if (after > 255) lex.fail(badNumber(at, String(after), 'the id of a section, up to 255'));
  return { name, after, bytes: readBytes(lex) };
}

function isNumber(text: string): boolean {
  return /^[0-9]/.test(text);
}

function readLimits(lex: AsmLexer, what: string): { readonly min: number; readonly max: number | null } {
  const min = takeCount(lex, what);
  return { min, max: lex.kind === 'word' && isNumber(lex.text) ? takeCount(lex, what) : null };
}

function readSource(lex: AsmLexer): ImportSource | null {
  if (!lex.acceptWord('from')) return null;
  const module = lex.takeString('the name of a module in quotes');
  return { module, field: lex.takeString('the name of what it has in quotes') };
}

function readRefType(lex: AsmLexer): RefType {
  if (lex.acceptWord('funcref')) return 'funcref';
  if (lex.acceptWord('externref')) return 'externref';
  return lex.expected("'funcref' or 'externref'");
}

function readMode(lex: AsmLexer): ElementMode {
  if (lex.acceptWord('passive')) return { kind: 'passive' };
  if (lex.acceptWord('declared')) return { kind: 'declared' };
  const table = lex.take('symbol', "the @name of a table, 'passive' or 'declared'");
  return { kind: 'active', table, offset: readOffset(lex, 'an index') };
}

function readOffset(lex: AsmLexer, what: string): number | GlobalRef {
  return lex.acceptWord('global') ? readRef(lex) : takeCount(lex, what);
}

function readRef(lex: AsmLexer): GlobalRef {
  return { global: lex.take('symbol', 'the @name of a global') };
}

function readItems(lex: AsmLexer, globals: boolean): readonly ElementItem[] {
  const list: ElementItem[] = [];
  lex.take('[', "'[' and functions");
  if (lex.accept(']')) return list;
  do {
    if (lex.acceptWord('null')) list.push(null);
    else if (globals && lex.acceptWord('global')) list.push(readRef(lex));
    else list.push(lex.take('symbol', "the @name of a function, or 'null'"));
  } while (lex.accept(','));
  lex.take(']', "',' or ']'");
  return list;
}

function readBytes(lex: AsmLexer): Uint8Array {
  if (lex.kind !== 'string') lex.expected('bytes in quotes');
  const bytes = decodeBytes(lex.text);
  if (typeof bytes === 'number') lex.fail(badEscape(lex.span(), lex.text.slice(bytes, bytes + 10)));
  lex.next();
  return bytes;
}
