/**
 * Programs of both machines in memory: what the assemblers read, the backends emit, the codecs store, the validator
 * checks and the VMs load. Everything around the code is as in an IR module (names, imports, memory, globals, data).
 */

import type { Module, Signature, Span, Type } from '@sluice/ir';
import type { Instr } from './instr.ts';

/** What a program of either machine has beside its functions: all that an IR module has, in the same form. */
export interface ProgramParts extends Omit<Module, 'funcs'> {
  /**
   * Where items (functions, imports, ... and `'start'`) stand in the file that they were read from. Diagnostics use
   * it, nothing else does.
   */
  readonly spans?: ReadonlyMap<object | string, Span>;
}

/** What a module and a program share, and nothing else. */
export function programParts(m: Omit<Module, 'funcs'>): ProgramParts {
  const { name, imports, memory, tables, segments, globals, data, exports, start, initialiser, customs } = m;
  return { name, imports, memory, tables, segments, globals, data, exports, start, initialiser, customs };
}

/** A function of the stack machine. Locals are the parameters, then `locals`, which start as zero. */
export interface StackFunc {
  readonly name: string;
  readonly sig: Signature;
  readonly locals: readonly Type[];
  /** Names of locals by index, for people. */
  readonly localNames: ReadonlyMap<number, string>;
  /** Labels in operands are indices into this list. */
  readonly code: readonly Instr[];
}

/** A program of the stack machine. */
export interface StackProgram extends ProgramParts {
  readonly machine: 'stack';
  readonly funcs: readonly StackFunc[];
}

/**
 * A function of the register machine: `registers` untyped 8-byte registers, then `slots` spill slots (`spill`,
 * `reload`). Parameters arrive in registers 0, 1, ... Values of type `any` and references live in a parallel file of
 * host values under the same register numbers.
 */
export interface RegisterFunc {
  readonly name: string;
  readonly sig: Signature;
  readonly registers: number;
  readonly slots: number;
  readonly registerNames: ReadonlyMap<number, string>;
  readonly code: readonly Instr[];
}

/** A program of the register machine. */
export interface RegisterProgram extends ProgramParts {
  readonly machine: 'register';
  readonly funcs: readonly RegisterFunc[];
}

/** A program of either machine. */
export type Program = StackProgram | RegisterProgram;
