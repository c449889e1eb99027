/**
 * Our own scripts about WebAssembly, kept as text (`.wast`, the specification's form of scripts), made into the same
 * commands as wast2json's files: modules are assembled by another toolchain (wat.ts), constants become bits.
 *
 * Read are: `module` (with a name, or `binary`), `register`, `invoke`, `get`, and the `assert_` forms.
 */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { f32Bits, f64Bits } from '@sluice/ir';
import type { Action, Command, Script, ScriptValue } from '../../spec/script.ts';
import { assemble } from './wat.ts';

/** A word, a string (its bytes), or a list; with its place in the text. */
type Form =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Form[]; readonly start: number; readonly end: number };
type List = Extract<Form, { readonly kind: 'list' }>;

/** The script in a file. */
export function readWast(file: string): Script {
  const text = readFileSync(file, 'utf8');
  const modules = new Map<string, Uint8Array>();
  const fileOf = (form: List): string => {
    const name = `${modules.size}.wasm`;
    modules.set(name, moduleBytes(form, text));
    return name;
  };
  const commands = read(text).flatMap((form) => {
    if (form.kind !== 'list') throw new Error(`${file}: a form is expected`);
    const line = text.slice(0, form.start).split('\n').length;
    return commandOf(form, line, fileOf);
  });
  return {
    name: basename(file, '.wast'),
    source: basename(file),
    commands,
    read: (name) => modules.get(name) ?? new Uint8Array(0),
  };
}

function read(text: string): readonly Form[] {
  const token = /\s+|;;[^\n]*|\(;[\s\S]*?;\)|"((?:\\.|[^"\\])*)"|[()]|[^\s()";]+/gy;
  const open: { readonly items: Form[]; readonly start: number }[] = [{ items: [], start: 0 }];
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [whole, string] = match;
    const top = open.at(-1);
    if (top === undefined) throw new Error('a bracket too many');
    if (string !== undefined) top.items.push({ kind: 'string', bytes: bytesOfString(string) });
    else if (whole === '(') open.push({ items: [], start: match.index });
    else if (whole === ')') {
      open.pop();
      open.at(-1)?.items.push({ kind: 'list', items: top.items, start: top.start, end: token.lastIndex });
    } else if (!/^(\s|;;|\(;)/.test(whole)) top.items.push({ kind: 'word', text: whole });
  }
  if (open.length !== 1) throw new Error('a bracket is not closed');
  return open[0]?.items ?? [];
}

function bytesOfString(text: string): Uint8Array {
  const parts = text.match(/\\[0-9a-fA-F]{2}|\\.|[^\\]+/g) ?? [];
  const plain: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (!part.startsWith('\\')) return [...new TextEncoder().encode(part)];
      if (part.length === 3) return [Number.parseInt(part.slice(1), 16)];
      return [(plain[part.slice(1)] ?? part.slice(1)).charCodeAt(0)];
    }),
  );
}

function wordOf(form: Form | undefined): string {
  return form?.kind === 'word' ? form.text : '';
}

function textOf(form: Form | undefined): string {
  return form?.kind === 'string' ? new TextDecoder().decode(form.bytes) : '';
}

function listOf(form: Form | undefined): List {
  if (form?.kind !== 'list') throw new Error('a list is expected');
  return form;
}

function moduleBytes(form: List, text: string): Uint8Array {
  const binary = form.items.findIndex((item) => wordOf(item) === 'binary');
  if (binary < 0) return assemble(text.slice(form.start, form.end));
  const parts = form.items.slice(binary + 1).map((item) => (item.kind === 'string' ? [...item.bytes] : []));
  return Uint8Array.from(parts.flat());
}

function commandOf(form: List, line: number, fileOf: (form: List) => string): Command {
  const [head, first, second] = form.items;
  const type = wordOf(head);
  switch (type) {
    case 'module': {
      const name = wordOf(first);
      return { type, line, filename: fileOf(form), ...(name.startsWith('$') ? { name } : {}) };
    }
    case 'register': {
      const name = wordOf(second);
      return { type, line, as: textOf(first), ...(name === '' ? {} : { name }) };
    }
    case 'invoke':
    case 'get':
      return { type: 'action', line, action: actionOf(form) };
    case 'assert_return':
      return { type, line, action: actionOf(listOf(first)), expected: form.items.slice(2).map(expectedOf) };
    case 'assert_trap':
    case 'assert_exhaustion': {
      const inner = listOf(first);
      if (wordOf(inner.items[0]) !== 'module') return { type, line, action: actionOf(inner), text: textOf(second) };
      return { type: 'assert_uninstantiable', line, filename: fileOf(inner), text: textOf(second) };
    }
    case 'assert_invalid':
    case 'assert_malformed':
    case 'assert_unlinkable':
      return { type, line, filename: fileOf(listOf(first)), text: textOf(second) };
    default:
      throw new Error(`line ${line}: no command '${type}'`);
  }
}

function actionOf(form: List): Action {
  const [head, ...rest] = form.items;
  const named = wordOf(rest[0]).startsWith('$');
  const [field, ...args] = named ? rest.slice(1) : rest;
  const type = wordOf(head) === 'get' ? 'get' : 'invoke';
  return {
    type,
    field: textOf(field),
    args: args.map(constantOf),
    ...(named ? { module: wordOf(rest[0]) } : {}),
  };
}

function expectedOf(form: Form): ScriptValue {
  const { items } = listOf(form);
  if (wordOf(items[0]) === 'either') return { type: 'either', values: items.slice(1).map(expectedOf) };
  return constantOf(form);
}

const lanes: Readonly<Record<string, string>> = {
  i8x16: 'i8',
  i16x8: 'i16',
  i32x4: 'i32',
  i64x2: 'i64',
  f32x4: 'f32',
  f64x2: 'f64',
};

function constantOf(form: Form): ScriptValue {
  const { items } = listOf(form);
  const [head, first, ...rest] = items.map(wordOf);
  switch (head) {
    case 'i32.const':
    case 'i64.const':
    case 'f32.const':
    case 'f64.const': {
      const type = head.slice(0, 3);
      return { type, value: bitsOf(type, first ?? '') };
    }
    case 'v128.const': {
      const lane = lanes[first ?? ''];
      if (lane === undefined) throw new Error(`no lanes '${first}'`);
      return { type: 'v128', lane_type: lane, value: rest.map((each) => bitsOf(lane, each)) };
    }
    case 'ref.null':
      return { type: first === 'extern' ? 'externref' : 'funcref', value: 'null' };
    case 'ref.extern':
      return { type: 'externref', ...(first === undefined ? {} : { value: first }) };
    case 'ref.func':
      return { type: 'funcref' };
    default:
      throw new Error(`no constant '${head}'`);
  }
}

function bitsOf(type: string, word: string): string {
  const text = word.replaceAll('_', '');
  if (text.startsWith('nan:canonical') || text.startsWith('nan:arithmetic')) return text;
  if (type.startsWith('i')) return BigInt.asUintN(Number(type.slice(1)), integer(text)).toString();
  const value = /inf$/.test(text) ? Number(text.replace('inf', 'Infinity')) : Number(text);
  return type === 'f32'
    ? BigInt.asUintN(32, BigInt(f32Bits(Math.fround(value)))).toString()
    : BigInt.asUintN(64, f64Bits(value)).toString();
}

function integer(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.replace('+', ''));
}
