/**
 * Takes out loops that do nothing but count: they end for certain, nobody could see them run, and what they leave behind
 * is known without running them.
 *
 *     ^pre:  br ^h                                  ^pre:  %r = i32.sub %n, %a   (after a test, where the loop has one)
 *     ^h:    %i = phi [^pre: %a], [^h: %j]    =>           br ^exit
 *            %j = i32.add %i, 1                     ^exit: ret %r
 *            br_if %j != %n, ^h, ^exit
 *     ^exit: ret %j
 *
 * Paper:   folklore; values by closed formulas as in Bachmann, Wang, Zima, Chains of Recurrences, ISSAC 1994.
 * Phases:  for each loop, inner ones first: `planOf`; then `remove`.
 * Legal:   nothing in the loop writes, traps or calls; all ways out lead to one block; the loop and those inside it are known to
 *          end (lib/trip-count.ts): a loop that may run for ever is left, for it is not the same to go on as to go on never.
 *          What is used behind is made before the loop, or is a polynomial in the number of the turn (lib/polynomial.ts) and the
 *          loop is left at one place on a known turn.
 * Profit:  always, but where a formula would be longer than the few turns it replaces, which nobody knows.
 * Needs:   preheaders (simplify-cfg).
 * Cost:    O(instructions of loops without effects).
 * Not done: products over the turns, and polynomials of degrees above 3.
 */

import {
  type BlockId,
  blockOf,
  type Func,
  instOf,
  isRemovable,
  type LoopForest,
  type LoopId,
  loopForest,
  orderOf,
  termOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { ClosedForms, hasClosedForm } from './lib/closed-form.ts';
import { inputFrom } from './lib/copy-loop.ts';
import { type Polynomial, Polynomials } from './lib/polynomial.ts';
import { evolutionOf } from './lib/scev.ts';
import { jumpTo } from './lib/structural.ts';
import { alwaysEnds, type Exit, exitsOf } from './lib/trip-count.ts';

/** Loops inside of a loop beyond which it is left alone: their exits are many. */
const mostInside = 256;

interface Plan {
  readonly preheader: BlockId;
  readonly exit: Exit;
  /** What is used behind the loop, and what it is on each turn. */
  readonly used: ReadonlyMap<ValueId, Polynomial>;
}

interface State {
  readonly f: Func;
  readonly cx: FuncContext;
  readonly loops: LoopForest;
  /** By loop: 1 when it is known to end, and so are those inside it, and nothing in them could be seen; 2 when not; else 0. */
  readonly silent: Uint8Array;
}

export default definePass({
  name: 'loop-delete',
  summary: 'take out loops that do nothing but count',
  paper: 'folklore; Bachmann, Wang, Zima, Chains of Recurrences, ISSAC 1994',
  scope: 'func',
  after: [
    { pass: 'simplify-cfg', why: 'makes the preheaders from which the loop is passed' },
    { pass: 'licm', why: 'what does not change is no reason to keep a loop' },
  ],
  run(f, cx) {
    const loops = cx.get(loopForest);
    if (loops.count === 0) return;
    // They may lead into loops, and nothing would be there any more.
    if (cx.get(orderOf).rpo.length !== f.order.length) return cx.declined('there are unreachable blocks');
    const state: State = { f, cx, loops, silent: new Uint8Array(loops.count) };
    for (let l = (loops.count - 1) as LoopId; l >= 0; l--) {
      if (state.silent[l] === 2) continue;
      const exits = silentExits(state, l);
      if (exits === null) {
        // What is around it does what it does.
        for (let up: number = l; up >= 0 && state.silent[up] !== 2; up = loops.parent[up] as number) {
          state.silent[up] = 2;
        }
        continue;
      }
      const plan = planOf(state, l, exits);
      if (plan === null || !cx.rewrite('removed a loop', blockOf(f, loops.header[l] as BlockId).term)) continue;
      remove(state, l, plan);
    }
  },
});

/** The exits of a loop that nobody could see run, and that ends for certain if those inside it do; null for others. */
function silentExits({ f, cx, loops }: State, l: LoopId): readonly Exit[] | null {
  if (loops.irreducible(l) || (loops.last[l] as number) - l > mostInside) return null;
  const blocks = loops.blocks(l);
  for (let i = 0; i < blocks.length; i++) {
    const b = blocks[i] as BlockId;
    // Those of loops inside it, which come last, were looked at.
    if (loops.loopOf(b) !== l) break;
    const { body } = blockOf(f, b);
    for (let k = 0; k < body.length; k++) if (!isRemovable(instOf(f, body[k] as ValueId).op.effect)) return null;
    const { kind } = termOf(f, b).op;
    if (kind !== 'br' && kind !== 'br_if' && kind !== 'switch') return null;
  }
  const exits = exitsOf(evolutionOf(f, l));
  if (alwaysEnds(exits)) return exits;
  cx.declined('the loop may run for ever', blockOf(f, loops.header[l] as BlockId).term);
  return null;
}

function planOf({ f, cx, loops }: State, l: LoopId, exits: readonly Exit[]): Plan | null {
  const at = blockOf(f, loops.header[l] as BlockId).term;
  const no = (why: string): null => {
    cx.declined(why, at);
    return null;
  };
  const preheader = loops.preheader(l);
  if (preheader === -1) return no('the loop has no preheader');
  const [exit] = exits;
  if (exit === undefined || exits.some(({ to }) => to !== exit.to)) return no('the loop leads to several places');
  // Behind several exits a phi may choose between them.
  for (const phi of cx.edit.phis(exit.to)) {
    const inst = cx.edit.inst(phi);
    if (exits.some(({ from }) => inputFrom(inst, from) !== inputFrom(inst, exit.from))) {
      return no('what is behind the loop depends on where it is left');
    }
  }
  const used = new Map<ValueId, Polynomial>();
  const polynomials = new Polynomials(evolutionOf(f, l));
  const blocks = loops.blocks(l);
  for (let i = 0; i < blocks.length; i++) {
    const { phis, body } = blockOf(f, blocks[i] as BlockId);
    for (const v of [...phis, ...body]) {
      if (!usedBehind(cx, loops, l, v)) continue;
      const value = exits.length > 1 ? null : polynomials.of(v);
      if (value === null || !hasClosedForm(value, exit)) {
        return no('what is behind the loop uses what it computes');
      }
      used.set(v, value);
    }
  }
  return { preheader, exit, used };
}

/** Whether a value of the loop is used outside of it. */
function usedBehind(cx: FuncContext, loops: LoopForest, l: LoopId, v: ValueId): boolean {
  // As it stands now: formulas of later loops use what they did not use before.
  for (const user of cx.edit.users(v)) if (!loops.contains(l, cx.edit.blockOf(user))) return true;
  return false;
}

function remove({ f, cx, loops }: State, l: LoopId, { preheader, exit, used }: Plan): void {
  const { edit } = cx;
  const forms = new ClosedForms(edit, cx.ops, preheader);
  for (const [v, value] of used) edit.replaceAllUses(v, forms.atExit(value, exit));
  const inputs = edit.phis(exit.to).map((phi) => inputFrom(edit.inst(phi), exit.from));
  edit.setTerm(preheader, jumpTo(cx.ops, exit.to, termOf(f, preheader)));
  edit.phis(exit.to).forEach((phi, i) => {
    edit.setPhiInput(phi, preheader, inputs[i] as ValueId);
  });
  const blocks = loops.blocks(l);
  for (let i = 0; i < blocks.length; i++)
    if (edit.hasBlock(blocks[i] as BlockId)) edit.removeBlock(blocks[i] as BlockId);
}
