/**
 * The surgery of `dead-args`: functions get narrower signatures, and everyone who calls them hands over and takes less.
 *
 * What is not needed may still be used by instructions that are not needed either; they get a zero instead, for dce to
 * find. A call changes its type with its results, so that a new one takes its place.
 */

import {
  type BlockId,
  type Editor,
  type Func,
  type Inst,
  makeInst,
  type ResultType,
  type Signature,
  type Type,
  usesOf,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import { zeroInst } from '../lib/zero-slots.ts';

/** What is left of a signature. */
export interface Narrowing {
  /** By parameter and by result: its position from now on, -1 where it goes. */
  readonly params: readonly number[];
  readonly results: readonly number[];
  readonly sig: Signature;
}

/** Adapts a call by name, or an invoke, to the narrower function. */
export function narrowCall(edit: Editor, call: ValueId, to: Narrowing): void {
  const inst = edit.inst(call);
  const args = inst.args.filter((_, k) => to.params[k] !== -1);
  const type = typeOfCall(to.sig);
  if (type === inst.type && to.results.every((at) => at !== -1)) {
    edit.setInst(call, withArgs(inst, args));
    return;
  }
  const next = edit.insertBefore(call, makeInst(inst.op, args, { imm: inst.imm, type, loc: inst.loc }));
  if (inst.type === 'tuple') for (const user of edit.users(call)) narrowResult(edit, user, next, type, to);
  // Without a result, or with one that nobody needs.
  else if (inst.type !== 'void') replaceByZero(edit, call, inst.type as Type);
  edit.remove(call);
}

/** A projection of a call's tuple. */
function narrowResult(edit: Editor, v: ValueId, call: ValueId, type: ResultType, to: Narrowing): void {
  const inst = edit.inst(v);
  const at = to.results[inst.imm as number] as number;
  if (at === -1) {
    replaceByZero(edit, v, inst.type as Type);
    edit.remove(v);
  } else if (type === 'tuple') edit.setInst(v, makeInst(inst.op, [call], { imm: at, type: inst.type, loc: inst.loc }));
  else edit.replaceWith(v, call);
}

function typeOfCall({ results }: Signature): ResultType {
  return results.length > 1 ? 'tuple' : (results[0] ?? 'void');
}

/** Adapts returns, and what used parameters that go. */
export function narrowBody(edit: Editor, to: Narrowing): void {
  const f = edit.base;
  for (let k = 0; k < f.params.length; k++) {
    const v = f.params[k] as ValueId;
    if (to.params[k] === -1) replaceByZero(edit, v, f.sig.params[k] as Type);
  }
  if (to.results.every((at) => at !== -1)) return;
  for (const b of f.order as readonly BlockId[]) {
    const term = edit.term(b);
    if (term.op.kind === 'ret') {
      edit.setTerm(
        b,
        withArgs(
          term,
          term.args.filter((_, k) => to.results[k] !== -1),
        ),
      );
    }
  }
}

function replaceByZero(edit: Editor, v: ValueId, type: Type): void {
  if (usesOf(edit.base).count(v) > 0) edit.replaceAllUses(v, edit.prepend(edit.entry, zeroInst(type)));
}

/** The function with its narrower signature: parameters that go are taken out, the others counted anew. */
export function withSignature(f: Func, to: Narrowing): Func {
  const insts: (Inst | undefined)[] = f.insts.slice();
  const params: ValueId[] = [];
  for (let k = 0; k < f.params.length; k++) {
    const v = f.params[k] as ValueId;
    const at = to.params[k] as number;
    const { op, type, loc } = f.insts[v] as Inst;
    insts[v] = at === -1 ? undefined : makeInst(op, [], { imm: at, type, loc });
    if (at !== -1) params.push(v);
  }
  return { ...f, sig: to.sig, params, insts, cache: new Map() };
}
