/**
 * Keeps places that a loop loads and stores in values: one load before the loop, one store on each way out of it.
 *
 *     ^pre:                                     ^pre:
 *       br ^loop                                  %5 = heap.load i64 %p
 *     ^loop:                                      br ^loop
 *       %1 = heap.load i64 %p                   ^loop:
 *       %2 = i64.mul %1, %k            =>         %1 = phi i64 [^pre: %5], [^loop: %2]
 *       heap.store %p, %2                         %2 = i64.mul %1, %k
 *       br_if %c, ^loop, ^exit                    br_if %c, ^loop, ^exit
 *     ^exit:                                    ^exit:
 *                                                 heap.store %p, %2
 *
 * Paper:   Keith Cooper, John Lu, Register Promotion in C Programs, PLDI 1997; Lo et al., PLDI 1998.
 * Needs:   a preheader; an address from outside of the loop; nothing else in the loop that may touch the place; that the
 *          load and the stores at the exits are harmless though the loop might do neither: bytes that were accessed before
 *          are within the memory, an element was checked and is initialised (lib/available.ts), a global always is there.
 *          Where something in the loop may trap, that nobody sees the place after it.
 * Order:   outer loops first: what is promoted there is promoted in the loops inside.
 * Phases:  `candidates` of each loop; accesses to reads and writes of variables, and phis (lib/promote.ts); stores at the exits,
 *          on a new block where the exit has other ways in.
 * Not done: places that the loop initialises; narrow accesses; exits by `invoke`.
 */

import {
  type BlockId,
  blockFrequency,
  blockOf,
  blockOfValue,
  cfgOf,
  coreOp,
  type Func,
  filledInts,
  type Ids,
  type Inst,
  instOf,
  type LoopForest,
  type LoopId,
  loopForest,
  rowLength,
  type Type,
  termOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { type Available, type Facts, facts, findAvailable, has } from './lib/available.ts';
import type { Access } from './lib/followed.ts';
import { objectsOf } from './lib/objects.ts';
import { type Place, placeRole } from './lib/places.ts';
import { type Accesses, accessesOf, promote } from './lib/promote.ts';
import { type Hazards, hazardsOf } from './loop-promote/hazards.ts';
import { loadOf, type Role, storeOf } from './rules/locations.ts';

type Context = FuncContext<Record<never, never>>;

/** Blocks of loops that are looked at, for each block of the function: in deep nests it is not all of them. */
const blocksTried = 64;

/** A place that a loop keeps in a value. */
interface Promotion {
  readonly loop: LoopId;
  readonly place: Place;
  /** The accesses by block, in order. */
  readonly accesses: Map<BlockId, Access[]>;
  /** An access whose address is from outside of the loop. */
  readonly sample: Access & { readonly role: Role };
}

/** A store that is to stand on an edge. */
interface ExitStore {
  readonly from: BlockId;
  readonly to: BlockId;
  readonly inst: Inst;
}

interface State {
  readonly f: Func;
  readonly cx: Context;
  readonly loops: LoopForest;
  readonly known: Available;
  readonly hazards: Hazards;
  readonly variables: Accesses;
  /** By variable. Loops that keep the same place have one variable: each begins by writing it. */
  readonly types: Type[];
  /** By place: its variable, -1 for none. */
  readonly variableOf: Int32Array;
  readonly exits: ExitStore[];
  /** Blocks that may still be looked at: a loop's, for each place. */
  left: number;
}

export default definePass({
  name: 'loop-promote',
  summary: 'keep places that a loop loads and stores in values',
  paper: 'Cooper, Lu, Register Promotion in C Programs, PLDI 1997',
  scope: 'func',
  after: [
    { pass: 'licm', why: 'addresses and checks must stand before the loop' },
    { pass: 'mem-forward', why: 'what is known within a turn costs less there' },
  ],
  run(f, cx) {
    const loops = cx.get(loopForest);
    if (loops.count === 0 || !storesInLoops(f, loops, cx.get(blockOfValue))) return;
    const view = { f, read: { ops: cx.ops, inst: (v: ValueId) => instOf(f, v) }, objects: cx.get(objectsOf) };
    const known = findAvailable(cx.module, view, ({ narrow, type }) => narrow === null && type !== 'void');
    if (known === null) return;
    const hazards = hazardsOf(f, cx, loops, known);
    const left = blocksTried * (f.order.length + 16);
    const variableOf = filledInts(known.followed.list.length, -1);
    const state: State = {
      ...{ f, cx, loops, known, hazards, variableOf, left },
      ...{ variables: new Map(), types: [], exits: [] },
    };
    const promoted = new Int32Array(known.followed.list.length).fill(-1);
    for (let l = 0 as LoopId; l < loops.count; l++) visitLoop(state, l, promoted);
    if (state.types.length === 0) return;
    promote(f, cx, state.variables, state.types);
    for (const exit of state.exits) placeStore(state, exit);
  },
});

/** Whether some loop stores to an address from outside of it: without one there is nothing to do. */
function storesInLoops(f: Func, loops: LoopForest, home: Ids<BlockId>): boolean {
  for (let i = 0; i < f.order.length; i++) {
    const b = f.order[i] as BlockId;
    const l = loops.loopOf(b);
    if (l === -1) continue;
    const { body } = blockOf(f, b);
    for (let k = 0; k < body.length; k++) {
      const { op, args } = f.insts[body[k] as number] as Inst;
      if (op.effect.writes === 0 || op.kind !== 'value') continue;
      const role = placeRole(op);
      if (role === 'global-set') return true;
      if (role !== 'store' && role !== 'heap-store') continue;
      const from = home[args[0] as number] as BlockId | -1;
      if (from === -1 || !loops.contains(l, from)) return true;
    }
  }
  return false;
}

/** `promoted`: by place, the last loop of the nest in which it has been promoted. */
function visitLoop(state: State, l: LoopId, promoted: Int32Array): void {
  const { known, hazards, loops, cx } = state;
  const stored = hazards.stored[l] as Int32Array | undefined;
  if (stored === undefined) return;
  for (let k = 0; k < known.followed.list.length; k++) {
    if (((stored[k >> 5] as number) >>> (k & 31)) % 2 === 0 || (promoted[k] as number) >= l) continue;
    const place = known.followed.list[k] as Place;
    const found = candidate(state, l, place, k);
    if (found === null) continue;
    if (!cx.choose('loop-promote.profit', pays(state, found))) continue;
    if (!cx.rewrite('kept in a value in the loop', found.sample.v)) continue;
    promoted[k] = loops.last[l] as number;
    rewrite(state, found, k);
  }
}

/** The promotion of a place in a loop, if it is legal. */
function candidate(state: State, loop: LoopId, place: Place, bit: number): Promotion | null {
  const { f, cx, loops, known, hazards } = state;
  const preheader = loops.irreducible(loop) ? -1 : loops.preheader(loop);
  if (preheader === -1) return null;
  const decline = (why: string, at: ValueId): null => {
    cx.declined(why, at);
    return null;
  };
  const blocks = loops.blocks(loop);
  state.left -= blocks.length;
  if (state.left < 0) return null;
  const accesses = new Map<BlockId, Access[]>();
  let sample: (Access & { readonly role: Role }) | null = null;
  const home = cx.get(blockOfValue);
  let first: ValueId | -1 = -1;
  for (const b of blocks) {
    for (const access of known.followed.accesses[b] ?? []) {
      const { role, inst, v } = access;
      if (access.place !== place || role === null || role === 'heap-check' || role === 'heap-check-init') continue;
      if (first === -1) first = v;
      const value = loads(role) ? inst.type : instOf(f, inst.args.at(-1) as ValueId).type;
      if (value !== place.type) return decline('accessed at several types', v);
      const list = accesses.get(b);
      if (list === undefined) accesses.set(b, [access]);
      else list.push(access);
      const at = place.global === null ? (home[inst.args[0] as number] as BlockId | -1) : -1;
      if (sample === null && (at === -1 || !loops.contains(loop, at))) sample = { ...access, role };
    }
  }
  if (first === -1) return null;
  if (hazards.touches(loop, bit)) return decline('the loop may touch it in other ways', first);
  if (sample === null) return decline('the loop computes its address', first);
  const before = known.after[preheader] as Facts;
  if (!isThere(known, before, place, bit)) return decline('not known to be there before the loop', first);
  if (hazards.shows(loop, place, before)) return decline('a trap in the loop would show it', first);
  if (loops.exitEdges(loop).some(({ from }) => termOf(f, from).op.kind === 'invoke')) {
    return decline('the loop is left by an exception', first);
  }
  return { loop, place, accesses, sample };
}

/** Whether a load traps for nothing, and a store of the same value changes nothing. */
function isThere({ followed }: Available, known: Facts, { element, bytes }: Place, bit: number): boolean {
  if (bytes !== null) return has(known, followed, facts.valued, bit);
  return element === null || (has(known, followed, facts.checked, bit) && has(known, followed, facts.initialised, bit));
}

function loads(role: Role): boolean {
  return role === 'load' || role === 'global-get' || role === 'heap-load';
}

// Profit. Loads and stores that run less often than before.
function pays({ cx, loops }: State, { loop, accesses }: Promotion): boolean {
  const often = cx.get(blockFrequency);
  let gain = -(often[loops.preheader(loop)] as number);
  for (const [b, list] of accesses) gain += (often[b] as number) * list.length;
  for (const { from, to } of loops.exitEdges(loop)) gain -= Math.min(often[from] as number, often[to] as number);
  return gain > 0;
}

function rewrite(state: State, { loop, place, accesses, sample }: Promotion, bit: number): void {
  const { cx, loops, variables, types, variableOf } = state;
  const { edit } = cx;
  const type = place.type as Type;
  if (variableOf[bit] === -1) variableOf[bit] = types.push(type) - 1;
  const variable = variableOf[bit] as number;
  const load = loadOf(sample.inst, sample.role, type);
  const preheader = loops.preheader(loop) as BlockId;
  accessesOf(variables, preheader).writes.set(variable, edit.append(preheader, load));
  for (const [b, list] of accesses) {
    const here = accessesOf(variables, b);
    for (const { v, inst, role } of list) {
      const known = here.writes.get(variable) ?? here.reads.get(variable);
      if (!loads(role as Role)) {
        here.writes.set(variable, inst.args.at(-1) as ValueId);
        edit.remove(v);
      } else if (known === undefined) here.reads.set(variable, v);
      else edit.replaceWith(v, known);
    }
  }
  for (const { from, to } of loops.exitEdges(loop)) {
    const here = accessesOf(variables, from);
    let value = here.writes.get(variable) ?? here.reads.get(variable);
    if (value === undefined) {
      // Stands for the value until it is known.
      value = edit.prepend(from, load);
      here.reads.set(variable, value);
    }
    state.exits.push({ from, to, inst: storeOf(sample.inst, sample.role, type, value) });
  }
}

function placeStore({ f, cx }: State, { from, to, inst }: ExitStore): void {
  const { edit } = cx;
  if (rowLength(cx.get(cfgOf).preds, to) === 1) {
    edit.prepend(to, inst);
    return;
  }
  const targets = edit.term(from).blocks;
  // Another store of this pass may stand on the edge already.
  const middle = targets.find((t) => t >= f.blocks.length && edit.term(t).blocks[0] === to);
  edit.append(middle ?? edit.splitEdge(from, to, coreOp('br')), inst);
}
