/** A program as the loops of the register machine run it (made by load.ts). */

import type { Instr, RegisterFunc, RegisterProgram } from '@sluice/bytecode';
import type { Handler } from './handler.ts';
import type { SignatureNumbers } from './signatures.ts';
import type { FuncVectors } from './vectors.ts';

/** A function as the loops see it. */
export interface LoadedFunc {
  readonly func: RegisterFunc;
  readonly index: number;
  /** Its first slot. */
  readonly slot: number;
  /** Cells of its frame: registers and slots, and two for each vector. */
  readonly cells: number;
  /** Its vectors, where the loop has cells of their own for them, and the cell where these start. */
  readonly vectors: FuncVectors | null;
  readonly firstVector: number;
}

/** A program ready for a loop. */
export interface Loaded {
  readonly program: RegisterProgram;
  /** In the order of their numbers. */
  readonly handlers: readonly Handler[];
  readonly code: Int32Array;
  readonly funcs: readonly LoadedFunc[];
  readonly funcByName: ReadonlyMap<string, LoadedFunc>;
  readonly importIndex: ReadonlyMap<string, number>;
  readonly globalIndex: ReadonlyMap<string, number>;
  readonly tableIndex: ReadonlyMap<string, number>;
  /** Numbers of signatures; those of other instances' functions get theirs when they are met. */
  readonly sigs: SignatureNumbers;
  /** By slot: the instruction that starts there and its position in its function. */
  readonly instrs: readonly (Instr | null)[];
  readonly positions: Int32Array;
  /** Cells of the largest frame. */
  readonly largestFrame: number;
}

/** The function whose code holds the slot. */
export function funcAt(loaded: Loaded, slot: number): LoadedFunc | null {
  let low = 0;
  let high = loaded.funcs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((loaded.funcs[middle]?.slot ?? 0) <= slot) low = middle + 1;
    else high = middle;
  }
  return loaded.funcs[low - 1] ?? null;
}

/** `@func 12`: the instruction at a slot, for reports; null where there is none. */
export function placeText(loaded: Loaded, slot: number): string | null {
  const found = funcAt(loaded, slot);
  return found === null ? null : `@${found.func.name} ${loaded.positions[slot] ?? -1}`;
}
