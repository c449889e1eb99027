/** Indices of a module's functions, globals, tables and types, as Wasm counts them: imports first. */

import type { Module, RefType, Signature, Type } from '@sluice/ir';
import type { WasmFuncType, WasmType } from '@sluice/wasm-format';

/** Where everything is, and the types that code names. */
export class Symbols {
  readonly funcs: ReadonlyMap<string, number>;
  readonly globals: ReadonlyMap<string, number>;
  readonly tables: ReadonlyMap<string, number>;
  /** The index of the table that calls without a name mean: the first one of the IR, which an import may stand before. */
  readonly #firstTable: number;
  /** By function name: how many results it has. */
  readonly results: ReadonlyMap<string, number>;
  /** Types in the order in which they were asked for. */
  readonly types: WasmFuncType[] = [];
  /** By type: how often it was asked for. */
  readonly typeUses: number[] = [];
  readonly #typeIndex = new Map<string, number>();
  /** What code was found to use: memory, data segments by number, functions by reference. */
  usesMemory = false;
  usesData = false;
  readonly referenced = new Set<string>();
  /** Index of the module's first element segment. */
  firstSegment = 0;

  constructor(m: Module, extra: number) {
    const callees = [...m.imports, ...m.funcs];
    this.funcs = new Map(callees.map(({ name }, i) => [name, extra + i]));
    this.results = new Map(callees.map(({ name, sig }) => [name, sig.results.length]));
    this.globals = indices(m.globals);
    this.tables = indices(m.tables);
    this.#firstTable = this.tables.get(m.tables[0]?.name ?? '') ?? 0;
  }

  /** The index of a function's type. */
  type(sig: Signature | WasmFuncType): number {
    const key = `${sig.params.join()}:${sig.results.join()}`;
    let index = this.#typeIndex.get(key);
    if (index === undefined) {
      index = this.types.push({ params: sig.params as WasmType[], results: sig.results as WasmType[] }) - 1;
      this.#typeIndex.set(key, index);
      this.typeUses.push(0);
    }
    this.typeUses[index] = (this.typeUses[index] as number) + 1;
    return index;
  }

  /** The index of a function, global or table; throws for a name that is none (a bug: modules are verified). */
  func(name: string): number {
    return found(this.funcs, name);
  }

  /** See `func`. */
  global(name: string): number {
    return found(this.globals, name);
  }

  /** See `func`; no name is the first table. */
  table(name?: string): number {
    return name === undefined ? this.#firstTable : found(this.tables, name);
  }
}

function found(map: ReadonlyMap<string, number>, name: string): number {
  const index = map.get(name);
  if (index === undefined) throw new Error(`no '${name}' in the module`);
  return index;
}

/** Imported ones first, else in the module's order. */
function indices(
  list: readonly { readonly name: string; readonly source: unknown; readonly type?: Type | RefType }[],
): ReadonlyMap<string, number> {
  const sorted = [...list.filter(({ source }) => source !== null), ...list.filter(({ source }) => source === null)];
  return new Map(sorted.map(({ name }, i) => [name, i]));
}
