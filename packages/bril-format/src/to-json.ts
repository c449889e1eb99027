/**
 * The AST to Bril's JSON form, byte for byte as upstream's `bril2json` writes it (Python's `json.dumps` with sorted keys,
 * two spaces, ASCII only). Written by hand because JSON.stringify has no exact 64-bit integers.
 */

import type { BrilFunction, BrilItem, BrilLiteral, BrilPos, BrilProgram, BrilType } from './ast.ts';
import { formatPythonFloat } from './print.ts';

/** What `toJson` writes beyond the program. */
export interface ToJsonOptions {
  /** Positions of functions, labels and instructions, as `bril2json -p` adds them. */
  readonly positions?: boolean;
}

/** The JSON text of a program, with a newline at its end. */
export function toJson(program: BrilProgram, options: ToJsonOptions = {}): string {
  const positions = options.positions ?? false;
  const functions = program.functions.map((func) => functionJson(func, positions));
  return `${object([['functions', array(functions, 1)]], 0)}\n`;
}

function functionJson(func: BrilFunction, positions: boolean): string {
  const params = func.params.map((param) => {
    const name = string(param.name);
    const type = typeJson(param.type, 5);
    return object(
      [
        ['name', name],
        ['type', type],
      ],
      4,
    );
  });
  const items = func.items.map((item) => itemJson(item, positions));
  const members: [string, string][] = [];
  if (params.length > 0) members.push(['args', array(params, 3)]);
  members.push(['instrs', array(items, 3)], ['name', string(func.name)]);
  if (positions) members.push(['pos', posJson(func.at, 3)]);
  if (func.type !== null) members.push(['type', typeJson(func.type, 3)]);
  return object(members, 2);
}

function itemJson(item: BrilItem, positions: boolean): string {
  const pos: [string, string][] = positions ? [['pos', posJson(item.at, 5)]] : [];
  if (item.kind === 'label') return object([['label', string(item.label)], ...pos], 4);
  const members: [string, string][] = [];
  if (item.args.length > 0) members.push(['args', names(item.args)]);
  if (item.dest !== null) members.push(['dest', string(item.dest)]);
  if (item.funcs.length > 0) members.push(['funcs', names(item.funcs)]);
  if (item.labels.length > 0) members.push(['labels', names(item.labels)]);
  members.push(['op', string(item.op)], ...pos);
  if (item.type !== null) members.push(['type', typeJson(item.type, 5)]);
  if (item.value !== null) members.push(['value', literal(item.value)]);
  return object(members, 4);
}

function posJson(at: BrilPos, level: number): string {
  return object(
    [
      ['col', String(at.col)],
      ['row', String(at.line)],
    ],
    level,
  );
}

/** Nesting is at most `maxPointerDepth`, so the loop is short. */
function typeJson(type: BrilType, level: number): string {
  let text = string(type.base);
  for (let i = type.ptr - 1; i >= 0; i--) text = object([['ptr', text]], level + i);
  return text;
}

function literal(value: BrilLiteral): string {
  if (typeof value === 'string') return string(value);
  return typeof value === 'number' ? formatPythonFloat(value) : String(value);
}

function names(list: readonly string[]): string {
  return array(list.map(string), 5);
}

/** `level` is the depth of what holds the object's members' keys, in steps of two spaces. */
function object(members: readonly (readonly [string, string])[], level: number): string {
  const pad = '  '.repeat(level + 1);
  const lines = members.map(([key, value]) => `${pad}${string(key)}: ${value}`);
  return `{\n${lines.join(',\n')}\n${'  '.repeat(level)}}`;
}

function array(items: readonly string[], level: number): string {
  if (items.length === 0) return '[]';
  const pad = '  '.repeat(level + 1);
  return `[\n${items.map((item) => pad + item).join(',\n')}\n${'  '.repeat(level)}]`;
}

/** A string in ASCII: JSON.stringify does all but the characters over 0x7e. */
function string(text: string): string {
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
