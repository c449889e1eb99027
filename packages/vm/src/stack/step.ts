/** A step of loaded code, before it is laid out, and the sites that steps refer to by number. */

import type { Imm, OpDef, Signature, Type } from '@sluice/ir';
import type { Form } from './form.ts';
import type { Source } from './virtual-stack.ts';

/** What the loop executes at once. */
export interface Step {
  readonly form: Form;
  /** Operand words; labels as indices of the function's instructions, callees as numbers of functions. */
  readonly words: readonly number[];
  /** Words from here on are labels; -1: none. */
  readonly labels: number;
  /** The word that is a callee's number (its entry, once laid out; the word after next becomes its frame's size). */
  readonly callee: number;
  /** The instruction that it stands for, where it may trap. */
  readonly instr: number;
  /** How many instructions it stands for. */
  weight: number;
  /** How many of these come after the one that may trap. */
  readonly late: number;
}

/** An op whose meaning the loop calls. */
export interface OpSite {
  readonly kind: 'op';
  readonly op: OpDef;
  /** What `T` stands for in its signature. */
  readonly type: Type | null;
  readonly imm: Imm;
  readonly sources: readonly Source[];
  readonly result: Type | null;
  readonly to: number;
}

/** A call of an import. */
export interface HostSite {
  readonly kind: 'host';
  readonly index: number;
  readonly sig: Signature;
  /** The cell of the first argument and of the first result. */
  readonly cell: number;
  /** Cells of the frame: a call back from the host uses those above. */
  readonly frame: number;
}

/** A call through the table. */
export interface IndirectSite {
  readonly kind: 'indirect';
  /** The table's position. */
  readonly table: number;
  readonly sig: Signature;
  readonly cell: number;
  readonly frame: number;
}

/** What a step may refer to by number. */
export type Site = OpSite | HostSite | IndirectSite;

/** A function in steps. */
export interface TranslatedFunc {
  readonly name: string;
  readonly sig: Signature;
  readonly steps: readonly Step[];
  /** By instruction: the step that a jump to it leads to, where it is a label. */
  readonly labels: ReadonlyMap<number, number>;
  /** Cells of its frame. */
  readonly cells: number;
}
