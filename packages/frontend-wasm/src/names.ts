/**
 * Names of a module's items in the IR: those of the name section, made unique; `f<index>`, `g<index>`, `t<index>` where there is
 * none. A name section that cannot be read is no error of the module and gives no names.
 */

import { decodeNames, nameSection, noNames, type WasmNames } from '@sluice/wasm-format';
import type { Context, Names } from './context.ts';

/** The names of the module and its items. */
export function namesOf(cx: Context): { readonly module: string; readonly names: Names } {
  const section = cx.module.customs.find(({ name }) => name === nameSection);
  const decoded = section === undefined ? null : decodeNames(section, cx.file);
  const { module, functions, locals } = decoded?.ok ? decoded.value : noNames;
  const names = {
    funcs: uniqueNames(cx.funcs.length, functions, 'f'),
    globals: uniqueNames(cx.globals.length, new Map(), 'g'),
    tables: uniqueNames(cx.tables.length, new Map(), 't'),
    locals,
  };
  return { module: module ?? '', names };
}

/** A name for each index from 0: the given one, with the index behind it where an earlier item has that name. */
function uniqueNames(count: number, given: WasmNames['functions'], letter: string): readonly string[] {
  const taken = new Set<string>();
  const names = new Array<string>(count);
  const put = (index: number, name: string): void => {
    names[index] = name;
    taken.add(name);
  };
  for (const [index, name] of given) if (index < count && name !== '' && !taken.has(name)) put(index, name);
  for (let index = 0; index < count; index++) {
    if (names[index] !== undefined) continue;
    const name = given.get(index) ?? '';
    let candidate = name === '' ? `${letter}${index}` : `${name}.${index}`;
    while (taken.has(candidate)) candidate += '_';
    put(index, candidate);
  }
  return names;
}
