/**
 * Writes modules in the binary form (layout.ts). Equal modules give equal bytes, unless names and locations are
 * asked for. Modules must have passed the verifier: what it refuses may throw here.
 */

import type { Block, ElementItem, Func, GlobalRef, ImportSource, Inst, Module, ValueId } from '../func.ts';
import { isGlobalRef } from '../named.ts';
import type { CallSig, MemImm, MemLaneImm, TableInit, TablePair } from '../op.ts';
import { type Signature, type Type, valueTypes } from '../type.ts';
import { toBits, type Value } from '../value.ts';
import { crc32 } from './checksum.ts';
import { anyTags, elementModes, exportKinds, fixedTargets, magic, resultTypes, section, version } from './layout.ts';
import { Interner, Writer } from './writer.ts';

/** What to write besides the meaning. */
export interface EncodeOptions {
  /** Names of values and blocks, and locations. False unless given. */
  readonly debug?: boolean;
}

interface State {
  readonly strings: Interner;
  readonly ops: Interner;
  readonly out: Writer;
}

/** The binary form of a module that the verifier accepts. */
export function encodeModule(m: Module, options: EncodeOptions = {}): Uint8Array {
  const strings = new Interner();
  const ops = new Interner();
  const items = new Writer();
  writeItems(m, { strings, ops, out: items });
  const funcs = new Writer();
  funcs.u32(m.funcs.length);
  for (const f of m.funcs) writeFunc(f, { strings, ops, out: funcs });

  // Ops name strings, so they are written before the strings are complete.
  const opNames = new Writer();
  opNames.u32(ops.items.length);
  for (const name of ops.items) opNames.u32(strings.of(name));

  const file = new Writer();
  for (const byte of magic) file.u8(byte);
  file.u8(version);
  writeSection(file, section.strings, stringTable(strings));
  writeSection(file, section.ops, opNames);
  writeSection(file, section.module, items);
  writeSection(file, section.funcs, funcs);
  if (options.debug === true) writeSection(file, section.debug, debugInfo(m));
  file.bits(BigInt(crc32(file.view())), 4);
  return file.view().slice();
}

function writeSection(file: Writer, id: number, content: Writer): void {
  file.u8(id);
  file.u32(content.length);
  file.raw(content.view());
}

function stringTable(strings: Interner): Writer {
  const out = new Writer();
  out.u32(strings.items.length);
  for (const text of strings.items) out.text(text);
  return out;
}

function writeItems(m: Module, s: State): void {
  const { out, strings } = s;
  out.u32(strings.of(m.name));
  out.u32(m.imports.length);
  for (const { name, module, field, sig } of m.imports) {
    out.u32(strings.of(name));
    out.u32(strings.of(module));
    out.u32(strings.of(field));
    writeSignature(sig, out);
  }
  writeState(m, s);
  out.u32(m.exports.length);
  for (const { external, kind, name } of m.exports) {
    out.u32(strings.of(external));
    out.u8(exportKinds.indexOf(kind));
    out.u32(strings.of(name));
  }
  out.u32(m.start === null ? 0 : strings.of(m.start) + 1);
  out.u32(m.initialiser === null ? 0 : strings.of(m.initialiser) + 1);
  out.u32(m.customs.length);
  for (const { name, after, bytes } of m.customs) {
    out.u32(strings.of(name));
    out.u8(after);
    out.u32(bytes.length);
    out.raw(bytes);
  }
}

function writeState(m: Module, s: State): void {
  const { out, strings } = s;
  out.u8(m.memory === null ? 0 : 1);
  if (m.memory !== null) {
    writeLimits(m.memory, out);
    writeSource(m.memory.source, s);
  }
  out.u32(m.tables.length);
  for (const table of m.tables) {
    out.u32(strings.of(table.name));
    out.u8(typeCode(table.type));
    writeLimits(table, out);
    writeSource(table.source, s);
    writeElements(table.elements, s);
  }
  out.u32(m.globals.length);
  for (const { name, type, mutable, init, source } of m.globals) {
    out.u32(strings.of(name));
    out.u8(typeCode(type));
    out.u8(mutable ? 1 : 0);
    writeSource(source, s);
    if (source !== null) continue;
    out.u8(isGlobalRef(init) ? 1 : 0);
    if (isGlobalRef(init)) out.u32(strings.of(init.global));
    else writeConst(type, init, s);
  }
  out.u32(m.segments.length);
  for (const { type, items, mode } of m.segments) {
    out.u8(typeCode(type));
    out.u8(elementModes.indexOf(mode.kind));
    if (mode.kind === 'active') {
      out.u32(strings.of(mode.table));
      writeOffset(mode.offset, s);
    }
    writeElements(items, s);
  }
  out.u32(m.data.length);
  for (const { offset, bytes } of m.data) {
    writeOffset(offset, s);
    out.u32(bytes.length);
    out.raw(bytes);
  }
}

function writeLimits({ min, max }: { readonly min: number; readonly max: number | null }, out: Writer): void {
  out.u8(max === null ? 0 : 1);
  out.u32(min);
  if (max !== null) out.u32(max);
}

function writeSource(source: ImportSource | null, { out, strings }: State): void {
  out.u8(source === null ? 0 : 1);
  if (source === null) return;
  out.u32(strings.of(source.module));
  out.u32(strings.of(source.field));
}

function writeOffset(offset: number | GlobalRef | null, { out, strings }: State): void {
  out.u8(offset === null ? 0 : typeof offset === 'number' ? 1 : 2);
  if (offset !== null) out.u32(typeof offset === 'number' ? offset : strings.of(offset.global));
}

// 0: null; else the string's number and 1, with the lowest bit for a global.
function writeElements(items: readonly ElementItem[], { out, strings }: State): void {
  out.u32(items.length);
  for (const item of items) {
    if (item === null) out.u32(0);
    else if (typeof item === 'string') out.u32(2 * (strings.of(item) + 1));
    else out.u32(2 * (strings.of(item.global) + 1) + 1);
  }
}

function typeCode(type: Type): number {
  return valueTypes.indexOf(type);
}

function writeTypes(types: readonly Type[], out: Writer): void {
  out.u32(types.length);
  for (const type of types) out.u8(typeCode(type));
}

function writeSignature(sig: Signature, out: Writer): void {
  writeTypes(sig.params, out);
  writeTypes(sig.results, out);
}

function writeConst(type: Type, value: Value, s: State): void {
  const { out } = s;
  switch (type) {
    case 'i32':
      out.i32(Number(value));
      break;
    case 'i64':
      out.bigint(value as bigint);
      break;
    case 'f32':
      out.bits(toBits(type, value), 4);
      break;
    case 'f64':
      out.bits(toBits(type, value), 8);
      break;
    case 'v128':
      out.bits(toBits(type, value), 16);
      break;
    case 'funcref':
      out.u32(value === null ? 0 : s.strings.of(value as string) + 1);
      break;
    case 'externref':
      if (value !== null) throw new Error('a constant reference other than null has no binary form');
      break;
    case 'any':
      writeAny(value, s);
  }
}

function writeAny(value: Value, { out, strings }: State): void {
  const word = typeof value === 'boolean' || value === null || value === undefined ? String(value) : typeof value;
  const tag = (anyTags as readonly string[]).indexOf(word);
  if (tag === -1) throw new Error(`a constant that is an ${word} has no binary form`);
  out.u8(tag);
  if (typeof value === 'number') out.bits(toBits('f64', value), 8);
  else if (typeof value === 'bigint') out.bigint(value);
  else if (typeof value === 'string') out.u32(strings.of(value));
}

function writeFunc(f: Func, s: State): void {
  const { out, strings } = s;
  out.u32(strings.of(f.name));
  writeSignature(f.sig, out);
  writeTypes(f.slots, out);
  const { places, blockPlaces } = placesOf(f);
  out.u32(f.order.length);
  let at = f.params.length;
  for (const b of f.order) {
    const block = f.blocks[b] as Block;
    out.u32(block.phis.length);
    out.u32(block.body.length);
    for (const v of block.phis) writeInst(f.insts[v] as Inst, at++, places, blockPlaces, s);
    for (const v of block.body) writeInst(f.insts[v] as Inst, at++, places, blockPlaces, s);
    writeInst(f.insts[block.term] as Inst, at++, places, blockPlaces, s);
  }
}

// The places of all instructions, with and without result, in the order of the text; and of the blocks.
function placesOf(f: Func): { readonly places: Int32Array; readonly blockPlaces: Int32Array } {
  const places = new Int32Array(f.insts.length).fill(-1);
  const blockPlaces = new Int32Array(f.blocks.length).fill(-1);
  let count = 0;
  for (const v of f.params) places[v] = count++;
  for (const [k, b] of f.order.entries()) {
    const block = f.blocks[b] as Block;
    blockPlaces[b] = k;
    for (const v of block.phis) places[v] = count++;
    for (const v of block.body) places[v] = count++;
    places[block.term] = count++;
  }
  return { places, blockPlaces };
}

function writeInst(inst: Inst, at: number, places: Int32Array, blockPlaces: Int32Array, s: State): void {
  const { out } = s;
  const { op, args, blocks } = inst;
  out.u32(s.ops.of(op.name));
  if (op.sig.result === 'T') out.u8(resultTypes.indexOf(inst.type));
  writeImm(inst, s);
  const fixed = op.sig.params.length;
  if (op.sig.variadic) out.u32(args.length);
  else if (args.length !== fixed) throw new Error(`'${op.name}' has ${args.length} operands instead of ${fixed}`);
  for (const v of args) out.i32(at - place(places, v));
  const cases = op.kind === 'switch' ? (inst.imm as readonly number[]).length + 1 : fixedTargets(op.kind);
  const targets = op.kind === 'phi' ? args.length : cases;
  if (blocks.length !== targets) throw new Error(`'${op.name}' has ${blocks.length} blocks instead of ${targets}`);
  for (const b of blocks) out.u32(place(blockPlaces, b));
}

function place(places: Int32Array, id: number): number {
  const found = places[id];
  if (found === undefined || found === -1) throw new Error(`${id} stands nowhere in the function`);
  return found;
}

function writeImm({ op, type, imm }: Inst, s: State): void {
  const { out, strings } = s;
  switch (op.imm) {
    case 'none':
      break;
    case 'const':
      writeConst(type as Type, imm as Value, s);
      break;
    case 'mem':
      out.u32((imm as MemImm).offset);
      out.u8((imm as MemImm).align);
      break;
    case 'memlane': {
      const { offset, align, lane } = imm as MemLaneImm;
      out.u32(offset);
      out.u8(align);
      out.u8(lane);
      break;
    }
    case 'lane':
      out.u8(imm as number);
      break;
    case 'lanes':
      for (const lane of imm as readonly number[]) out.u8(lane);
      break;
    case 'index':
      out.u32(imm as number);
      break;
    case 'func':
    case 'global':
    case 'table':
    case 'trap':
    case 'text':
      out.u32(strings.of(imm as string));
      break;
    case 'tables':
      out.u32(strings.of((imm as TablePair).to));
      out.u32(strings.of((imm as TablePair).from));
      break;
    case 'tableseg':
      out.u32(strings.of((imm as TableInit).table));
      out.u32((imm as TableInit).segment);
      break;
    case 'sig': {
      const { table } = imm as CallSig;
      writeSignature(imm as CallSig, out);
      out.u32(table === undefined ? 0 : strings.of(table) + 1);
      break;
    }
    case 'cases': {
      const cases = imm as readonly number[];
      out.u32(cases.length);
      for (const value of cases) out.i32(value);
    }
  }
}

function debugInfo(m: Module): Writer {
  const strings = new Interner();
  const body = new Writer();
  for (const f of m.funcs) {
    const { places, blockPlaces } = placesOf(f);
    writeNames(f.valueNames, places, strings, body);
    writeNames(f.blockNames, blockPlaces, strings, body);
    writeLocs(f, strings, body);
  }
  const out = stringTable(strings);
  out.raw(body.view());
  return out;
}

function writeNames(names: ReadonlyMap<number, string>, places: Int32Array, strings: Interner, out: Writer): void {
  const placed = [...names].map(([id, name]) => ({ at: places[id] ?? -1, name })).filter(({ at }) => at !== -1);
  placed.sort((a, b) => a.at - b.at);
  out.u32(placed.length);
  for (const { at, name } of placed) {
    out.u32(at);
    out.u32(strings.of(name));
  }
}

// For each instruction: 0, or its file's number + 1, its line as the difference to the one before, and its column.
function writeLocs(f: Func, strings: Interner, out: Writer): void {
  let line = 0;
  const write = (v: ValueId): void => {
    const loc = f.insts[v]?.loc ?? null;
    if (loc === null) {
      out.u32(0);
      return;
    }
    out.u32(strings.of(loc.file) + 1);
    out.i32(loc.line - line);
    out.u32(loc.col);
    line = loc.line;
  };
  for (const v of f.params) write(v);
  for (const b of f.order) {
    const block = f.blocks[b] as Block;
    for (const v of block.phis) write(v);
    for (const v of block.body) write(v);
    write(block.term);
  }
}
