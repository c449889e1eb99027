/**
 * Validates what stands outside of code, and makes the context that code is validated in.
 *
 * Paper: WebAssembly Core Specification 2.0, sections 3.2 "Types", 3.3.10 "Constant Expressions", 3.4 "Modules".
 */

import {
  coreTable,
  type Diagnostic,
  DiagnosticError,
  type OpTable,
  printSignature,
  type Span,
  unwrap,
} from '@sluice/ir';
import {
  constantOf,
  InstrReader,
  instrs,
  type WasmConstant,
  type WasmElement,
  type WasmExport,
  type WasmExpr,
  type WasmGlobalType,
  type WasmLimits,
  type WasmModule,
  type WasmTable,
  type WasmType,
} from '@sluice/wasm-format';
import type { Context } from './context.ts';
import * as codes from './diag-codes.ts';

/** Pages that an i32 can address. */
const maxPages = 65536;

/** Validates all of a module but its code; throws `DiagnosticError`. */
export function contextOf(module: WasmModule, file: string, ops: OpTable = coreTable): Context {
  const check = new ItemCheck(module, file, ops);
  check.all();
  return check.cx;
}

class ItemCheck {
  readonly cx: Context;
  readonly #declared: Uint8Array;

  constructor(module: WasmModule, file: string, ops: OpTable) {
    const funcs: number[] = [];
    const tables: WasmTable[] = [];
    const globals: WasmGlobalType[] = [];
    let memories = 0;
    for (const { what } of module.imports) {
      if (what.kind === 'func') funcs.push(what.type);
      else if (what.kind === 'table') tables.push(what);
      else if (what.kind === 'global') globals.push(what);
      else memories++;
    }
    const importedFuncs = funcs.length;
    const importedGlobals = globals.length;
    for (const { type } of module.funcs) funcs.push(type);
    for (const table of module.tables) tables.push(table);
    for (const global of module.globals) globals.push(global);
    this.#declared = new Uint8Array(funcs.length);
    this.cx = {
      module,
      file,
      ops,
      types: module.types,
      funcs,
      tables,
      memories: memories + module.memories.length,
      globals,
      elements: module.elements.map(({ type }) => type),
      importedFuncs,
      importedGlobals,
      declared: this.#declared,
    };
  }

  all(): void {
    const { module, funcs, types, memories } = this.cx;
    for (const { what, at } of module.imports) {
      if (what.kind === 'func') this.#index('type', what.type, types.length, at);
      else if (what.kind === 'memory') this.#memory(what.limits, at);
      else if (what.kind === 'table') this.#limits(what.limits, at);
    }
    for (const { type, at } of module.funcs) this.#index('type', type, types.length, at);
    for (const { limits } of module.tables) this.#limits(limits, undefined);
    for (const limits of module.memories) this.#memory(limits, undefined);
    if (memories > 1) this.#fail(codes.multipleMemories, undefined);
    for (const { type, init } of module.globals) this.#constant(init, type);
    this.#exports(module.exports);
    if (module.start !== null) {
      this.#index('function', module.start, funcs.length, undefined);
      const sig = types[funcs[module.start] as number];
      if (sig !== undefined && sig.params.length + sig.results.length > 0) {
        this.#fail((at) => codes.badStart(at, printSignature(sig)), undefined);
      }
    }
    for (const segment of module.elements) this.#element(segment);
    for (const { mode, at } of module.data) {
      if (mode.kind !== 'active') continue;
      this.#index('memory', mode.target, memories, at);
      this.#constant(mode.offset, 'i32');
    }
  }

  #exports(exports: readonly WasmExport[]): void {
    const { cx } = this;
    const names = new Set<string>();
    for (const { name, kind, index, at } of exports) {
      if (names.has(name)) this.#fail((span) => codes.duplicateExport(span, name), at);
      names.add(name);
      if (kind === 'func') {
        this.#index('function', index, cx.funcs.length, at);
        this.#declared[index] = 1;
      } else if (kind === 'table') this.#index('table', index, cx.tables.length, at);
      else if (kind === 'memory') this.#index('memory', index, cx.memories, at);
      else this.#index('global', index, cx.globals.length, at);
    }
  }

  #element({ type, mode, items, at }: WasmElement): void {
    const { tables, funcs } = this.cx;
    for (const item of items) {
      if (typeof item !== 'number') this.#constant(item, type);
      else {
        this.#index('function', item, funcs.length, at);
        this.#declared[item] = 1;
      }
    }
    if (mode.kind !== 'active') return;
    this.#index('table', mode.target, tables.length, at);
    const table = tables[mode.target] as WasmTable;
    if (table.type !== type) this.#mismatch(table.type, type, at);
    this.#constant(mode.offset, 'i32');
  }

  #constant(expr: WasmExpr, expected: WasmType): void {
    const { at } = expr;
    const constant = unwrap(constantOf(expr, this.cx.file));
    if (constant === null) return this.#noConstant(expr);
    const found = this.#typeOf(constant, at);
    if (found !== expected) this.#mismatch(expected, found, at);
  }

  #typeOf(constant: WasmConstant, at: number | undefined): WasmType {
    const { globals, importedGlobals, funcs } = this.cx;
    if (constant.kind === 'null') return constant.type;
    if (constant.kind === 'func') {
      this.#index('function', constant.index, funcs.length, at);
      this.#declared[constant.index] = 1;
      return 'funcref';
    }
    if (constant.kind !== 'global') return constant.kind;
    this.#index('global', constant.index, importedGlobals, at);
    const { type, mutable } = globals[constant.index] as WasmGlobalType;
    if (mutable) this.#fail((span) => codes.constantRequired(span, 'a mutable global'), at);
    return type;
  }

  /** Why an expression is no constant: an instruction that may not be there, or not exactly one value. */
  #noConstant({ code, at }: WasmExpr): never {
    const r = new InstrReader(code, this.cx.file, at ?? 0);
    let count = 0;
    for (; r.next(); count++) {
      const one = { code: code.subarray(r.start, r.at), at: r.offset };
      const constant = unwrap(constantOf(one, this.cx.file));
      if (constant === null) this.#fail((span) => codes.constantRequired(span, `${instrs[r.number]?.name}`), r.offset);
      else this.#typeOf(constant, r.offset);
    }
    return this.#fail((span) => codes.typeMismatch(span, `expected one value, found ${count}`), at);
  }

  #limits({ min, max }: WasmLimits, at: number | undefined): void {
    if (max !== null && min > max) this.#fail((span) => codes.badLimits(span, min, max), at);
  }

  #memory(limits: WasmLimits, at: number | undefined): void {
    const pages = Math.max(limits.min, limits.max ?? 0);
    if (pages > maxPages) this.#fail((span) => codes.badMemorySize(span, pages), at);
    this.#limits(limits, at);
  }

  #index(space: codes.IndexSpace, index: number, count: number, at: number | undefined): void {
    if (index >= count) this.#fail((span) => codes.unknownIndex(span, space, index, count), at);
  }

  #mismatch(expected: string, found: string, at: number | undefined): never {
    return this.#fail((span) => codes.typeMismatch(span, `expected ${expected}, found ${found}`), at);
  }

  #fail(make: (at: Span) => Diagnostic, at: number | undefined): never {
    throw new DiagnosticError(make({ file: this.cx.file, line: 0, col: at ?? 0 }));
  }
}
