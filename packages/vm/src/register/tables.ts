/**
 * Tables as the register machine's loops see them: what is called when an element is, and images of all elements in the
 * form of a loop, kept as the shared tables are.
 */

import type { Instr } from '@sluice/bytecode';
import { type Callable, type FuncRef, type HostFunction, isFuncRef, type SharedTable } from '@sluice/ir';
import type { GuestState } from '../runtime/state.ts';
import { tableIndexOf } from './encode.ts';
import type { Loaded } from './loaded.ts';

/** What a call of an element is. */
export interface Target {
  /** Position of a function of the program; null: the host calls it. */
  readonly func: number | null;
  /** Equal signatures have equal numbers. */
  readonly sig: number;
  /** What the host calls. */
  readonly item: Callable;
  readonly host: HostFunction | null;
}

/** The tables of an instance. */
export class Tables {
  readonly shared: readonly SharedTable[];
  readonly #loaded: Loaded;
  readonly #guest: GuestState;
  readonly #targets = new Map<FuncRef, Target>();

  constructor(loaded: Loaded, guest: GuestState) {
    this.#loaded = loaded;
    this.#guest = guest;
    this.shared = guest.module.tables;
  }

  /** What an element stands for: null where it is empty, undefined outside of the table. */
  target(table: number, index: number): Target | null | undefined {
    const element = this.shared[table]?.get(index);
    if (!isFuncRef(element)) return element === undefined ? undefined : null;
    let found = this.#targets.get(element);
    if (found === undefined) {
      found = this.#make(element);
      this.#targets.set(element, found);
    }
    return found;
  }

  /** What a `call_indirect` calls, given its index. */
  targetOf(instr: Instr, index: number): Target | null | undefined {
    return this.target(tableIndexOf(instr, this.#loaded), index >>> 0);
  }

  /** Calls `write` for all elements now, and again for those that change: table, first, end. */
  mirror(write: (table: number, from: number, to: number) => void): void {
    for (const [i, table] of this.shared.entries()) {
      // A table of host values is never called through.
      if (table.type !== 'funcref') continue;
      write(i, 0, table.size);
      table.watch((from, to) => write(i, from, to));
    }
  }

  #make(ref: FuncRef): Target {
    const { references } = this.#guest.module;
    const sig = this.#loaded.sigs.numberOf(ref.sig);
    if (!references.owns(ref)) {
      return { func: null, sig, item: ref, host: (...args) => references.callOther(ref, args) };
    }
    const func = this.#loaded.funcByName.get(ref.name);
    const host = this.#guest.imports[this.#loaded.importIndex.get(ref.name) ?? -1] ?? null;
    return { func: func?.index ?? null, sig, item: ref, host: func === undefined ? host : null };
  }
}
