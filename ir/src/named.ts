/**
 * What a module names besides the code of its functions: which functions others than calls by name may reach, and which of
 * its state others may change. Passes ask here, so that a new way to name a function is told in one place.
 */

import type { GlobalRef, Module } from './func.ts';
import type { Signature } from './type.ts';

/** Whether an initial value or offset is taken from a global. Constants are never objects with such a field. */
export function isGlobalRef(value: unknown): value is GlobalRef {
  return typeof value === 'object' && value !== null && 'global' in value;
}

/** The functions and imports that stand in tables or element segments, each once. */
export function tableFunctions(m: Pick<Module, 'tables' | 'segments'>): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (item: unknown): void => {
    if (typeof item === 'string') names.add(item);
  };
  for (const { elements } of m.tables) elements.forEach(add);
  for (const { items } of m.segments) items.forEach(add);
  return names;
}

/** The functions and imports whose address is taken outside of code: in tables, element segments, globals. */
export function referencedFunctions(m: Pick<Module, 'tables' | 'segments' | 'globals'>): ReadonlySet<string> {
  const names = new Set(tableFunctions(m));
  for (const { type, init } of m.globals) if (type === 'funcref' && typeof init === 'string') names.add(init);
  return names;
}

/** The functions and imports that whoever has an instance can call, or that making one calls. */
export function calledFromOutside(m: Pick<Module, 'exports' | 'start' | 'initialiser'>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { kind, name } of m.exports) if (kind === 'func') names.add(name);
  if (m.start !== null) names.add(m.start);
  if (m.initialiser !== null) names.add(m.initialiser);
  return names;
}

/**
 * All functions and imports that a module names outside of code: those called from outside and those referenced. Null
 * where it exports no function and has no start: who embeds it calls functions by name, so that all are known.
 */
export function functionsNamedOutside(m: Omit<Module, 'funcs'>): ReadonlySet<string> | null {
  if (showsEverything(m)) return null;
  return new Set([...calledFromOutside(m), ...referencedFunctions(m)]);
}

/** Whether a module exports no function and has no start, so that whoever embeds it calls functions by name. */
export function showsEverything(m: Pick<Module, 'exports' | 'start'>): boolean {
  return m.start === null && !m.exports.some(({ kind }) => kind === 'func');
}

/** What can be called: a function or an import. */
export interface Callable {
  readonly name: string;
  readonly sig: Signature;
}

/** A module, or a program of a machine: with functions in whatever form. */
export interface AnyModule extends Omit<Module, 'funcs'> {
  readonly funcs: readonly Callable[];
}

/** Whether references to functions may come into a module or leave it, so that not all calls through tables are its own. */
export function sharesReferences(m: AnyModule): boolean {
  const isShown = (kind: string, name: string): boolean => m.exports.some((e) => e.kind === kind && e.name === name);
  const carries = ({ sig }: Callable): boolean => [...sig.params, ...sig.results].includes('funcref');
  if (m.tables.some((t) => t.type === 'funcref' && (t.source !== null || isShown('table', t.name)))) return true;
  if (m.globals.some((g) => g.type === 'funcref' && (g.source !== null || isShown('global', g.name)))) return true;
  const shown = showsEverything(m) ? null : calledFromOutside(m);
  return m.imports.some(carries) || m.funcs.some((f) => carries(f) && (shown === null || shown.has(f.name)));
}
