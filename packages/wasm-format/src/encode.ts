/** Encodes a module in the Wasm binary format (Wasm 2.0 with several memories). */

import { ByteWriter } from './bytes.ts';
import { valueTypeCode, type WasmType } from './code.ts';
import { opcode } from './opcode.ts';

/** A function's type. */
export interface WasmFuncType {
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
}

/** Sizes of a memory in pages, of a table in elements. */
export interface WasmLimits {
  readonly min: number;
  readonly max: number | null;
}

/** What an import is. Functions by the index of their type. */
export type WasmImportKind =
  | { readonly kind: 'func'; readonly type: number }
  | { readonly kind: 'memory'; readonly limits: WasmLimits }
  | { readonly kind: 'table'; readonly limits: WasmLimits };

/** An import. */
export interface WasmImport {
  readonly module: string;
  readonly field: string;
  readonly what: WasmImportKind;
}

/** A function that the module defines. `code` is the body's instructions without the final `end`. */
export interface WasmFunc {
  readonly type: number;
  readonly locals: readonly { readonly count: number; readonly type: WasmType }[];
  readonly code: Uint8Array;
}

/** An export; indices count imports first. */
export interface WasmExport {
  readonly name: string;
  readonly kind: 'func' | 'table' | 'memory' | 'global';
  readonly index: number;
}

/** A module as data. */
export interface WasmModule {
  readonly types: readonly WasmFuncType[];
  readonly imports: readonly WasmImport[];
  readonly funcs: readonly WasmFunc[];
  readonly memories: readonly WasmLimits[];
  readonly exports: readonly WasmExport[];
}

const section = { type: 1, import: 2, function: 3, memory: 5, export: 7, code: 10 } as const;
const kindCode = { func: 0, table: 1, memory: 2, global: 3 } as const;

/** The module's bytes. */
export function encodeModule(m: WasmModule): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(4096);
  out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  vector(out, section.type, m.types, (w, type) => {
    w.byte(0x60);
    for (const list of [type.params, type.results]) {
      w.u32(list.length);
      for (const item of list) w.byte(valueTypeCode[item]);
    }
  });
  vector(out, section.import, m.imports, (w, item) => {
    w.name(item.module);
    w.name(item.field);
    w.byte(kindCode[item.what.kind]);
    if (item.what.kind === 'func') w.u32(item.what.type);
    else {
      if (item.what.kind === 'table') w.byte(valueTypeCode.funcref);
      writeLimits(w, item.what.limits);
    }
  });
  vector(out, section.function, m.funcs, (w, func) => w.u32(func.type));
  vector(out, section.memory, m.memories, writeLimits);
  vector(out, section.export, m.exports, (w, item) => {
    w.name(item.name);
    w.byte(kindCode[item.kind]);
    w.u32(item.index);
  });
  vector(out, section.code, m.funcs, (w, func) => {
    const body = new ByteWriter(func.code.length + 16);
    body.u32(func.locals.length);
    for (const { count, type } of func.locals) {
      body.u32(count);
      body.byte(valueTypeCode[type]);
    }
    body.bytes(func.code);
    body.byte(opcode.end);
    w.u32(body.length);
    w.bytes(body.take());
  });
  return out.take();
}

function writeLimits(w: ByteWriter, limits: WasmLimits): void {
  w.byte(limits.max === null ? 0 : 1);
  w.u32(limits.min);
  if (limits.max !== null) w.u32(limits.max);
}

function vector<T>(out: ByteWriter, id: number, items: readonly T[], write: (w: ByteWriter, item: T) => void): void {
  if (items.length === 0) return;
  const content = new ByteWriter();
  content.u32(items.length);
  for (const item of items) write(content, item);
  out.byte(id);
  out.u32(content.length);
  out.bytes(content.take());
}
