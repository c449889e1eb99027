/** The items of a module in the text form, but functions and their imports: one line each, in the order in which they are read. */

import type { ElementItem, ElementSegment, Global, GlobalRef, ImportSource, Memory, Module, Table } from '../func.ts';
import { isGlobalRef } from '../named.ts';
import { printConst } from './literals.ts';
import { printName } from './names.ts';
import { quoteBytes, quoteText } from './strings.ts';

/** In what the text form of modules and the assembly of bytecode differ. */
export interface ItemStyle {
  /** Before each keyword. */
  readonly prefix: string;
  /** Behind a global's name. */
  readonly colon: string;
  /** A name with its sigil. */
  readonly symbol: (name: string) => string;
}

const textStyle: ItemStyle = { prefix: '', colon: ':', symbol: (name) => `@${printName(name)}` };

/** The lines of memory, tables, globals, segments, data, exports, start, initialiser and custom sections. */
export function itemLines(m: Omit<Module, 'funcs'>, style: ItemStyle = textStyle): readonly string[] {
  const { symbol } = style;
  const lines: string[] = [];
  if (m.memory !== null) lines.push(memoryLine(m.memory));
  for (const table of m.tables) lines.push(tableLine(table, style));
  for (const global of m.globals) lines.push(globalLine(global, style));
  for (const segment of m.segments) lines.push(segmentLine(segment, style));
  for (const { offset, bytes } of m.data) {
    lines.push(`data ${offset === null ? 'passive' : offsetText(offset, style)} ${quoteBytes(bytes)}`);
  }
  for (const { external, kind, name } of m.exports) {
    lines.push(`export ${quoteText(external)} ${kind === 'memory' ? 'memory' : `${kind} ${symbol(name)}`}`);
  }
  if (m.start !== null) lines.push(`start ${symbol(m.start)}`);
  if (m.initialiser !== null) lines.push(`initialiser ${symbol(m.initialiser)}`);
  for (const { name, after, bytes } of m.customs) lines.push(`custom ${quoteText(name)} ${after} ${quoteBytes(bytes)}`);
  return lines.map((line) => style.prefix + line);
}

function sourceText(source: ImportSource | null): string {
  return source === null ? '' : ` from ${quoteText(source.module)} ${quoteText(source.field)}`;
}

function memoryLine({ min, max, source }: Memory): string {
  return `memory ${min}${max === null ? '' : ` ${max}`}${sourceText(source)}`;
}

// The name `table`, functions, and just the room for its elements need not be said.
function tableLine({ name, type, min, max, source, elements }: Table, style: ItemStyle): string {
  const parts = ['table'];
  if (name !== 'table') parts.push(style.symbol(name));
  if (type !== 'funcref') parts.push(type);
  if (min !== elements.length || max !== min) parts.push(`${min}${max === null ? '' : ` ${max}`}`);
  return `${parts.join(' ')} ${itemList(elements, style)}${sourceText(source)}`;
}

function globalLine({ name, type, mutable, init, source }: Global, style: ItemStyle): string {
  const head = `global ${style.symbol(name)}${style.colon} ${mutable ? 'mut ' : ''}${type}`;
  if (source !== null) return head + sourceText(source);
  return `${head} = ${isGlobalRef(init) ? refText(init, style) : printConst(type, init)}`;
}

function segmentLine({ type, items, mode }: ElementSegment, style: ItemStyle): string {
  const active = mode.kind === 'active';
  const where = active ? `${style.symbol(mode.table)} ${offsetText(mode.offset, style)}` : mode.kind;
  return `segment ${where} ${type} ${itemList(items, style)}`;
}

function itemList(items: readonly ElementItem[], style: ItemStyle): string {
  const text = (item: ElementItem): string => {
    if (item === null) return 'null';
    return typeof item === 'string' ? style.symbol(item) : refText(item, style);
  };
  return `[${items.map(text).join(', ')}]`;
}

function offsetText(offset: number | GlobalRef, style: ItemStyle): string {
  return typeof offset === 'number' ? String(offset) : refText(offset, style);
}

function refText({ global }: GlobalRef, style: ItemStyle): string {
  return `global ${style.symbol(global)}`;
}
