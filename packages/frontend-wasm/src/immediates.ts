/**
 * Immediates of instructions that the op table knows: checked as validation demands, and in the form that the IR gives them.
 */

import { f32FromBits, f64FromBits, type Imm, type OpDef, type Type } from '@sluice/ir';
import type { Instr, InstrReader, WasmTable } from '@sluice/wasm-format';
import type { Context, Names } from './context.ts';
import * as codes from './diag-codes.ts';

/** The immediate of the reader's present instruction. Without names those that are names are left out. */
export function immediateOf(cx: Context, names: Names | null, instr: Instr, r: InstrReader): Imm {
  switch (instr.form) {
    case 'none':
      return undefined;
    case 'access':
      checkAccess(cx, instr, r);
      return { offset: r.memoryOffset, align: r.align };
    case 'i32':
      return r.lo;
    case 'i64':
      return r.i64;
    case 'f32':
      return f32FromBits(r.lo);
    case 'f64':
      return f64FromBits(r.i64);
    case 'v128':
      return vectorOf(r.bytes16);
    case 'access-lane':
      checkAccess(cx, instr, r);
      checkLane(r, r.index, (instr.op as OpDef).lanes);
      return { offset: r.memoryOffset, align: r.align, lane: r.index };
    case 'lane':
      checkLane(r, r.index, (instr.op as OpDef).lanes);
      return r.index;
    case 'lanes': {
      const lanes = [...r.bytes16];
      for (const lane of lanes) checkLane(r, lane, 32);
      return lanes;
    }
    case 'memory':
      checkMemory(cx, r, r.index);
      return undefined;
    case 'memory-copy':
      checkMemory(cx, r, r.index);
      checkMemory(cx, r, r.second);
      return undefined;
    case 'memory-init':
      checkMemory(cx, r, r.second);
      checkData(cx, r);
      return r.index;
    case 'data':
      checkData(cx, r);
      return r.index;
    case 'element':
      elementType(cx, r);
      return r.index;
    case 'table':
      tableOf(cx, r, r.index);
      return names?.tables[r.index];
    case 'table-copy': {
      const to = tableOf(cx, r, r.index).type;
      const from = tableOf(cx, r, r.second).type;
      if (to !== from) mismatch(r, to, from);
      return names === null ? undefined : { to: names.tables[r.index], from: names.tables[r.second] };
    }
    case 'table-init': {
      const to = tableOf(cx, r, r.second).type;
      const from = elementType(cx, r);
      if (to !== from) mismatch(r, to, from);
      return names === null ? undefined : { table: names.tables[r.second], segment: r.index };
    }
    default:
      throw new Error(`'${instr.name}' is no op`);
  }
}

/** What `T` in the signature of the present instruction's op stands for: the type of its table. */
export function openType(cx: Context, r: InstrReader): Type {
  return tableOf(cx, r, r.index).type;
}

/** The bits of a vector of 16 bytes. */
export function vectorOf(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return (view.getBigUint64(8, true) << 64n) | view.getBigUint64(0, true);
}

function checkAccess(cx: Context, { op }: Instr, r: InstrReader): void {
  checkMemory(cx, r, r.second);
  const bytes = op?.access?.bytes ?? 1;
  const { align } = r;
  if (2 ** align > bytes) r.fail((at) => codes.badAlignment(at, align, bytes), r.start);
}

function checkMemory(cx: Context, r: InstrReader, index: number): void {
  if (index >= cx.memories) r.fail((at) => codes.unknownIndex(at, 'memory', index, cx.memories), r.start);
}

function checkLane(r: InstrReader, lane: number, lanes: number): void {
  if (lane >= lanes) r.fail((at) => codes.badLane(at, lane, lanes), r.start);
}

function checkData({ module: { data } }: Context, r: InstrReader): void {
  if (r.index >= data.length) r.fail((at) => codes.unknownIndex(at, 'data segment', r.index, data.length), r.start);
}

function elementType({ module: { elements } }: Context, r: InstrReader): string {
  const segment = elements[r.index];
  if (segment !== undefined) return segment.type;
  return r.fail((at) => codes.unknownIndex(at, 'elem segment', r.index, elements.length), r.start);
}

function tableOf({ tables }: Context, r: InstrReader, index: number): WasmTable {
  return tables[index] ?? r.fail((at) => codes.unknownIndex(at, 'table', index, tables.length), r.start);
}

function mismatch(r: InstrReader, to: string, from: string): never {
  return r.fail((at) => codes.typeMismatch(at, `expected ${to}, found ${from}`), r.start);
}
