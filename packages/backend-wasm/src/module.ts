/** A module as Wasm has it: everything but the code of functions, which func.ts makes. */

import { DiagnosticError, type ElementItem, type GlobalRef, type Module, type Table, type Type } from '@sluice/ir';
import {
  CodeWriter,
  constantExpr,
  type EmissionOptions,
  encodeNames,
  type WasmElement,
  type WasmExpr,
  type WasmImport,
  type WasmModule,
  type WasmRefType,
  type WasmSegmentMode,
} from '@sluice/wasm-format';
import { noWasmType } from './diag-codes.ts';
import { expandOps } from './expand.ts';
import { FuncEmitter } from './func.ts';
import { writeConstant } from './instr.ts';
import type { CodePlace } from './region-writer.ts';
import { Symbols } from './symbols.ts';

/** How to emit. */
export interface WasmOptions extends EmissionOptions {
  /** Whether functions' names go to a name section; default: yes, those that are no mere numbers. */
  readonly names?: boolean;
  /** Told, for each function in order, where instructions begin in its code. */
  readonly places?: (func: string, places: readonly CodePlace[]) => void;
  /** Told of what is left out. */
  readonly dropped?: (what: string) => void;
}

/** A verified module as Wasm's. Throws `DiagnosticError` for what Wasm does not have. */
export function emitModule(m: Module, options: WasmOptions = {}): WasmModule {
  const extra = options.extra ?? [];
  const symbols = new Symbols(m, extra.length);
  for (const { type } of extra) symbols.type(type);
  for (const { name, sig } of [...m.imports, ...m.funcs]) {
    for (const type of [...sig.params, ...sig.results]) checkType(`@${name}`, type);
    symbols.type(sig);
  }
  for (const { name, type } of m.globals) checkType(`global @${name}`, type);
  const hooks = options.hooks ?? {};
  const emitter = new FuncEmitter(symbols, hooks, options.places !== undefined);
  const initial = m.tables.flatMap((table) => initialElements(table, symbols));
  symbols.firstSegment = initial.length;
  const funcs = m.funcs.map((f) => {
    const func = emitter.emit(expandOps(f, () => false));
    if (emitter.places !== null) options.places?.(f.name, emitter.places);
    return func;
  });
  const memory = m.memory ?? (symbols.usesMemory || m.data.length > 0 ? { min: 0, max: 0, source: null } : null);
  const elements: WasmElement[] = [
    ...initial,
    ...m.segments.map((segment) => ({
      type: segment.type,
      mode:
        segment.mode.kind === 'active'
          ? ({
              kind: 'active',
              target: symbols.table(segment.mode.table),
              offset: place(segment.mode.offset, symbols),
            } as const)
          : segment.mode,
      items: itemsOf(segment.items, segment.type, symbols),
    })),
  ];
  const declared = undeclared(m, symbols);
  if (declared.length > 0) elements.push({ type: 'funcref', mode: { kind: 'declared' }, items: declared });
  return {
    types: symbols.types,
    imports: importsOf(m, symbols, options),
    funcs,
    tables: m.tables.filter(({ source }) => source === null).map(tableType),
    memories: memory !== null && memory.source === null ? [{ min: memory.min, max: memory.max }] : [],
    globals: m.globals
      .filter(({ source }) => source === null)
      .map(({ type, mutable, init }) => ({ type: type as 'i32', mutable, init: initialValue(type, init, symbols) })),
    exports: m.exports.map(({ external, kind, name }) => ({
      name: external,
      kind,
      index:
        kind === 'func'
          ? symbols.func(name)
          : kind === 'global'
            ? symbols.global(name)
            : kind === 'table'
              ? symbols.table(name)
              : 0,
    })),
    start: m.initialiser === null ? null : symbols.func(m.initialiser),
    elements,
    dataCount: symbols.usesData || m.data.some(({ offset }) => offset === null),
    data: m.data.map(({ offset, bytes }) => ({
      mode: (offset === null
        ? { kind: 'passive' }
        : { kind: 'active', target: 0, offset: place(offset, symbols) }) as WasmSegmentMode,
      bytes,
    })),
    customs: customsOf(m, symbols, options),
  };
}

function checkType(where: string, type: Type): void {
  if (type === 'any') throw new DiagnosticError(noWasmType(where, type));
}

function importsOf(m: Module, symbols: Symbols, options: WasmOptions): readonly WasmImport[] {
  const list: WasmImport[] = (options.extra ?? []).map(({ module, field, type }) => ({
    module,
    field,
    what: { kind: 'func', type: symbols.type(type) },
  }));
  for (const { module, field, sig } of m.imports)
    list.push({ module, field, what: { kind: 'func', type: symbols.type(sig) } });
  for (const table of m.tables)
    if (table.source !== null) list.push({ ...table.source, what: { kind: 'table', ...tableType(table) } });
  const { memory } = m;
  if (memory?.source)
    list.push({ ...memory.source, what: { kind: 'memory', limits: { min: memory.min, max: memory.max } } });
  for (const { source, type, mutable } of m.globals) {
    if (source !== null) list.push({ ...source, what: { kind: 'global', type: type as 'i32', mutable } });
  }
  return list;
}

function tableType({ type, min, max }: Table): { type: WasmRefType; limits: { min: number; max: number | null } } {
  return { type, limits: { min, max } };
}

// Constants.

function isGlobalRef(value: unknown): value is GlobalRef {
  return typeof value === 'object' && value !== null && 'global' in value;
}

function place(offset: number | GlobalRef, symbols: Symbols): WasmExpr {
  return initialValue('i32', offset, symbols);
}

function initialValue(type: Type, init: unknown, symbols: Symbols): WasmExpr {
  if (isGlobalRef(init)) return constantExpr({ kind: 'global', index: symbols.global(init.global) });
  if (type === 'funcref' || type === 'externref') {
    if (typeof init === 'string') return constantExpr({ kind: 'func', index: symbols.func(init) });
    return constantExpr({ kind: 'null', type });
  }
  const w = new CodeWriter(24);
  writeConstant(w, type, init as number);
  return { code: w.take() };
}

function itemsOf(
  items: readonly ElementItem[],
  type: WasmRefType,
  symbols: Symbols,
): readonly number[] | readonly WasmExpr[] {
  if (items.every((item): item is string => typeof item === 'string')) return items.map((name) => symbols.func(name));
  return items.map((item) => initialValue(type, item, symbols));
}

/** Segments for what an own table holds at the start: one for each run of functions. */
function initialElements(table: Table, symbols: Symbols): readonly WasmElement[] {
  const found: WasmElement[] = [];
  let run: number[] = [];
  table.elements.forEach((name, i) => {
    if (name === null) {
      run = [];
      return;
    }
    if (run.length === 0) {
      const offset = constantExpr({ kind: 'i32', value: i });
      found.push({ type: 'funcref', mode: { kind: 'active', target: symbols.table(table.name), offset }, items: run });
    }
    run.push(symbols.func(name));
  });
  return found;
}

/** Functions that code refers to and nothing else in the module names: validation wants them declared. */
function undeclared(m: Module, symbols: Symbols): readonly number[] {
  if (symbols.referenced.size === 0) return [];
  const named = new Set<string>();
  for (const { kind, name } of m.exports) if (kind === 'func') named.add(name);
  for (const { elements } of m.tables) for (const name of elements) if (name !== null) named.add(name);
  for (const { items } of m.segments) for (const name of items) if (typeof name === 'string') named.add(name);
  for (const { init } of m.globals) if (typeof init === 'string') named.add(init);
  return [...symbols.referenced].filter((name) => !named.has(name)).map((name) => symbols.func(name));
}

// Custom sections.

const byOffset = [
  /^\.debug_/,
  /^sourceMappingURL$/,
  /^external_debug_info$/,
  /^reloc\./,
  /^linking$/,
  /^metadata\.code\./,
];

function customsOf(m: Module, symbols: Symbols, options: WasmOptions): WasmModule['customs'] {
  const customs = m.customs.filter(({ name }) => {
    if (name === 'name') return false;
    if (!byOffset.some((pattern) => pattern.test(name))) return true;
    options.dropped?.(`the custom section '${name}', which speaks of offsets in the code`);
    return false;
  });
  const functions = new Map<number, string>();
  if (options.names !== false) {
    for (const { name } of [...m.imports, ...m.funcs])
      if (!/^f\d+$/.test(name)) functions.set(symbols.func(name), name);
  }
  const module = m.name === '' || options.names === false ? null : m.name;
  if (functions.size === 0 && module === null) return customs;
  const names = encodeNames({ module, functions, locals: new Map(), others: [] });
  // Behind all known sections, before what stood behind the names.
  const at = customs.findIndex(({ after }) => after === names.after);
  return at < 0 ? [...customs, names] : [...customs.slice(0, at), names, ...customs.slice(at)];
}
