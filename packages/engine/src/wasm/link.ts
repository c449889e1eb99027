/** Links compiled code to what it imports, and gives access to what it exports (compile.ts has the names). */

import {
  acceptResults,
  type HostFunction,
  type Module,
  ResourceError,
  type SharedTable,
  type Signature,
  Trap,
  TrapError,
  trapKinds,
  type Value,
} from '@sluice/ir';
import { applyOp, type GuestState, machineOf } from '@sluice/vm';
import { Adapters, type WasmFunction } from './adapters.ts';
import type { Compiled } from './compile.ts';
import { type GlobalAccess, globalAccess, makeGlobal } from './globals.ts';
import { extraGlobals, type Service, wasmIndices } from './plan.ts';
import { follow, WasmReferences } from './tables.ts';

/** What the instance does for running code. */
export interface Caller {
  /** A quantum of fuel is used up. */
  readonly refill: () => void;
  /** Makes a call out of the instance. */
  readonly outside: <T>(call: () => T) => T;
}

/** Linked code. */
export interface Linked {
  readonly callable: (name: string, sig: Signature) => (args: readonly Value[]) => readonly Value[];
  readonly global: (name: string) => GlobalAccess;
  readonly extra: (which: keyof typeof extraGlobals) => { value: number };
  /** Whether the element that was last called through a table is null. */
  readonly lastCalleeIsNull: () => boolean;
}

/** Makes the Wasm instance, its tables holding what the shared ones hold. */
export function link(m: Module, compiled: Compiled, guest: GuestState, caller: Caller): Linked {
  const { plan, code } = compiled;
  const funcIndex = new Map(m.funcs.map(({ name }, k) => [name, k]));
  const importIndex = new Map(m.imports.map(({ name }, k) => [name, k]));
  const functionOf = (name: string): WasmFunction => {
    const k = funcIndex.get(name);
    const found = instance.exports[k === undefined ? `h${importIndex.get(name)}` : `f${k}`];
    if (found === undefined) throw new Error(`no function @${name} in the module`);
    return found as WasmFunction;
  };
  const references = new WasmReferences(guest.module, new Map([...funcIndex, ...importIndex]), functionOf);
  const adapters = new Adapters(references);
  references.adapters = adapters;

  const globalIndex = wasmIndices(m.globals);
  const tableIndex = wasmIndices(m.tables);
  const globals = new Map<string, GlobalAccess>();
  const global = (name: string): GlobalAccess => {
    const known = globals.get(name);
    if (known !== undefined) return known;
    const index = globalIndex.get(name);
    const declared = m.globals.find((each) => each.name === name);
    if (declared === undefined) throw new Error(`no global @${name} in the module`);
    const access = globalAccess(
      declared.type,
      declared.mutable,
      instance.exports[`g${index}`] as WebAssembly.Global,
      adapters,
    );
    globals.set(name, access);
    return access;
  };
  const machine = machineOf(guest, {
    getGlobal: (name) => global(name).get(),
    setGlobal: (name, value) => global(name).set(value),
    // Slots are locals of Wasm: no op of the host's reaches them.
    getSlot: () => undefined,
    setSlot: () => undefined,
  });

  const hostImport = (name: string, sig: Signature, host: HostFunction): WasmFunction => {
    const who = `host function @${name}`;
    return adapters.importable(sig, (args) => caller.outside(() => acceptResults(sig, host(...args), who)));
  };
  const serve = (service: Service): WasmFunction => {
    switch (service.kind) {
      case 'refill':
        return caller.refill;
      case 'deep':
        return () => {
          throw new ResourceError('call-depth');
        };
      case 'trap':
        return (kind) => {
          throw new TrapError(trapKinds[kind as number] ?? 'unreachable');
        };
      case 'grow':
        return (pages) => guest.memory.grow(pages as number);
      case 'alloc':
        return (count) => orTrap(guest.heap.alloc(count as bigint));
      case 'free':
        return (pointer) => orTrap(guest.heap.free(pointer as bigint));
      case 'bad-pointer':
        return (pointer) => orTrap(guest.heap.checkBounds(pointer as bigint));
      case 'op': {
        const { op, imm, type, sig } = service;
        return adapters.importable(sig, (args) => [orTrap(applyOp(op, type, machine, imm, args))]);
      }
    }
  };
  const importedGlobal = ({ name, type, mutable }: Module['globals'][number]): WebAssembly.Global => {
    const shared = guest.module.importedGlobals.get(name);
    const value = shared === undefined ? null : guest.module.references.inner(type, shared.value);
    // Functions of this instance are not there yet: `guest.start` sets them, where the global is mutable.
    const isEarly = type === 'funcref' && typeof value === 'string';
    return makeGlobal(type, mutable, value, isEarly ? null : type === 'funcref' ? references.toWasm(value) : value);
  };
  const instance = new WebAssembly.Instance(code, {
    e: {
      m: guest.memory.wasm,
      ...(plan.usesHeap ? { c: guest.heap.cells, t: guest.heap.table } : {}),
    },
    x: named(plan.extra.map(({ service }) => serve(service))),
    h: named(m.imports.map(({ name, sig }, k) => hostImport(name, sig, guest.imports[k] as HostFunction))),
    g: named(m.globals.filter(({ source }) => source !== null).map(importedGlobal)),
    t: named(m.tables.flatMap(({ source }, k) => (source === null ? [] : [emptyTable(guest.module.tables[k])]))),
  });
  for (const [k, table] of guest.module.tables.entries()) {
    const index = tableIndex.get(m.tables[k]?.name ?? '');
    if (table.type === 'funcref') follow(table, instance.exports[`t${index}`] as WebAssembly.Table, references);
  }

  const callables = new Map<string, (args: readonly Value[]) => readonly Value[]>();
  return {
    callable: (name, sig) => {
      const known = callables.get(name);
      if (known !== undefined) return known;
      const made = adapters.callable(sig, functionOf(name));
      callables.set(name, made);
      return made;
    },
    global,
    extra: (which) => instance.exports[`x${extraGlobals[which]}`] as unknown as { value: number },
    lastCalleeIsNull: () => {
      const at = (which: keyof typeof extraGlobals): number =>
        (instance.exports[`x${extraGlobals[which]}`] as unknown as { value: number }).value;
      const table = instance.exports[`t${at('callTable')}`] as WebAssembly.Table | undefined;
      return table?.get(at('callIndex') >>> 0) === null;
    },
  };
}

function orTrap<T>(result: T | Trap): T {
  if (result instanceof Trap) throw new TrapError(result.kind);
  return result;
}

function named<T>(list: readonly T[]): Record<string, T> {
  return Object.fromEntries(list.map((each, k) => [`${k}`, each]));
}

/** A table as an import wants it; it will hold what the shared one holds. */
function emptyTable(table: SharedTable | undefined): WebAssembly.Table {
  if (table === undefined) throw new Error('an imported table is not there');
  const element = table.type === 'funcref' ? 'anyfunc' : 'externref';
  return new WebAssembly.Table({ element, initial: table.size, ...(table.max === null ? {} : { maximum: table.max }) });
}
