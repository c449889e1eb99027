/**
 * What both machines share of an instance: guest memory, heap, data segments, resolved imports, limits. Globals and
 * frames lie where each machine wants them; it lends access to them to make a `Machine` for ops without a fast form.
 */

import type { ProgramParts } from '@sluice/bytecode';
import {
  defaultLimits,
  type HostFunction,
  type InstanceOptions,
  type Limits,
  type Machine,
  type Outcome,
  ResourceError,
} from '@sluice/ir';
import type { Budget } from './budget.ts';
import { CheckedHeap } from './heap.ts';
import { GuestMemory } from './memory.ts';

/** The state of an instance beside globals and frames. */
export interface GuestState {
  readonly limits: Limits;
  readonly signal: { readonly aborted: boolean } | null;
  readonly memory: GuestMemory;
  readonly heap: CheckedHeap;
  /** Bytes of the data segments; active ones are empty once placed, dropped ones too. */
  readonly data: Uint8Array[];
  /** By position in the program's imports. */
  readonly imports: readonly HostFunction[];
  /** Ends a row of calls that were carried out in their later form; nothing where there are none. */
  readonly settle: () => void;
  /** With what every call ends, where memory could not be made or data not be placed; null: all is well. */
  readonly stillborn: Outcome | null;
}

/** Makes memory and heap and places active data. Throws an `Error` when the host lacks imports. */
export function guestState(program: ProgramParts, options: InstanceOptions): GuestState {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const budget: Budget = { limit: limits.memory, used: 0 };
  const host = options.host ?? new Map<string, HostFunction>();
  const keys = program.imports.map((item) => `${item.module}.${item.field}`);
  const missing = keys.filter((key) => !host.has(key));
  if (missing.length > 0) throw new Error(`the host doesn't provide ${missing.join(', ')}`);
  const imports = keys.map((key) => host.get(key) as HostFunction);
  let memory: GuestMemory;
  let stillborn: Outcome | null = null;
  try {
    memory = new GuestMemory(program.memory, budget);
    stillborn = placeData(program, memory);
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error;
    memory = new GuestMemory(null, budget);
    stillborn = { kind: 'resource', end: error.end };
  }
  const data = program.data.map(({ offset, bytes }) => (offset === null ? bytes : new Uint8Array()));
  const heap = new CheckedHeap(budget);
  return { limits, signal: options.signal ?? null, memory, heap, data, imports, settle: settleAll(imports), stillborn };
}

function settleAll(imports: readonly HostFunction[]): () => void {
  const all = [...new Set(imports.flatMap(({ later }) => later?.settle ?? []))];
  return () => {
    for (const settle of all) settle();
  };
}

/** Active segments, in order; those before one that doesn't fit are placed. */
function placeData(program: ProgramParts, memory: GuestMemory): Outcome | null {
  for (const [i, { offset, bytes }] of program.data.entries()) {
    if (typeof offset !== 'number') continue;
    const target = memory.bytes();
    if (offset + bytes.length > target.length) return { kind: 'trap', trap: 'out-of-bounds', at: `data segment ${i}` };
    target.set(bytes, offset);
  }
  return null;
}

/** What a machine lends: its globals and the slots of the current frame. */
export type CellAccess = Pick<Machine, 'getGlobal' | 'setGlobal' | 'getSlot' | 'setSlot'>;

/** The state as ops see it. */
export function machineOf(state: GuestState, cells: CellAccess): Machine {
  return {
    memory: () => state.memory.view(),
    growMemory: (pages) => state.memory.grow(pages),
    data: (index) => state.data[index] ?? new Uint8Array(),
    dropData: (index) => {
      state.data[index] = new Uint8Array();
    },
    ...cells,
    heap: state.heap,
  };
}
