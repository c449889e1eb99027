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
  type Trap,
  type Type,
  trap,
  type Value,
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
  /** Bytes of the data segments, active ones too (these count as dropped); emptied by `dropData`. */
  readonly data: Uint8Array[];
  /** By position in the program's imports. */
  readonly imports: readonly HostFunction[];
  /** Set when an active data segment lies outside of the memory: each call ends with it. */
  readonly broken: Trap | null;
}

/** Makes memory and heap, places active data. Throws an `Error` for a missing import, `ResourceError` for a memory
 * beyond the limit. */
export function guestState(program: ProgramParts, options: InstanceOptions): GuestState {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const budget: Budget = { limit: limits.memory, used: 0 };
  const memory = new GuestMemory(program.memory, budget);
  const imports = program.imports.map((item) => {
    const found = options.host?.get(`${item.module}.${item.field}`);
    if (found !== undefined) return found;
    throw new Error(`the host has no function ${item.module}.${item.field} for the import @${item.name}`);
  });
  let broken: Trap | null = null;
  const data: Uint8Array[] = [];
  for (const { offset, bytes } of program.data) {
    data.push(offset === null ? bytes : new Uint8Array());
    if (offset === null || broken !== null) continue;
    if (offset + bytes.length > memory.bytes().length) broken = trap('out-of-bounds');
    else memory.bytes().set(bytes, offset);
  }
  const heap = new CheckedHeap(budget);
  return { limits, signal: options.signal ?? null, memory, heap, data, imports, broken };
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

/** What a host function gave, as a list that fits the types. */
export function hostResults(types: readonly Type[], given: Value | readonly Value[] | undefined): readonly Value[] {
  if (types.length === 0) return [];
  if (types.length === 1 && !Array.isArray(given)) return [given as Value];
  if (Array.isArray(given) && given.length === types.length) return given as readonly Value[];
  throw new Error(`a host function must give ${types.length} values`);
}
