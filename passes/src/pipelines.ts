/**
 * What the levels mean: explicit lists, with a reason wherever the order is not obvious. Reasons that passes themselves give
 * (`after`, `before`) are held against these lists by a test. Nothing else decides an order.
 */

import { type Pipeline, pipeline } from '@sluice/pipeline';
import { passes } from './registry.ts';

/** The levels, in the order of the command's help. */
export const levels = ['O0', 'O1', 'O2', 'O3', 'Os'] as const;

/** An optimisation level. */
export type Level = (typeof levels)[number];

/** Removes what the passes before left lying about. */
const cleanup = ['dce', 'simplify-cfg@cleanup'] as const;

const scalar = [
  'simplify-cfg', // unreachable blocks must not hold phis open; makes preheaders
  'sccp', // first, so that gvn and inlining don't look at dead branches
  'simplify',
  'gvn',
  'div-rem',
] as const;

const lists: Readonly<Record<Level, readonly string[]>> = {
  O0: [],
  // Each pass once, each function by itself, the graph when all is known.
  O1: ['tail-call', 'sccp', 'simplify', 'gvn(summaries=false)', 'div-rem', 'dce(summaries=false)', 'simplify-cfg'],
  O2: [
    // For speed: nothing here is repeated but the clean-up of the graph, and nothing copies loops.
    'dead-funcs', // what is gone costs nothing below
    'tail-call', // what is recursive no more can be inlined
    'inline(growth=1.2,size=12)', // smaller than at O3: what is copied costs time in all passes below
    'mem-forward', // slots become values
    ...scalar,
    'loop-rotate', // a rotated loop runs its body at least once: licm may hoist what traps
    'licm',
    'strength-reduce',
    ...cleanup,
  ],
  O3: [
    'dead-funcs', // what is gone costs nothing below
    'mem-forward@early', // smaller callees
    'simplify-cfg@early',
    'sccp@early',
    'simplify@early',
    'gvn@early',
    'div-rem@early', // callees become smaller
    'dce@early',
    'tail-call', // what is recursive no more can be inlined
    'ipcp',
    'dead-args', // smaller calls: more of them are worth inlining
    'inline(recursion=40)',
    'call-facts',
    'mem-forward',
    'sroa', // inlining took what objects were passed to
    ...scalar,
    'gvn-pre',
    'loop-rotate',
    'licm',
    'loop-promote', // its addresses and checks stand before the loops by now
    'indvars',
    'loop-delete', // a loop that goes need not be unrolled
    'loop-unswitch', // loops without branches are unrolled better
    'simd-lower', // before loops are unrolled: rows are seen turn by turn
    'loop-unroll(runtime=4)', // what licm left in the loops is what is repeated
    'mem-forward@loops', // rotation, hoisting and unrolling bring stores and loads together
    'load-elim', // and the loads that loop-promote put before loops
    'dse', // what load-elim took away reads nothing
    'reassociate', // after unrolling: sums of steps become one step
    'strength-reduce',
    'jump-thread', // duplicates tests; numbered again below
    'simplify-cfg@thread',
    'sccp@late',
    'simplify@late',
    'gvn@late',
    'mem-forward@late', // addresses of unrolled loops are numbers by now
    'sroa@late',
    'licm@late', // gvn made more things invariant
    'value-range', // late: it sees the tests that unrolling and threading made, and what came out of memory
    'sccp@last',
    'switch-form', // its tests are left for dce
    'sink', // hoisted, unrolled and threaded: what is used on one way only by now
    ...cleanup,
    'tail-dup',
    'schedule', // the last: what others still change would be in the wrong place
  ],
  Os: [
    // What was tried and makes Wasm larger has no place here: licm, loop passes, gvn-pre, larger callees.
    'dead-funcs',
    'mem-forward@early', // smaller callees
    'simplify-cfg@early',
    'sccp@early',
    'simplify@early',
    'dce@early',
    'tail-call', // what is recursive no more can be inlined
    'ipcp',
    'dead-args', // smaller calls
    'inline(growth=1,size=3)', // callees that are no larger than the call, or have no other caller
    'mem-forward',
    ...scalar,
    'simplify@late',
    'gvn@late',
    'load-elim',
    'dse', // what load-elim took away reads nothing
    'value-range', // late: it sees the tests that inlining brought together
    'sccp@last',
    'jump-thread',
    'simplify-cfg@thread',
    'simplify@last',
    'dead-funcs@late', // inlining took their callers
    ...cleanup,
  ],
};

/** The pipeline of a level. */
export function levelPipeline(level: Level): Pipeline {
  return pipeline(level, lists[level], passes);
}

/** Whether `text` names a level. */
export function isLevel(text: string): text is Level {
  return levels.some((level) => level === text);
}
