/** What the users of a value allow: a box or its opening may be nothing, since Bril takes any value for an `any` and checks. */

import { type Func, instOf, usesOf, type ValueId } from '@sluice/ir';

/** Whether it is looked at what an `any` holds: then it must be one, for the look may fail. */
export function isUnboxed(f: Func, v: ValueId): boolean {
  for (const user of usesOf(f).of(v)) if (instOf(f, user).op.name === 'any.unbox') return true;
  return false;
}

/** The `any.unbox` that alone uses the result of a load or call and is the next instruction: they are one; else null. */
export function opened(f: Func, v: ValueId, next: ValueId | undefined): ValueId | null {
  const uses = usesOf(f);
  const { op, type } = instOf(f, v);
  if (type !== 'any' || (op.name !== 'heap.load' && op.kind !== 'call') || uses.count(v) !== 1) return null;
  const user = uses.items[uses.start[v] as number] as ValueId;
  return instOf(f, user).op.name === 'any.unbox' && user === next ? user : null;
}

/** Whether all users of a value are branches, which can exchange their targets. */
export function onlyBranches(f: Func, v: ValueId): boolean {
  for (const user of usesOf(f).of(v)) if (instOf(f, user).op.kind !== 'br_if') return false;
  return true;
}
