/**
 * What a register allocator gives and a backend reads: plain data, so that another allocator can stand in for ours
 * without a backend knowing.
 *
 * A frame has cells: registers 0 .. registers-1, then spill slots. Cell `registers + k` is slot k of the function
 * (`slot.get #k`, `slot.set #k`). Parameter i arrives in cell i, whether that is a register or a slot.
 * Spill code is IR: a spilled value is stored by `slot.set` after its definition and read by `slot.get`.
 */

import type { Func, Type } from '@sluice/ir';

/** Where the values of a function live. Phis and their operands share a register (ssa-destruct made that possible). */
export interface Allocation {
  /** The function that it is for, spill code included. */
  readonly func: Func;
  /**
   * Register by `ValueId`; -1: none (no result, never used, or a `slot.get` that a call, return or the like reads
   * straight from its slot: see `folded`).
   */
  readonly registerOf: Int32Array;
  /** Number of registers used: at least the number of parameters that arrive in registers. */
  readonly registers: number;
  /** For targets with typed registers: the type of each register. */
  readonly registerTypes: readonly Type[] | null;
  /** Ids of `slot.get`s without a register: their only user reads the slot's cell itself. */
  readonly folded: ReadonlySet<number>;
  readonly stats: AllocationStats;
}

/** What an allocation cost. */
export interface AllocationStats {
  /** Values spilled, loads and stores inserted, copies that remain, copies that were coalesced. */
  readonly spilled: number;
  readonly reloads: number;
  readonly stores: number;
  readonly copiesLeft: number;
  readonly copiesCoalesced: number;
}

/** What an allocator must keep to. */
export interface RegisterConstraints {
  /**
   * Registers that there are; null: as many as wanted. At least 4. With `typed`: registers of each type, and at least as
   * many as there are parameters of it, which then all arrive in registers.
   */
  readonly registers: number | null;
  /** Whether a register holds values of one type only (locals of the stack machine). */
  readonly typed: boolean;
}

/** A register allocator. The function has no critical edges, and its phi webs are free of interference. */
export type Allocator = (f: Func, constraints: RegisterConstraints) => Allocation;

/** An allocator that can be chosen by name. */
export interface NamedAllocator {
  /** As on the command line. */
  readonly name: string;
  readonly summary: string;
  readonly allocate: Allocator;
}
