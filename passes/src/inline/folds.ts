/**
 * What a constant argument is worth to a function: how many instructions fold when a parameter is known, branches counted
 * highest, since what they decide against goes with them. One step from the parameter, and one more to a branch.
 */

import { type Analysis, defineAnalysis, type Func, type Inst, usesOf, type ValueId } from '@sluice/ir';

/** Instructions that a branch is guessed to take along when it is decided. */
const branchWeight = 10;

/** Users of a parameter that are looked at. */
const mostUsers = 40;

/** By parameter: instructions that are guessed to go when it is a constant. */
export const paramFolds: Analysis<Int32Array> = defineAnalysis({
  name: 'param-folds',
  of: 'func',
  run: (f) => Int32Array.from(f.params, (v) => foldsOf(f, v)),
});

function foldsOf(f: Func, param: ValueId): number {
  const uses = usesOf(f);
  const users = uses.of(param);
  let folds = 0;
  for (let i = 0; i < users.length && i < mostUsers; i++) {
    const user = users[i] as ValueId;
    const inst = f.insts[user] as Inst;
    if (decides(inst)) folds += branchWeight;
    else if (inst.op.eval !== null && inst.args.every((arg) => arg === param || isConstant(f, arg))) {
      folds++;
      const next = uses.of(user);
      if (next.length > 0 && decides(f.insts[next[0] as ValueId] as Inst)) folds += branchWeight;
    }
  }
  return folds;
}

function decides({ op }: Inst): boolean {
  return op.kind === 'br_if' || op.kind === 'switch';
}

function isConstant(f: Func, v: ValueId): boolean {
  return (f.insts[v] as Inst).op.kind === 'const';
}
