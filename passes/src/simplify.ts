/**
 * Replaces instructions by cheaper ones that give the same: folding of constants, algebraic laws, and the named rules
 * in `rules/`.
 *
 *     %2 = i32.const 3                   %5 = i32.const 10
 *     %3 = i32.add %2, %0                %4 = i32.add %0, %5
 *     %4 = i32.add %3, 7         =>      br_if %1, ^b, ^a
 *     %6 = i32.eqz %1
 *     br_if %6, ^a, ^b
 *
 * Paper:   Knuth, Bendix, Simple Word Problems in Universal Algebras, 1970, for directed rules; William McKeeman,
 *          Peephole Optimization, CACM 1965.
 * Differs: over SSA operands and not over neighbouring instructions.
 * Phases:  one sweep in reverse postorder by the driver of @sluice/pipeline (`rewriteAll`); then the conditions of
 *          branches (`straighten`).
 * Keeps:   the blocks. A branch whose condition is negated has its targets exchanged.
 * Cost:    O(instructions): patterns are two levels deep and look at operands alone.
 * Not done: anything that needs facts from control flow (sccp), equal computations (gvn), or the number of users;
 *          removal of what has become unused (dce). Products are not turned to shifts here, see strength-reduce.
 */

import { type BlockId, type Func, instOf, orderOf, termOf, type ValueId, withEdges } from '@sluice/ir';
import { definePass, type FuncContext, type Reader, rewriteAll } from '@sluice/pipeline';
import { simplerCondition } from './rules/condition.ts';
import { allRules } from './rules/index.ts';

export default definePass({
  name: 'simplify',
  summary: 'fold constants, apply algebraic laws and the rewrite rules',
  paper: 'McKeeman, Peephole Optimization, CACM 1965',
  scope: 'func',
  idempotent: true,
  before: [{ pass: 'gvn', why: 'equal computations are found more often when they are written in one way' }],
  run(f, cx) {
    let changed = rewriteAll(f, cx, allRules) > 0;
    const read: Reader = { ops: cx.ops, inst: (v) => (changed ? cx.edit.inst(v) : instOf(f, v)) };
    const rpo = cx.get(orderOf).rpo;
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      if (termOf(f, b).op.kind === 'br_if') changed = straighten(f, b, read, cx) || changed;
    }
  },
});

/** Tests what is simpler to compute, as long as there is something; whether the branch was changed. */
function straighten(f: Func, b: BlockId, read: Reader, cx: FuncContext): boolean {
  let changed = false;
  for (;;) {
    // The base's terminator until the first change: the Editor is not woken for nothing.
    const term = changed ? cx.edit.term(b) : read.inst(f.blocks[b]?.term as ValueId);
    const [on] = term.args;
    // Ends: each step goes from a value to an operand of it.
    const simpler = on === undefined ? null : simplerCondition(read.inst(on), read);
    if (simpler === null || !cx.rewrite(simpler.rule, f.blocks[b]?.term)) return changed;
    changed = true;
    const [then, otherwise] = term.blocks;
    if (then === undefined || otherwise === undefined) return changed;
    const targets = simpler.negated ? [otherwise, then] : term.blocks;
    cx.edit.setTerm(b, withEdges(term, [simpler.value], targets));
  }
}
