/** The table of all ops that the framework itself knows. A dialect from outside is joined to it by `opTable`. */

import { type OpDef, type OpTable, opTable } from '../op.ts';
import type { Type } from '../type.ts';
import { anyOps } from './any.ts';
import { convertOps } from './convert.ts';
import { coreOps, stateOps } from './core.ts';
import { f32Ops, f64Ops } from './float.ts';
import { heapOps } from './heap.ts';
import { i32Ops, i64Ops } from './int.ts';
import { memoryOps } from './memory.ts';
import { simdOps } from './simd.ts';
import { tableOps } from './table.ts';

const all = [
  ...coreOps,
  ...stateOps,
  ...i32Ops,
  ...i64Ops,
  ...f32Ops,
  ...f64Ops,
  ...convertOps,
  ...memoryOps,
  ...simdOps,
  ...tableOps,
  ...heapOps,
  ...anyOps,
] as const;

/** The name of an op of `coreTable`. */
export type OpName = (typeof all)[number]['name'];

/** All ops by name, in the order of documentation. */
export const coreTable: OpTable = opTable(all);

/** The op of this name. */
export function coreOp(name: OpName): OpDef {
  const op = coreTable.get(name);
  if (op === undefined) throw new Error(`no op '${name}'`);
  return op;
}

/** The name of the op that gives the zero of a type: a constant (its immediate is the zero), for references and `any` an op without operands. */
export function zeroOpName(type: Type): string {
  if (type === 'any') return 'any.none';
  return type === 'funcref' || type === 'externref' ? 'ref.null' : `${type}.const`;
}

for (const op of all as readonly OpDef[]) {
  for (const other of [op.laws.negation, op.laws.swapped]) {
    if (other !== undefined && !coreTable.has(other))
      throw new Error(`op '${op.name}': its laws name no op '${other}'`);
  }
}
