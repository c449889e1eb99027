/**
 * Takes the first turn out of a loop where that turn is the odd one: a value that the loop starts with and never sees again, or a
 * test that goes one way on the first turn and the other way on all others.
 *
 *     ^pre: br ^h                                  ^pre: ... body with %a for %p, and 0 for %i
 *     ^h:   %p = phi [^pre: %a], [^h: %b]          ^h:   %i = phi [^pre: 1], [^h: %j]
 *           %i = phi [^pre: 0], [^h: %j]     =>          ... body with %b for %p
 *           ... body, br_if %i == 0, ^x, ^y              ... br ^y
 *
 * The turn that stands before the loop keeps its ways out, but for tests that are known to stay. The test that has become the
 * same on every turn is for indvars, and for jump-thread where it is no number that is tested.
 *
 * Paper:   David Bacon, Susan Graham, Oliver Sharp, Compiler Transformations for High-Performance Computing, ACM Computing
 *          Surveys 26(4), 1994, 6.2.4 (loop peeling).
 * Phases:  for each loop that has no peeled loop in it, from the last one: `reasonOf`, then `peel`; repair at the end.
 * Legal:   always for loops with one way in and one way back: a turn is written twice, and runs once.
 * Profit:  the loop is small, and no loop is in it: one that is would be copied for the sake of one turn of many. A peeled
 *          loop gives no reason to peel it again. Loops of Bril's benchmarks have no such turn once other passes are done, so
 *          that no level has this pass (2026-11).
 * Needs:   preheaders and one way back (simplify-cfg).
 * Not done: more turns than one; the last turn.
 */

import { type BlockId, blockOf, type Func, instOf, type LoopId, loopForest, termOf, type ValueId } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { inputFrom, type LoopCopier, type PlainLoop, plainLoop } from './lib/copy-loop.ts';
import { eachLoop } from './lib/each-loop.ts';
import { type Evolution, evolutionOf } from './lib/scev.ts';
import { type Exit, exitsOf, lastTurn, turnsAfterFirst } from './lib/trip-count.ts';
import { Turns } from './lib/turns.ts';

/** No loop with more instructions is looked at. */
const largestLoop = 96;

const options = {
  size: { doc: 'the most instructions of a loop that is peeled', default: 40 },
} as const;

type Context = FuncContext<typeof options>;

interface Plan {
  readonly loop: PlainLoop;
  readonly exits: readonly Exit[];
}

export default definePass({
  name: 'loop-peel',
  summary: 'take the first turn out of loops where it differs from the others',
  paper: 'Bacon, Graham, Sharp, Compiler Transformations for High-Performance Computing, ACM CSUR 26(4), 1994',
  scope: 'func',
  after: [{ pass: 'simplify-cfg', why: 'makes the preheaders to which the first turn goes' }],
  options,
  run(f, cx) {
    eachLoop(f, cx, (loop, copier) => {
      const plan = planOf(f, cx, loop, copier);
      if (plan === null) return false;
      peel(f, cx, plan, copier());
      return true;
    });
  },
});

// A reason first, then legality and profit.
function planOf(f: Func, cx: Context, id: LoopId, copier: () => LoopCopier): Plan | null {
  const loop = plainLoop(f, id, largestLoop);
  if (loop === null) return null;
  const evolution = evolutionOf(f, id);
  const exits = exitsOf(evolution);
  const at = reasonOf(f, evolution, loop, exits);
  if (at === -1) return null;
  if (!copier().mayLeave(loop)) {
    cx.declined('what is behind the loop cannot choose between the turns', at);
    return null;
  }
  if (!cx.choose('loop-peel.profit', loop.size <= cx.options.size && cx.get(loopForest).last[id] === id)) {
    cx.declined('the loop is too large, or has loops in it', at);
    return null;
  }
  return cx.rewrite('peeled', at) ? { loop, exits } : null;
}

/** What makes the first turn the odd one; -1: nothing. */
function reasonOf(f: Func, evolution: Evolution, loop: PlainLoop, exits: readonly Exit[]): ValueId | -1 {
  const { phis } = blockOf(f, loop.header);
  for (let i = 0; i < phis.length; i++) {
    const ends = evolution.ends(phis[i] as ValueId);
    if (ends !== null && ends.start !== ends.next && evolution.isInvariant(ends.next)) return phis[i] as ValueId;
  }
  const last = lastTurn(exits);
  if (last <= 0n) return -1;
  for (const b of loop.blocks) {
    if (evolution.loops.loopOf(b) !== loop.id) continue;
    const { op, args, blocks } = termOf(f, b);
    if (op.kind !== 'br_if' || !blocks.every((to) => evolution.loops.contains(loop.id, to))) continue;
    if (turnsAfterFirst(evolution, args[0] as ValueId, last)) return blockOf(f, b).term;
  }
  return -1;
}

function peel(f: Func, cx: Context, { loop, exits }: Plan, copier: LoopCopier): void {
  const stays = new Map<BlockId, BlockId>();
  for (const { from, inside, count } of exits) {
    if (inside !== -1 && count !== null && count !== 0n) stays.set(from, inside);
  }
  copier.begin(loop, true);
  const start = blockOf(f, loop.header).phis.map((phi) => inputFrom(instOf(f, phi), loop.preheader));
  const turns = new Turns(f, cx.edit, copier, loop, loop.preheader, start);
  turns.add((from) => stays.get(from) ?? -1);
  turns.close(false, true);
  for (const phi of blockOf(f, loop.header).phis) copier.consider(phi);
  copier.end(loop);
}
