/**
 * The state of an instance of the engine `js`, in the form in which its code wants it (codegen/src/js-code.ts): frames, globals,
 * tables, memory, host functions, and ops that are left to their meaning.
 */

import type { JsCode, JsEnv, JsFunction, JsLinked } from '@sluice/codegen';
import {
  acceptResults,
  type FuncRef,
  f32Bits,
  f32FromBits,
  f64Bits,
  f64FromBits,
  type InstanceOptions,
  isFuncRef,
  type Machine,
  type Module,
  printSignature,
  ResourceError,
  regionSet,
  type Signature,
  Trap,
  TrapError,
  type TrapKind,
  toNumber,
  type Value,
} from '@sluice/ir';
import { applyOp, type GuestState, guestState, machineOf } from '@sluice/vm';
import type { Account } from './account.ts';
import { tableEntry } from './link.ts';

/** Slots for frames: 1 MiB. V8's own stack is as large, and each frame takes some of that as well. */
const frameSlots = 1 << 17;

/** An instance's state. */
export interface JsState {
  readonly env: Omit<JsEnv, 'refuel' | 'hosts' | 'ops'>;
  readonly guest: GuestState;
  /** What a host function threw last. */
  readonly thrown: { error: unknown };
  readonly getGlobal: (name: string) => Value;
  readonly setGlobal: (name: string, value: Value) => void;
  /** To be called before the code runs: others may have done something to what is shared. */
  readonly enter: () => void;
  /** Makes the functions, and fills the tables with them. */
  readonly link: (make: (env: JsEnv) => JsLinked, account: Account) => JsLinked;
}

/** Helpers that the code calls by name, beside `JsEnv`. */
const helpers = { num: toNumber, f32Bits, f64Bits, f32FromBits, f64FromBits };

/** Makes the state. Throws an `Error` when the host lacks imports. */
export function makeState(m: Module, code: JsCode, options: InstanceOptions): JsState {
  const guest = guestState(m, options);
  const depth = code.metered ? guest.limits.depth : frameSlots;
  const slots = code.frames ? Math.min(frameSlots, (depth + 2) * code.largestFrame) + 4 * code.largestFrame : 8;
  const L = new BigInt64Array(slots);
  const globals = new Globals(m, guest);
  const thrown = { error: undefined as unknown };
  const tables = m.tables.map((): JsFunction[] => []);
  const sigs = m.tables.map((): number[] => []);
  const raise = (kind: string): never => {
    throw new TrapError(kind as TrapKind);
  };
  const env = {
    L,
    I: new Int32Array(L.buffer),
    frameLimit: slots - 2 * code.largestFrame,
    S: new Int32Array(4),
    GI: globals.i32,
    GL: globals.i64,
    GV: globals.values,
    RI: new Int32Array(1024),
    RV: [],
    TF: tables,
    TS: sigs,
    memory: () => guest.memory.wasm.buffer,
    heapCells: () => guest.heap.cells.buffer,
    heapTable: () => guest.heap.table.buffer,
    trap: raise,
    badCall: (table: number, index: number): never => {
      const sig = sigs[table]?.[index];
      return raise(
        sig === undefined ? 'out-of-bounds' : sig === emptyElement ? 'null-reference' : 'indirect-call-type',
      );
    },
    deep: (): never => {
      throw new ResourceError('call-depth');
    },
    ...helpers,
  };
  const getGlobal = (name: string): Value => globals.get(name);
  let linked: JsLinked | null = null;
  let buffers = buffersOf(guest);
  const refresh = (): void => {
    const now = buffersOf(guest);
    if (linked === null || now.every((buffer, i) => buffer === buffers[i])) return;
    buffers = now;
    linked.refresh();
  };
  // A buffer that growth replaced is empty: cheaper to see than what the memory's buffer is now.
  let cells = new Uint8Array(guest.heap.cells.buffer);
  let table = new Uint8Array(guest.heap.table.buffer);
  const refreshHeap = (): void => {
    if (cells.length > 0 && table.length > 0) return;
    refresh();
    cells = new Uint8Array(guest.heap.cells.buffer);
    table = new Uint8Array(guest.heap.table.buffer);
  };
  const enter = (): void => {
    guest.syncIn();
    // The heap is this instance's own: it alone makes it grow.
    if (guest.memory.wasm.buffer !== buffers[0]) refresh();
  };
  const link = (make: (env: JsEnv) => JsLinked, account: Account): JsLinked => {
    const hosts = hostFunctions(m, guest, thrown, enter);
    const machine = machineOf(guest, {
      getGlobal,
      setGlobal: (name, value) => globals.set(name, value),
      // Slots are variables of the code: no op reaches them.
      getSlot: () => undefined,
      setSlot: () => undefined,
    });
    const ops = opFunctions(code, machine, refresh, refreshHeap);
    linked = make({ ...env, hosts, ops, refuel: () => account.refuel() });
    const other = (ref: FuncRef): JsFunction =>
      outward(guest, thrown, enter, (args) => guest.module.references.callOther(ref, args) as unknown as Value);
    mirrorTables(m, code, env, linked, hosts, guest, other);
    return linked;
  };
  return { env, guest, thrown, getGlobal, setGlobal: (name, value) => globals.set(name, value), enter, link };
}

/** The buffers of memories, which growth replaces. */
function buffersOf({ memory, heap }: GuestState): readonly ArrayBuffer[] {
  return [memory.wasm.buffer, heap.cells.buffer, heap.table.buffer];
}

/** Host functions that take values and give them, and say so where they throw. */
function hostFunctions(
  m: Module,
  guest: GuestState,
  thrown: { error: unknown },
  enter: () => void,
): readonly JsFunction[] {
  return m.imports.map(({ name, sig }, i): JsFunction => {
    const host = guest.imports[i];
    const who = `host function @${name}`;
    return outward(guest, thrown, enter, (args) => {
      const results = acceptResults(sig, host?.(...args), who);
      return results.length > 1 ? (results as unknown as Value) : results[0];
    });
  });
}

/** A call out of the instance: what is shared is as others see it, and afterwards as they left it. */
function outward(
  guest: GuestState,
  thrown: { error: unknown },
  enter: () => void,
  call: (args: readonly Value[]) => Value,
): JsFunction {
  return (...args) => {
    guest.syncOut();
    try {
      return call(args);
    } catch (error) {
      thrown.error = error;
      throw error;
    } finally {
      enter();
    }
  };
}

/** Ops that are left to their meaning. */
function opFunctions(
  code: JsCode,
  machine: Machine,
  refresh: () => void,
  refreshHeap: () => void,
): readonly JsFunction[] {
  return code.ops.map(({ op, type, imm }): JsFunction => {
    const apply = (args: readonly Value[]): Value => {
      const result = applyOp(op, type, machine, imm, args);
      if (result instanceof Trap) throw new TrapError(result.kind);
      return result;
    };
    if (!op.effect.grows && (op.effect.writes & regionSet('objects')) === 0) return (...args) => apply(args);
    const after = op.effect.grows ? refresh : refreshHeap;
    return (...args) => {
      const result = apply(args);
      after();
      return result;
    };
  });
}

/** In place of a signature's number, and of a function, where a table is empty. */
const emptyElement = -2;
const empty: JsFunction = () => undefined;

/** Keeps the tables as the code has them like those that instances share. */
function mirrorTables(
  m: Module,
  code: JsCode,
  env: Pick<JsEnv, 'L' | 'S' | 'RI' | 'RV' | 'TF' | 'TS'>,
  linked: JsLinked,
  hosts: readonly JsFunction[],
  guest: GuestState,
  other: (ref: FuncRef) => JsFunction,
): void {
  const { references, tables } = guest.module;
  const sigNumbers = new Map(code.signatures.map((sig, i) => [printSignature(sig), i]));
  const funcs = new Map(code.funcs.map((f, i) => [f.name, i]));
  const imports = new Map(m.imports.map((each, i) => [each.name, i]));
  const sigOf = (sig: Signature): number => sigNumbers.get(printSignature(sig)) ?? -1;
  const entry = (ref: FuncRef): { readonly fn: JsFunction; readonly sig: number } => {
    if (!references.owns(ref)) {
      const call = other(ref);
      const list = (args: readonly Value[]): readonly Value[] => call(...args) as unknown as readonly Value[];
      return { fn: tableEntry(ref.sig, code, env, list), sig: sigOf(ref.sig) };
    }
    const { name } = ref;
    const own = funcs.get(name);
    if (own !== undefined) {
      const { sig, framed } = code.funcs[own] as JsCode['funcs'][number];
      const fn = linked.funcs[own] as JsFunction;
      // A function without frame ignores it.
      const entered: JsFunction = framed === code.frames ? fn : (_, ...args) => fn(...args);
      return { fn: entered, sig: sigOf(sig) };
    }
    const at = imports.get(name) ?? -1;
    const { sig } = m.imports[at] as Module['imports'][number];
    const host = hosts[at] as JsFunction;
    const call = (args: readonly Value[]): readonly Value[] => {
      const given = host(...args);
      return sig.results.length > 1 ? (given as unknown as readonly Value[]) : [given];
    };
    return { fn: tableEntry(sig, code, env, call), sig: sigOf(sig) };
  };
  const known = new Map<FuncRef, ReturnType<typeof entry>>();
  for (const [t, table] of tables.entries()) {
    const fns = env.TF[t] as JsFunction[];
    const sigs = env.TS[t] as number[];
    const write = (from: number, to: number): void => {
      for (let i = from; i < to; i++) {
        const element = table.get(i);
        const found = isFuncRef(element) ? (known.get(element) ?? entry(element)) : null;
        if (isFuncRef(element) && found !== null) known.set(element, found);
        fns[i] = found?.fn ?? empty;
        sigs[i] = found?.sig ?? emptyElement;
      }
    };
    write(0, table.size);
    table.watch(write);
  }
}

/** The globals of an instance: by their index, each in the array of its type. */
class Globals {
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  readonly values: Value[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #m: Module;

  constructor(m: Module, guest: GuestState) {
    this.#m = m;
    this.i32 = new Int32Array(m.globals.length);
    this.i64 = new BigInt64Array(m.globals.length);
    this.values = m.globals.map(() => undefined);
    this.#index = new Map(m.globals.map(({ name }, i) => [name, i]));
    for (const global of m.globals) this.set(global.name, guest.module.initial(global));
  }

  get(name: string): Value {
    const i = this.#at(name);
    const type = this.#m.globals[i]?.type;
    return type === 'i32' ? this.i32[i] : type === 'i64' ? this.i64[i] : this.values[i];
  }

  set(name: string, value: Value): void {
    const i = this.#at(name);
    const type = this.#m.globals[i]?.type;
    if (type === 'i32') this.i32[i] = value as number;
    else if (type === 'i64') this.i64[i] = value as bigint;
    else this.values[i] = value;
  }

  #at(name: string): number {
    const i = this.#index.get(name);
    if (i === undefined) throw new Error(`no global @${name} in the module`);
    return i;
  }
}
