/**
 * Removes instructions that nothing needs, cycles of phis included.
 *
 *     ^loop:                                       ^loop:
 *       %i = phi [^0: %n], [^loop: %next]            %i = phi [^0: %n], [^loop: %next]
 *       %s = phi [^0: %z], [^loop: %t]        =>
 *       %t = i32.add %s, %i
 *       %next = i32.sub %i, %one                     %next = i32.sub %i, %one
 *       br_if %next, ^loop, ^exit                    br_if %next, ^loop, ^exit
 *
 * Paper:   Aho, Lam, Sethi, Ullman, Compilers, 2nd ed., 9.1; mark and sweep over SSA as in Cytron et al., TOPLAS 1991, 7.1.
 * Differs: every terminator is needed; see below.
 * Phases:  `mark` starts at what has an effect (a call has what lib/summaries.ts knows) and at terminators, and follows operands; `sweep` removes the rest, users
 *          before what they use, so that any part of it alone leaves a valid function.
 * Cost:    linear in instructions and operands.
 * Not done: branches that decide nothing: adce, which needs postdominators, and a proof that loops end. Dead stores: dse.
 */

import { type BlockId, bytes, type Func, type Inst, ints, isRemovable, type Module, type ValueId } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { effectOf, summariesOption } from './lib/summaries.ts';

export default definePass({
  name: 'dce',
  summary: 'remove instructions that nothing needs',
  paper: 'Cytron, Ferrante, Rosen, Wegman, Zadeck, Efficiently Computing SSA Form, TOPLAS 1991, section 7.1',
  scope: 'func',
  idempotent: true,
  options: { summaries: summariesOption },
  run(f, cx) {
    const live = mark(f, cx.options.summaries ? cx.module : null);
    const dead = deadOf(f, live);
    if (dead.length > 0) sweep(f, cx, dead, live);
  },
});

/** By value: 1 when it is needed. */
function mark(f: Func, m: Module | null): Uint8Array {
  const { insts } = f;
  const live = bytes(insts.length);
  // Parameters stand in no block, so that they are never in the way.
  for (const v of f.params) live[v] = 1;
  const stack: ValueId[] = [];
  const need = (v: ValueId): void => {
    if (live[v] === 1) return;
    live[v] = 1;
    if ((insts[v] as Inst).args.length > 0) stack.push(v);
  };
  for (const b of f.order) {
    const { body, term } = f.blocks[b] as { body: readonly ValueId[]; term: ValueId };
    for (let i = 0; i < body.length; i++) {
      const v = body[i] as ValueId;
      if (!isRemovable(effectOf(m, insts[v] as Inst))) need(v);
    }
    need(term);
  }
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    const { args } = insts[v] as Inst;
    for (let k = 0; k < args.length; k++) need(args[k] as ValueId);
  }
  return live;
}

function deadOf(f: Func, live: Uint8Array): ValueId[] {
  const dead: ValueId[] = [];
  const look = (list: readonly ValueId[]): void => {
    for (let i = 0; i < list.length; i++) if (live[list[i] as number] === 0) dead.push(list[i] as ValueId);
  };
  for (const b of f.order as readonly BlockId[]) {
    const block = f.blocks[b];
    if (block === undefined) continue;
    look(block.phis);
    look(block.body);
  }
  return dead;
}

/** Removes users first. What is left then are cycles, and what only they use: removed as one, or not at all. */
function sweep(f: Func, cx: FuncContext, dead: readonly ValueId[], live: Uint8Array): void {
  const { insts } = f;
  const users = ints(insts.length);
  for (const v of dead) {
    for (const arg of (insts[v] as Inst).args) if (live[arg] === 0) users[arg] = (users[arg] as number) + 1;
  }
  const ready: ValueId[] = [];
  for (const v of dead) if (users[v] === 0) ready.push(v);
  let left = dead.length;
  for (let v = ready.pop(); v !== undefined; v = ready.pop()) {
    if (!cx.rewrite('removed', v)) return;
    cx.edit.remove(v);
    left--;
    live[v] = 1;
    for (const arg of (insts[v] as Inst).args) {
      if (live[arg] === 1) continue;
      users[arg] = (users[arg] as number) - 1;
      if (users[arg] === 0) ready.push(arg);
    }
  }
  if (left === 0) return;
  const cycle = dead.filter((v) => live[v] === 0);
  if (!cx.rewrite('removed a cycle', cycle[0])) return;
  for (const v of cycle) cx.edit.remove(v);
}
