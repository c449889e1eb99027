/**
 * Does several turns of a loop, or several neighbouring stores, by one op on vectors of 128 bits.
 *
 *     ^loop: %x = i32.load %p            ^turn: %x = v128.load %p, %y = v128.load %q
 *            %y = i32.load %q      =>           %s = i32x4.add %x, %y
 *            i32.store %r, %x + %y              v128.store %r, %s            four turns in one, while there are four;
 *                                        ^loop: as it was                    then the rest of them
 *
 * Paper:   Allen, Kennedy, Automatic Translation of Fortran Programs to Vector Form, TOPLAS 1987; Larsen, Amarasinghe,
 *          Exploiting Superword Level Parallelism with Multimedia Instruction Sets, PLDI 2000.
 * Phases:  for each innermost loop `planOf` (simd-lower/plan.ts says what is legal), then `writeVectorLoop`.
 * Legal:   what cannot be known is asked before the loop: that there are turns enough, that no access is out of bounds on any
 *          of them, that rows don't overlap in a way that matters. Otherwise the loop runs as it did, so that results, memory
 *          and traps stay what they were. Floats are gathered in another order with `fastMath` alone.
 * Needs:   preheaders (simplify-cfg), addresses and bounds that licm has taken out of the loop, tests at the bottom
 *          (loop-rotate); loops that are not unrolled.
 * Not done: branches in loops, rows backwards or with gaps, several exits, loops around loops.
 */

import { blockOf, type Func, loopForest } from '@sluice/ir';
import { definePass } from '@sluice/pipeline';
import { eachLoop } from './lib/each-loop.ts';
import { hasVectors } from './simd-lower/code.ts';
import { type Context, options, planOf } from './simd-lower/plan.ts';
import { jobsOf } from './simd-lower/slp.ts';
import { writeJob } from './simd-lower/slp-write.ts';
import { writeVectorLoop } from './simd-lower/vector-loop.ts';

export default definePass({
  name: 'simd-lower',
  summary: 'do several turns of a loop by one op on vectors',
  paper: 'Allen, Kennedy, TOPLAS 1987; Larsen, Amarasinghe, PLDI 2000',
  scope: 'func',
  after: [
    { pass: 'simplify-cfg', why: 'makes the preheaders in which the number of turns is computed' },
    { pass: 'licm', why: 'what does not change is not to be computed in lanes' },
  ],
  before: [{ pass: 'loop-unroll', why: 'a loop with several turns in one has addresses that jump' }],
  options,
  run(f, cx) {
    if (!hasVectors(cx.ops)) return;
    if (cx.options.loops) vectoriseLoops(f, cx);
    if (cx.options.slp) vectoriseStores(f, cx);
  },
});

function vectoriseLoops(f: Func, cx: Context): void {
  eachLoop(f, cx, (loop) => {
    const at = blockOf(f, cx.get(loopForest).header[loop] as never).term;
    const plan = planOf(f, cx, loop);
    if (typeof plan === 'string') {
      cx.declined(plan, at);
      return false;
    }
    if (!cx.rewrite(`${plan.lanes} turns in one vector, ${plan.parts} vectors in one turn`, at)) return false;
    writeVectorLoop(cx, plan);
    return true;
  });
}

function vectoriseStores(f: Func, cx: Context): void {
  for (const b of f.order) {
    for (const job of jobsOf(f, cx, b)) {
      if (cx.rewrite(`${job.trees.length} vectors of neighbouring stores`, job.trees[0]?.lanes[0])) writeJob(cx, job);
    }
  }
}
