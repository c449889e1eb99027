/**
 * The check of a program before it runs. What passes can't make a VM read or write outside of its frames, tables and
 * memories, jump out of a function or find a value of the wrong type; so the VMs' loops check none of this.
 *
 * The rules: validate-items.ts (everything but code), validate-operands.ts (each instruction by itself),
 * validate-stack.ts and validate-register.ts (each machine's own).
 */

import type { Diagnostic } from '@sluice/ir';
import type { Program } from './program.ts';
import { validateRegister } from './validate-register.ts';
import { validateStack } from './validate-stack.ts';

/** What is wrong with a program, at most fifty findings; empty: it may run. `file` stands where a place is not known. */
export function validateProgram(program: Program, options: { readonly file: string }): readonly Diagnostic[] {
  const result = program.machine === 'stack' ? validateStack(program, options) : validateRegister(program, options);
  return result.ok ? [] : result.diagnostics;
}
