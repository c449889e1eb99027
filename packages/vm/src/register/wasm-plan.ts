/** What the Wasm loop needs of a program, made once for each program: code, places in memory 0, compiled loop. */

import type { RegisterProgram } from '@sluice/bytecode';
import { logBytes } from './call-log.ts';
import { wasmAbilities } from './emit-op.ts';
import { generateLoop } from './generate.ts';
import { globalBytes, globalsBase, headBytes, wasmGeometry } from './layout.ts';
import { loadProgram } from './load.ts';
import type { Loaded } from './loaded.ts';

/** A program laid out for the Wasm loop; addresses are in memory 0. */
export interface WasmPlan {
  readonly loaded: Loaded;
  readonly tables: number;
  readonly identity: number;
  /** Entries of the identity list: the most results that a function has. */
  readonly results: number;
  /** The limits of the log, by import, and the log. */
  readonly limits: number;
  readonly log: number;
  readonly codeBase: number;
  readonly framesBase: number;
  /** Bytes of the largest frame with its head. */
  readonly frameBytes: number;
}

/** Lays a program out. */
export function wasmPlan(program: RegisterProgram): WasmPlan {
  const results = program.funcs.reduce((most, f) => Math.max(most, f.sig.results.length), 0);
  const tables = globalsBase + program.globals.length * globalBytes;
  const identity = tables + program.tables.length * 8;
  const limits = identity + results * 4;
  const log = Math.ceil((limits + program.imports.length * 4) / 16) * 16;
  const codeBase = log + (program.imports.length === 0 ? 0 : logBytes);
  const loaded = loadProgram(program, wasmAbilities, wasmGeometry(codeBase, limits, tables));
  return {
    loaded,
    tables,
    identity,
    results,
    limits,
    log,
    codeBase,
    framesBase: codeBase + loaded.code.length * 4,
    frameBytes: headBytes + loaded.largestFrame * 8,
  };
}

const modules = new WeakMap<WasmPlan, (WebAssembly.Module | null)[]>();

/** The compiled loop for a plan. */
export function wasmModule(plan: WasmPlan, counting: boolean): WebAssembly.Module {
  let variants = modules.get(plan);
  if (variants === undefined) {
    variants = [null, null];
    modules.set(plan, variants);
  }
  const at = counting ? 1 : 0;
  const found = variants[at] ?? new WebAssembly.Module(generateLoop(plan.loaded.handlers, counting));
  variants[at] = found;
  return found;
}
