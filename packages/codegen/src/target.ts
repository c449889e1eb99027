/** What a backend is: facts about a machine and the function that emits a program for it. */

import type { Module } from '@sluice/ir';
import type { Allocation, RegisterConstraints } from './allocation.ts';

/** How to emit. */
export interface EmitOptions {
  /** Peephole on the code and fusion into instructions that do several things; default yes. */
  readonly fuse?: boolean;
}

/** A backend. `P` is what it emits. */
export interface Target<P> {
  readonly name: string;
  readonly summary: string;
  /** Names of passes that must run before allocation, in order. */
  readonly prepare: readonly string[];
  readonly constraints: RegisterConstraints;
  /** Emits the whole module; `allocations` by function name. Total on verified modules. */
  readonly emit: (m: Module, allocations: ReadonlyMap<string, Allocation>, options?: EmitOptions) => P;
}

/** Defines a backend; says nothing by itself, but gives a folder one shape. */
export function defineTarget<P>(target: Target<P>): Target<P> {
  return target;
}
