/**
 * What a module holds besides functions: names, memory, tables, globals, segments, exports. Whether active segments fit is
 * no question for the verifier: an instance that they do not fit traps.
 */

import type { Diagnostic } from '../diag.ts';
import * as codes from '../diag-codes.ts';
import { type ElementItem, findFunc, findImport, type ImportSource, type Module, signatureOf } from '../func.ts';
import { isGlobalRef } from '../named.ts';
import { isType } from '../type.ts';
import { areTypes, isCount } from './check.ts';
import { isConstant } from './immediate.ts';

/** Pages that an i32 can address. */
const maxPages = 65536;
const maxU32 = 2 ** 32 - 1;

/** Checks the items of a module. */
export function checkItems(m: Module): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const report = (text: string, make: (on: codes.Subject) => Diagnostic): void => {
    found.push(make({ at: { file: m.name === '' ? '<module>' : m.name, line: 0, col: 0 }, text }));
  };
  const once = (): ((name: string, text: string) => void) => {
    const taken = new Set<string>();
    return (name, text) => {
      if (taken.has(name)) report(text, codes.nameTwice);
      if (!name.isWellFormed()) report(text, codes.badText);
      taken.add(name);
    };
  };
  const isFunction = (name: string): boolean => (findFunc(m, name) ?? findImport(m, name)) !== undefined;

  const functionName = once();
  for (const i of m.imports) {
    const text = `import @${i.name}`;
    functionName(i.name, text);
    if (!areTypes(i.sig.params) || !areTypes(i.sig.results)) report(text, (on) => codes.badType(on, 'signature'));
    if (!i.module.isWellFormed() || !i.field.isWellFormed()) report(text, codes.badText);
  }
  for (const f of m.funcs) functionName(f.name, `function @${f.name}`);
  if (!m.name.isWellFormed()) report('the module', codes.badText);

  if (m.memory !== null) {
    const { min, max, source } = m.memory;
    if (!isCount(min, maxPages) || (max !== null && (!isCount(max, maxPages) || max < min))) {
      report('the memory', codes.badMemory);
    }
    if (!isNamed(source)) report('the memory', codes.badText);
  }
  const globals = new Map(m.globals.map((g) => [g.name, g]));
  const isRef = (value: unknown, type: string): boolean => {
    const global = isGlobalRef(value) ? globals.get(value.global) : undefined;
    return global !== undefined && global.source !== null && !global.mutable && global.type === type;
  };
  checkTables(m, report, once(), isFunction);
  checkSegments(m, report, isFunction, isRef);

  const globalName = once();
  for (const { name, type, init, source } of m.globals) {
    const text = `global @${name}`;
    globalName(name, text);
    if (!isNamed(source)) report(text, codes.badText);
    if (!isType(type)) report(text, (on) => codes.badType(on, String(type)));
    else if (isGlobalRef(init) ? !isRef(init, type) : !isConstant(m, type, init)) {
      report(text, (on) => codes.badConstant(on, type));
    }
  }
  for (const [k, { offset }] of m.data.entries()) {
    if (offset === null) continue;
    const text = `data ${k}`;
    if (m.memory === null) report(text, (on) => codes.noSuchState(on, 'memory'));
    if (!isCount(offset, maxU32) && !isRef(offset, 'i32')) report(text, codes.badOffset);
  }

  const exportName = once();
  const tables = new Set(m.tables.map((t) => t.name));
  for (const { external, kind, name } of m.exports) {
    const text = `export '${external}'`;
    exportName(external, text);
    if (kind === 'memory' && m.memory === null) report(text, (on) => codes.noSuchState(on, 'memory'));
    if (kind === 'func' && !isFunction(name)) report(text, (on) => codes.unknownName(on, 'function', name));
    if (kind === 'global' && !globals.has(name)) report(text, (on) => codes.unknownName(on, 'global', name));
    if (kind === 'table' && !tables.has(name)) report(text, (on) => codes.unknownName(on, 'table', name));
  }
  const { start } = m;
  if (start !== null && findFunc(m, start) === undefined) {
    report('start', (on) => codes.unknownName(on, 'function', start));
  }
  checkInitialiser(m, report);
  for (const { name, after } of m.customs) {
    const text = `custom section '${name}'`;
    if (!name.isWellFormed()) report(text, codes.badText);
    if (!isCount(after, 255)) report(text, codes.badOffset);
  }
  return found;
}

type Report = (text: string, make: (on: codes.Subject) => Diagnostic) => void;

function isNamed(source: ImportSource | null): boolean {
  return source === null || (source.module.isWellFormed() && source.field.isWellFormed());
}

function checkTables(
  { tables }: Module,
  report: Report,
  named: (name: string, text: string) => void,
  isFunction: (name: string) => boolean,
): void {
  for (const { name, type, min, max, source, elements } of tables) {
    const text = `table @${name}`;
    named(name, text);
    if (!isNamed(source)) report(text, codes.badText);
    if (type !== 'funcref' && type !== 'externref') report(text, (on) => codes.badType(on, String(type)));
    const sized = isCount(min, maxU32) && (max === null || (isCount(max, maxU32) && min <= max));
    if (!sized || elements.length > (source === null ? min : 0)) report(text, codes.badTable);
    checkElements(elements, type, text, report, isFunction, () => false);
  }
}

function checkSegments(
  { tables, segments }: Module,
  report: Report,
  isFunction: (name: string) => boolean,
  isRef: (value: unknown, type: string) => boolean,
): void {
  const types = new Map(tables.map(({ name, type }) => [name, type]));
  for (const [k, { type, items, mode }] of segments.entries()) {
    const text = `element segment ${k}`;
    if (type !== 'funcref' && type !== 'externref') report(text, (on) => codes.badType(on, String(type)));
    checkElements(items, type, text, report, isFunction, (item) => isRef(item, type));
    if (mode.kind !== 'active') continue;
    const { table, offset } = mode;
    const held = types.get(table);
    if (held === undefined) report(text, (on) => codes.unknownName(on, 'table', table));
    else if (held !== type) report(text, (on) => codes.badType(on, type));
    if (!isCount(offset, maxU32) && !isRef(offset, 'i32')) report(text, codes.badOffset);
  }
}

function checkElements(
  items: readonly ElementItem[],
  type: string,
  text: string,
  report: Report,
  isFunction: (name: string) => boolean,
  isRef: (item: ElementItem) => boolean,
): void {
  for (const item of items) {
    if (item === null) continue;
    if (typeof item !== 'string') {
      if (!isRef(item)) report(text, (on) => codes.badConstant(on, type));
    } else if (type !== 'funcref') {
      report(text, (on) => codes.badConstant(on, type));
    } else if (!isFunction(item)) {
      report(text, (on) => codes.unknownName(on, 'function', item));
    } else {
      continue;
    }
    // One is enough: tables are long.
    return;
  }
}

function checkInitialiser(m: Module, report: Report): void {
  const { initialiser } = m;
  if (initialiser === null) return;
  const sig = signatureOf(m, initialiser);
  if (sig === undefined) report('initialiser', (on) => codes.unknownName(on, 'function', initialiser));
  else if (sig.params.length + sig.results.length > 0) {
    report('initialiser', (on) => codes.badCall(on, `@${initialiser} takes or gives values`));
  }
}
