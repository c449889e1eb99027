/** What narrow numbers are kept as: facts of classes of i32 values, and what follows from them; see types.ts. */

import { type Func, type Inst, type Module, type OpDef, referencedFunctions } from '@sluice/ir';

/** What an i32 may be kept as; `int32` is one that is kept as an int. */
export type Narrow = 'bool' | 'char' | 'int32';

/** What a class of values is. */
export type Kind = Narrow | 'int' | 'float' | 'any' | 'ptr';

/** What is known of a class: what is asked of its values, and what comes into it. */
export const compared = 1;
export const opaque = 2;
export const notBool = 4;
export const narrow = 8;
export const notChar = 16;
/** What comes into an i32 class. */
export const inBool = 32;
export const inChar = 64;
export const inInt = 128;
/** What its values are printed or boxed as. */
export const wantChar = 256;

/** Whether a function that does not start the program may be called by others than the module's own calls. */
export function isCalledFromOutside(m: Module, { name }: Func): boolean {
  if (name === m.start) return false;
  return m.exports.some((each) => each.kind === 'func' && each.name === name) || referencedFunctions(m).has(name);
}

/** Operands of ops on bits that are constants. */
export const isBit = -1;
export const isNumber = -2;

/** Whether an op computes an i32, which has the type that the op gives; others only pass theirs on. */
export function isComputed({ op, type }: Inst): boolean {
  if (op.kind !== 'value' || type !== 'i32') return false;
  return op.name !== 'copy' && op.name !== 'select' && op.name !== 'slot.get' && op.name !== 'heap.load';
}

/** Whether an op gives 0 or 1 as the answer to a question. */
export function isTest({ laws, name, sig }: OpDef): boolean {
  if (sig.result !== 'i32') return false;
  return laws.negation !== undefined || laws.swapped !== undefined || name.endsWith('.eqz');
}

/** Whether an op on bits gives a bool of bools. */
export function isLogic({ name }: OpDef): boolean {
  return name === 'i32.and' || name === 'i32.or' || name === 'i32.xor';
}

/** Whether there is a character with this code. */
export function isCodePoint(code: number): boolean {
  return code >= 0 && code < 0x110000 && (code < 0xd800 || code >= 0xe000);
}

/** The narrowest type that holds all that comes into a class. */
export function kindOf(facts: number): Narrow {
  if ((facts & inInt) !== 0) return 'int32';
  if ((facts & inBool) !== 0) return (facts & (inChar | notBool)) === 0 ? 'bool' : 'int32';
  const isChar = (facts & (inChar | wantChar)) !== 0;
  if (isChar) return (facts & notChar) === 0 ? 'char' : 'int32';
  if ((facts & (compared | notBool)) === 0) return 'bool';
  // A parameter of main that is compared with another one: there are characters in Bril, and no other narrow numbers.
  return (facts & opaque) !== 0 && (facts & notChar) === 0 ? 'char' : 'int32';
}
