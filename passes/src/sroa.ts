/**
 * Takes heap objects apart: each element of an object that does not escape becomes a value, and the object goes.
 *
 *     %p = heap.alloc %two
 *     %q = heap.offset %p, %one
 *     heap.store %p, %x
 *     heap.store %q, %y                 =>      %r = i64.add %x, %x
 *     %a = heap.load i64 %p
 *     %r = i64.add %a, %a
 *     heap.free %p
 *
 * Paper:   Choi, Gupta, Serrano, Sreedhar, Midkiff, Escape Analysis for Java, OOPSLA 1999; LLVM's SROA is the like for
 *          stack slots, which have no addresses here (mem-forward makes values of them).
 * Needs:   all pointers to the object are known and are to elements known by number (sroa/candidates.ts); it is surely alive
 *          where it is used, and initialised where that is checked (sroa/life.ts). A load of what was never stored gives zero, as
 *          the variable does.
 * Stays:   the object itself, but nothing in it, where its count may not be positive, its pointer is compared, or it
 *          may be alive where the function is left: a program is told of objects that it did not free.
 * Not done: objects in objects, phis of pointers, elements by variable index (unrolling makes numbers of those).
 */

import { blockOf, type Func, instOf, orderOf, type Type, type ValueId } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { objectsOf } from './lib/objects.ts';
import { type Accesses, accessesOf, promote, zeros } from './lib/promote.ts';
import { type Candidate, type Found, findCandidates } from './sroa/candidates.ts';
import { judge } from './sroa/life.ts';

type Context = FuncContext<Record<never, never>>;

export default definePass({
  name: 'sroa',
  summary: 'make values of the elements of heap objects that do not escape',
  paper: 'Choi et al., Escape Analysis for Java, OOPSLA 1999',
  scope: 'func',
  idempotent: true,
  after: [
    { pass: 'inline', why: 'what is passed to a call escapes' },
    { pass: 'mem-forward', why: 'checks of what is surely alive are gone' },
  ],
  run(f, cx) {
    if (cx.get(objectsOf).object === null) return;
    if (cx.get(orderOf).rpo.length < f.order.length) {
      cx.declined('blocks that nothing reaches may use pointers');
      return;
    }
    const found = findCandidates(f, cx, { ops: cx.ops, inst: (v) => instOf(f, v) });
    if (found.list.length === 0) return;
    judge(cx.module, f, found);
    const chosen = found.list.map((one) => choose(cx, one));
    if (!chosen.includes(true)) return;
    rewrite(f, cx, found, chosen);
  },
});

function choose(cx: Context, { alloc, reason, stays, variables }: Candidate): boolean {
  if (reason !== null) {
    cx.declined(reason, alloc);
    return false;
  }
  // Nothing in it, and it stays: nothing to do.
  if (stays && variables.size === 0) return false;
  return cx.rewrite(stays ? 'elements became values' : 'object became values', alloc);
}

function rewrite(f: Func, cx: Context, found: Found, chosen: readonly boolean[]): void {
  const { edit } = cx;
  const zero = zeros(cx);
  const types = found.types.map((type): Type => type ?? 'i32');
  const accesses: Accesses = new Map();
  const reached = cx.get(orderOf);
  for (const b of reached.rpo) {
    const here = accessesOf(accesses, b);
    for (const v of blockOf(f, b).body) {
      const use = found.of.get(v);
      if (use === undefined || chosen[use.candidate.number] === false) continue;
      const { candidate, variable, what } = use;
      if (what === 'alloc') {
        for (const element of candidate.variables.values()) here.writes.set(element, zero(types[element] as Type));
      } else if (what === 'store') here.writes.set(variable, instOf(f, v).args[1] as ValueId);
      else if (what === 'load') {
        const known = here.writes.get(variable) ?? here.reads.get(variable);
        if (known === undefined) here.reads.set(variable, v);
        else edit.replaceWith(v, known);
        continue;
      } else if (what === 'free' && candidate.stays) continue;
      if (what !== 'alloc') edit.remove(v);
    }
  }
  promote(f, cx, accesses, types, zero);
  for (const one of found.list) if (chosen[one.number] === true) dropPointers(cx, one);
}

/** Takes out the pointers that nothing uses: their elements are there, so that none of the moves traps. */
function dropPointers({ edit }: Context, { alloc, moved, stays }: Candidate): void {
  for (let i = moved.length - 1; i >= 0; i--) {
    const pointer = moved[i] as ValueId;
    if (edit.users(pointer).length === 0) edit.remove(pointer);
  }
  if (!stays) edit.remove(alloc);
}
