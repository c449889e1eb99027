/**
 * A WebAssembly module as data, as its binary form has it: Wasm 2.0 (multi-value, bulk memory, reference types, SIMD) and
 * several memories. Everything is named by index; imports come first in each index space. What a decoder gives holds views
 * of the input (`code`, `bytes`), nothing is copied; `at` is where something stands in the file, and an encoder ignores it.
 */

/** The value types, with their binary codes. */
export const valueTypeCode = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const;

/** A value type. */
export type WasmType = keyof typeof valueTypeCode;

/** A reference type. */
export type WasmRefType = 'funcref' | 'externref';

const typeOfCode: readonly (WasmType | null)[] = Array.from({ length: 128 }, (_, code) => {
  const entry = Object.entries(valueTypeCode).find(([, c]) => c === code);
  return entry === undefined ? null : (entry[0] as WasmType);
});

/** The value type that a byte stands for; null: there is none. */
export function valueTypeOf(code: number): WasmType | null {
  return typeOfCode[code] ?? null;
}

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

/** A table. */
export interface WasmTable {
  readonly type: WasmRefType;
  readonly limits: WasmLimits;
}

/** The type of a global. */
export interface WasmGlobalType {
  readonly type: WasmType;
  readonly mutable: boolean;
}

/** A constant expression: its instructions without the final `end`; see `constantOf` and `constantExpr`. */
export interface WasmExpr {
  readonly code: Uint8Array;
  /** Offset of `code` in the file. */
  readonly at?: number;
}

/** A global that the module defines. */
export interface WasmGlobal extends WasmGlobalType {
  readonly init: WasmExpr;
}

/** What an import is. Functions by the index of their type. */
export type WasmImportKind =
  | { readonly kind: 'func'; readonly type: number }
  | { readonly kind: 'table'; readonly type: WasmRefType; readonly limits: WasmLimits }
  | { readonly kind: 'memory'; readonly limits: WasmLimits }
  | { readonly kind: 'global'; readonly type: WasmType; readonly mutable: boolean };

/** An import. */
export interface WasmImport {
  readonly module: string;
  readonly field: string;
  readonly what: WasmImportKind;
  /** Offset in the file. */
  readonly at?: number;
}

/** So many locals of one type. */
export interface WasmLocals {
  readonly count: number;
  readonly type: WasmType;
}

/** A function that the module defines. `code` is the body's instructions without the final `end`. */
export interface WasmFunc {
  readonly type: number;
  readonly locals: readonly WasmLocals[];
  readonly code: Uint8Array;
  /** Offset of `code` in the file. */
  readonly at?: number;
}

/** An export; indices count imports first. */
export interface WasmExport {
  readonly name: string;
  readonly kind: 'func' | 'table' | 'memory' | 'global';
  readonly index: number;
  /** Offset in the file. */
  readonly at?: number;
}

/** What happens with a segment when an instance is made. `target` is the index of a table or memory. */
export type WasmSegmentMode =
  | { readonly kind: 'active'; readonly target: number; readonly offset: WasmExpr }
  | { readonly kind: 'passive' };

/** A segment of elements. Items are indices of functions, or constant expressions. */
export interface WasmElement {
  readonly type: WasmRefType;
  readonly mode: WasmSegmentMode | { readonly kind: 'declared' };
  readonly items: readonly number[] | readonly WasmExpr[];
  /** Offset in the file. */
  readonly at?: number;
}

/** A segment of data. */
export interface WasmData {
  readonly mode: WasmSegmentMode;
  readonly bytes: Uint8Array;
  /** Offset in the file. */
  readonly at?: number;
}

/** A custom section, the name section included (`decodeNames` reads it). */
export interface WasmCustom {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Id of the last other section before it; 0: it comes first. */
  readonly after: number;
  /** Offset of `bytes` in the file. */
  readonly at?: number;
}

/** A module. */
export interface WasmModule {
  readonly types: readonly WasmFuncType[];
  readonly imports: readonly WasmImport[];
  readonly funcs: readonly WasmFunc[];
  readonly tables: readonly WasmTable[];
  readonly memories: readonly WasmLimits[];
  readonly globals: readonly WasmGlobal[];
  readonly exports: readonly WasmExport[];
  /** Index of the function that runs when an instance is made. */
  readonly start: number | null;
  readonly elements: readonly WasmElement[];
  /** Whether there is a data count section: `memory.init` and `data.drop` need it. */
  readonly dataCount: boolean;
  readonly data: readonly WasmData[];
  readonly customs: readonly WasmCustom[];
}

/** Ids of the sections. */
export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

/** The order in which sections stand. */
export const sectionOrder: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

/** Codes of the kinds of imports and exports. */
export const externCode = { func: 0, table: 1, memory: 2, global: 3 } as const;
