/**
 * The name section: names of the module, its functions and locals. Other kinds of names (of types, globals, ...) are kept
 * as bytes. A malformed name section is no error of the module: `decodeNames` says what is wrong and the caller goes on.
 */

import { attempt, type Result } from '@sluice/ir';
import { ByteWriter } from './bytes.ts';
import type { WasmCustom } from './module.ts';
import { ByteReader } from './reader.ts';

/** Names by index. */
export type NameMap = ReadonlyMap<number, string>;

/** What a name section says. */
export interface WasmNames {
  readonly module: string | null;
  readonly functions: NameMap;
  /** By index of the function: names of its locals. */
  readonly locals: ReadonlyMap<number, NameMap>;
  /** Subsections of other kinds, in their order. */
  readonly others: readonly { readonly id: number; readonly bytes: Uint8Array }[];
}

/** The section's name. */
export const nameSection = 'name';

/** Nothing has a name. */
export const noNames: WasmNames = { module: null, functions: new Map(), locals: new Map(), others: [] };

/** Reads a name section. */
export function decodeNames(section: WasmCustom, file: string): Result<WasmNames> {
  return attempt(() => {
    const r = new ByteReader(section.bytes, file, section.at ?? 0);
    let module: string | null = null;
    let functions: NameMap = new Map();
    let locals: WasmNames['locals'] = new Map();
    const others: { id: number; bytes: Uint8Array }[] = [];
    while (r.at < r.bytes.length) {
      const id = r.u8('a subsection');
      const size = r.u32('the size of a subsection');
      const bytes = r.view(size, 'a subsection');
      const inner = new ByteReader(bytes, file, r.base + r.at - size);
      if (id === 0) module = inner.name('the name of the module');
      else if (id === 1) functions = nameMap(inner);
      else if (id === 2) locals = indirectMap(inner);
      else others.push({ id, bytes });
      if (id <= 2 && inner.at !== inner.end) inner.wrong('section size mismatch');
    }
    return { module, functions, locals, others };
  });
}

function nameMap(r: ByteReader): NameMap {
  const map = new Map<number, string>();
  const count = r.u32('the number of names');
  for (let k = 0; k < count; k++) {
    const index = r.u32('an index');
    map.set(index, r.name('a name'));
  }
  return map;
}

function indirectMap(r: ByteReader): ReadonlyMap<number, NameMap> {
  const map = new Map<number, NameMap>();
  const count = r.u32('the number of functions');
  for (let k = 0; k < count; k++) {
    const index = r.u32('an index');
    map.set(index, nameMap(r));
  }
  return map;
}

/** The name section that says so, behind all other sections. Indices are written in increasing order. */
export function encodeNames(names: WasmNames): WasmCustom {
  const w = new ByteWriter(1024);
  if (names.module !== null) {
    const name = names.module;
    subsection(w, 0, (inner) => inner.name(name));
  }
  if (names.functions.size > 0) subsection(w, 1, (inner) => writeMap(inner, names.functions));
  if (names.locals.size > 0) {
    subsection(w, 2, (inner) => {
      inner.u32(names.locals.size);
      for (const [index, map] of sorted(names.locals)) {
        inner.u32(index);
        writeMap(inner, map);
      }
    });
  }
  for (const { id, bytes } of names.others) subsection(w, id, (inner) => inner.bytes(bytes));
  return { name: nameSection, bytes: w.take(), after: 11 };
}

function subsection(w: ByteWriter, id: number, write: (inner: ByteWriter) => void): void {
  w.byte(id);
  w.sized(() => write(w));
}

function writeMap(w: ByteWriter, map: NameMap): void {
  w.u32(map.size);
  for (const [index, name] of sorted(map)) {
    w.u32(index);
    w.name(name);
  }
}

function sorted<T>(map: ReadonlyMap<number, T>): (readonly [number, T])[] {
  return [...map].sort(([a], [b]) => a - b);
}
