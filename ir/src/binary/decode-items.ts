/** The items of a module in the binary form, but functions. */

import type { ElementItem, ElementMode, ElementSegment, Export, Global, GlobalRef, Module, RefType } from '../func.ts';
import { zeroOf } from '../value.ts';
import { readConst, readSignature, readType } from './decode-const.ts';
import { elementModes, exportKinds } from './layout.ts';
import type { Reader } from './reader.ts';

/** A list with its length before it. */
export function list<T>(r: Reader, what: string, read: () => T): readonly T[] {
  const count = r.count(what);
  const items: T[] = [];
  for (let k = 0; k < count; k++) items.push(read());
  return items;
}

/** A string by its number. */
export function stringAt(r: Reader, strings: readonly string[], what: string): string {
  return strings[r.index(what, strings.length)] as string;
}

/** The section `module`. */
export function readItems(r: Reader, strings: readonly string[]): Omit<Module, 'funcs'> {
  const items = new ItemReader(r, strings);
  return {
    name: items.text("the module's name"),
    imports: items.imports(),
    memory: items.memory(),
    tables: items.tables(),
    globals: items.globals(),
    segments: items.segments(),
    data: items.data(),
    exports: items.exports(),
    start: items.textOrNull('the start function'),
    initialiser: items.textOrNull('the initialiser'),
    customs: items.customs(),
  };
}

class ItemReader {
  readonly #r: Reader;
  readonly #strings: readonly string[];

  constructor(r: Reader, strings: readonly string[]) {
    this.#r = r;
    this.#strings = strings;
  }

  text(what: string): string {
    return stringAt(this.#r, this.#strings, what);
  }

  textOrNull(what: string): string | null {
    const index = this.#r.index(what, this.#strings.length + 1);
    return index === 0 ? null : (this.#strings[index - 1] as string);
  }

  imports(): Module['imports'] {
    return list(this.#r, 'imports', () => {
      const name = this.text("an import's name");
      const module = this.text("an import's module");
      const field = this.text("an import's field");
      return { name, module, field, sig: readSignature(this.#r) };
    });
  }

  memory(): Module['memory'] {
    if (!this.#flag('memory')) return null;
    return { ...this.#limits("the memory's size"), source: this.#source() };
  }

  tables(): Module['tables'] {
    return list(this.#r, 'tables', () => {
      const name = this.text("a table's name");
      const type = this.#refType();
      const limits = this.#limits("a table's size");
      const source = this.#source();
      const at = this.#r.at;
      const elements = this.#elements('table elements').map((item) =>
        typeof item === 'object' && item !== null ? this.#r.wrong('a global as element of a table', at) : item,
      );
      return { name, type, ...limits, source, elements };
    });
  }

  globals(): Module['globals'] {
    return list(this.#r, 'globals', (): Global => {
      const name = this.text("a global's name");
      const type = readType(this.#r);
      const mutable = this.#flag("a global's mutability");
      const source = this.#source();
      if (source !== null) return { name, type, mutable, init: zeroOf(type), source };
      const init = this.#flag("a global's start") ? this.#ref() : readConst(this.#r, type, this.#strings);
      return { name, type, mutable, init, source };
    });
  }

  segments(): Module['segments'] {
    return list(this.#r, 'element segments', (): ElementSegment => {
      const type = this.#refType();
      const mode = this.#mode();
      return { type, mode, items: this.#elements('items of an element segment') };
    });
  }

  data(): Module['data'] {
    return list(this.#r, 'data segments', () => {
      const offset = this.#offset("a data segment's offset");
      return { offset, bytes: this.#r.raw("a data segment's bytes", this.#r.count('bytes')) };
    });
  }

  exports(): Module['exports'] {
    return list(this.#r, 'exports', (): Export => {
      const external = this.text("an export's name");
      const kind = this.#choice(exportKinds, "an export's kind");
      return { external, kind, name: this.text("an export's target") };
    });
  }

  customs(): Module['customs'] {
    return list(this.#r, 'custom sections', () => {
      const name = this.text("a custom section's name");
      const after = this.#r.u8("a custom section's place");
      return { name, after, bytes: this.#r.raw("a custom section's bytes", this.#r.count('bytes')) };
    });
  }

  #mode(): ElementMode {
    const kind = this.#choice(elementModes, "an element segment's mode");
    if (kind !== 'active') return { kind };
    const table = this.text("an element segment's table");
    const at = this.#r.at;
    return { kind, table, offset: this.#offset('an offset') ?? this.#r.wrong('an active segment has an offset', at) };
  }

  #flag(what: string): boolean {
    return this.#choice([false, true], what);
  }

  #choice<T>(all: readonly T[], what: string): T {
    const at = this.#r.at;
    const code = this.#r.u8(what);
    return code < all.length ? (all[code] as T) : this.#r.wrong(`${what}: no such code`, at);
  }

  #refType(): RefType {
    const at = this.#r.at;
    const type = readType(this.#r);
    return type === 'funcref' || type === 'externref' ? type : this.#r.wrong('no type of references', at);
  }

  #limits(what: string): { readonly min: number; readonly max: number | null } {
    const bounded = this.#flag(`${what}: limits`);
    return { min: this.#r.u32(what), max: bounded ? this.#r.u32(what) : null };
  }

  #source(): Global['source'] {
    if (!this.#flag('a source')) return null;
    return { module: this.text("a source's module"), field: this.text("a source's field") };
  }

  #ref(): GlobalRef {
    return { global: this.text("a global's name") };
  }

  #offset(what: string): number | GlobalRef | null {
    const form = this.#choice(['none', 'number', 'global'] as const, what);
    return form === 'none' ? null : form === 'number' ? this.#r.u32(what) : this.#ref();
  }

  #elements(what: string): readonly ElementItem[] {
    return list(this.#r, what, (): ElementItem => {
      const code = this.#r.index('an element', 2 * this.#strings.length + 2);
      if (code === 0) return null;
      if (code === 1) return this.#r.wrong('an element: no such code', this.#r.at);
      const name = this.#strings[(code >> 1) - 1] as string;
      return (code & 1) === 0 ? name : { global: name };
    });
  }
}
