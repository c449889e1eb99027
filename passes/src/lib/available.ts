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
 * Cost:    events and masks are linear in instructions (lib/followed.ts).
 */

import { type BlockId, blockOf, type Func, ints, type Module, type ResultType, solve, type ValueId } from '@sluice/ir';
import { hasElement, isAllocating } from '../rules/locations.ts';
import { type Access, type Followed, follow, hasBit, setBit } from './followed.ts';
import { heapPlaceOf, mayBeInOne, type Place, type PlaceView } from './places.ts';

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

/** Facts at one point: `words` words each of checked, initialised and valued places. */
export type Facts = Int32Array;

/** The facts of a function; see the head of this file. */
export interface Available {
  readonly followed: Followed;
  /** By block: its events; undefined for none. */
  readonly events: readonly (readonly Event[] | undefined)[];
  /** By block: the facts at its start and end. Not to be written to. */
  readonly before: readonly Facts[];
  readonly after: readonly Facts[];
  /** Changes facts to those after an event. */
  step(facts: Facts, event: Event): void;
}

/** The kinds of fact: their position in `Facts`. */
export const facts = { checked: 0, initialised: 1, valued: 2 } as const;

/** Whether a fact of a kind is there. */
export function has(known: Facts, { words }: Followed, kind: number, place: number): boolean {
  return hasBit(known, kind * words, place);
}

/** The facts about places that are `wanted`, given how many accesses each has; null when there is none. */
export function findAvailable(m: Module, view: PlaceView, wanted: (place: Place) => boolean): Available | null {
  const followed = follow(m, view, wanted);
  return followed === null ? null : new Solver(followed).solved(view.f);
}

class Solver implements Available {
  readonly followed: Followed;
  readonly events: (readonly Event[] | undefined)[];
  before: readonly Facts[] = [];
  after: readonly Facts[] = [];
  readonly #together = new Map<number, Int32Array>();

  constructor(followed: Followed) {
    this.followed = followed;
    this.events = this.#makeEvents(followed.view.f);
  }

  /** Elements that are there when this one is. */
  #existsWith(place: Place, base: ValueId): Int32Array {
    let mask = this.#together.get(place.number);
    if (mask === undefined) {
      mask = this.followed.mask((other) => other === place || this.#surelyHas(base, other));
      this.#together.set(place.number, mask);
    }
    return mask;
  }

  #surelyHas(base: ValueId, { element }: Place): boolean {
    if (element === null || element.base !== base || element.index !== -1) return false;
    return hasElement(base, element.offset, this.followed.view.read);
  }

  #makeEvents(f: Func): (readonly Event[] | undefined)[] {
    const { names, accesses } = this.followed;
    const events: (Event[] | undefined)[] = new Array(f.blocks.length);
    for (let i = 0; i < f.order.length; i++) {
      const b = f.order[i] as BlockId;
      const { phis, body, term } = blockOf(f, b);
      const list: Event[] = [];
      for (let k = 0; k < phis.length; k++) this.#define(phis[k] as ValueId, list);
      const mine = accesses[b];
      let next = 0;
      for (let k = 0; k <= body.length; k++) {
        const v = k < body.length ? (body[k] as ValueId) : term;
        if (mine?.[next]?.v === v) this.#access(mine[next++] as Access, list);
        if (names[v] === 1) this.#define(v, list);
      }
      if (list.length > 0) events[b] = list;
    }
    return events;
  }

  /** What is named by a value that is defined here is another place from now on. */
  #define(v: ValueId, list: Event[]): void {
    const clears = this.followed.namedBy(v);
    if (clears === null) return;
    const allocates = isAllocating(this.followed.view.read.inst(v).op);
    const sets = allocates ? this.followed.mask((place) => this.#surelyHas(v, place)) : null;
    list.push({ what: 'clear', v, place: -1, exact: false, clears, sets });
  }

  #access({ v, inst, role, place, effect }: Access, list: Event[]): void {
    const { followed } = this;
    const bit = place === null ? -1 : followed.bitOf(place);
    const push = (what: Event['what'], clears: Int32Array | null, sets: Int32Array | null, exact = false): void => {
      list.push({ what, v, place: bit, exact, clears, sets });
    };
    switch (role) {
      case 'heap-alloc':
        return;
      case 'heap-free': {
        const at = heapPlaceOf(inst.args[0] as ValueId, followed.view);
        const gone = followed.mask(({ element }) => element !== null && mayBeInOne(element, at, followed.view.objects));
        push('clear', gone, null);
        return;
      }
      case null:
        if (effect.writes !== 0) push('clear', followed.writtenBy(effect), null);
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
        if (place !== null) push('store', followed.touchedBy(place), null, exact);
      }
    }
  }

  #typeOf(v: ValueId): ResultType {
    return this.followed.view.read.inst(v).type;
  }

  step(known: Facts, { what, place, exact, clears, sets }: Event): void {
    const { words } = this.followed;
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
    if (what === 'init') setBit(known, initialised, place);
    else if (what === 'load') setBit(known, valued, place);
    else if (what === 'store') this.#store(known, place, exact);
  }

  #store(known: Facts, place: number, exact: boolean): void {
    const { words } = this.followed;
    const there = this.followed.list[place]?.element === null || has(known, this.followed, facts.checked, place);
    if (there) setBit(known, facts.initialised * words, place);
    if (there && exact) setBit(known, facts.valued * words, place);
    else {
      const i = facts.valued * words + (place >> 5);
      known[i] = (known[i] as number) & ~(1 << (place & 31));
    }
  }

  solved(f: Func): Available {
    const width = 3 * this.followed.words;
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
