/**
 * Checks of everything in a program but code: names are defined once and found, sizes and constants make sense, so that
 * loading a valid program can't fail. (Making an instance can: imports may not match, active segments may not fit.)
 */

import type { ElementItem, ImportSource, Signature, Span, Type, Value } from '@sluice/ir';
import { f32Bits, f32FromBits, f64Bits, f64FromBits, isGlobalRef, isType } from '@sluice/ir';
import { maxCount } from './asm-operand.ts';
import {
  badInitialiser,
  badName,
  badOffset,
  badSize,
  badValue,
  nameTwice,
  tooMany,
  unknownName,
  unknownType,
  wrongType,
} from './diag-codes.ts';
import { type Context, limits, placeOf } from './validate-context.ts';

const maxPages = 65536;

/** Reports what is wrong with the items of a program. */
export function checkItems(cx: Context): void {
  const { program, diagnostics } = cx;
  checkName(cx, { file: cx.file, line: 1, col: 1 }, 'the program', program.name);
  checkNames(cx, [...program.imports, ...program.funcs], 'function');
  checkNames(cx, program.globals, 'global');
  for (const item of program.imports) {
    checkSignature(cx, placeOf(cx, item), item.sig);
    checkName(cx, placeOf(cx, item), 'the import', item.module);
    checkName(cx, placeOf(cx, item), 'the import', item.field);
  }
  for (const f of program.funcs) checkSignature(cx, placeOf(cx, f), f.sig);
  for (const global of program.globals) {
    const { type, init, source } = global;
    const at = placeOf(cx, global);
    checkSource(cx, at, source);
    if (!isType(type)) diagnostics.push(unknownType(at, String(type)));
    else if (isGlobalRef(init) ? !isRef(cx, init, type) : !isConst(type, init)) diagnostics.push(badValue(at, type));
    else if (type === 'funcref' && typeof init === 'string' && !isFunction(cx, init)) {
      diagnostics.push(unknownName(at, 'function', init));
    }
  }
  checkMemory(cx);
  checkTables(cx);
  checkSegments(cx);
  checkExports(cx);
  if (program.start !== null && !cx.funcs.has(program.start)) {
    diagnostics.push(unknownName(placeOf(cx, 'start'), 'function', program.start));
  }
  checkInitialiser(cx);
  for (const custom of program.customs) {
    checkName(cx, placeOf(cx, custom), 'the custom section', custom.name);
    if (!isCount(custom.after, 255)) diagnostics.push(badOffset(placeOf(cx, custom), `section '${custom.name}'`));
  }
}

function isFunction(cx: Context, name: string): boolean {
  return cx.funcs.has(name) || cx.imports.has(name);
}

/** Whether a value is what an imported immutable global of this type holds. */
function isRef(cx: Context, value: unknown, type: Type): boolean {
  const global = isGlobalRef(value) ? cx.globals.get(value.global) : undefined;
  return global !== undefined && global.source !== null && !global.mutable && global.type === type;
}

function checkSource(cx: Context, at: Span, source: ImportSource | null): void {
  if (source === null) return;
  checkName(cx, at, 'the import', source.module);
  checkName(cx, at, 'the import', source.field);
}

function checkInitialiser(cx: Context): void {
  const { initialiser } = cx.program;
  if (initialiser === null) return;
  const sig = cx.funcs.get(initialiser) ?? cx.imports.get(initialiser);
  const at = placeOf(cx, 'initialiser');
  if (sig === undefined) cx.diagnostics.push(unknownName(at, 'function', initialiser));
  else if (sig.params.length + sig.results.length > 0) cx.diagnostics.push(badInitialiser(at, initialiser));
}

function checkNames(cx: Context, items: readonly { readonly name: string }[], what: string): void {
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item.name)) cx.diagnostics.push(nameTwice(placeOf(cx, item), what, item.name));
    seen.add(item.name);
    checkName(cx, placeOf(cx, item), `the ${what}`, item.name);
  }
}

// A lone surrogate has no UTF-8, so it could not be stored.
function checkName(cx: Context, at: Span, what: string, name: string): void {
  if (!name.isWellFormed()) cx.diagnostics.push(badName(at, what));
}

function checkSignature(cx: Context, at: Span, sig: Signature): void {
  for (const [what, types] of Object.entries({ parameters: sig.params, results: sig.results })) {
    if (types.length > limits.signature) cx.diagnostics.push(tooMany(at, what, limits.signature));
    const wrong = types.find((type) => !isType(type));
    if (wrong !== undefined) cx.diagnostics.push(unknownType(at, String(wrong)));
  }
}

function checkMemory(cx: Context): void {
  const { program, diagnostics } = cx;
  const { memory } = program;
  if (memory !== null) {
    const { min, max, source } = memory;
    const at = placeOf(cx, memory);
    checkSource(cx, at, source);
    if (!isCount(min, maxPages) || (max !== null && !isCount(max, maxPages))) {
      diagnostics.push(badSize(at, `a memory has 0 to ${maxPages} pages`));
    } else if (max !== null && max < min) {
      diagnostics.push(badSize(at, `the memory has at least ${min} and at most ${max} pages`));
    }
  }
  for (const [index, segment] of program.data.entries()) {
    const { offset } = segment;
    if (offset === null) continue;
    const at = placeOf(cx, segment);
    if (memory === null) diagnostics.push(unknownName(at, 'memory', 'memory'));
    if (!isCount(offset, maxCount) && !isRef(cx, offset, 'i32')) {
      diagnostics.push(badOffset(at, `data segment ${index}`));
    }
  }
}

function checkTables(cx: Context): void {
  const { program, diagnostics } = cx;
  checkNames(cx, program.tables, 'table');
  for (const table of program.tables) {
    const { type, min, max, source, elements } = table;
    const at = placeOf(cx, table);
    checkSource(cx, at, source);
    if (type !== 'funcref' && type !== 'externref') diagnostics.push(unknownType(at, String(type)));
    if (!isCount(min, maxCount) || (max !== null && (!isCount(max, maxCount) || max < min))) {
      diagnostics.push(badSize(at, `a table has at least ${min} and at most ${max} elements`));
    } else if (elements.length > (source === null ? min : 0)) {
      diagnostics.push(badSize(at, `a table of ${source === null ? min : 0} elements has ${elements.length}`));
    }
    checkElements(cx, at, type, elements);
  }
}

function checkSegments(cx: Context): void {
  const { program, diagnostics } = cx;
  for (const [index, segment] of program.segments.entries()) {
    const { type, items, mode } = segment;
    const at = placeOf(cx, segment);
    if (type !== 'funcref' && type !== 'externref') diagnostics.push(unknownType(at, String(type)));
    checkElements(cx, at, type, items);
    if (mode.kind !== 'active') continue;
    const table = cx.tables.get(mode.table);
    if (table === undefined) diagnostics.push(unknownName(at, 'table', mode.table));
    else if (table.type !== type) diagnostics.push(wrongType(at, `table @${mode.table}`, table.type, type));
    if (!isCount(mode.offset, maxCount) && !isRef(cx, mode.offset, 'i32')) {
      diagnostics.push(badOffset(at, `element segment ${index}`));
    }
  }
}

function checkElements(cx: Context, at: Span, type: Type, items: readonly ElementItem[]): void {
  for (const item of items) {
    if (item === null) continue;
    if (typeof item === 'string' ? type !== 'funcref' : !isRef(cx, item, type)) cx.diagnostics.push(badValue(at, type));
    else if (typeof item === 'string' && !isFunction(cx, item)) cx.diagnostics.push(unknownName(at, 'function', item));
    else continue;
    // One is enough: tables are long.
    return;
  }
}

function checkExports(cx: Context): void {
  const { program, diagnostics } = cx;
  const seen = new Set<string>();
  for (const item of program.exports) {
    const at = placeOf(cx, item);
    const { external, kind, name } = item;
    checkName(cx, at, 'the export', external);
    if (seen.has(external)) diagnostics.push(nameTwice(at, 'export', external));
    seen.add(external);
    const known = {
      func: isFunction(cx, name),
      global: cx.globals.has(name),
      table: cx.tables.has(name),
      memory: program.memory !== null,
    }[kind];
    if (!known) diagnostics.push(unknownName(at, kind === 'func' ? 'function' : kind, name));
  }
}

/** Whether a number is an integer from 0 to `max`. */
export function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;
}

/** Whether a value is an i32. */
export function isI32(value: unknown): value is number {
  return typeof value === 'number' && Object.is(value | 0, value);
}

/** Whether a value is a constant of the type: the forms of ir/src/value.ts, of which references to hosts have only null. */
export function isConst(type: Type, value: Value): boolean {
  switch (type) {
    case 'i32':
      return isI32(value);
    case 'i64':
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
    case 'v128':
      return typeof value === 'bigint' && BigInt.asUintN(128, value) === value;
    case 'f32':
      if (typeof value === 'bigint') return f32FromBits(f32Bits(value)) === value;
      return typeof value === 'number' && Object.is(Math.fround(value), value);
    case 'f64':
      return typeof value === 'bigint' ? f64FromBits(f64Bits(value)) === value : typeof value === 'number';
    case 'funcref':
      return value === null || typeof value === 'string';
    case 'externref':
      return value === null;
    case 'any':
      if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value;
      if (typeof value === 'string') return value.isWellFormed();
      return value === null || ['number', 'boolean', 'undefined'].includes(typeof value);
  }
}
