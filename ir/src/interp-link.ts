/**
 * What the reference interpreter may call: functions and imports of one module, bound to names, call sites and the
 * table. Functions are decoded when they are first called.
 */

import { type Func, findFunc, findImport, type Module } from './func.ts';
import { type Code, codeOf } from './interp-code.ts';
import type { Host, HostFunction } from './outcome.ts';
import type { Signature } from './type.ts';

/** A function that has been called before, or may be. */
export interface Callee {
  readonly name: string;
  readonly sig: Signature;
  /** The function, or null for an import. */
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
  readonly #host: Host;
  readonly #callees = new Map<string, Callee>();
  readonly #table: readonly (Callee | null)[];

  /** Throws when the host lacks an import of the module. */
  constructor(m: Module, host: Host) {
    this.#module = m;
    this.#host = host;
    const missing = m.imports.filter((i) => !host.has(`${i.module}.${i.field}`)).map((i) => `${i.module}.${i.field}`);
    if (missing.length > 0) throw new Error(`the host doesn't provide ${missing.join(', ')}`);
    this.#table = (m.tables[0]?.elements ?? []).map((name) => (name === null ? null : this.callee(name)));
  }

  /** The function or import of this name; throws when there is none. */
  callee(name: string): Callee {
    const known = this.#callees.get(name);
    if (known !== undefined) return known;
    const func = findFunc(this.#module, name) ?? null;
    const imported = func === null ? findImport(this.#module, name) : undefined;
    const sig = func?.sig ?? imported?.sig;
    if (sig === undefined) throw new Error(`no function @${name} in the module`);
    const host = imported === undefined ? null : (this.#host.get(`${imported.module}.${imported.field}`) ?? null);
    const callee: Callee = { name, sig, func, host, code: null, sites: [] };
    this.#callees.set(name, callee);
    return callee;
  }

  /** The table's element: null where it is empty, undefined outside of the table. */
  element(index: number): Callee | null | undefined {
    return this.#table[index];
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
