/**
 * What the code of a Wasm module may refer to: its index spaces, imports first, with names for the IR. The specification
 * calls it the context C of validation.
 */

import type { OpTable, Signature } from '@sluice/ir';
import type { WasmGlobalType, WasmModule, WasmNames, WasmRefType, WasmTable } from '@sluice/wasm-format';

/** A module's index spaces. */
export interface Context {
  readonly module: WasmModule;
  /** In diagnostics. */
  readonly file: string;
  readonly ops: OpTable;
  /** Signatures by index of type. */
  readonly types: readonly Signature[];
  /** Indices of types by index of function. */
  readonly funcs: readonly number[];
  readonly tables: readonly WasmTable[];
  readonly memories: number;
  readonly globals: readonly WasmGlobalType[];
  readonly elements: readonly WasmRefType[];
  readonly importedFuncs: number;
  readonly importedGlobals: number;
  /** By index of function: whether `ref.func` may name it (1), since something outside of code does. */
  readonly declared: Uint8Array;
}

/** The names that items of a module have in the IR, by index. */
export interface Names {
  readonly funcs: readonly string[];
  readonly globals: readonly string[];
  readonly tables: readonly string[];
  /** Of locals, where the name section has them. */
  readonly locals: WasmNames['locals'];
}

/** What lifting learns of a module on its way, and what it may still cost. */
export interface Seen {
  /** Whether code names element segments. */
  segments: boolean;
  /** Values that calls and branches may still carry; see `spend` in control.ts. */
  values: number;
}
