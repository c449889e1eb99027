/**
 * Parameters where registers are few: each used parameter is copied at the entry, and the copy is used in its place. The
 * parameter itself then lives for a moment only, in the register in which it arrives, while the copy is a value like
 * any other, which may stay there, move or be spilled. Parameters that arrive in slots are loaded; the slots of the
 * program, if any, move up behind theirs.
 */

import {
  coreOp,
  Editor,
  type Func,
  type Inst,
  instOf,
  makeInst,
  type Type,
  usesOf,
  type ValueId,
  withArgs,
} from '@sluice/ir';

/** By value: the slot that holds it from the start: it stands for a parameter that arrived there, or was loaded from it. */
export type Arrivals = ReadonlyMap<ValueId, number>;

/** The function with its parameters taken in; `arriving` of them arrive in registers. */
export function takeParameters(
  f: Func,
  arriving: number,
): { readonly func: Func; readonly arrivals: Map<ValueId, number> } {
  const shift = f.params.length - arriving;
  const edit = new Editor(shift === 0 ? f : withSlots(f, f.sig.params.slice(arriving), []));
  const arrivals = new Map<ValueId, number>();
  const taken = new Map<ValueId, ValueId>();
  const uses = usesOf(f);
  for (const [i, param] of f.params.entries()) {
    if (uses.count(param) === 0) continue;
    const { type } = instOf(f, param);
    const inst =
      i < arriving
        ? makeInst(coreOp('copy'), [param], { type })
        : makeInst(coreOp('slot.get'), [], { imm: i - arriving, type });
    const v = edit.prepend(edit.entry, inst);
    taken.set(param, v);
    if (i >= arriving) arrivals.set(v, i - arriving);
  }
  const users = new Set<ValueId>();
  for (const param of taken.keys()) for (const user of uses.of(param)) users.add(user);
  for (const user of users) {
    const inst = instOf(f, user);
    const args = inst.args.map((arg) => taken.get(arg) ?? arg);
    setAnywhere(edit, user, withArgs(inst, args));
  }
  if (shift > 0 && f.slots.length > 0) moveSlots(edit, f, shift);
  return { func: edit.finish(), arrivals };
}

/** The function with more slots, before and behind its own; instructions stay as they are. */
export function withSlots(f: Func, before: readonly Type[], behind: readonly Type[]): Func {
  return { ...f, slots: [...before, ...f.slots, ...behind], cache: new Map() };
}

function setAnywhere(edit: Editor, v: ValueId, inst: Inst): void {
  if (inst.op.effect.control) edit.setTerm(edit.blockOf(v), inst);
  else edit.setInst(v, inst);
}

function moveSlots(edit: Editor, f: Func, shift: number): void {
  for (let id = 0; id < f.insts.length; id++) {
    const inst = f.insts[id];
    if (inst?.op.name !== 'slot.get' && inst?.op.name !== 'slot.set') continue;
    const { op, type, loc } = inst;
    const { args } = edit.inst(id as ValueId);
    edit.setInst(id as ValueId, makeInst(op, args, { imm: (inst.imm as number) + shift, type, loc }));
  }
}
