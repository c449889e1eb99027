/**
 * Carries out an op by its own meaning, `eval` or `run`: for ops that an engine has no fast form for, and to say which
 * trap it was that a fast form ran into.
 */

import { evalOp, type Imm, type Machine, type OpDef, type SigType, type Trap, type Type, type Value } from '@sluice/ir';

/**
 * The result of an op (undefined for void) or its trap. Operands and result are values with all their bits (value.ts);
 * `type` is what `T` stands for in the signature, null where that has no `T`.
 */
export function applyOp(
  op: OpDef,
  type: Type | null,
  machine: Machine,
  imm: Imm,
  args: readonly Value[],
): Value | Trap {
  if (op.run !== null) return type === null ? op.run(machine, imm, ...args) : op.run(machine, imm, ...args, type);
  if (op.eval === null) throw new Error(`op '${op.name}' has neither eval nor run: expand it before emission`);
  const { params, result } = op.sig;
  const argTypes = params.map((word) => resolve(word, type));
  return evalOp(op, result === 'void' ? 'void' : resolve(result, type), argTypes, args);
}

/** The type that a word of a signature stands for. */
export function resolve(word: SigType | undefined, type: Type | null): Type {
  const found = word === 'T' ? type : word;
  if (found === null || found === undefined) throw new Error('an op with T in its signature needs a type');
  return found;
}
