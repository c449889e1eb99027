/**
 * Checks of everything in a program but code: names are defined once and found, sizes and constants make sense, active
 * data lies within the memory's first pages, so that loading a valid program can't fail.
 */

import type { Signature, Span, Type, Value } from '@sluice/ir';
import { f32Bits, f32FromBits, f64Bits, f64FromBits, isType } from '@sluice/ir';
import { badName, badSize, badValue, dataOutside, nameTwice, tooMany, unknownName, unknownType } from './diag-codes.ts';
import { type Context, limits, placeOf } from './validate-context.ts';

const maxPages = 65536;
const pageSize = 65536;
const maxTable = 1 << 24;

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
    const { type, init } = global;
    if (!isType(type)) diagnostics.push(unknownType(placeOf(cx, global), String(type)));
    else if (!isConst(type, init)) diagnostics.push(badValue(placeOf(cx, global), type));
    else if (type === 'funcref' && typeof init === 'string' && !cx.funcs.has(init) && !cx.imports.has(init)) {
      diagnostics.push(unknownName(placeOf(cx, global), 'function', init));
    }
  }
  checkMemory(cx);
  checkTable(cx);
  checkExports(cx);
  if (program.start !== null && !cx.funcs.has(program.start)) {
    diagnostics.push(unknownName(placeOf(cx, 'start'), 'function', program.start));
  }
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
    const { min, max } = memory;
    const at = placeOf(cx, memory);
    if (!isCount(min, maxPages) || (max !== null && !isCount(max, maxPages))) {
      diagnostics.push(badSize(at, `a memory has 0 to ${maxPages} pages`));
    } else if (max !== null && max < min) {
      diagnostics.push(badSize(at, `the memory has at least ${min} and at most ${max} pages`));
    }
  }
  const size = (memory?.min ?? 0) * pageSize;
  for (const [index, segment] of program.data.entries()) {
    const { offset, bytes } = segment;
    if (offset === null) continue;
    if (memory === null || !isCount(offset, size) || offset + bytes.length > size) {
      diagnostics.push(dataOutside(placeOf(cx, segment), index));
    }
  }
}

function checkTable(cx: Context): void {
  const { table } = cx.program;
  if (table === null) return;
  const at = placeOf(cx, table);
  if (table.elements.length > maxTable) cx.diagnostics.push(tooMany(at, 'elements in the table', maxTable));
  for (const name of table.elements) {
    if (name === null || cx.funcs.has(name) || cx.imports.has(name)) continue;
    cx.diagnostics.push(unknownName(at, 'function', name));
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
    const known =
      kind === 'func'
        ? cx.funcs.has(name) || cx.imports.has(name)
        : kind === 'global'
          ? cx.globals.has(name)
          : program.memory !== null;
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
