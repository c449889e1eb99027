/** Constants of `lower-invoke`, made of ops that the table of the run has. */

import { type Inst, makeInst, none, type OpTable, type Type, type Value, zeroOf, zeroOpName } from '@sluice/ir';

/** The zero of a type, or another constant where the type has some. Throws when the table has no op for it. */
export function zeroInst(type: Type, ops: OpTable, value: Value = zeroOf(type)): Inst {
  const name = zeroOpName(type);
  const op = ops.get(name);
  if (op === undefined) throw new Error(`no op '${name}'`);
  return makeInst(op, none, { imm: op.kind === 'const' ? value : undefined, type });
}
