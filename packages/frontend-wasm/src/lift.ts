/**
 * Lifts a module: its functions (lift-func.ts), and under names what stands around them.
 *
 * Own tables get their first elements from the active segments (tables.ts). The name section becomes names; other custom
 * sections are carried along.
 */

import {
  type Data,
  type Func,
  type Global,
  type GlobalRef,
  type Import,
  type Memory,
  type Module,
  makeModule,
  zeroOf,
} from '@sluice/ir';
import { nameSection, type WasmExport } from '@sluice/wasm-format';
import { constantValue, offsetOf } from './constants.ts';
import type { Context, Names, Seen } from './context.ts';
import { liftFunc } from './lift-func.ts';
import { namesOf } from './names.ts';
import { liftTables } from './tables.ts';

/** The module of the IR. Throws `DiagnosticError` where a function is invalid. */
export function liftModule(cx: Context): Module {
  const { module } = cx;
  const { module: name, names } = namesOf(cx);
  const seen: Seen = { segments: false, values: 2 ** 20 };
  for (const { code } of module.funcs) seen.values += 8 * code.length;
  const funcs: Func[] = [];
  for (let k = 0; k < module.funcs.length; k++) funcs.push(liftFunc(cx, names, k, seen));
  return makeModule({
    name,
    imports: liftImports(cx, names),
    funcs,
    memory: liftMemory(cx),
    ...liftTables(cx, names, seen.segments),
    globals: liftGlobals(cx, names),
    data: module.data.map(({ mode, bytes }): Data => {
      return { offset: mode.kind === 'active' ? offsetOf(cx, names, mode.offset) : null, bytes };
    }),
    exports: module.exports.map(({ name: external, kind, index }) => {
      return { external, kind, name: exportedName(names, kind, index) };
    }),
    initialiser: module.start === null ? null : (names.funcs[module.start] as string),
    customs: module.customs.filter((custom) => custom.name !== nameSection),
  });
}

function liftImports({ module, types }: Context, names: Names): readonly Import[] {
  const imports: Import[] = [];
  for (const { module: from, field, what } of module.imports) {
    if (what.kind !== 'func') continue;
    const sig = types[what.type] as Import['sig'];
    imports.push({ name: names.funcs[imports.length] as string, module: from, field, sig });
  }
  return imports;
}

function liftMemory({ module }: Context): Memory | null {
  for (const { module: from, field, what } of module.imports) {
    if (what.kind === 'memory') return { ...what.limits, source: { module: from, field } };
  }
  const [own] = module.memories;
  return own === undefined ? null : { ...own, source: null };
}

function liftGlobals(cx: Context, names: Names): readonly Global[] {
  const { module } = cx;
  const globals: Global[] = [];
  const next = (): string => names.globals[globals.length] as string;
  for (const { module: from, field, what } of module.imports) {
    if (what.kind !== 'global') continue;
    const { type, mutable } = what;
    globals.push({ name: next(), type, mutable, init: zeroOf(type), source: { module: from, field } });
  }
  for (const { type, mutable, init } of module.globals) {
    globals.push({
      name: next(),
      type,
      mutable,
      init: constantValue(cx, names, init) as Global['init'] | GlobalRef,
      source: null,
    });
  }
  return globals;
}

function exportedName(names: Names, kind: WasmExport['kind'], index: number): string {
  switch (kind) {
    case 'func':
      return names.funcs[index] as string;
    case 'table':
      return names.tables[index] as string;
    case 'global':
      return names.globals[index] as string;
    case 'memory':
      return 'memory';
  }
}
