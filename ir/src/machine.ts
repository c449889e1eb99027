/**
 * What an op with state may touch while it runs: the interface between `run` in the op table and whatever executes.
 * The reference interpreter implements it in `interp.ts`; VMs implement it for ops that have no fast form there.
 */

import type { Trap } from './trap.ts';
import type { Type } from './type.ts';
import type { Value } from './value.ts';

/** The state of an execution, as ops see it. Addresses are unsigned, given as i32; counts as i64 where Bril's are. */
export interface Machine {
  /** The bytes of the linear memory; fetch it anew after anything that may grow memory. */
  memory(): DataView;
  /** Grows the memory by pages of 64 KiB; the old size in pages, or -1. */
  growMemory(pages: number): number;
  /** Bytes of a passive data segment; empty once dropped. */
  data(index: number): Uint8Array;
  /** Makes a passive data segment empty. */
  dropData(index: number): void;
  /** The value of a global, by its name in the module. */
  getGlobal(name: string): Value;
  /** Sets a global, by its name in the module. */
  setGlobal(name: string, value: Value): void;
  /** Slots of the current frame. */
  getSlot(index: number): Value;
  /** Sets a slot of the current frame. */
  setSlot(index: number, value: Value): void;
  /** A table, by its name in the module. */
  table(name: string): TableState;
  /** The items of a passive element segment; empty once dropped. */
  elements(index: number): readonly Value[];
  /** Makes an element segment empty. */
  dropElements(index: number): void;
  readonly heap: HeapState;
}

/** A table, as ops see it: funcrefs have the form that they have in the module (value.ts). */
export interface TableState {
  readonly size: number;
  /** An element that there is. */
  get(index: number): Value;
  /** Sets elements that there are, from an index on. */
  set(index: number, values: readonly Value[]): void;
  /** Grows by so many elements (u32); the old size, or -1. */
  grow(count: number, value: Value): number;
}

/**
 * The heap of checked objects (SPEC.md §6). A pointer is an i64: allocation id in the high, element offset (signed)
 * in the low 32 bits. An element holds one value of any type. `load` and `store` are used after the checks passed;
 * on a pointer that would fail them they do nothing harmful and give zero.
 */
export interface HeapState {
  /** A pointer to a new object of uninitialised elements; `heap-bounds` when there are none. */
  alloc(elements: bigint): bigint | Trap;
  /** Ends an object's life; `heap-dead`, or `heap-bounds` for a pointer that is not to its start. */
  free(pointer: bigint): Trap | undefined;
  /** `heap-dead` or `heap-bounds`, or undefined when the element exists. */
  checkBounds(pointer: bigint): Trap | undefined;
  /** `heap-uninitialised`, or undefined. */
  checkInitialised(pointer: bigint): Trap | undefined;
  /** The element that the pointer is to. */
  load(type: Type, pointer: bigint): Value;
  /** Sets the element that the pointer is to, and marks it initialised. */
  store(type: Type, pointer: bigint, value: Value): void;
  /** Number of allocations that are alive: not zero at exit is a leak. */
  live(): number;
}
