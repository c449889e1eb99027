/**
 * Removes stores that nobody sees: overwritten before something reads the place on every way, or made to an object that ends,
 * or that nobody can reach when the function returns.
 *
 *     heap.store %p, %x                         br_if %c, ^a, ^b
 *     br_if %c, ^a, ^b                        ^a:
 *   ^a:                                         heap.store %p, %y
 *     heap.store %p, %y                =>       ...
 *     ...                                     ^b:
 *   ^b:                                         heap.free %p
 *     heap.free %p
 *
 * Paper:   backward data flow as for live variables (Aho, Lam, Sethi, Ullman, Compilers, 2nd ed., 9.2.5), over places in
 *          place of variables: a bit says that nobody will see what the place holds.
 * Traps:   whatever may trap sees memory and globals (SPEC.md §11), heap objects only if a caller may catch it. A store to
 *          memory that goes takes its own trap along: so another one to the same bytes must follow before anything else is
 *          seen, and not beyond a loop or call, which may never end.
 * Heap:    a store that is overwritten goes whether or not the pointer was checked, for where the second does nothing the
 *          first was lost too, or did nothing. `heap.check_init` counts as a read.
 * Not done: stores that some ways see and others do not; wider stores over narrower ones; bytes known to be in bounds.
 */

import {
  type BlockId,
  blockOf,
  type Effect,
  type Func,
  type Inst,
  instOf,
  ints,
  orderOf,
  regionSet,
  seenAfter,
  solve,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { type Access, type Followed, follow, hasBit } from './lib/followed.ts';
import { isConfined, objectsOf } from './lib/objects.ts';
import { aliasPlaces, heapPlaceOf, type Place, placeRole } from './lib/places.ts';
import { effectOf } from './lib/summaries.ts';

type Context = FuncContext<Record<never, never>>;

/** Bits of places that nobody will see. */
type Dead = Int32Array;

/** What an instruction does to the bits, seen from behind: first some are set, then some cleared. */
interface Action {
  readonly v: ValueId;
  /** The place that it stores to, if that is followed; else -1. */
  readonly place: number;
  readonly sets: Int32Array | null;
  readonly clears: readonly Int32Array[];
}

interface State {
  readonly f: Func;
  readonly cx: Context;
  readonly followed: Followed;
  /** Places that a trap shows, those that only a trap that is caught shows, and linear memory. */
  readonly seen: Int32Array;
  readonly reachable: Int32Array;
  readonly memory: Int32Array;
  readonly same: Map<number, Int32Array>;
}

export default definePass({
  name: 'dse',
  summary: 'remove stores that nobody sees, across blocks',
  paper: 'Aho, Lam, Sethi, Ullman, Compilers, 2nd ed., 9.2.5',
  scope: 'func',
  idempotent: true,
  after: [{ pass: 'mem-forward', why: 'what is forwarded is not read any more' }],
  run(f, cx) {
    const found = storesOf(f);
    if (found === 'none') return;
    const view = { f, read: { ops: cx.ops, inst: (v: ValueId) => instOf(f, v) }, objects: cx.get(objectsOf) };
    const followed = follow(
      cx.module,
      view,
      ({ stores, element }) => stores > (element === null || found === 'some' ? 1 : 0),
    );
    if (followed === null) return;
    const state = newState(f, cx, followed);
    const actions = actionsOf(state);
    const { after } = solve<Dead>(f, {
      direction: 'backward',
      boundary: ints(followed.words).fill(-1),
      start: ints(followed.words).fill(-1),
      meet: (a, b) => (sameBits(a, b) ? a : a.map((word, i) => word & (b[i] as number))),
      equal: sameBits,
      transfer: (b, dead) => before(actions[b] as readonly Action[], dead),
    });
    const { rpo } = cx.get(orderOf);
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      removeDead(cx, actions[b] as readonly Action[], after[b] as Dead);
    }
  },
});

/**
 * What a function stores: nothing that could be dead; `some`: only what is overwritten can be; `objects`: objects are made or
 * end as well, and what is in them with them.
 */
function storesOf(f: Func): 'none' | 'some' | 'objects' {
  let stores = 0;
  let objects = false;
  for (let i = 0; i < f.order.length; i++) {
    const { body } = blockOf(f, f.order[i] as BlockId);
    for (let k = 0; k < body.length; k++) {
      const { op } = f.insts[body[k] as number] as Inst;
      if (op.effect.writes === 0 || op.kind !== 'value') continue;
      const role = placeRole(op);
      if (role === 'heap-alloc' || role === 'heap-free') objects = true;
      else if (role !== null) stores++;
    }
  }
  if (stores === 0 || (stores === 1 && !objects)) return 'none';
  return objects ? 'objects' : 'some';
}

function newState(f: Func, cx: Context, followed: Followed): State {
  const memory = regionSet('memory');
  const { objects } = followed.view;
  return {
    f,
    cx,
    followed,
    seen: followed.mask(({ region }) => (region & seenAfter([])) !== 0),
    reachable: followed.mask(({ element }) => element !== null && !isConfined(objects, element.object)),
    memory: followed.mask(({ region }) => region === memory),
    same: new Map(),
  };
}

function sameBits(a: Dead, b: Dead): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** By reachable block: its actions from the last to the first. */
function actionsOf(state: State): readonly (readonly Action[] | undefined)[] {
  const { f, cx, followed } = state;
  const order = cx.get(orderOf);
  const all: (readonly Action[] | undefined)[] = new Array(f.blocks.length);
  for (let i = 0; i < order.rpo.length; i++) {
    const b = order.rpo[i] as BlockId;
    const { phis, body, term } = blockOf(f, b);
    const actions: Action[] = [];
    endOf(state, b, term, actions);
    const accesses = followed.accesses[b];
    let next = (accesses?.length ?? 0) - 1;
    if (next >= 0 && accesses?.[next]?.v === term) next--;
    for (let k = body.length - 1; k >= 0; k--) {
      const v = body[k] as ValueId;
      const access = accesses?.[next]?.v === v ? (accesses[next--] as Access) : null;
      define(state, v, actions);
      act(state, v, access, actions);
    }
    for (let k = 0; k < phis.length; k++) define(state, phis[k] as ValueId, actions);
    all[b] = actions;
  }
  return all;
}

/** What the end of a block sees. */
function endOf(state: State, b: BlockId, term: ValueId, actions: Action[]): void {
  const { f, cx, seen, reachable, memory } = state;
  const inst = instOf(f, term);
  const order = cx.get(orderOf);
  const clears: Int32Array[] = [];
  if (inst.blocks.some((to) => order.isBackEdge(b, to))) clears.push(memory);
  if (inst.op.kind === 'ret') clears.push(seen, reachable);
  else if (inst.op.kind === 'trap') {
    clears.push(seen);
    if (inst.imm === 'throw') clears.push(reachable);
  } else addUnknown(state, effectOf(cx.module, inst), clears);
  if (clears.length > 0) actions.push({ v: term, place: -1, sets: null, clears });
  define(state, term, actions);
}

function define({ followed }: State, v: ValueId, actions: Action[]): void {
  const clears = followed.namedBy(v);
  if (clears !== null) actions.push({ v, place: -1, sets: null, clears: [clears] });
}

function act(state: State, v: ValueId, access: Access | null, actions: Action[]): void {
  const { f, cx, followed, seen } = state;
  const effect = access?.effect ?? effectOf(cx.module, f.insts[v] as Inst);
  const clears: Int32Array[] = [];
  const place = access?.place ?? null;
  let sets: Int32Array | null = null;
  let stored = -1;
  switch (access?.role ?? null) {
    case null:
      addUnknown(state, effect, clears);
      break;
    case 'store':
    case 'heap-store':
    case 'global-set':
      if (place === null) break;
      stored = followed.bitOf(place);
      sets = samePlaces(state, place);
      // The second of two stores to the same bytes does not trap.
      if (effect.traps.length > 0) clears.push(seen.map((word, i) => word & ~((sets as Int32Array)[i] as number)));
      break;
    case 'heap-free':
      sets = sameObject(followed, (access as Access).inst.args[0] as ValueId);
      clears.push(seen);
      break;
    case 'heap-alloc':
    case 'heap-check':
      clears.push(seen);
      break;
    default:
      if (effect.traps.length > 0) clears.push(seen);
      if (place !== null) clears.push(followed.touchedBy(place), samePlaces(state, place));
  }
  if (sets !== null || clears.length > 0) actions.push({ v, place: stored, sets, clears });
}

/** Something of which the effect is all that is known. */
function addUnknown({ followed, seen, reachable, memory }: State, effect: Effect, clears: Int32Array[]): void {
  const { reads, traps, diverges } = effect;
  if (traps.length > 0) clears.push(seen);
  if (traps.includes('throw')) clears.push(reachable);
  if (diverges) clears.push(memory);
  if (reads !== 0) clears.push(followed.readBy(effect));
}

/** The places that are the very same bytes or element. */
function samePlaces({ followed, same }: State, place: Place): Int32Array {
  let mask = same.get(place.number);
  if (mask === undefined) {
    const { objects } = followed.view;
    mask = followed.mask((other) => aliasPlaces(place, other, objects) === 'must');
    same.set(place.number, mask);
  }
  return mask;
}

/** The places in the object that a pointer is surely to. */
function sameObject(followed: Followed, pointer: ValueId): Int32Array {
  const at = heapPlaceOf(pointer, followed.view);
  return followed.mask(
    ({ element }) => element !== null && (element.base === at.base || (at.object >= 0 && element.object === at.object)),
  );
}

function before(actions: readonly Action[], after: Dead): Dead {
  if (actions.length === 0) return after;
  const dead = after.slice();
  for (let i = 0; i < actions.length; i++) step(dead, actions[i] as Action);
  return dead;
}

function step(dead: Dead, { sets, clears }: Action): void {
  for (let i = 0; i < dead.length; i++) {
    let word = dead[i] as number;
    if (sets !== null) word |= sets[i] as number;
    for (let k = 0; k < clears.length; k++) word &= ~((clears[k] as Int32Array)[i] as number);
    dead[i] = word;
  }
}

function removeDead(cx: Context, actions: readonly Action[], after: Dead): void {
  const dead = after.slice();
  for (let i = 0; i < actions.length; i++) {
    const action = actions[i] as Action;
    const { v, place } = action;
    if (place !== -1 && hasBit(dead, 0, place) && cx.rewrite('store that nobody sees', v)) cx.edit.remove(v);
    else step(dead, action);
  }
}
