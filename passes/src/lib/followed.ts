/**
 * The places that a pass follows through a function, a bit each, and which of them an instruction may touch, as masks. With
 * them come the accesses of each block, in order, found in one sweep.
 *
 * Cost: masks are made when asked for, once for each place; so many places are followed that places times accesses stay
 * below a multiple of the instructions.
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
  type ValueId,
} from '@sluice/ir';
import type { Role } from '../rules/locations.ts';
import {
  aliasPlaces,
  heapPlaceOf,
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

/** An access as it was found, or (`place` null) something else that reads or writes. */
export interface Access {
  readonly v: ValueId;
  readonly inst: Inst;
  readonly role: Role | null;
  readonly place: Place | null;
  readonly effect: Effect;
}

/** Accesses by block; undefined for none. */
export type BlockAccesses = readonly (readonly Access[] | undefined)[];

/** Follows the places that are `wanted`, given how many accesses each has; null when there is none. */
export function follow(m: Module, view: PlaceView, wanted: (place: Place) => boolean): Followed | null {
  const { f } = view;
  let known = remembered.get(f);
  if (known === undefined) {
    known = collect(m, view);
    remembered.set(f, known);
  }
  const { places, accesses, size } = known;
  const limit = Math.min(most, Math.max(fewest, Math.floor((work * f.insts.length) / (size + 1))));
  const chosen = places.list.filter(wanted).slice(0, limit);
  return chosen.length === 0 ? null : new Followed(view, places, chosen, accesses);
}

/** The places of a function, the accesses of each block, and how many there are. */
interface Collected {
  readonly places: Places;
  readonly accesses: BlockAccesses;
  readonly size: number;
}

// Several passes in a row look at the same function. What calls do may be known better by now, which does no harm.
const remembered = new WeakMap<Func, Collected>();

function collect(m: Module, view: PlaceView): Collected {
  const { f } = view;
  const places = new Places(view);
  const accesses: (readonly Access[] | undefined)[] = new Array(f.blocks.length);
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
      // As long as an object lives it has a first element: a place to say so of.
      if (role === 'heap-alloc') places.element(heapPlaceOf(v, view));
      if (place !== null && place.block !== b) {
        place.spread ||= place.block !== -1;
        place.block = b;
      }
      list ??= [];
      list.push({ v, inst, role, place, effect });
    }
    if (list === undefined) continue;
    size += list.length;
    accesses[b] = list;
  }
  return { places, accesses, size };
}

/** Places that are followed; see the head of this file. */
export class Followed {
  /** The places by their bits. */
  readonly list: readonly Place[];
  /** The length of masks. */
  readonly words: number;
  readonly view: PlaceView;
  readonly accesses: BlockAccesses;
  /** By value: 1 where it names some place that is followed. */
  readonly names: Uint8Array;
  readonly #bits: Int32Array;
  readonly #named = new Map<ValueId, Int32Array>();
  readonly #touched = new Map<number, Int32Array>();
  readonly #written = new Map<Effect, Int32Array>();
  readonly #read = new Map<Effect, Int32Array>();

  /** @internal use `follow` */
  constructor(view: PlaceView, all: Places, list: readonly Place[], accesses: BlockAccesses) {
    this.view = view;
    this.list = list;
    this.accesses = accesses;
    this.words = (list.length + 31) >> 5;
    this.#bits = new Int32Array(all.list.length).fill(-1);
    for (let k = 0; k < list.length; k++) this.#bits[(list[k] as Place).number] = k;
    this.names = bytes(view.f.insts.length);
    for (const { bytes: address, element } of list) {
      if (address !== null) this.#name(address.base);
      if (element !== null) {
        this.#name(element.base);
        this.#name(element.index);
      }
    }
  }

  #name(v: ValueId | -1): void {
    if (v !== -1) this.names[v] = 1;
  }

  /** The bit of a place; -1: it is not followed. */
  bitOf(place: Place): number {
    return this.#bits[place.number] as number;
  }

  /** The places for which something holds. */
  mask(holds: (place: Place) => boolean): Int32Array {
    const mask = ints(this.words);
    for (let k = 0; k < this.list.length; k++) if (holds(this.list[k] as Place)) setBit(mask, 0, k);
    return mask;
  }

  /** The places that a value names: where it is defined they become other places. Null: none. */
  namedBy(v: ValueId): Int32Array | null {
    if (this.names[v] !== 1) return null;
    let mask = this.#named.get(v);
    if (mask === undefined) {
      mask = this.mask((place) => namesPlace(v, place));
      this.#named.set(v, mask);
    }
    return mask;
  }

  /** The places, but this one, that an access to a place may touch. */
  touchedBy(place: Place): Int32Array {
    let mask = this.#touched.get(place.number);
    if (mask === undefined) {
      const { objects } = this.view;
      mask = this.mask((other) => other !== place && aliasPlaces(place, other, objects) !== 'no');
      this.#touched.set(place.number, mask);
    }
    return mask;
  }

  /** The places that something may change of which the effect is all that is known. */
  writtenBy(effect: Effect): Int32Array {
    let mask = this.#written.get(effect);
    if (mask === undefined) {
      mask = this.mask((place) => mayWrite(effect, place, this.view.objects));
      this.#written.set(effect, mask);
    }
    return mask;
  }

  /** The places whose values something may read of which the effect is all that is known. */
  readBy(effect: Effect): Int32Array {
    let mask = this.#read.get(effect);
    if (mask === undefined) {
      mask = this.mask((place) => mayRead(effect, place, this.view.objects));
      this.#read.set(effect, mask);
    }
    return mask;
  }
}

/** Sets a bit of a mask that starts at `at`. */
export function setBit(words: Int32Array, at: number, bit: number): void {
  const i = at + (bit >> 5);
  words[i] = (words[i] as number) | (1 << (bit & 31));
}

/** Whether a bit of a mask that starts at `at` is set. */
export function hasBit(words: Int32Array, at: number, bit: number): boolean {
  return (((words[at + (bit >> 5)] as number) >>> (bit & 31)) & 1) === 1;
}
