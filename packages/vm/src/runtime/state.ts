/**
 * What both machines share of an instance: guest memory, heap, tables and segments, resolved imports, limits. Globals and
 * frames lie where each machine wants them; it lends access to them to make a `Machine` for ops without a fast form.
 *
 * Imported globals that change are mirrored: the machine has a cell for each, as for its own. What others do to the global
 * is seen where they had a chance to do it: `syncIn` copies into the cells before the machine runs and after a call out of
 * it, `syncOut` copies back before a call out and at the end. In between nobody else runs.
 */

import type { ProgramParts } from '@sluice/bytecode';
import {
  type AnyModule,
  defaultLimits,
  type EngineAccess,
  type HostFunction,
  type InstanceOptions,
  type Limits,
  linkImports,
  type Machine,
  ModuleState,
  type Outcome,
  ResourceError,
  type SharedGlobal,
  type Value,
} from '@sluice/ir';
import type { Budget } from './budget.ts';
import { CheckedHeap } from './heap.ts';
import { GuestMemory } from './memory.ts';

/** What a machine lends: calls, and cells of globals by name. */
export interface MachineAccess {
  readonly call: (name: string, args: readonly Value[]) => Outcome;
  readonly getGlobal: (name: string) => Value;
  readonly setGlobal: (name: string, value: Value) => void;
}

/** The state of an instance beside globals and frames. */
export interface GuestState {
  readonly limits: Limits;
  readonly signal: { readonly aborted: boolean } | null;
  readonly memory: GuestMemory;
  readonly heap: CheckedHeap;
  readonly module: ModuleState;
  /** By position in the program's imports. */
  readonly imports: readonly HostFunction[];
  /** Ends a row of calls that were carried out in their later form; nothing where there are none. */
  readonly settle: () => void;
  /** With what every call ends, where memory or tables could not be made; null: all is well. */
  readonly stillborn: Outcome | null;
  /** Connects the machine, once it is made, and places segments and runs the initialiser; gives how that failed, or null. */
  readonly start: (machine: MachineAccess) => Outcome | null;
  readonly syncIn: () => void;
  readonly syncOut: () => void;
  /** A global's value, by its name in the module. */
  readonly global: (name: string) => Value;
}

type Parts = ProgramParts & Pick<AnyModule, 'funcs'>;

/** Makes memory, tables and heap. Throws an `Error` when an import is missing or does not match. */
export function guestState(program: Parts, options: InstanceOptions): GuestState {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const budget: Budget = { limit: limits.memory, used: 0 };
  const linked = linkImports(program, options);
  let stillborn: Outcome | null = null;
  const attempt = <T>(make: () => T, otherwise: () => T): T => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      stillborn = { kind: 'resource', end: error.end };
      return otherwise();
    }
  };
  const memory = attempt(
    () => new GuestMemory(program.memory, budget, linked.memory),
    () => new GuestMemory(null, budget),
  );
  const link: { machine: MachineAccess | null } = { machine: null };
  const machine = (): MachineAccess => {
    if (link.machine === null) throw new Error('the machine is not there yet');
    return link.machine;
  };
  const access: EngineAccess = {
    call: (name, args) => stillborn ?? machine().call(name, args),
    getGlobal: (name) => machine().getGlobal(name),
    setGlobal: (name, value) => machine().setGlobal(name, value),
    memory: () => memory.linear,
  };
  const module = attempt(
    () => new ModuleState(program, linked, access),
    () => new ModuleState({ ...program, tables: [], segments: [] }, linked, access),
  );
  let heap: CheckedHeap | null = null;
  const mirrored = [...linked.globals].filter(([, { mutable }]) => mutable);
  const inner = ({ type, value }: SharedGlobal): Value => module.references.inner(type, value);
  const syncIn = (): void => {
    for (const [name, global] of mirrored) machine().setGlobal(name, inner(global));
  };
  const syncOut = (): void => {
    for (const [name, global] of mirrored) {
      const value = module.references.outer(global.type, machine().getGlobal(name));
      if (!Object.is(value, global.value)) global.value = value;
    }
  };
  return {
    limits,
    signal: options.signal ?? null,
    memory,
    // Its two memories cost more than a small program's run.
    get heap() {
      heap ??= new CheckedHeap(budget);
      return heap;
    },
    module,
    imports: module.imports,
    settle: settleAll(module.imports),
    stillborn,
    start: (made) => {
      link.machine = made;
      for (const [name, global] of linked.globals) made.setGlobal(name, inner(global));
      return stillborn ?? module.placeSegments(() => memory.bytes()) ?? module.initialise();
    },
    syncIn: mirrored.length === 0 ? nothing : syncIn,
    syncOut: mirrored.length === 0 ? nothing : syncOut,
    global: (name) => {
      const imported = linked.globals.get(name);
      return imported === undefined ? machine().getGlobal(name) : inner(imported);
    },
  };
}

const nothing = (): void => {};

function settleAll(imports: readonly HostFunction[]): () => void {
  const all = [...new Set(imports.flatMap(({ later }) => later?.settle ?? []))];
  return () => {
    for (const settle of all) settle();
  };
}

/** What a machine lends for ops: its globals and the slots of the current frame. */
export type CellAccess = Pick<Machine, 'getGlobal' | 'setGlobal' | 'getSlot' | 'setSlot'>;

/** The state as ops see it. */
export function machineOf(state: GuestState, cells: CellAccess): Machine {
  const { module } = state;
  return {
    memory: () => state.memory.view(),
    growMemory: (pages) => state.memory.grow(pages),
    data: (index) => module.data[index] ?? new Uint8Array(),
    dropData: (index) => module.dropData(index),
    table: (name) => module.table(name),
    elements: (index) => module.elements(index),
    dropElements: (index) => module.dropElements(index),
    ...cells,
    get heap() {
      return state.heap;
    },
  };
}
