/**
 * Removes loads and checks of what is known on every way to them, though not the same on all: where ways meet a phi takes the
 * place of the load.
 *
 *     br_if %c, ^a, ^b                          br_if %c, ^a, ^b
 *   ^a:                                       ^a:
 *     heap.check %p                             heap.check %p
 *     heap.store %p, %x                         heap.store %p, %x
 *     br ^c                            =>       br ^c
 *   ^b:                                       ^b:
 *     heap.check %p                             heap.check %p
 *     %y = heap.load i64 %p                     %y = heap.load i64 %p
 *     br ^c                                     br ^c
 *   ^c:                                       ^c:
 *     heap.check %p                             %z = phi i64 [^a: %x], [^b: %y]
 *     %z = heap.load i64 %p
 *
 * Paper:   Raymond Lo, Fred Chow, Robert Kennedy, Shin-Ming Liu, Peng Tu, Register Promotion by Sparse Partial Redundancy
 *          Elimination of Loads and Stores, PLDI 1998.
 * Differs: full redundancies only, by data flow over bits (lib/available.ts); nothing is inserted but phis.
 * After:   mem-forward, which does what the dominator tree shows and costs less: this looks at what is left.
 * Cost:    see lib/available.ts; nothing where no ways meet or no place is accessed twice.
 * Not done: addresses that are phis themselves; loads that are known on some ways only (loop-promote does loops).
 */

import {
  type BlockId,
  blockOf,
  type Func,
  filledInts,
  type Inst,
  instOf,
  orderOf,
  type Type,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { type Available, type Event, type Facts, facts, findAvailable, has } from './lib/available.ts';
import { objectsOf } from './lib/objects.ts';
import { placeRegions } from './lib/places.ts';
import { type Accesses, accessesOf, promote } from './lib/promote.ts';

type Context = FuncContext<Record<never, never>>;

interface State {
  readonly cx: Context;
  readonly known: Available;
  /** By place: its value at the point at hand as far as the block tells, -1 where it does not. */
  readonly value: Int32Array;
  readonly accesses: Accesses;
  loads: number;
}

export default definePass({
  name: 'load-elim',
  summary: 'remove loads and checks that are redundant where ways meet',
  paper: 'Lo, Chow, Kennedy, Liu, Tu, Register Promotion by Sparse PRE, PLDI 1998',
  scope: 'func',
  after: [{ pass: 'mem-forward', why: 'what one place dominates costs less there' }],
  run(f, cx) {
    if (f.order.length < 3 || !mayHelp(f)) return;
    const view = { f, read: { ops: cx.ops, inst: (v: ValueId) => instOf(f, v) }, objects: cx.get(objectsOf) };
    const known = findAvailable(cx.module, view, ({ spread }) => spread);
    if (known === null) return;
    const value = filledInts(known.followed.list.length, -1);
    const state: State = { cx, known, value, accesses: new Map(), loads: 0 };
    const { rpo } = cx.get(orderOf);
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      if (known.events[b] !== undefined) visitBlock(state, f, b);
    }
    if (state.loads === 0) return;
    promote(
      f,
      cx,
      state.accesses,
      known.followed.list.map(({ type }) => type as Type),
    );
  },
});

/** Whether something is read that can be known, and some block has several predecessors, or may have. */
function mayHelp(f: Func): boolean {
  let reads = 0;
  let branches = false;
  for (let i = 0; i < f.order.length; i++) {
    const { body, term } = blockOf(f, f.order[i] as BlockId);
    branches ||= instOf(f, term).blocks.length > 1;
    for (let k = 0; k < body.length; k++) {
      const { kind, effect } = (f.insts[body[k] as number] as Inst).op;
      if (kind === 'value' && (effect.reads & placeRegions) !== 0) reads++;
    }
  }
  return branches && reads > 0;
}

function visitBlock(state: State, f: Func, b: BlockId): void {
  const { known, value } = state;
  const events = known.events[b] as readonly Event[];
  const here = (known.before[b] as Facts).slice();
  const touched: number[] = [];
  for (let i = 0; i < events.length; i++) {
    const event = events[i] as Event;
    visit(state, f, b, event, here);
    known.step(here, event);
    if (event.place !== -1) touched.push(event.place);
  }
  for (const place of touched) {
    const last = value[place] as ValueId | -1;
    if (last !== -1 && has(here, known.followed, facts.valued, place)) {
      accessesOf(state.accesses, b).writes.set(place, last);
    }
    value[place] = -1;
  }
}

function visit(state: State, f: Func, b: BlockId, { what, v, place }: Event, here: Facts): void {
  if (place === -1) return;
  const { cx, known, value } = state;
  const holds = (kind: number): boolean => has(here, known.followed, kind, place);
  switch (what) {
    case 'check':
    case 'init':
      if (holds(what === 'check' ? facts.checked : facts.initialised) && cx.rewrite('check cannot fail', v)) {
        cx.edit.remove(v);
      }
      return;
    case 'store':
      value[place] = instOf(f, v).args.at(-1) as ValueId;
      return;
    case 'load': {
      const last = value[place] as ValueId | -1;
      if (!holds(facts.valued) || !cx.rewrite('loaded on every way', v)) {
        value[place] = v;
      } else if (last !== -1) {
        cx.edit.replaceWith(v, last);
      } else {
        state.loads++;
        value[place] = v;
        accessesOf(state.accesses, b).reads.set(place, v);
      }
      return;
    }
    default:
  }
}
