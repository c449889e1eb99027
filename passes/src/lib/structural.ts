/**
 * Structural instructions by kind, so that no pass names an op: a table has one op of each kind of terminator, and one
 * constant op for each type that has constants.
 */

import {
  type BlockId,
  type Inst,
  makeInst,
  none,
  type OpDef,
  type OpKind,
  type OpTable,
  type ResultType,
  type TrapKind,
  type Value,
  valueTypes,
} from '@sluice/ir';

const known = new WeakMap<OpTable, ReadonlyMap<OpKind, OpDef>>();

/** The first op of a kind; for kinds of which a table has one op (`br`, `phi`, `trap`, ...). */
export function opOfKind(ops: OpTable, kind: OpKind): OpDef {
  let byKind = known.get(ops);
  if (byKind === undefined) {
    const first = new Map<OpKind, OpDef>();
    for (const op of ops.values()) if (!first.has(op.kind)) first.set(op.kind, op);
    byKind = first;
    known.set(ops, byKind);
  }
  const op = byKind.get(kind);
  if (op === undefined) throw new Error(`the op table has no op of kind '${kind}'`);
  return op;
}

/** A jump that stands in the place of another terminator. */
export function jumpTo(ops: OpTable, target: BlockId, old: Inst | null = null): Inst {
  return makeInst(opOfKind(ops, 'br'), none, { blocks: [target], loc: old?.loc ?? null });
}

/** A terminator that raises a trap. */
export function trapOf(ops: OpTable, kind: TrapKind, old: Inst | null = null): Inst {
  return makeInst(opOfKind(ops, 'trap'), none, { imm: kind, loc: old?.loc ?? null });
}

/** The op whose immediate is a constant of the type; undefined for types without constants. */
export function constOp(ops: OpTable, type: ResultType): OpDef | undefined {
  const op = ops.get(`${type}.const`);
  return op?.kind === 'const' ? op : undefined;
}

const withConstants = new WeakMap<OpTable, ReadonlySet<ResultType>>();

/** The types that have constants. */
export function constantTypes(ops: OpTable): ReadonlySet<ResultType> {
  let types = withConstants.get(ops);
  if (types === undefined) {
    types = new Set(valueTypes.filter((type) => constOp(ops, type) !== undefined));
    withConstants.set(ops, types);
  }
  return types;
}

/** A constant of a type that has constants. */
export function constantOf(ops: OpTable, type: ResultType, value: Value, old: Inst | null = null): Inst {
  const op = constOp(ops, type);
  if (op === undefined) throw new Error(`type ${type} has no constants`);
  return makeInst(op, none, { imm: value, loc: old?.loc ?? null });
}
