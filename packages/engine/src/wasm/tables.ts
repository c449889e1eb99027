/**
 * Functions by reference. Inside of a module a value of type funcref is a function's name, or a `FuncRef` of others (value.ts of
 * `@sluice/ir`); in Wasm it is a function object. And tables: what is shared is a `SharedTable`, whose elements any engine reads;
 * calls go through a table of Wasm that follows it. All ops on tables but calls are carried out on the shared one.
 */

import { type FuncRef, isFuncRef, type ModuleState, type SharedTable, type Value } from '@sluice/ir';
import type { Adapters, References, WasmFunction } from './adapters.ts';

/** What an instance gives: the function object of a function or import, by its name. */
export type FunctionOf = (name: string) => WasmFunction;

/** References in both forms. One object of Wasm for each function. */
export class WasmReferences implements References {
  readonly #state: ModuleState;
  readonly #functionOf: FunctionOf;
  readonly #names: ReadonlyMap<string, unknown>;
  readonly #others: Map<FuncRef, WasmFunction> = new Map();
  readonly #values: Map<WasmFunction, Value> = new Map();
  #all = false;
  adapters: Adapters | null = null;

  /** `names`: of all functions and imports. */
  constructor(state: ModuleState, names: ReadonlyMap<string, unknown>, functionOf: FunctionOf) {
    this.#state = state;
    this.#names = names;
    this.#functionOf = functionOf;
  }

  toWasm(value: Value): WasmFunction | null {
    if (value === null || value === undefined) return null;
    if (!isFuncRef(value)) return this.#own(String(value));
    if (this.#state.references.owns(value)) return this.#own(value.name);
    let func = this.#others.get(value);
    if (func === undefined) {
      const call = (args: readonly Value[]): readonly Value[] => this.#state.references.callOther(value, args);
      func = (this.adapters as Adapters).importable(value.sig, call, true);
      this.#others.set(value, func);
      this.#values.set(func, value);
    }
    return func;
  }

  fromWasm(func: WasmFunction | null): Value {
    if (func === null) return null;
    const known = this.#values.get(func);
    if (known !== undefined || this.#all) return known ?? null;
    // Functions of the module that were not named before: code made the reference.
    this.#all = true;
    for (const name of this.#names.keys()) this.#own(name);
    return this.#values.get(func) ?? null;
  }

  #own(name: string): WasmFunction {
    const func = this.#functionOf(name);
    this.#values.set(func, name);
    return func;
  }
}

/** Makes a table of Wasm hold what the shared one holds, from now on. */
export function follow(table: SharedTable, wasm: WebAssembly.Table, references: References): void {
  const copy = (from: number, to: number): void => {
    if (wasm.length < table.size) wasm.grow(table.size - wasm.length);
    for (let i = from; i < to; i++) {
      const value = table.get(i) ?? null;
      wasm.set(i, value === null ? null : references.toWasm(value));
    }
  };
  // A new table of Wasm is empty.
  for (let i = 0; i < table.size; i++) if ((table.get(i) ?? null) !== null) copy(i, i + 1);
  if (wasm.length < table.size) wasm.grow(table.size - wasm.length);
  table.watch(copy);
}
