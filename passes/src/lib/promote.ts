/**
 * Variables of any kind to values: phis where several writes meet, by `placeVariables`, made with an Editor. A read is an
 * instruction that stands for what the variable holds at the start of its block, and goes.
 */

import {
  type BlockId,
  type BlockVariables,
  cfgOf,
  coreOp,
  type Func,
  makeInst,
  none,
  noVariables,
  type OpName,
  orderOf,
  placeVariables,
  row,
  type Type,
  type ValueId,
  VariableMap,
  withEdges,
  zeroOf,
  zeroOpName,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';

type Context = Pick<FuncContext, 'edit' | 'get'>;

/** What a block does with variables. */
export interface BlockAccesses {
  readonly writes: VariableMap;
  readonly reads: VariableMap;
}

/** What blocks do with variables, of those that do something. */
export type Accesses = Map<BlockId, BlockAccesses>;

const nothing: BlockVariables = { writes: noVariables, reads: noVariables };

/** What a block does with variables, to be filled in. */
export function accessesOf(accesses: Accesses, b: BlockId): BlockAccesses {
  let here = accesses.get(b);
  if (here === undefined) {
    here = { writes: new VariableMap(), reads: new VariableMap() };
    accesses.set(b, here);
  }
  return here;
}

/** Gives the zero of a type, at the start of the function; the same one each time. */
export function zeros({ edit }: Pick<FuncContext, 'edit'>): (type: Type) => ValueId {
  const known = new Map<Type, ValueId>();
  return (type) => {
    let found = known.get(type);
    if (found === undefined) {
      const op = coreOp(zeroOpName(type) as OpName);
      const imm = op.kind === 'const' ? zeroOf(type) : undefined;
      found = edit.prepend(edit.entry, makeInst(op, none, { imm, type }));
      known.set(type, found);
    }
    return found;
  };
}

/** Replaces all reads. A variable that was not written on the way is zero. The graph is that of `f`. */
export function promote(
  f: Func,
  cx: Context,
  accesses: Accesses,
  types: readonly Type[],
  zero: (type: Type) => ValueId = zeros(cx),
): void {
  const { edit } = cx;
  const phi = coreOp('phi');
  const typeOf = (variable: number): Type => types[variable] as Type;
  const placed = placeVariables({
    shape: f,
    blocks: (b) => accesses.get(b) ?? nothing,
    variableCount: types.length,
    newPhi: (variable, b) => edit.addPhi(b, typeOf(variable), phi, none, none),
    unwritten: (variable) => zero(typeOf(variable)),
    settle: (placeholder, value) => edit.replaceWith(placeholder, value),
    resolve: (v) => edit.resolve(v),
  });
  const { preds } = cx.get(cfgOf);
  for (const { block, variable, value, preds: from, args } of placed) {
    // Predecessors that are not reached need an input all the same.
    const rest = [...row(preds, block)].filter((p) => cx.get(orderOf).reaches(p) === false);
    const inputs = [...args, ...rest.map(() => zero(typeOf(variable)))];
    edit.setInst(value, withEdges(edit.inst(value), inputs, [...from, ...rest]));
  }
}
