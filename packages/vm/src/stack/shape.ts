/** Types on the operand stack, and what instructions refer to: small readers that the loader's parts share. */

import type { Instr, StackShape } from '@sluice/bytecode';
import type { Signature, SigType, Type } from '@sluice/ir';

/** The stack with one more value. Stacks are shared lists, so that deep ones cost no more than the code. */
export function pushed(stack: StackShape, type: Type): StackShape {
  return { type, below: stack, height: stack.height + 1 };
}

/** The stack without its top. */
export function popped(stack: StackShape): StackShape {
  if (stack.below === null) throw new Error('the operand stack is empty: the program was not validated');
  return stack.below;
}

/** The empty stack. */
export const emptyStack: StackShape = { type: null, below: null, height: 0 };

/** Signatures that instructions refer to by name. */
export interface Callees {
  readonly func: (name: string) => Signature;
  readonly host: (name: string) => Signature;
}

/** What is known of a function's labels. */
export interface Shapes {
  /** By instruction: 1 where a jump may lead. */
  readonly isTarget: Uint8Array;
  /** The stack before an instruction; null where control never comes. */
  readonly at: (index: number) => StackShape | null;
}

/** Marks the targets of jumps. */
export function shapesOf(code: readonly Instr[], at: Shapes['at']): Shapes {
  const isTarget = new Uint8Array(code.length);
  for (const instr of code) for (const target of targetsOf(instr)) isTarget[target] = 1;
  return { isTarget, at };
}

/** The targets of an instruction, as indices of instructions. */
export function targetsOf({ def, operands }: Instr): readonly number[] {
  switch (def.role) {
    case 'jump':
    case 'jump-if':
    case 'jump-unless':
      return [operands[0] as number];
    case 'switch':
      return operands[1] as readonly number[];
    default:
      return [];
  }
}

/** What `T` stands for in an instruction: its operand of kind `type`, or null. */
export function typeOperand(instr: Instr): Type | null {
  const k = instr.def.operands.indexOf('type');
  return k < 0 ? null : (instr.operands[k] as Type);
}

/** The type that a word of an instruction's pops or pushes stands for. */
export function named(word: SigType, type: Type | null): Type {
  if (word !== 'T') return word;
  if (type === null) throw new Error('an instruction with T needs an operand of kind type');
  return type;
}
