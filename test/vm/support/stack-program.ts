/** Programs of the stack machine for tests: from assembly, or instruction by instruction. */

import {
  assembleStack,
  type Instr,
  instrNamed,
  type Operand,
  programParts,
  type StackFunc,
  type StackProgram,
  stackTable,
} from '@sluice/bytecode';
import {
  type Execution,
  type InstanceOptions,
  makeModule,
  type Signature,
  type Type,
  unwrap,
  type Value,
} from '@sluice/ir';
import { stackVM } from '@sluice/vm';

const table = stackTable();

/** The program of an assembly text, which needs no `.machine`. */
export function asm(text: string): StackProgram {
  return unwrap(assembleStack(`.machine stack\n${text}`, { file: 'test.sasm' }));
}

/** An instruction. */
export function i(name: string, ...operands: readonly Operand[]): Instr {
  return { def: instrNamed(table, name), operands, loc: null };
}

/** A function. */
export function func(name: string, sig: Signature, locals: readonly Type[], code: readonly Instr[]): StackFunc {
  return { name, sig, locals, localNames: new Map(), code };
}

/** A program of functions alone. */
export function program(funcs: readonly StackFunc[], parts: Partial<StackProgram> = {}): StackProgram {
  return {
    machine: 'stack',
    ...programParts(makeModule({ name: 'test' })),
    funcs,
    ...parts,
  };
}

/** One call into a fresh instance. */
export function run(
  p: StackProgram,
  args: readonly Value[] = [],
  options: InstanceOptions = {},
  name = 'main',
): Execution {
  return stackVM.instantiate(p, options).call(name, args);
}

/** The values that a call returns; throws for any other end. */
export function results(p: StackProgram, args: readonly Value[] = [], options: InstanceOptions = {}): readonly Value[] {
  const { outcome } = run(p, args, options);
  if (outcome.kind !== 'return') throw new Error(`ended by ${JSON.stringify(outcome)}`);
  return outcome.values;
}
