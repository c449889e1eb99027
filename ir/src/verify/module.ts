/** What a module holds besides functions: names, memory, table, globals, data, exports. */

import type { Diagnostic } from '../diag.ts';
import * as codes from '../diag-codes.ts';
import { findFunc, findImport, type Module } from '../func.ts';
import { isType } from '../type.ts';
import { areTypes, isCount } from './check.ts';
import { isConstant } from './immediate.ts';

/** Pages that an i32 can address, and the size of one. */
const maxPages = 65536;
const pageSize = 65536;

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
    const { min, max } = m.memory;
    if (!isCount(min, maxPages) || (max !== null && (!isCount(max, maxPages) || max < min))) {
      report('the memory', codes.badMemory);
    }
  }
  for (const name of m.table?.elements ?? []) {
    if (name !== null && !isFunction(name)) report('the table', (on) => codes.unknownName(on, 'function', name));
  }

  const globalName = once();
  for (const { name, type, init } of m.globals) {
    const text = `global @${name}`;
    globalName(name, text);
    if (!isType(type)) report(text, (on) => codes.badType(on, String(type)));
    else if (!isConstant(m, type, init)) report(text, (on) => codes.badConstant(on, type));
  }
  for (const [k, { offset, bytes }] of m.data.entries()) {
    if (offset === null) continue;
    const size = (m.memory?.min ?? 0) * pageSize;
    if (m.memory === null) report(`data ${k}`, (on) => codes.noSuchState(on, 'memory'));
    else if (!isCount(offset, size) || offset + bytes.length > size) report(`data ${k}`, codes.dataOutside);
  }

  const exportName = once();
  const globals = new Set(m.globals.map((g) => g.name));
  for (const { external, kind, name } of m.exports) {
    const text = `export '${external}'`;
    exportName(external, text);
    if (kind === 'memory' && m.memory === null) report(text, (on) => codes.noSuchState(on, 'memory'));
    if (kind === 'func' && !isFunction(name)) report(text, (on) => codes.unknownName(on, 'function', name));
    if (kind === 'global' && !globals.has(name)) report(text, (on) => codes.unknownName(on, 'global', name));
  }
  const { start } = m;
  if (start !== null && findFunc(m, start) === undefined) {
    report('start', (on) => codes.unknownName(on, 'function', start));
  }
  return found;
}
