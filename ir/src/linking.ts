/**
 * What a module imports, found and held against what it asks for: import matching of the Wasm specification (2.0, 4.5.4).
 * Limits grow: what counts is the size that a memory or table has now.
 *
 * A function may be given as a host function, whose signature nobody knows, or as a reference, whose signature must be the
 * same. What is missing or does not match is an `Error`: the embedding program is wrong, not the module.
 */

import type { Extern, FuncRef, LinearMemory, SharedGlobal, SharedTable } from './extern.ts';
import { pageBytes } from './extern.ts';
import type { ImportSource } from './func.ts';
import type { AnyModule } from './named.ts';
import type { HostFunction } from './outcome.ts';
import { printSignature, sameSignature } from './type.ts';

/** What was found for the imports of a module. */
export interface Linked {
  /** By position in `imports`. */
  readonly functions: readonly (HostFunction | FuncRef)[];
  /** Null where the module has its own, or none. */
  readonly memory: LinearMemory | null;
  /** Imported tables and globals by name. */
  readonly tables: ReadonlyMap<string, SharedTable>;
  readonly globals: ReadonlyMap<string, SharedGlobal>;
}

/** Where imports are looked for. */
export interface Provided {
  readonly host?: ReadonlyMap<string, HostFunction> | undefined;
  readonly externs?: ReadonlyMap<string, Extern> | undefined;
}

/** Finds everything that a module imports. */
export function linkImports(m: AnyModule, { host, externs }: Provided): Linked {
  const missing: string[] = [];
  const find = <K extends Extern['kind']>(source: ImportSource, kind: K): Extract<Extern, { kind: K }> | null => {
    const key = `${source.module}.${source.field}`;
    const found = externs?.get(key);
    if (found === undefined) missing.push(key);
    else if (found.kind !== kind) throw mismatch(source, `it is a ${found.kind}, not a ${kind}`);
    return (found ?? null) as Extract<Extern, { kind: K }> | null;
  };
  const functions = m.imports.map((item): HostFunction | FuncRef => {
    const key = `${item.module}.${item.field}`;
    const provided = externs?.has(key) === true ? undefined : host?.get(key);
    if (provided !== undefined) return provided;
    const ref = find(item, 'func')?.ref;
    if (ref !== undefined && !sameSignature(ref.sig, item.sig)) {
      throw mismatch(item, `its signature is ${printSignature(ref.sig)}, not ${printSignature(item.sig)}`);
    }
    return ref ?? notThere;
  });
  const memory = importedMemory(m, (source) => find(source, 'memory')?.memory ?? null);
  const tables = new Map<string, SharedTable>();
  for (const { name, type, min, max, source } of m.tables) {
    const table = source === null ? undefined : find(source, 'table')?.table;
    if (source === null || table === undefined) continue;
    if (table.type !== type) throw mismatch(source, `its elements are ${table.type}, not ${type}`);
    checkLimits(source, 'elements', table.size, table.max, min, max);
    tables.set(name, table);
  }
  const globals = new Map<string, SharedGlobal>();
  for (const { name, type, mutable, source } of m.globals) {
    const global = source === null ? undefined : find(source, 'global')?.global;
    if (source === null || global === undefined) continue;
    if (global.type !== type) throw mismatch(source, `its type is ${global.type}, not ${type}`);
    if (global.mutable !== mutable) throw mismatch(source, `it is ${global.mutable ? '' : 'not '}mutable`);
    // Names of globals that change are different globals: passes and machines build on it.
    if (mutable && [...globals.values()].includes(global)) throw mismatch(source, 'another import is the same global');
    globals.set(name, global);
  }
  if (missing.length > 0) throw new Error(`the host doesn't provide ${missing.join(', ')}`);
  return { functions, memory, tables, globals };
}

// Stands where the end is an error anyway.
const notThere: HostFunction = () => undefined;

function importedMemory(m: AnyModule, find: (source: ImportSource) => LinearMemory | null): LinearMemory | null {
  if (m.memory === null || m.memory.source === null) return null;
  const { min, max, source } = m.memory;
  const memory = find(source);
  if (memory !== null) checkLimits(source, 'pages', memory.view().byteLength / pageBytes, memory.max, min, max);
  return memory;
}

function checkLimits(
  source: ImportSource,
  unit: string,
  size: number,
  most: number | null,
  min: number,
  max: number | null,
): void {
  if (size < min) throw mismatch(source, `it has ${size} ${unit}, ${min} are needed`);
  if (max !== null && (most === null || most > max)) {
    throw mismatch(source, `it may have ${most ?? 'any number of'} ${unit}, at most ${max} are allowed`);
  }
}

function mismatch({ module, field }: ImportSource, why: string): Error {
  return new Error(`the import ${module}.${field} does not match: ${why}`);
}
