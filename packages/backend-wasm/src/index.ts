/** Emits WebAssembly modules from the IR. */

import type { Module } from '@sluice/ir';
import { encodeModule, type WasmEmitter } from '@sluice/wasm-format';
import { emitModule, type WasmOptions } from './module.ts';

export { emitModule, type WasmOptions } from './module.ts';
export type { CodePlace } from './region-writer.ts';

/** Names of the passes that must run before emission: `br_table` is a table, so that sparse switches become tests. */
export const prepare: readonly string[] = ['lower-invoke', 'switch-lower(spread=8)'];

/** A verified module as a Wasm binary; `prepare`'s passes have run. Throws `DiagnosticError` for what Wasm does not have. */
export function emitWasm(m: Module, options: WasmOptions = {}): Uint8Array<ArrayBuffer> {
  return encodeModule(emitModule(m, options));
}

/** What engines ask for. */
export const wasmEmitter: WasmEmitter = emitModule;
