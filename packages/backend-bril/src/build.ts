/** What expansions are made with; see expand.ts. */

import type { Operand } from './draft.ts';

/** What expansions of ops build with. */
export interface Build {
  /** An operand of the instruction. */
  readonly args: readonly Operand[];
  /** Whether an operand is a bool, or a char, or an i32 kept as an int. */
  readonly kind: 'int' | 'bool' | 'char' | 'other';
  /** The constant that an operand is, as the IR has it; undefined where it is none. */
  readonly constant: (k: number) => unknown;
  readonly int: (value: bigint) => Operand;
  readonly float: (value: number) => Operand;
  /** Appends an instruction with a result of its own. */
  readonly emit: (op: string, type: 'int' | 'bool' | 'float', ...args: readonly Operand[]) => Operand;
  /** Appends the instruction that makes the value. */
  readonly finish: (op: string, ...args: readonly Operand[]) => void;
}
