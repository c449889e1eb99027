/**
 * Which heap object a pointer is to, as far as its function tells: the allocation that it was made of, and whether pointers
 * to that object go anywhere where this function does not see them.
 *
 *     %p = heap.alloc %n            object of %p, %q, %r: %p
 *     %q = heap.offset %p, %i
 *     %r = phi [%p, %q]
 *     call @f(%q)                   the object escapes
 *
 * An object is reached by what its allocation gave, moved or copied, and by nothing else (SPEC.md §6). So two allocations are
 * two objects; what came into the function before is not an object that it makes; and of an object that does not escape every
 * pointer is known.
 *
 * A pointer that is made in a loop is to the object of the last allocation: phis that mix it with an older one are `severalOf`.
 *
 * Cost: nothing to speak of without allocations; else linear in the instructions that handle pointers.
 */

import { type Analysis, defineAnalysis, type Func, filledInts, type Inst, usesOf, type ValueId } from '@sluice/ir';
import { isAllocating, pointerUse } from '../rules/locations.ts';

/** A pointer about which nothing is known: not one of this function's objects, unless that escapes. */
export const unknownObject = -1;

/** A pointer that may be to objects of this function and to others. */
export const severalOf = -2;

/** A pointer that came into the function as a parameter: to none of its objects. */
export const outsideObject = -3;

/** Not decided yet, while it is worked out. */
const undecided = -4;

/** The objects of a function's pointers. */
export interface Objects {
  /** By value: the allocation, or one of the constants above. Null: the function makes no objects. */
  readonly object: Int32Array | null;
  /** By value: 1 for an allocation whose pointers are all known. */
  readonly confined: Uint8Array | null;
}

const noObjects: Objects = { object: null, confined: null };

/** How many steps are followed from a pointer back to a parameter. */
const stepsFollowed = 16;

/** The objects of a function's pointers. */
export const objectsOf: Analysis<Objects> = defineAnalysis({ name: 'objects', of: 'func', run: findObjects });

function findObjects(f: Func): Objects {
  const allocations: ValueId[] = [];
  for (let v = 0; v < f.insts.length; v++) {
    const inst = f.insts[v];
    if (inst !== undefined && isAllocating(inst.op)) allocations.push(v as ValueId);
  }
  if (allocations.length === 0) return noObjects;
  const object = filledInts(f.insts.length, unknownObject);
  const derived = reach(f, allocations, object);
  decide(f, derived, object);
  return { object, confined: confine(f, allocations, derived, object) };
}

/** The values that are made of the allocations, themselves first; they become `undecided`, but for the allocations. */
function reach(f: Func, allocations: readonly ValueId[], object: Int32Array): readonly ValueId[] {
  const uses = usesOf(f);
  const reached: ValueId[] = [];
  for (const a of allocations) {
    object[a] = a;
    reached.push(a);
  }
  for (let i = 0; i < reached.length; i++) {
    const v = reached[i] as ValueId;
    for (const user of uses.of(v)) {
      if (object[user] !== unknownObject || !derives(f.insts[user] as Inst, v)) continue;
      object[user] = undecided;
      reached.push(user);
    }
  }
  return reached;
}

function derives({ op, args }: Inst, v: ValueId): boolean {
  for (let k = 0; k < args.length; k++) if (args[k] === v && pointerUse(op, k) === 'derive') return true;
  return false;
}

/** Optimistic: what is undecided does not count. Each value changes at most twice. */
function decide(f: Func, reached: readonly ValueId[], object: Int32Array): void {
  const uses = usesOf(f);
  const work = [...reached].reverse();
  for (let v = work.pop(); v !== undefined; v = work.pop()) {
    const inst = f.insts[v] as Inst;
    if (isAllocating(inst.op)) continue;
    const now = meetOfOperands(inst, object);
    if (now === object[v]) continue;
    object[v] = now;
    for (const user of uses.of(v)) {
      const of = object[user];
      if (of !== unknownObject && of !== severalOf && derives(f.insts[user] as Inst, v)) work.push(user);
    }
  }
  for (const v of reached) if (object[v] === undecided) object[v] = severalOf;
}

function meetOfOperands({ op, args }: Inst, object: Int32Array): number {
  let all = undecided;
  for (let k = 0; k < args.length; k++) {
    if (pointerUse(op, k) !== 'derive') continue;
    const one = object[args[k] as number] as number;
    if (one === undecided || one === all) continue;
    // What no allocation reaches is another object, whichever.
    if (all !== undecided || one < 0) return severalOf;
    all = one;
  }
  return all;
}

function confine(
  f: Func,
  allocations: readonly ValueId[],
  derived: readonly ValueId[],
  object: Int32Array,
): Uint8Array {
  const uses = usesOf(f);
  const confined = new Uint8Array(f.insts.length);
  for (const a of allocations) confined[a] = 1;
  let severalEscape = false;
  for (const v of derived) {
    for (const user of uses.of(v)) {
      const inst = f.insts[user] as Inst;
      for (let k = 0; k < inst.args.length; k++) {
        if (inst.args[k] !== v || pointerUse(inst.op, k) !== 'escape') continue;
        const of = object[v] as number;
        if (of >= 0) confined[of] = 0;
        else severalEscape = true;
      }
    }
  }
  if (severalEscape) freeMixed(f, derived, object, confined);
  return confined;
}

/** One of several objects escapes: all that come into such pointers may be it. */
function freeMixed(f: Func, derived: readonly ValueId[], object: Int32Array, confined: Uint8Array): void {
  for (const v of derived) {
    if (object[v] !== severalOf) continue;
    const { op, args } = f.insts[v] as Inst;
    for (let k = 0; k < args.length; k++) {
      const of = pointerUse(op, k) === 'derive' ? (object[args[k] as number] as number) : -1;
      if (of >= 0) confined[of] = 0;
    }
  }
}

/** The object of a pointer; looks for parameters behind pointers that no allocation reaches. */
export function objectOf(f: Func, { object }: Objects, pointer: ValueId): number {
  const known = pointer < f.insts.length && object !== null ? (object[pointer] as number) : unknownObject;
  if (known !== unknownObject) return known;
  let v = pointer;
  for (let k = 0; k < stepsFollowed; k++) {
    const inst = f.insts[v];
    if (inst === undefined) return unknownObject;
    if (inst.op.kind === 'param') return outsideObject;
    if (inst.op.kind === 'phi' || inst.args.length === 0 || pointerUse(inst.op, 0) !== 'derive') return unknownObject;
    if (pointerUse(inst.op, 1) === 'derive') return unknownObject;
    v = inst.args[0] as ValueId;
  }
  return unknownObject;
}

/** Whether two pointers, given the objects that they are to, may be to the same object. */
export function mayShareObject({ confined }: Objects, a: number, b: number): boolean {
  if (a === b) return true;
  if (a >= 0 && b >= 0) return false;
  const known = a >= 0 ? a : b;
  const other = a >= 0 ? b : a;
  if (known < 0 || other === severalOf) return true;
  return other === unknownObject && confined?.[known] === 0;
}

/** Whether what this function does not see, a call or the host, cannot reach the object. */
export function isConfined({ confined }: Objects, object: number): boolean {
  return object >= 0 && confined?.[object] === 1;
}
