/**
 * Places that a function's instructions touch, numbered: bytes of linear memory, elements of heap objects, globals. What
 * passes over memory share: which accesses are to the same place, and what an instruction may do to a place.
 */

import {
  type BlockId,
  type Effect,
  type Func,
  type Inst,
  type OpDef,
  type RegionSet,
  type ResultType,
  regionSet,
  type ValueId,
} from '@sluice/ir';
import type { Reader } from '@sluice/pipeline';
import { type Element, elementOf, type Role, roleOf } from '../rules/locations.ts';
import { type Answer, aliasBytes, aliasElements, type Bytes, bytesOf, isNamedBy } from './alias.ts';
import { isConfined, mayShareObject, type Objects, objectOf } from './objects.ts';

/** An element, and the object that it is in as `objectOf` gives it. */
export interface HeapPlace extends Element {
  readonly object: number;
}

/** What tells the places of one function apart. */
export interface PlaceView {
  readonly f: Func;
  readonly read: Reader;
  readonly objects: Objects;
}

/** The element that a heap pointer is to. */
export function heapPlaceOf(pointer: ValueId, { f, read, objects }: PlaceView): HeapPlace {
  const { base, index, offset } = elementOf(pointer, read);
  return { base, index, offset, object: objectOf(f, objects, base) };
}

/** Whether two elements may be in the same object. */
export function mayBeInOne(a: HeapPlace, b: HeapPlace, objects: Objects): boolean {
  return a.base === b.base || mayShareObject(objects, a.object, b.object);
}

/** Of two elements: by their pointers and by their objects. */
export function aliasHeap(a: HeapPlace, b: HeapPlace, objects: Objects): Answer {
  const answer = aliasElements(a, b);
  return answer === 'may' && !mayBeInOne(a, b, objects) ? 'no' : answer;
}

/** A place, and how it is accessed: a place that is read as another type is another place, which overlaps. */
export interface Place {
  readonly number: number;
  /** The region that holds its value. */
  readonly region: RegionSet;
  readonly bytes: Bytes | null;
  readonly element: HeapPlace | null;
  readonly global: string | null;
  /** The type of loads; of elements, that of the first one; `void` where only checks are known. */
  type: ResultType;
  /** Bytes: the op, where it is narrower than its value. */
  readonly narrow: OpDef | null;
  /** Accesses seen. */
  count: number;
  /** Those of them that store. */
  stores: number;
  /** The block of the last access that `follow` saw, -1 before that; whether another block has one as well. */
  block: BlockId | -1;
  spread: boolean;
}

/** The regions that have places. */
export const placeRegions: RegionSet = regionSet('memory', 'globals', 'heap', 'objects');
const memory = regionSet('memory');
const globals = regionSet('globals');
const heap = regionSet('heap');
const objectsRegion = regionSet('objects');

const widths: Readonly<Record<string, number>> = { i32: 4, f32: 4, i64: 8, f64: 8, v128: 16 };

/** The places of a function as they are met. */
export class Places {
  readonly list: Place[] = [];
  readonly view: PlaceView;
  readonly #known = new Map<string, Place>();

  constructor(view: PlaceView) {
    this.view = view;
  }

  /** The place that an instruction with this role accesses; null for those that are about whole objects. */
  of(inst: Inst, role: Role): Place | null {
    const place = this.#of(inst, role);
    if (place !== null && (role === 'store' || role === 'heap-store' || role === 'global-set')) place.stores++;
    return place;
  }

  #of(inst: Inst, role: Role): Place | null {
    switch (role) {
      case 'load':
        return this.#bytes(inst, inst.type);
      case 'store':
        return this.#bytes(inst, this.#typeOf(inst.args[1]));
      case 'global-get':
        return this.#global(inst, inst.type);
      case 'global-set':
        return this.#global(inst, this.#typeOf(inst.args[0]));
      case 'heap-alloc':
      case 'heap-free':
        return null;
      default: {
        const place = this.element(heapPlaceOf(inst.args[0] as ValueId, this.view));
        const type = role === 'heap-store' ? this.#typeOf(inst.args[1]) : inst.type;
        if (place.type === 'void') place.type = type;
        return place;
      }
    }
  }

  /** The place of an element. */
  element(at: HeapPlace): Place {
    const key = `e${at.base},${at.index},${at.offset}`;
    const known = this.#again(key);
    return (
      known ?? this.#add(key, { region: heap, bytes: null, element: at, global: null, type: 'void', narrow: null })
    );
  }

  #bytes(inst: Inst, type: ResultType): Place {
    const bytes = bytesOf(inst, this.view.read);
    const narrow = bytes.bytes === widths[type] ? null : inst.op;
    const key = `b${bytes.base},${bytes.offset},${narrow === null ? type : narrow.name}`;
    const known = this.#again(key);
    return known ?? this.#add(key, { region: memory, bytes, element: null, global: null, type, narrow });
  }

  #global({ imm }: Inst, type: ResultType): Place {
    const key = `g${String(imm)}`;
    const known = this.#again(key);
    const parts = { region: globals, bytes: null, element: null, global: String(imm), type, narrow: null };
    return known ?? this.#add(key, parts);
  }

  #typeOf(v: ValueId | undefined): ResultType {
    return this.view.read.inst(v as ValueId).type;
  }

  #again(key: string): Place | undefined {
    const known = this.#known.get(key);
    if (known !== undefined) known.count++;
    return known;
  }

  #add(key: string, parts: Omit<Place, 'number' | 'count' | 'stores' | 'block' | 'spread'>): Place {
    const place: Place = { number: this.list.length, count: 1, stores: 0, block: -1, spread: false, ...parts };
    this.list.push(place);
    this.#known.set(key, place);
    return place;
  }
}

/** Whether two places may have something in common. */
export function aliasPlaces(a: Place, b: Place, objects: Objects): Answer {
  if (a === b) return 'must';
  if (a.region !== b.region) return 'no';
  if (a.bytes !== null && b.bytes !== null) return aliasBytes(a.bytes, b.bytes);
  if (a.element !== null && b.element !== null) return aliasHeap(a.element, b.element, objects);
  return a.global === b.global ? 'must' : 'no';
}

/** Whether a value is part of a place's name, so that the name means another place where the value is defined anew. */
export function namesPlace(v: ValueId, { bytes, element }: Place): boolean {
  return bytes !== null ? bytes.base === v : element !== null && isNamedBy(v, element);
}

/**
 * Whether an instruction with these effects, of which no more is known (a call, an op of another dialect), may write a
 * place: the value in it, or whether it is there.
 */
export function mayWrite({ writes }: Effect, place: Place, objects: Objects): boolean {
  if (place.element === null) return (writes & place.region) !== 0;
  return (writes & (heap | objectsRegion)) !== 0 && !isConfined(objects, place.element.object);
}

/** The same of reading. */
export function mayRead({ reads }: Effect, place: Place, objects: Objects): boolean {
  return (reads & place.region) !== 0 && (place.element === null || !isConfined(objects, place.element.object));
}

/** The role of an instruction that touches places; null where effects are all that is known. */
export function placeRole(op: OpDef): Role | null {
  return ((op.effect.reads | op.effect.writes) & placeRegions) === 0 ? null : roleOf(op);
}
