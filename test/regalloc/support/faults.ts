/** What planted faults are made of. */

import type { Allocation } from '@sluice/codegen';
import { Editor, type Func, instOf, type ValueId } from '@sluice/ir';

/** A random number below a bound. */
export type Random = (below: number) => number;

/** One of a list; undefined from an empty one. */
export function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[random(Math.max(1, list.length))];
}

/** The values of the allocated function for which something holds. */
export function valuesWhere({ func }: Allocation, wanted: (v: ValueId) => boolean): readonly ValueId[] {
  const values: ValueId[] = [];
  for (let v = 0; v < func.insts.length; v++) {
    if (func.insts[v] !== undefined && wanted(v as ValueId)) values.push(v as ValueId);
  }
  return values;
}

/** The values that have registers. */
export function inRegisters(allocation: Allocation): readonly ValueId[] {
  return valuesWhere(allocation, (v) => (allocation.registerOf[v] as number) >= 0);
}

/** Instructions of this op that the allocator put in. */
export function insertedOf(allocation: Allocation, original: Func, name: string): readonly ValueId[] {
  return valuesWhere(allocation, (v) => original.insts[v] === undefined && instOf(allocation.func, v).op.name === name);
}

/** The allocation with its function edited. */
export function edited(allocation: Allocation, change: (edit: Editor) => void): Allocation {
  const edit = new Editor(allocation.func);
  change(edit);
  return { ...allocation, func: edit.finish() };
}

/** The allocation with one value in another register. */
export function withRegister(allocation: Allocation, v: ValueId, register: number): Allocation {
  const registerOf = allocation.registerOf.slice();
  registerOf[v] = register;
  return { ...allocation, registerOf };
}

/** Another slot of the same type. */
export function otherSlot({ func }: Allocation, slot: number, random: Random): number | undefined {
  const type = func.slots[slot];
  return pick(
    func.slots.flatMap((other, i) => (other === type && i !== slot ? [i] : [])),
    random,
  );
}
