/**
 * Removes checks of heap pointers that cannot fail: where the object was allocated by this function with a known number of
 * elements, is surely alive, and the index is between 0 and that number.
 *
 *     %p = heap.alloc %n
 *     br ^loop
 *   ^loop:
 *     %i = phi i64 [^entry: %zero], [^body: %next]
 *     %c = i64.lt_s %i, %n
 *     br_if %c, ^body, ^exit
 *   ^body:
 *     %q = heap.offset %p, %i
 *     heap.check %q                                        =>      (nothing)
 *
 * Paper:   Bodík, Gupta, Sarkar, ABCD: Eliminating Array Bounds Checks on Demand, PLDI 2000 (check-elim/prove.ts).
 * Needs:   that the object is alive at the check: what lib/available.ts knows of its first element.
 * Levels:  in none: the register machine checks as it loads, for nothing, and passes before this one know by the check that a
 *          store is not lost. For targets that execute checks on their own, at the end.
 * Not done: objects that came into the function, whose size is not known; `heap.check_init`; pointers that are phis.
 */

import { type BlockId, blockOf, type Func, type Inst, instOf, orderOf, type ValueId } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { type Prover, proverOf } from './check-elim/prove.ts';
import { type Available, type Facts, facts, findAvailable, has } from './lib/available.ts';
import { objectsOf } from './lib/objects.ts';
import type { HeapPlace } from './lib/places.ts';
import { isAllocation, roleOf } from './rules/locations.ts';

type Context = FuncContext<Record<never, never>>;

export default definePass({
  name: 'check-elim',
  summary: 'remove checks of heap pointers that are within their objects',
  paper: 'Bodík, Gupta, Sarkar, ABCD: Eliminating Array Bounds Checks on Demand, PLDI 2000',
  scope: 'func',
  idempotent: true,
  after: [{ pass: 'inline', why: 'the allocation must be in the same function' }],
  run(f, cx) {
    if (cx.get(objectsOf).object === null || !checksSomething(f)) return;
    const read = { ops: cx.ops, inst: (v: ValueId) => instOf(f, v) };
    const view = { f, read, objects: cx.get(objectsOf) };
    const known = findAvailable(cx.module, view, ({ element }) => element !== null && isAllocation(element.base, read));
    if (known === null) return;
    const first = firstElements(known);
    const prover = proverOf(f, cx, read);
    for (const b of cx.get(orderOf).rpo) visitBlock(f, cx, known, first, prover, b);
  },
});

function checksSomething(f: Func): boolean {
  for (let i = 0; i < f.order.length; i++) {
    const { body } = blockOf(f, f.order[i] as BlockId);
    for (let k = 0; k < body.length; k++) {
      if (roleOf((f.insts[body[k] as number] as Inst).op) === 'heap-check') return true;
    }
  }
  return false;
}

/** By allocation: the bit of its first element, which exists as long as the object lives. */
function firstElements({ followed }: Available): ReadonlyMap<ValueId, number> {
  const first = new Map<ValueId, number>();
  for (let k = 0; k < followed.list.length; k++) {
    const element = followed.list[k]?.element as HeapPlace;
    if (element.index === -1 && element.offset === 0) first.set(element.base, k);
  }
  return first;
}

function visitBlock(
  f: Func,
  cx: Context,
  known: Available,
  first: ReadonlyMap<ValueId, number>,
  prover: Prover,
  b: BlockId,
): void {
  const events = known.events[b];
  if (events === undefined) return;
  const here = (known.before[b] as Facts).slice();
  for (const event of events) {
    const element = event.what === 'check' && event.place !== -1 ? known.followed.list[event.place]?.element : null;
    if (element != null && element.index !== -1) {
      const bit = first.get(element.base);
      const { args } = instOf(f, element.base);
      if (bit === undefined || !has(here, known.followed, facts.checked, bit)) {
        cx.declined('the object may have ended', event.v);
      } else if (!prover.within(element.index, element.offset, args[0] as ValueId, b)) {
        cx.declined('not known to be within the object', event.v);
      } else if (cx.rewrite('check cannot fail', event.v)) cx.edit.remove(event.v);
    }
    known.step(here, event);
  }
}
