/**
 * What an instance of a module has beside code, memory and its own globals, the same for every engine: what it imported,
 * tables, segments, references to its functions, and what it exports. Engines keep globals and frames where they want.
 *
 * An instance is made in the order of the Wasm specification (2.0, 4.5.4): imports are matched, globals and tables made,
 * active element segments copied in order, then active data, then the initialiser is called. What was written before a
 * segment that does not fit stays; a table that others hold may so name functions of an instance that never came to be.
 */

import {
  type Extern,
  type FuncRef,
  isFuncRef,
  type LinearMemory,
  maxTableElements,
  type SharedGlobal,
  SharedTable,
} from './extern.ts';
import type { ElementItem, Global, GlobalRef } from './func.ts';
import { acceptResults } from './host-values.ts';
import type { Linked } from './linking.ts';
import type { TableState } from './machine.ts';
import { type AnyModule, isGlobalRef } from './named.ts';
import { type HostFunction, type Outcome, ResourceError } from './outcome.ts';
import { outcomeOf, References } from './references.ts';
import type { Signature } from './type.ts';
import type { Value } from './value.ts';

/** What an engine lends. Values have the form that they have inside of the module. */
export interface EngineAccess {
  /** Runs a function of the module, also where the instance could not be made. */
  readonly call: (name: string, args: readonly Value[]) => Outcome;
  readonly getGlobal: (name: string) => Value;
  readonly setGlobal: (name: string, value: Value) => void;
  /** The memory; asked for only where the module has one. */
  readonly memory: () => LinearMemory;
}

/** The state that engines share; see the head. */
export class ModuleState {
  readonly references: References;
  /** By position in `imports`; values as inside. */
  readonly imports: readonly HostFunction[];
  readonly importedGlobals: ReadonlyMap<string, SharedGlobal>;
  /** By position in `tables`. */
  readonly tables: readonly SharedTable[];
  /** Bytes of the data segments; active ones are empty once placed, dropped ones too. */
  readonly data: Uint8Array[];
  readonly #module: AnyModule;
  readonly #engine: EngineAccess;
  readonly #signatures: ReadonlyMap<string, Signature>;
  readonly #importIndex: ReadonlyMap<string, number>;
  readonly #tableStates: ReadonlyMap<string, TableState>;
  readonly #globals = new Map<string, SharedGlobal>();
  /** Items of the element segments, as outside. */
  readonly #elements: (readonly Value[])[];

  /** Makes tables and evaluates segments. Throws `ResourceError` where a table is too large. */
  constructor(m: AnyModule, linked: Linked, engine: EngineAccess) {
    this.#module = m;
    this.#engine = engine;
    this.#importIndex = new Map(m.imports.map(({ name }, i) => [name, i]));
    this.#signatures = new Map([...m.imports, ...m.funcs].map(({ name, sig }) => [name, sig]));
    this.importedGlobals = linked.globals;
    const refs = new Map<string, FuncRef>();
    for (const [i, given] of linked.functions.entries()) {
      const { name } = m.imports[i] as { name: string };
      if (isFuncRef(given)) refs.set(name, given);
    }
    this.references = new References({
      signatureOf: (name) => this.signatureOf(name),
      importedRef: (name) => refs.get(name),
      call: (name, args) => (this.#importIndex.has(name) ? this.callImport(name, args) : engine.call(name, args)),
    });
    this.imports = linked.functions.map((given) =>
      isFuncRef(given) ? (...args) => this.references.callOther(given, args) : given,
    );
    this.tables = m.tables.map((table) => linked.tables.get(table.name) ?? this.#ownTable(table));
    this.#tableStates = new Map(m.tables.map(({ name }, i) => [name, this.#tableState(this.tables[i] as SharedTable)]));
    this.#elements = m.segments.map(({ items, mode }) =>
      mode.kind === 'declared' ? [] : items.map((item) => this.#item(item)),
    );
    this.data = m.data.map(({ bytes }) => bytes);
  }

  /** The signature of a function or import; throws when there is none. */
  signatureOf(name: string): Signature {
    const sig = this.#signatures.get(name);
    if (sig === undefined) throw new Error(`no function @${name} in the module`);
    return sig;
  }

  isImport(name: string): boolean {
    return this.#importIndex.has(name);
  }

  /** Calls an import by its name. */
  callImport(name: string, args: readonly Value[]): Outcome {
    const host = this.imports[this.#importIndex.get(name) as number] as HostFunction;
    try {
      const values = acceptResults(this.signatureOf(name), host(...args), `host function @${name}`);
      return { kind: 'return', values };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  /** What an own global starts as. */
  initial(global: Global): Value {
    return isGlobalRef(global.init) ? this.#imported(global.init) : global.init;
  }

  /** Copies active segments. Gives the trap of the first that does not fit. */
  placeSegments(memory: () => Uint8Array): Outcome | null {
    for (const [i, { mode }] of this.#module.segments.entries()) {
      if (mode.kind !== 'active') continue;
      const table = this.#tableStates.get(mode.table) as TableState;
      const items = this.#elements[i] as readonly Value[];
      const at = this.#offset(mode.offset);
      if (at + items.length > table.size) return outside(`element segment ${i}`);
      (this.#shared(mode.table) as SharedTable).setAll(at, items);
      this.#elements[i] = [];
    }
    for (const [i, { offset, bytes }] of this.#module.data.entries()) {
      if (offset === null) continue;
      const target = memory();
      const at = this.#offset(offset);
      if (at + bytes.length > target.length) return outside(`data segment ${i}`);
      target.set(bytes, at);
      this.data[i] = new Uint8Array();
    }
    return null;
  }

  /** Calls the initialiser; null where it returned or there is none. */
  initialise(): Outcome | null {
    const { initialiser } = this.#module;
    if (initialiser === null) return null;
    const outcome = this.isImport(initialiser) ? this.callImport(initialiser, []) : this.#engine.call(initialiser, []);
    return outcome.kind === 'return' ? null : outcome;
  }

  /** A table by name, as ops see it. */
  table(name: string): TableState {
    return this.#tableStates.get(name) as TableState;
  }

  /** Items of an element segment, as ops see them. */
  elements(index: number): readonly Value[] {
    const type = this.#module.segments[index]?.type ?? 'funcref';
    return (this.#elements[index] ?? []).map((item) => this.references.inner(type, item));
  }

  dropElements(index: number): void {
    this.#elements[index] = [];
  }

  dropData(index: number): void {
    this.data[index] = new Uint8Array();
  }

  /** What is exported under a name. */
  exported(external: string): Extern | undefined {
    const item = this.#module.exports.find((each) => each.external === external);
    if (item === undefined) return undefined;
    switch (item.kind) {
      case 'func':
        return { kind: 'func', ref: this.references.refOf(item.name) };
      case 'memory':
        return { kind: 'memory', memory: this.#engine.memory() };
      case 'table':
        return { kind: 'table', table: this.#shared(item.name) as SharedTable };
      case 'global':
        return { kind: 'global', global: this.#global(item.name) };
    }
  }

  #ownTable({ type, min, max, elements }: AnyModule['tables'][number]): SharedTable {
    if (min > maxTableElements) throw new ResourceError('memory');
    const table = new SharedTable(type, min, max);
    table.setAll(
      0,
      elements.map((item) => this.#item(item)),
    );
    return table;
  }

  #tableState(table: SharedTable): TableState {
    const { references } = this;
    const { type } = table;
    return {
      get size() {
        return table.size;
      },
      get: (index) => references.inner(type, table.get(index)),
      set: (index, values) => {
        const [value] = values;
        if (values.length === 1) table.set(index, references.outer(type, value));
        else
          table.setAll(
            index,
            values.map((each) => references.outer(type, each)),
          );
      },
      grow: (count, value) => table.grow(count, references.outer(type, value)),
    };
  }

  #shared(name: string): SharedTable | undefined {
    return this.tables[this.#module.tables.findIndex((table) => table.name === name)];
  }

  #item(item: ElementItem): Value {
    if (item === null) return null;
    return typeof item === 'string'
      ? this.references.refOf(item)
      : (this.importedGlobals.get(item.global)?.value ?? null);
  }

  #imported({ global }: GlobalRef): Value {
    const shared = this.importedGlobals.get(global);
    return shared === undefined ? null : this.references.inner(shared.type, shared.value);
  }

  #offset(offset: number | GlobalRef): number {
    return typeof offset === 'number' ? offset : Number(this.#imported(offset)) >>> 0;
  }

  #global(name: string): SharedGlobal {
    const known = this.importedGlobals.get(name) ?? this.#globals.get(name);
    if (known !== undefined) return known;
    const { type, mutable } = this.#module.globals.find((each) => each.name === name) as Global;
    const engine = this.#engine;
    const { references } = this;
    const global: SharedGlobal = {
      type,
      mutable,
      wasm: null,
      get value() {
        return references.outer(type, engine.getGlobal(name));
      },
      set value(value: Value) {
        engine.setGlobal(name, references.inner(type, value));
      },
    };
    this.#globals.set(name, global);
    return global;
  }
}

function outside(what: string): Outcome {
  return { kind: 'trap', trap: 'out-of-bounds', at: what };
}
