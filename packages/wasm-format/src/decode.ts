/**
 * Decodes the Wasm binary format (Wasm 2.0 with several memories): all that the format itself demands is checked, what
 * the validator checks (types, indices that exist) is not. Bytes may be hostile: a count is believed only as its items
 * are seen, locals are counted and not expanded, nothing recurses, time is linear. The code of functions stays bytes, which
 * `InstrReader` reads. Reasons in diagnostics are those of the specification's tests.
 */

import { attempt, type Result } from '@sluice/ir';
import * as codes from './diag-codes.ts';
import { InstrReader } from './instr-reader.ts';
import {
  sectionId,
  sectionOrder,
  valueTypeOf,
  type WasmCustom,
  type WasmData,
  type WasmElement,
  type WasmExport,
  type WasmExpr,
  type WasmFunc,
  type WasmFuncType,
  type WasmGlobal,
  type WasmImport,
  type WasmImportKind,
  type WasmLimits,
  type WasmLocals,
  type WasmModule,
  type WasmRefType,
  type WasmSegmentMode,
  type WasmTable,
  type WasmType,
} from './module.ts';
import { opcode } from './opcode.ts';
import type { ByteReader } from './reader.ts';

/** Locals that a function may have, parameters included: as engines have it. */
export const maxLocals = 50_000;

/** How often each kind of item may occur, as engines have it: bounds memory, since an item may be a byte long. */
const maxItems = { types: 1_000_000, functions: 1_000_000, items: 10_000_000 };

const noTypes: readonly WasmType[] = [];

/** Decodes a module. `file` names it in diagnostics. */
export function decodeModule(bytes: Uint8Array, options: { readonly file?: string } = {}): Result<WasmModule> {
  return attempt(() => new Decoder(bytes, options.file ?? '<wasm>').module());
}

/** Whether bytes begin as a Wasm module does. */
export function isWasm(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

class Decoder {
  readonly r: InstrReader;
  readonly types: WasmFuncType[] = [];
  readonly imports: WasmImport[] = [];
  readonly funcTypes: number[] = [];
  readonly funcs: WasmFunc[] = [];
  readonly tables: WasmTable[] = [];
  readonly memories: WasmLimits[] = [];
  readonly globals: WasmGlobal[] = [];
  readonly exports: WasmExport[] = [];
  readonly elements: WasmElement[] = [];
  readonly data: WasmData[] = [];
  readonly customs: WasmCustom[] = [];
  start: number | null = null;
  dataCount: number | null = null;

  constructor(bytes: Uint8Array, file: string) {
    this.r = new InstrReader(bytes, file);
  }

  module(): WasmModule {
    const r = this.r;
    if (!isWasm(r.bytes)) r.fail(codes.badMagic, 0);
    r.at = 4;
    if (r.bytes.length < 8) r.fail((at) => codes.unexpectedEnd(at, 'the version', false));
    if (r.fixed32('the version') !== 1) r.fail(codes.badVersion, 4);
    this.#sections();
    if (this.funcs.length !== this.funcTypes.length) r.wrong('function and code section have inconsistent lengths');
    if (this.dataCount !== null && this.dataCount !== this.data.length) {
      r.wrong('data count and data section have inconsistent lengths');
    }
    return {
      types: this.types,
      imports: this.imports,
      funcs: this.funcs,
      tables: this.tables,
      memories: this.memories,
      globals: this.globals,
      exports: this.exports,
      start: this.start,
      elements: this.elements,
      dataCount: this.dataCount !== null,
      data: this.data,
      customs: this.customs,
    };
  }

  #sections(): void {
    const r = this.r;
    let after = 0;
    while (r.at < r.bytes.length) {
      const from = r.at;
      const id = r.u8('a section');
      const size = r.u32('the size of a section');
      if (size > r.bytes.length - r.at) r.wrong('length out of bounds: unexpected end', from);
      if (id > sectionId.dataCount) r.wrong('malformed section id', from);
      r.end = r.at + size;
      if (id === sectionId.custom) {
        const name = r.name('the name of a custom section');
        const at = r.at;
        this.customs.push({ name, after, at, bytes: r.view(r.end - at, 'a custom section') });
      } else {
        const place = sectionOrder.indexOf(id);
        if (after !== 0 && place <= sectionOrder.indexOf(after)) r.wrong('unexpected content after last section', from);
        after = id;
        this.#section(id);
        if (r.at !== r.end) r.wrong('section size mismatch');
      }
      r.end = r.bytes.length;
    }
  }

  #section(id: number): void {
    const r = this.r;
    switch (id) {
      case sectionId.type:
        this.#vector('types', maxItems.types, this.types, () => this.#funcType());
        return;
      case sectionId.import:
        this.#vector('imports', maxItems.types, this.imports, () => this.#import());
        return;
      case sectionId.function:
        this.#vector('functions', maxItems.functions, this.funcTypes, () => r.u32('the type of a function'));
        return;
      case sectionId.table:
        this.#vector('tables', maxItems.types, this.tables, () => this.#table());
        return;
      case sectionId.memory:
        this.#vector('memories', maxItems.types, this.memories, () => this.#limits());
        return;
      case sectionId.global:
        this.#vector('globals', maxItems.types, this.globals, () => ({ ...this.#globalType(), init: this.#expr() }));
        return;
      case sectionId.export:
        this.#vector('exports', maxItems.types, this.exports, () => this.#export());
        return;
      case sectionId.start:
        this.start = r.u32('the start function');
        return;
      case sectionId.element:
        this.#vector('element segments', maxItems.types, this.elements, () => this.#element());
        return;
      case sectionId.dataCount:
        this.dataCount = r.u32('the count of data segments');
        return;
      case sectionId.code:
        this.#code();
        return;
      default:
        this.#vector('data segments', maxItems.types, this.data, () => this.#data());
    }
  }

  /** A count and so many items, each at least a byte. */
  #vector<T>(what: string, limit: number, into: T[], read: () => T): void {
    const r = this.r;
    const from = r.at;
    const count = r.u32(`the number of ${what}`);
    if (count > r.end - r.at) {
      r.fail((at) => codes.unexpectedEnd(at, `${count} ${what}`, r.end < r.bytes.length), from);
    }
    if (count > limit) r.fail((at) => codes.tooMany(at, what, limit), from);
    for (let k = 0; k < count; k++) into.push(read());
  }

  #valueType(): WasmType {
    const type = valueTypeOf(this.r.u8('a type'));
    return type ?? this.r.wrong('malformed value type', this.r.at - 1);
  }

  #refType(): WasmRefType {
    const code = this.r.u8('a reference type');
    if (code === 0x70) return 'funcref';
    return code === 0x6f ? 'externref' : this.r.wrong('malformed reference type', this.r.at - 1);
  }

  #funcType(): WasmFuncType {
    if (this.r.u8('a type') !== 0x60) this.r.wrong('malformed type: functions alone have types here', this.r.at - 1);
    return { params: this.#types('parameters'), results: this.#types('results') };
  }

  #types(what: string): readonly WasmType[] {
    const list: WasmType[] = [];
    this.#vector(what, 1000, list, () => this.#valueType());
    return list.length === 0 ? noTypes : list;
  }

  #import(): WasmImport {
    const at = this.r.at;
    const module = this.r.name('the module of an import');
    const field = this.r.name('the name of an import');
    return { module, field, what: this.#importKind(), at };
  }

  #importKind(): WasmImportKind {
    const r = this.r;
    switch (r.u8('the kind of an import')) {
      case 0:
        return { kind: 'func', type: r.u32('the type of a function') };
      case 1:
        return { kind: 'table', ...this.#table() };
      case 2:
        return { kind: 'memory', limits: this.#limits() };
      case 3:
        return { kind: 'global', ...this.#globalType() };
      default:
        return r.wrong('malformed import kind', r.at - 1);
    }
  }

  #table(): WasmTable {
    return { type: this.#refType(), limits: this.#limits() };
  }

  #limits(): WasmLimits {
    const from = this.r.at;
    const flags = this.r.u8('limits');
    if (flags > 1) this.r.wrong('malformed limits flags', from);
    return { min: this.r.u32('the minimum'), max: flags === 1 ? this.r.u32('the maximum') : null };
  }

  #globalType(): { readonly type: WasmType; readonly mutable: boolean } {
    const type = this.#valueType();
    const mutable = this.r.u8('the mutability of a global');
    if (mutable > 1) this.r.wrong('malformed mutability', this.r.at - 1);
    return { type, mutable: mutable === 1 };
  }

  #export(): WasmExport {
    const at = this.r.at;
    const name = this.r.name('the name of an export');
    const kind = (['func', 'table', 'memory', 'global'] as const)[this.r.u8('the kind of an export')];
    if (kind === undefined) return this.r.wrong('malformed export kind', this.r.at - 1);
    return { name, kind, index: this.r.u32('the index of an export'), at };
  }

  /** Up to the `end` that closes it. */
  #expr(): WasmExpr {
    const r = this.r;
    const from = r.at;
    // The reader stops with a diagnostic at an `end` that closes nothing: here one is wanted.
    r.depth = 1;
    while (r.depth > 0) {
      if (!r.next()) r.wrong('END opcode expected');
    }
    if (r.at - from === 1) r.wrong('type mismatch: a constant expression without an instruction', from);
    return { code: r.bytes.subarray(from, r.at - 1), at: from };
  }

  #element(): WasmElement {
    const r = this.r;
    const at = r.at;
    const flags = r.u32('the form of an element segment');
    if (flags > 7) r.wrong('malformed elements segment kind', at);
    const named = (flags & 2) !== 0;
    const mode =
      (flags & 1) === 0
        ? ({ kind: 'active', target: named ? r.u32('a table') : 0, offset: this.#expr() } as const)
        : ({ kind: named ? 'declared' : 'passive' } as const);
    const explicit = (flags & 3) !== 0;
    if (flags >= 4) {
      const type = explicit ? this.#refType() : 'funcref';
      const items: WasmExpr[] = [];
      this.#vector('elements', maxItems.items, items, () => this.#expr());
      return { type, mode, items, at };
    }
    if (explicit && r.u8('the kind of elements') !== 0) r.wrong('malformed element kind', r.at - 1);
    const items: number[] = [];
    this.#vector('elements', maxItems.items, items, () => r.u32('the index of a function'));
    return { type: 'funcref', mode, items, at };
  }

  #data(): WasmData {
    const r = this.r;
    const at = r.at;
    const flags = r.u32('the form of a data segment');
    if (flags > 2) r.wrong('malformed data segment kind', at);
    const mode: WasmSegmentMode =
      flags === 1
        ? { kind: 'passive' }
        : { kind: 'active', target: flags === 2 ? r.u32('a memory') : 0, offset: this.#expr() };
    return { mode, bytes: r.view(r.u32('the length of data'), 'data'), at };
  }

  #code(): void {
    const r = this.r;
    const from = r.at;
    const sectionEnd = r.end;
    const count = r.u32('the number of functions');
    if (count !== this.funcTypes.length) r.wrong('function and code section have inconsistent lengths', from);
    for (const type of this.funcTypes) {
      const size = r.u32('the size of a function');
      if (size > sectionEnd - r.at) r.fail((at) => codes.unexpectedEnd(at, 'a function', true));
      r.end = r.at + size;
      const locals = this.#locals();
      const at = r.at;
      if (at === r.end) r.fail((span) => codes.unexpectedEnd(span, 'a function', true));
      if (r.bytes[r.end - 1] !== opcode.end) r.wrong('END opcode expected', r.end - 1);
      this.funcs.push({ type, locals, code: r.bytes.subarray(at, r.end - 1), at });
      r.at = r.end;
      r.end = sectionEnd;
    }
  }

  #locals(): readonly WasmLocals[] {
    const r: ByteReader = this.r;
    const from = r.at;
    const list: WasmLocals[] = [];
    let total = 0;
    const runs = r.u32('the number of locals');
    if (runs > r.end - r.at) r.fail((at) => codes.unexpectedEnd(at, 'locals', true), from);
    for (let k = 0; k < runs; k++) {
      const count = r.u32('a number of locals');
      total += count;
      if (total > maxLocals) r.fail((at) => codes.tooMany(at, 'locals', maxLocals), from);
      list.push({ count, type: this.#valueType() });
    }
    return list.length === 0 ? noLocals : list;
  }
}

const noLocals: readonly WasmLocals[] = [];
