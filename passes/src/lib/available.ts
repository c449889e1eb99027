/**
 * What is known of places on every way to a point of the program: that a check of an element would pass, that it is
 * initialised, that its value is some value of the program (which one, `promote` finds out).
 *
 * A forward problem of data flow over three bits for each place: what holds where ways meet is what held on all of them, and
 * around loops as well, for the start is that everything holds. `events` are what a block does that matters, in order.
 *
 *     check p         p is checked, and so are other elements that the same object surely has
 *     load p          the value is known
 *     store p         so it is where p is checked (elsewhere the store may do nothing); values of places that may overlap go
 *     free, calls     what they may change goes
 *     definition of v places that are named by v are other places from here on
 *
 * Paper:   John Lu, Keith Cooper, Register Promotion in C Programs, PLDI 1997, solves the like for registers.
 * Cost:    events and masks are linear in instructions: so many places are followed that places times stores stay below
 *          a multiple of the instructions.
 */

import {
  type BlockId,
  blockOf,
  bytes,
  type Effect,
  type Func,
  type Inst,
  ints,
  type Module,
  type ResultType,
  solve,
  type ValueId,
} from '@sluice/ir';
import { hasElement, isAllocating, type Role } from '../rules/locations.ts';
import {
  aliasPlaces,
  heapPlaceOf,
  mayBeInOne,
  mayRead,
  mayWrite,
  namesPlace,
  type Place,
  Places,
  type PlaceView,
  placeRegions,
  placeRole,
} from './places.ts';
import { effectOf } from './summaries.ts';

/** At least so many places are followed, where there are as many; at most so many. */
const fewest = 16;
const most = 256;
/** Places times accesses of all kinds, for one instruction. */
const work = 24;

/** What happens in a block, in order. */
export interface Event {
  readonly what: 'check' | 'init' | 'load' | 'store' | 'clear';
  /** The instruction. */
  readonly v: ValueId;
  /** The place, by its bit; -1: none that is followed. */
  readonly place: number;
  /** Of a store: the place's value is what is stored, if the place is there. */
  readonly exact: boolean;
  /** Bits that go: of values for a store, of everything for `clear`. */
  readonly clears: Int32Array | null;
  /** `clear`: bits of `checked` that an allocation sets. */
  readonly sets: Int32Array | null;
}

/** An access as it was found, or (`place` null) something else that reads or writes. */
export interface Access {
  readonly v: ValueId;
  readonly inst: Inst;
  readonly role: Role | null;
  readonly place: Place | null;
  readonly effect: Effect;
}

/** Facts at one point: `words` words each of checked, initialised and valued places. */
export type Facts = Int32Array;

/** The facts of a function; see the head of this file. */
export interface Available {
  /** The places that are followed, by their bits. */
  readonly places: readonly Place[];
  /** By block: its events; undefined for none. */
  readonly events: readonly (readonly Event[] | undefined)[];
  /** By block: the facts at its start and end. Not to be written to. */
  readonly before: readonly Facts[];
  readonly after: readonly Facts[];
  readonly words: number;
  /** Changes facts to those after an event. */
  step(facts: Facts, event: Event): void;
  /** By block: the accesses from which the events were made, and what else writes. */
  readonly accesses: readonly (readonly Access[] | undefined)[];
  /** The bit of a place; -1: it is not followed. */
  bitOf(place: Place): number;
  /** The places, but this one, that an access to a place may touch. */
  touchedBy(place: Place): Int32Array;
  /** The places whose values an instruction may read of which effects are all that is known. */
  readBy(effect: Effect): Int32Array;
}

/** The kinds of fact: their position in `Facts`. */
export const facts = { checked: 0, initialised: 1, valued: 2 } as const;

/** Whether a fact of a kind is there. */
export function has(known: Facts, words: number, kind: number, place: number): boolean {
  return (((known[kind * words + (place >> 5)] as number) >>> (place & 31)) & 1) === 1;
}

function add(known: Facts, at: number, place: number): void {
  const i = at + (place >> 5);
  known[i] = (known[i] as number) | (1 << (place & 31));
}

/** `wanted` says which places are worth following, given how many accesses each has; null when there is none. */
export function findAvailable(m: Module, view: PlaceView, wanted: (place: Place) => boolean): Available | null {
  const { f } = view;
  const places = new Places(view);
  const accesses: (readonly Access[] | undefined)[] = new Array(f.blocks.length);
  const size = collect(m, f, places, accesses);
  const limit = Math.min(most, Math.max(fewest, Math.floor((work * f.insts.length) / (size + 1))));
  const chosen = places.list.filter(wanted).slice(0, limit);
  if (chosen.length === 0) return null;
  return new Solver(view, places, chosen, accesses).solved();
}

/** The accesses of each block; how many there are. */
function collect(m: Module, f: Func, places: Places, accesses: (readonly Access[] | undefined)[]): number {
  let size = 0;
  for (let i = 0; i < f.order.length; i++) {
    const b = f.order[i] as BlockId;
    const { body, term } = blockOf(f, b);
    let list: Access[] | undefined;
    for (let k = 0; k <= body.length; k++) {
      const v = k < body.length ? (body[k] as ValueId) : term;
      const inst = f.insts[v] as Inst;
      const effect = effectOf(m, inst);
      const role = placeRole(inst.op);
      if (role === null && ((effect.reads | effect.writes) & placeRegions) === 0) continue;
      const place = role === null ? null : places.of(inst, role);
      list ??= [];
      list.push({ v, inst, role, place, effect });
    }
    if (list === undefined) continue;
    size += list.length;
    accesses[b] = list;
  }
  return size;
}

class Solver implements Available {
  readonly places: readonly Place[];
  readonly events: (readonly Event[] | undefined)[];
  before: readonly Facts[] = [];
  after: readonly Facts[] = [];
  readonly words: number;
  readonly accesses: readonly (readonly Access[] | undefined)[];
  readonly #view: PlaceView;
  readonly #bits: Int32Array;
  /** By value: the places that it names. */
  readonly #named = new Map<ValueId, Int32Array>();
  /** By value: 1 where it names some place. */
  readonly #names: Uint8Array;
  readonly #together = new Map<number, Int32Array>();
  readonly #stores = new Map<number, Int32Array>();
  readonly #unknown = new Map<Effect, Int32Array>();

  constructor(
    view: PlaceView,
    all: Places,
    places: readonly Place[],
    accesses: readonly (readonly Access[] | undefined)[],
  ) {
    this.#view = view;
    this.places = places;
    this.accesses = accesses;
    this.words = (places.length + 31) >> 5;
    this.#bits = new Int32Array(all.list.length).fill(-1);
    for (let k = 0; k < places.length; k++) this.#bits[(places[k] as Place).number] = k;
    this.#names = bytes(view.f.insts.length);
    this.#nameAll();
    this.events = this.#makeEvents(accesses);
  }

  bitOf(place: Place): number {
    return this.#bits[place.number] as number;
  }

  #nameAll(): void {
    for (const { bytes: address, element } of this.places) {
      const names: readonly (ValueId | -1)[] =
        address === null ? [element?.base ?? -1, element?.index ?? -1] : [address.base];
      for (const v of names) {
        if (v === -1 || this.#names[v] === 1) continue;
        this.#names[v] = 1;
        this.#named.set(
          v,
          this.#mask((place) => namesPlace(v, place)),
        );
      }
    }
  }

  #mask(holds: (place: Place) => boolean): Int32Array {
    const mask = ints(this.words);
    for (let k = 0; k < this.places.length; k++) if (holds(this.places[k] as Place)) add(mask, 0, k);
    return mask;
  }

  /** Elements that are there when this one is. */
  #existsWith(place: Place, base: ValueId): Int32Array {
    let mask = this.#together.get(place.number);
    if (mask === undefined) {
      const { read } = this.#view;
      mask = this.#mask((other) => {
        if (other === place) return true;
        const { element } = other;
        return (
          element !== null && element.base === base && element.index === -1 && hasElement(base, element.offset, read)
        );
      });
      this.#together.set(place.number, mask);
    }
    return mask;
  }

  touchedBy(place: Place): Int32Array {
    let mask = this.#stores.get(place.number);
    if (mask === undefined) {
      const { objects } = this.#view;
      mask = this.#mask((other) => other !== place && aliasPlaces(place, other, objects) !== 'no');
      this.#stores.set(place.number, mask);
    }
    return mask;
  }

  #writtenBy(effect: Effect): Int32Array {
    let mask = this.#unknown.get(effect);
    if (mask === undefined) {
      mask = this.#mask((place) => mayWrite(effect, place, this.#view.objects));
      this.#unknown.set(effect, mask);
    }
    return mask;
  }

  readBy(effect: Effect): Int32Array {
    return this.#mask((place) => mayRead(effect, place, this.#view.objects));
  }

  #makeEvents(accesses: readonly (readonly Access[] | undefined)[]): (readonly Event[] | undefined)[] {
    const { f } = this.#view;
    const events: (Event[] | undefined)[] = new Array(f.blocks.length);
    for (let i = 0; i < f.order.length; i++) {
      const b = f.order[i] as BlockId;
      const { phis, body, term } = blockOf(f, b);
      const list: Event[] = [];
      for (let k = 0; k < phis.length; k++)
        if (this.#names[phis[k] as number] === 1) this.#define(phis[k] as ValueId, list);
      const mine = accesses[b];
      if (mine === undefined && this.#named.size === 0) continue;
      let next = 0;
      for (let k = 0; k <= body.length; k++) {
        const v = k < body.length ? (body[k] as ValueId) : term;
        if (mine?.[next]?.v === v) this.#access(mine[next++] as Access, list);
        if (this.#names[v] === 1) this.#define(v, list);
      }
      if (list.length > 0) events[b] = list;
    }
    return events;
  }

  /** What is named by a value that is defined here is another place from now on. */
  #define(v: ValueId, list: Event[]): void {
    const clears = this.#named.get(v);
    if (clears === undefined) return;
    const inst = this.#view.read.inst(v);
    const { read } = this.#view;
    const sets = isAllocating(inst.op)
      ? this.#mask(({ element }) => element?.base === v && element.index === -1 && hasElement(v, element.offset, read))
      : null;
    list.push({ what: 'clear', v, place: -1, exact: false, clears, sets });
  }

  #access({ v, inst, role, place, effect }: Access, list: Event[]): void {
    const bit = place === null ? -1 : (this.#bits[place.number] as number);
    const push = (what: Event['what'], clears: Int32Array | null, sets: Int32Array | null, exact = false): void => {
      list.push({ what, v, place: bit, exact, clears, sets });
    };
    switch (role) {
      case 'heap-alloc':
        return;
      case 'heap-free': {
        const at = heapPlaceOf(inst.args[0] as ValueId, this.#view);
        const gone = this.#mask(({ element }) => element !== null && mayBeInOne(element, at, this.#view.objects));
        push('clear', gone, null);
        return;
      }
      case null:
        if (effect.writes !== 0) push('clear', this.#writtenBy(effect), null);
        return;
      case 'heap-check':
      case 'heap-check-init':
        if (place?.element != null) {
          push(role === 'heap-check' ? 'check' : 'init', null, this.#existsWith(place, place.element.base));
        }
        return;
      case 'load':
      case 'global-get':
      case 'heap-load':
        if (bit !== -1 && place?.type === inst.type) push('load', null, null);
        return;
      default: {
        const value = inst.args[role === 'global-set' ? 0 : 1] as ValueId;
        const exact = place?.type === this.#typeOf(value) && place.narrow === null;
        if (place !== null) push('store', this.touchedBy(place), null, exact);
      }
    }
  }

  #typeOf(v: ValueId): ResultType {
    return this.#view.read.inst(v).type;
  }

  step(known: Facts, { what, place, exact, clears, sets }: Event): void {
    const { words } = this;
    const checked = facts.checked * words;
    const initialised = facts.initialised * words;
    const valued = facts.valued * words;
    if (clears !== null) {
      for (let i = 0; i < words; i++) {
        const stays = ~(clears[i] as number);
        known[valued + i] = (known[valued + i] as number) & stays;
        if (what !== 'clear') continue;
        known[checked + i] = (known[checked + i] as number) & stays;
        known[initialised + i] = (known[initialised + i] as number) & stays;
      }
    }
    if (sets !== null)
      for (let i = 0; i < words; i++) known[checked + i] = (known[checked + i] as number) | (sets[i] as number);
    if (place === -1) return;
    if (what === 'init') add(known, initialised, place);
    else if (what === 'load') add(known, valued, place);
    else if (what === 'store') this.#store(known, place, exact);
  }

  #store(known: Facts, place: number, exact: boolean): void {
    const { words } = this;
    const there = this.places[place]?.element === null || has(known, words, facts.checked, place);
    if (there) add(known, facts.initialised * words, place);
    if (there && exact) add(known, facts.valued * words, place);
    else {
      const i = facts.valued * words + (place >> 5);
      known[i] = (known[i] as number) & ~(1 << (place & 31));
    }
  }

  solved(): Available {
    const { f } = this.#view;
    const width = 3 * this.words;
    const { before, after } = solve<Facts>(f, {
      direction: 'forward',
      boundary: new Int32Array(width),
      start: new Int32Array(width).fill(-1),
      meet: (a, b) => meet(a, b, width),
      equal: (a, b) => {
        for (let i = 0; i < width; i++) if (a[i] !== b[i]) return false;
        return true;
      },
      transfer: (b, known) => this.#through(b, known),
    });
    this.before = before;
    this.after = after;
    return this;
  }

  #through(b: BlockId, known: Facts): Facts {
    const events = this.events[b];
    if (events === undefined) return known;
    const next = known.slice();
    for (let i = 0; i < events.length; i++) this.step(next, events[i] as Event);
    return next;
  }
}

function meet(a: Facts, b: Facts, width: number): Facts {
  let i = 0;
  while (i < width && ((a[i] as number) & ~(b[i] as number)) === 0) i++;
  if (i === width) return a;
  const both = ints(width);
  for (let k = 0; k < width; k++) both[k] = (a[k] as number) & (b[k] as number);
  return both;
}
