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
  dropData(index: number): void;
  getGlobal(name: string): Value;
  setGlobal(name: string, value: Value): void;
  /** Slots of the current frame. */
  getSlot(index: number): Value;
  setSlot(index: number, value: Value): void;
  readonly heap: HeapState;
}

/**
 * The heap of checked objects (SPEC.md §6). A pointer is an i64: allocation id in the high, element offset (signed)
 * in the low 32 bits. An element holds one value of any type. `load` and `store` are used after the checks passed;
 * on a pointer that would fail them they do nothing harmful and give zero.
 */
export interface HeapState {
  alloc(elements: bigint): bigint | Trap;
  free(pointer: bigint): Trap | undefined;
  /** `heap-dead` or `heap-bounds`, or undefined when the element exists. */
  checkBounds(pointer: bigint): Trap | undefined;
  /** `heap-uninitialised`, or undefined. */
  checkInitialised(pointer: bigint): Trap | undefined;
  load(type: Type, pointer: bigint): Value;
  store(type: Type, pointer: bigint, value: Value): void;
  /** Number of allocations that are alive: not zero at exit is a leak. */
  live(): number;
}
