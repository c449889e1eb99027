/** Validates WebAssembly modules and lifts them into the IR. */

import { attempt, type Module, type OpTable, type Result } from '@sluice/ir';
import { decodeModule, type WasmModule } from '@sluice/wasm-format';
import { liftModule } from './lift.ts';
import { validateFunc } from './lift-func.ts';
import { contextOf } from './validate.ts';

/** Where a module stands, and the ops that may occur. */
export interface LiftOptions {
  /** Its name in diagnostics. */
  readonly file: string;
  /** Default: the core table. */
  readonly ops?: OpTable;
}

/** Says what the specification's validation rejects, at its offset; the module itself where there is nothing. */
export function validateWasm(module: WasmModule, options: LiftOptions): Result<WasmModule> {
  return attempt(() => {
    const cx = contextOf(module, options.file, options.ops);
    for (let k = 0; k < module.funcs.length; k++) validateFunc(cx, k);
    return module;
  });
}

/** Validates a module and lifts it. Fails with what validation rejects; any module that passes it lifts. */
export function liftWasm(module: WasmModule, options: LiftOptions): Result<Module> {
  return attempt(() => liftModule(contextOf(module, options.file, options.ops)));
}

/** Decodes, validates and lifts. */
export function loadWasm(bytes: Uint8Array, options: LiftOptions): Result<Module> {
  const module = decodeModule(bytes, options);
  return module.ok ? liftWasm(module.value, options) : module;
}
