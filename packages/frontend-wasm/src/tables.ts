/**
 * Tables and element segments. Active segments whose place in an own table is known become the table's first contents.
 *
 * Why this shows to no one: segments are copied in order, before anything runs. So the first ones may be written down as
 * copied, up to the first that may fail or whose table or place is not known: what comes behind it would be missing or
 * overwritten otherwise. An active segment is dropped once it is copied, and a declared one is empty from the start; so a
 * segment that became contents leaves an empty declared one where code names segments by index, and nothing where none does.
 */

import type { ElementItem, ElementMode, ElementSegment, Module, Table } from '@sluice/ir';
import type { WasmElement, WasmExpr } from '@sluice/wasm-format';
import { constantValue, offsetOf } from './constants.ts';
import type { Context, Names } from './context.ts';

/** Nulls that are written down in all tables together, before and between segments: bounds what a far place costs. */
const maxNulls = 65536;

/** A module's tables and segments; `named`: code refers to segments by index. */
export function liftTables(cx: Context, names: Names, named: boolean): Pick<Module, 'tables' | 'segments'> {
  const contents: (string | null)[][] = cx.tables.map(() => []);
  const segments: ElementSegment[] = [];
  const imported = cx.tables.length - cx.module.tables.length;
  let inOrder = true;
  let nulls = maxNulls;
  for (const segment of cx.module.elements) {
    const { type } = segment;
    const items = itemsOf(cx, names, segment);
    const mode = modeOf(cx, names, segment);
    if (mode.kind !== 'active') {
      segments.push({ type, items, mode });
      continue;
    }
    const target = (segment.mode as { readonly target: number }).target;
    const list = contents[target] as (string | null)[];
    inOrder &&= target >= imported && mayFold(mode, items, cx.tables[target]?.limits.min ?? 0, list.length + nulls);
    if (inOrder) nulls -= fold(list, mode.offset as number, items);
    if (!inOrder) segments.push({ type, items, mode });
    else if (named) segments.push({ type, items: [], mode: { kind: 'declared' } });
  }
  return { tables: tablesOf(cx, names, contents), segments };
}

/** Whether it can be said what a segment does to a table of this size, and its place is near enough. */
function mayFold(
  { offset }: ElementMode & { readonly kind: 'active' },
  items: readonly ElementItem[],
  size: number,
  near: number,
): boolean {
  if (typeof offset !== 'number' || offset + items.length > size || offset > near) return false;
  return items.every((item) => item === null || typeof item === 'string');
}

/** Writes a segment into a table's contents; how many nulls it took. */
function fold(contents: (string | null)[], offset: number, items: readonly ElementItem[]): number {
  const gap = Math.max(0, offset - contents.length);
  for (let k = 0; k < gap; k++) contents.push(null);
  for (let i = 0; i < items.length; i++) contents[offset + i] = items[i] as string | null;
  return gap;
}

function itemsOf(cx: Context, names: Names, { items }: WasmElement): readonly ElementItem[] {
  return Array.from<number | WasmExpr, ElementItem>(items, (item) => {
    return typeof item === 'number' ? (names.funcs[item] as string) : (constantValue(cx, names, item) as ElementItem);
  });
}

function modeOf(cx: Context, names: Names, { mode }: WasmElement): ElementMode {
  if (mode.kind !== 'active') return mode;
  return { kind: 'active', table: names.tables[mode.target] as string, offset: offsetOf(cx, names, mode.offset) };
}

function tablesOf(
  { module }: Context,
  names: Names,
  contents: readonly (readonly (string | null)[])[],
): readonly Table[] {
  const tables: Table[] = [];
  const next = (): Pick<Table, 'name' | 'elements'> => {
    return { name: names.tables[tables.length] as string, elements: contents[tables.length] as Table['elements'] };
  };
  for (const { module: from, field, what } of module.imports) {
    if (what.kind !== 'table') continue;
    tables.push({ ...next(), type: what.type, ...what.limits, source: { module: from, field } });
  }
  for (const { type, limits } of module.tables) tables.push({ ...next(), type, ...limits, source: null });
  return tables;
}
