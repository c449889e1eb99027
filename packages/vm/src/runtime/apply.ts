/**
 * Carries out an op by its own meaning, `eval` or `run`: for ops that an engine has no fast form for, and to say which
 * trap it was that a fast form ran into.
 */

import {
  f32Bits,
  f32FromBits,
  f64Bits,
  f64FromBits,
  type Imm,
  type Machine,
  type OpDef,
  type SigType,
  Trap,
  type Type,
  toNumber,
  type Value,
} from '@sluice/ir';

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
  const given = args.map((value, i) => toEval(op, resolve(op.sig.params[i], type), value));
  const result = op.eval(...given);
  if (result instanceof Trap || op.sig.result === 'void') return result;
  return fromEval(op, resolve(op.sig.result, type), result);
}

/** The type that a word of a signature stands for. */
export function resolve(word: SigType | undefined, type: Type | null): Type {
  const found = word === 'T' ? type : word;
  if (found === null || found === undefined) throw new Error('an op with T in its signature needs a type');
  return found;
}

function toEval(op: OpDef, type: Type, value: Value): Value {
  if (type === 'f32') return op.bits ? f32Bits(value) : toNumber(value);
  if (type === 'f64') return op.bits ? f64Bits(value) : toNumber(value);
  return value;
}

function fromEval(op: OpDef, type: Type, value: Value): Value {
  if (!op.bits) return value;
  if (type === 'f32') return f32FromBits(value as number);
  if (type === 'f64') return f64FromBits(value as bigint);
  return value;
}
