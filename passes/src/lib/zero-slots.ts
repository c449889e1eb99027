/** Slots of an activation start as zero: what runs a body again within one activation has to make them so. */

import {
  type BlockId,
  coreOp,
  type Editor,
  type Inst,
  makeInst,
  none,
  type OpDef,
  type OpTable,
  regionSet,
  type Type,
  zeroOf,
  zeroOpName,
} from '@sluice/ir';

const slotRegion = regionSet('slots');

/** An instruction that gives the zero of a type. */
export function zeroInst(type: Type): Inst {
  const op = coreOp(zeroOpName(type) as Parameters<typeof coreOp>[0]);
  return makeInst(op, none, { imm: op.kind === 'const' ? zeroOf(type) : undefined, type });
}

/** Sets slots, from `firstSlot` on, to zero at the end of a block's body; `types` are theirs. */
export function clearSlots(edit: Editor, ops: OpTable, b: BlockId, types: readonly Type[], firstSlot: number): void {
  if (types.length === 0) return;
  const set = slotSetter(ops);
  for (let k = 0; k < types.length; k++) {
    const zero = edit.append(b, zeroInst(types[k] as Type));
    edit.append(b, makeInst(set, [zero], { imm: firstSlot + k, type: 'void' }));
  }
}

/** The op that sets a slot, found by what it does. */
function slotSetter(ops: OpTable): OpDef {
  for (const op of ops.values()) if (op.imm === 'index' && op.effect.writes === slotRegion) return op;
  throw new Error('no op sets a slot');
}
