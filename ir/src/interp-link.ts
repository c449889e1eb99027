/**
 * What the reference interpreter may call: functions and imports of one module, bound to names, call sites and tables.
 * Functions are decoded when they are first called.
 */

import { type FuncRef, isFuncRef, type SharedTable } from './extern.ts';
import { type Func, findFunc, type Module } from './func.ts';
import { type Code, codeOf } from './interp-code.ts';
import type { ModuleState } from './module-state.ts';
import { sharesReferences } from './named.ts';
import type { HostFunction } from './outcome.ts';
import type { Signature } from './type.ts';

/** A function that has been called before, or may be. */
export interface Callee {
  readonly name: string;
  readonly sig: Signature;
  /** The function, or null for an import and for a function of another instance. */
  readonly func: Func | null;
  readonly host: HostFunction | null;
  /** Null until it is first called, and for imports. */
  code: Code | null;
  /** By `Code.sites`; null for calls through the table. */
  sites: readonly (Callee | null)[];
}

/** The callees of one instance. */
export class Linker {
  readonly #module: Module;
  readonly #state: ModuleState;
  readonly #callees = new Map<string, Callee>();
  readonly #others = new Map<FuncRef, Callee>();
  readonly #tables: ReadonlyMap<string, SharedTable>;
  readonly #importIndex: ReadonlyMap<string, number>;
  #shares: boolean | null = null;

  constructor(m: Module, state: ModuleState) {
    this.#module = m;
    this.#state = state;
    this.#tables = new Map(m.tables.map(({ name }, i) => [name, state.tables[i] as SharedTable]));
    this.#importIndex = new Map(m.imports.map(({ name }, i) => [name, i]));
  }

  /** The function or import of this name; throws when there is none. */
  callee(name: string): Callee {
    const known = this.#callees.get(name);
    if (known !== undefined) return known;
    const sig = this.#state.signatureOf(name);
    const func = findFunc(this.#module, name) ?? null;
    const host = func === null ? (this.#state.imports[this.#importIndex.get(name) as number] ?? null) : null;
    const callee: Callee = { name, sig, func, host, code: null, sites: [] };
    this.#callees.set(name, callee);
    return callee;
  }

  /** The element of a table (none named: the first): null where it is empty, undefined outside of the table. */
  element(table: string | undefined, index: number): Callee | null | undefined {
    const shared = table === undefined ? this.#state.tables[0] : this.#tables.get(table);
    const element = shared?.get(index);
    if (!isFuncRef(element)) return element === undefined ? undefined : null;
    return this.#state.references.owns(element) ? this.callee(element.name) : this.#other(element);
  }

  /** Whether exceptions stop at calls through tables: what is called there may be another instance's. */
  get stopsThrows(): boolean {
    this.#shares ??= sharesReferences(this.#module);
    return this.#shares;
  }

  #other(ref: FuncRef): Callee {
    const known = this.#others.get(ref);
    if (known !== undefined) return known;
    const host: HostFunction = (...args) => this.#state.references.callOther(ref, args);
    const callee: Callee = { name: ref.name, sig: ref.sig, func: null, host, code: null, sites: [] };
    this.#others.set(ref, callee);
    return callee;
  }

  /** The code of a function of the module, decoded when it isn't yet. */
  code(callee: Callee): Code {
    if (callee.code !== null) return callee.code;
    if (callee.func === null) throw new Error(`@${callee.name} is an import`);
    const code = codeOf(callee.func);
    callee.code = code;
    callee.sites = code.sites.map((name) => (name === null ? null : this.callee(name)));
    return code;
  }
}
