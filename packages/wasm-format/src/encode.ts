/**
 * Encodes a module in the Wasm binary format (Wasm 2.0 with several memories). Numbers take the fewest bytes, segments the
 * shortest of their forms; what a decoder gave comes out as it was where it was minimal.
 */

import { ByteWriter } from './bytes.ts';
import {
  externCode,
  sectionId,
  sectionOrder,
  valueTypeCode,
  type WasmElement,
  type WasmExpr,
  type WasmFunc,
  type WasmGlobalType,
  type WasmLimits,
  type WasmModule,
  type WasmSegmentMode,
  type WasmTable,
} from './module.ts';
import { opcode } from './opcode.ts';

/** A module's bytes; what is left out is empty. */
export function encodeModule(m: Partial<WasmModule>): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(4096);
  out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  writeCustoms(out, m, 0);
  for (const id of sectionOrder) {
    writeSection(out, m, id);
    writeCustoms(out, m, id);
  }
  return out.take();
}

function writeCustoms(out: ByteWriter, m: Partial<WasmModule>, after: number): void {
  for (const custom of m.customs ?? []) {
    if (custom.after !== after) continue;
    out.byte(sectionId.custom);
    out.sized(() => {
      out.name(custom.name);
      out.bytes(custom.bytes);
    });
  }
}

function writeSection(out: ByteWriter, m: Partial<WasmModule>, id: number): void {
  switch (id) {
    case sectionId.type:
      vector(out, id, m.types, (type) => {
        out.byte(0x60);
        for (const list of [type.params, type.results]) {
          out.u32(list.length);
          for (const item of list) out.byte(valueTypeCode[item]);
        }
      });
      return;
    case sectionId.import:
      vector(out, id, m.imports, ({ module, field, what }) => {
        out.name(module);
        out.name(field);
        out.byte(externCode[what.kind]);
        if (what.kind === 'func') out.u32(what.type);
        else if (what.kind === 'table') writeTable(out, what);
        else if (what.kind === 'memory') writeLimits(out, what.limits);
        else writeGlobalType(out, what);
      });
      return;
    case sectionId.function:
      vector(out, id, m.funcs, (func) => out.u32(func.type));
      return;
    case sectionId.table:
      vector(out, id, m.tables, (table) => writeTable(out, table));
      return;
    case sectionId.memory:
      vector(out, id, m.memories, (limits) => writeLimits(out, limits));
      return;
    case sectionId.global:
      vector(out, id, m.globals, (global) => {
        writeGlobalType(out, global);
        writeExpr(out, global.init);
      });
      return;
    case sectionId.export:
      vector(out, id, m.exports, (item) => {
        out.name(item.name);
        out.byte(externCode[item.kind]);
        out.u32(item.index);
      });
      return;
    case sectionId.start: {
      const start = m.start ?? null;
      if (start !== null) single(out, id, start);
      return;
    }
    case sectionId.element:
      vector(out, id, m.elements, (element) => writeElement(out, element));
      return;
    case sectionId.dataCount:
      if (m.dataCount === true) single(out, id, m.data?.length ?? 0);
      return;
    case sectionId.code:
      vector(out, id, m.funcs, (func) => out.sized(() => writeFunc(out, func)));
      return;
    default:
      vector(out, id, m.data, ({ mode, bytes }) => {
        if (mode.kind === 'passive') out.byte(1);
        else {
          out.byte(mode.target === 0 ? 0 : 2);
          writePlace(out, mode);
        }
        out.u32(bytes.length);
        out.bytes(bytes);
      });
  }
}

function writeFunc(out: ByteWriter, func: WasmFunc): void {
  out.u32(func.locals.length);
  for (const { count, type } of func.locals) {
    out.u32(count);
    out.byte(valueTypeCode[type]);
  }
  out.bytes(func.code);
  out.byte(opcode.end);
}

/** Bit 0: passive or declared; bit 1: a table is named, or declared; bit 2: items are expressions. */
function writeElement(out: ByteWriter, element: WasmElement): void {
  const { mode, type } = element;
  const indices = element.items.every((item) => typeof item === 'number');
  // The short form of active segments has neither a table nor a type: it means table 0 and functions.
  const short = mode.kind === 'active' && mode.target === 0 && type === 'funcref';
  const form = mode.kind === 'active' ? (short ? 0 : 2) : mode.kind === 'passive' ? 1 : 3;
  const exprs = !indices || (element.items.length === 0 && type !== 'funcref');
  out.byte(form | (exprs ? 4 : 0));
  if (mode.kind === 'active') {
    if (!short) out.u32(mode.target);
    writeExpr(out, mode.offset);
  }
  if (!short) out.byte(exprs ? valueTypeCode[type] : 0);
  out.u32(element.items.length);
  for (const item of element.items) {
    if (typeof item === 'number') out.u32(item);
    else writeExpr(out, item);
  }
}

function writePlace(out: ByteWriter, mode: WasmSegmentMode & { kind: 'active' }): void {
  if (mode.target !== 0) out.u32(mode.target);
  writeExpr(out, mode.offset);
}

function writeExpr(out: ByteWriter, expr: WasmExpr): void {
  out.bytes(expr.code);
  out.byte(opcode.end);
}

function writeTable(out: ByteWriter, table: WasmTable): void {
  out.byte(valueTypeCode[table.type]);
  writeLimits(out, table.limits);
}

function writeGlobalType(out: ByteWriter, global: WasmGlobalType): void {
  out.byte(valueTypeCode[global.type]);
  out.byte(global.mutable ? 1 : 0);
}

function writeLimits(out: ByteWriter, limits: WasmLimits): void {
  out.byte(limits.max === null ? 0 : 1);
  out.u32(limits.min);
  if (limits.max !== null) out.u32(limits.max);
}

function single(out: ByteWriter, id: number, value: number): void {
  out.byte(id);
  out.sized(() => out.u32(value));
}

function vector<T>(out: ByteWriter, id: number, items: readonly T[] | undefined, write: (item: T) => void): void {
  if (items === undefined || items.length === 0) return;
  out.byte(id);
  out.sized(() => {
    out.u32(items.length);
    for (const item of items) write(item);
  });
}
