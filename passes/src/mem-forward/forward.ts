/**
 * The walk of `mem-forward`: over the dominator tree, with what is known at the end of each block. Knowledge is a few short
 * lists that never change, so that a block starts with its immediate dominator's by reference.
 */

import {
  type BlockId,
  blockOf,
  bytes,
  domTree,
  type Effect,
  type Func,
  frontiersOf,
  type Inst,
  instOf,
  type Module,
  mayTrap,
  type RegionSet,
  regionSet,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext, Reader } from '@sluice/pipeline';
import { isConfined, type Objects, objectsOf } from '../lib/objects.ts';
import { type HeapPlace, heapPlaceOf, type PlaceView } from '../lib/places.ts';
import { effectOf } from '../lib/summaries.ts';
import { type Role, roleOf } from '../rules/locations.ts';
import {
  afterFree,
  afterStore,
  confinedFacts,
  factOf,
  type HeapFact,
  isChecked,
  learn,
  mayBeSame,
  sameElement,
  withoutValues,
} from './heap.ts';
import { type GlobalFact, loaded, type MemoryFact, memoryFact, samePlace, survivingStore, withFact } from './memory.ts';

type Context = Pick<FuncContext, 'edit' | 'rewrite' | 'get' | 'ops' | 'module'>;

/** What is known at a point of the program. */
interface Known {
  readonly memory: readonly MemoryFact[];
  readonly globals: readonly GlobalFact[];
  readonly heap: readonly HeapFact[];
}

/** Stores of the block at hand that nothing has seen yet. */
interface Unseen {
  /** The last store to memory, if nothing came since that reads memory or might end the execution. */
  memory: { readonly store: ValueId; readonly fact: MemoryFact } | null;
  heap: readonly (HeapPlace & { readonly store: ValueId })[];
}

interface State extends PlaceView {
  readonly cx: Context;
  readonly objects: Objects;
  readonly read: Reader;
  readonly stores: boolean;
  /** Whether the Editor knows more than the function: until then it is not asked for. */
  edited: boolean;
  memory: readonly MemoryFact[];
  globals: readonly GlobalFact[];
  heap: readonly HeapFact[];
  unseen: Unseen;
}

const memory = regionSet('memory');
const globals = regionSet('globals');
const heap = regionSet('heap');
const objects = regionSet('objects');
const relevant = memory | globals | heap | objects;

/** Kinds of change that are told apart where paths meet, a bit each. `deaths`: an object may have ended. */
const changes = { memory: 1, globals: 2, values: 4, deaths: 8 } as const;

const none: Known = { memory: [], globals: [], heap: [] };

/**
 * Forwards stores to loads; removes checks that cannot fail and, with `stores`, stores that nobody sees. `edited`: operands
 * may be others by now than in `f`.
 */
export function forward(f: Func, cx: Context, stores: boolean, edited: boolean): void {
  const summary = summarise(f, cx.module);
  if (summary === null) return;
  const tree = cx.get(domTree);
  const meets = meetsOf(f, cx, summary);
  const after: Known[] = new Array(f.blocks.length).fill(none);
  const state: State = {
    f,
    cx,
    objects: summary.heap ? cx.get(objectsOf) : { object: null, confined: null },
    read: { ops: cx.ops, inst: (v) => (state.edited ? cx.edit.inst(v) : instOf(f, v)) },
    edited,
    stores,
    ...none,
    unseen: { memory: null, heap: [] },
  };
  const preorder = tree.preorder;
  for (let i = 0; i < preorder.length; i++) {
    const b = preorder[i] as BlockId;
    const idom = tree.idom[b] as number;
    const before = idom === -1 ? none : (after[idom] as Known);
    state.memory = before.memory;
    state.globals = before.globals;
    state.heap = before.heap;
    forget(state, meets[b] as number);
    if (summary.busy[b] === 1) visitBlock(state, f, b);
    after[b] = { memory: state.memory, globals: state.globals, heap: state.heap };
  }
}

interface Summary {
  /** By block: what it changes, as bits of `changes`. */
  readonly changed: Uint8Array;
  /** By block: whether it has anything to do with memory, globals or the heap. */
  readonly busy: Uint8Array;
  /** Whether some op of the heap is there, calls not counted. */
  readonly heap: boolean;
}

/** Null when nothing reads what this pass knows. */
function summarise(f: Func, m: Module): Summary | null {
  if (!readsRelevant(f)) return null;
  const changed = bytes(f.blocks.length);
  const busy = bytes(f.blocks.length);
  let usesHeap = false;
  for (let i = 0; i < f.order.length; i++) {
    const b = f.order[i] as BlockId;
    const { body, term } = blockOf(f, b);
    const last = effectOf(m, instOf(f, term));
    let bits = changesOf(last);
    let touched = last.writes;
    for (let k = 0; k < body.length; k++) {
      const inst = f.insts[body[k] as number] as Inst;
      const effect = effectOf(m, inst);
      const { kind } = inst.op;
      const regions = effect.reads | effect.writes;
      if ((regions & relevant) === 0) continue;
      usesHeap ||= kind === 'value' && (regions & objects) !== 0;
      touched |= regions;
      bits |= changesOf(effect);
    }
    changed[b] = bits;
    busy[b] = (touched & relevant) !== 0 ? 1 : 0;
  }
  return { changed, busy, heap: usesHeap };
}

/** Whether some instruction gives what it reads of memory, globals or the heap. */
function readsRelevant(f: Func): boolean {
  for (let i = 0; i < f.order.length; i++) {
    const { body } = blockOf(f, f.order[i] as BlockId);
    for (let k = 0; k < body.length; k++) {
      const { effect, kind } = (f.insts[body[k] as number] as Inst).op;
      if ((effect.reads & relevant) !== 0 && kind === 'value') return true;
    }
  }
  return false;
}

function changesOf({ writes }: Effect): number {
  if ((writes & relevant) === 0) return 0;
  const has = (region: RegionSet, bit: number): number => ((writes & region) === 0 ? 0 : bit);
  // An object that ends takes its contents along; one that begins changes nothing that was known.
  const deaths = (writes & objects) !== 0 && (writes & heap) !== 0 ? changes.deaths : 0;
  return has(memory, changes.memory) | has(globals, changes.globals) | has(heap, changes.values) | deaths;
}

/** By block: what some path from its immediate dominator may have changed and another one not. */
function meetsOf(f: Func, cx: Context, { changed }: Summary): Uint8Array {
  const meets = bytes(f.blocks.length);
  for (const bit of Object.values(changes)) {
    const writers: BlockId[] = [];
    for (const b of f.order) if (((changed[b] as number) & bit) !== 0) writers.push(b);
    if (writers.length === 0) continue;
    for (const b of cx.get(frontiersOf).iterated(writers)) meets[b] = (meets[b] as number) | bit;
  }
  return meets;
}

function forget(state: State, bits: number): void {
  if (bits === 0) return;
  if ((bits & changes.memory) !== 0) state.memory = none.memory;
  if ((bits & changes.globals) !== 0) state.globals = none.globals;
  if ((bits & changes.values) !== 0) state.heap = withoutValues(state.heap);
  if ((bits & changes.deaths) !== 0) state.heap = none.heap;
}

function visitBlock(state: State, f: Func, b: BlockId): void {
  state.unseen = { memory: null, heap: [] };
  const { body } = blockOf(f, b);
  for (let i = 0; i < body.length; i++) {
    const v = body[i] as ValueId;
    const inst = f.insts[v] as Inst;
    const effect = effectOf(state.cx.module, inst);
    if (((effect.reads | effect.writes) & relevant) !== 0) {
      const role = roleOf(inst.op);
      if (role === null) unknown(state, effect);
      else visit[role](state, v, state.read.inst(v));
    } else if (mayTrap(effect)) {
      state.unseen.memory = null;
      if (effect.diverges || effect.traps.includes('throw')) seeFromOutside(state);
    }
  }
  forget(state, changesOf(effectOf(state.cx.module, instOf(f, blockOf(f, b).term))));
}

/** An op of which effects alone are known: a call, a bulk operation, an op of another dialect. */
function unknown(state: State, effect: Effect): void {
  const bits = changesOf(effect);
  const ours = (bits & (changes.values | changes.deaths)) === 0 ? state.heap : confinedFacts(state.heap, state);
  forget(state, bits & ~(changes.values | changes.deaths));
  state.heap = ours;
  state.unseen.memory = null;
  if ((effect.reads & heap) !== 0 || effect.diverges || effect.traps.includes('throw')) seeFromOutside(state);
}

/** Something that this function does not see may look at all objects that it can reach. */
function seeFromOutside({ unseen, objects }: State): void {
  if (unseen.heap.length > 0) unseen.heap = unseen.heap.filter(({ object }) => isConfined(objects, object));
}

const visit: Readonly<Record<Role, (state: State, v: ValueId, inst: Inst) => void>> = {
  'global-get': (state, v, inst) => {
    const known = state.globals.find(({ name }) => name === inst.imm);
    if (known !== undefined && replace(state, v, known.value)) return;
    if (known === undefined) state.globals = withFact(state.globals, { name: String(inst.imm), value: v });
  },
  'global-set': (state, v, inst) => {
    const name = String(inst.imm);
    const value = inst.args[0] as ValueId;
    const known = state.globals.find((fact) => fact.name === name);
    if (known?.value === value && drop(state, v, 'stored value is there already')) return;
    state.globals = withFact(
      state.globals.filter((fact) => fact !== known),
      { name, value },
    );
  },
  load: (state, v, inst) => {
    const fact = memoryFact(inst, v, state.read);
    const known = loaded(state.memory, fact);
    if (known !== undefined && replace(state, v, known.value)) return;
    state.unseen.memory = null;
    if (known === undefined) state.memory = withFact(state.memory, fact);
  },
  store: (state, v, inst) => {
    const fact = memoryFact(inst, v, state.read);
    const known = fact.narrow === null ? loaded(state.memory, fact) : undefined;
    if (known?.value === fact.value && drop(state, v, 'stored value is there already')) return;
    const { memory: last } = state.unseen;
    if (last !== null && samePlace(last.fact, fact)) drop(state, last.store, 'overwritten store');
    state.unseen.memory = { store: v, fact };
    state.memory = survivingStore(state.memory, fact);
    if (fact.narrow === null) state.memory = withFact(state.memory, fact);
  },
  'heap-load': (state, v, inst) => {
    const at = heapPlaceOf(inst.args[0] as ValueId, state);
    const known = factOf(state.heap, at);
    if (known !== undefined && known.value !== -1 && known.type === inst.type && replace(state, v, known.value)) return;
    see(state, at);
    state.heap = learn(state.heap, at, { value: v, type: inst.type });
  },
  'heap-store': (state, v, inst) => {
    const at = heapPlaceOf(inst.args[0] as ValueId, state);
    const value = inst.args[1] as ValueId;
    const { type } = state.read.inst(value);
    const known = factOf(state.heap, at);
    const there = known?.initialised === true && known.value === value && known.type === type;
    if (there && drop(state, v, 'stored value is there already')) return;
    const before = state.unseen.heap.find((other) => sameElement(other, at));
    if (before !== undefined) drop(state, before.store, 'overwritten store');
    state.unseen.heap = withFact(
      state.unseen.heap.filter((other) => other !== before),
      { ...at, store: v },
    );
    state.heap = afterStore(state.heap, at, state);
    // Without a check the store may do nothing.
    if (isChecked(state.heap, at, state.read)) {
      state.heap = learn(state.heap, at, { checked: true, initialised: true, value, type });
    }
  },
  'heap-check': (state, v, inst) => {
    state.unseen.memory = null;
    const at = heapPlaceOf(inst.args[0] as ValueId, state);
    if (isChecked(state.heap, at, state.read) && drop(state, v, 'check cannot fail')) return;
    state.heap = learn(state.heap, at, { checked: true });
  },
  'heap-check-init': (state, v, inst) => {
    state.unseen.memory = null;
    const at = heapPlaceOf(inst.args[0] as ValueId, state);
    if (factOf(state.heap, at)?.initialised === true && drop(state, v, 'check cannot fail')) return;
    see(state, at);
    state.heap = learn(state.heap, at, { checked: true, initialised: true });
  },
  'heap-alloc': (state, v) => {
    state.unseen.memory = null;
    state.heap = learn(state.heap, heapPlaceOf(v, state), { checked: true });
  },
  'heap-free': (state, _v, inst) => {
    state.unseen.memory = null;
    state.heap = afterFree(state.heap, heapPlaceOf(inst.args[0] as ValueId, state), state);
  },
};

/** Something looks at an element: stores that may be to it are no longer unseen. */
function see(state: State, at: HeapPlace): void {
  const { unseen } = state;
  if (unseen.heap.length > 0) unseen.heap = unseen.heap.filter((store) => !mayBeSame(store, at, state));
}

function replace(state: State, v: ValueId, by: ValueId): boolean {
  const { cx } = state;
  if (!cx.rewrite('forwarded', v)) return false;
  state.edited = true;
  cx.edit.replaceWith(v, by);
  return true;
}

function drop(state: State, v: ValueId, what: string): boolean {
  const { cx, read, stores } = state;
  // What may not be removed on demand is a store; a check has no value to keep.
  if (!stores && read.inst(v).op.effect.writes !== 0) return false;
  if (!cx.rewrite(what, v)) return false;
  state.edited = true;
  cx.edit.remove(v);
  return true;
}
