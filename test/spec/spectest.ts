/**
 * The host module `spectest` that the specification's scripts import: four immutable globals (666 and 666.6), a table of 10
 * to 20 functions, a memory of 1 to 2 pages, and functions that print, of which nothing is expected.
 */

import { type Extern, hostFuncRef, hostGlobal, SharedTable, type Type, WasmMemory } from '@sluice/ir';

const printed: Readonly<Record<string, readonly Type[]>> = {
  print: [],
  print_i32: ['i32'],
  print_i64: ['i64'],
  print_f32: ['f32'],
  print_f64: ['f64'],
  print_i32_f32: ['i32', 'f32'],
  print_f64_f64: ['f64', 'f64'],
};

/** What the module exports, by field; new objects for each call. */
export function spectestExterns(): ReadonlyMap<string, Extern> {
  const externs = new Map<string, Extern>();
  for (const [name, params] of Object.entries(printed))
    externs.set(name, { kind: 'func', ref: hostFuncRef(name, { params, results: [] }, () => []) });
  const global = (type: Type, value: number | bigint): void => {
    externs.set(`global_${type}`, { kind: 'global', global: hostGlobal(type, false, value) });
  };
  global('i32', 666);
  global('i64', 666n);
  global('f32', Math.fround(666.6));
  global('f64', 666.6);
  externs.set('table', { kind: 'table', table: new SharedTable('funcref', 10, 20) });
  externs.set('memory', { kind: 'memory', memory: new WasmMemory(1, 2) });
  return externs;
}
