/**
 * What writes in each loop, as far as loads and checks that could leave the loop must know: regions that are written somehow,
 * and the places of the first few stores and frees, which can be told apart from what is read (lib/alias.ts).
 */

import {
  type BlockId,
  type Effect,
  type Func,
  type Inst,
  instOf,
  ints,
  type LoopForest,
  type LoopId,
  type Module,
  none,
  type RegionSet,
  termOf,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';
import { objectsOf } from '../lib/objects.ts';
import { aliasPlaces, type HeapPlace, heapPlaceOf, mayBeInOne, type Place, Places, placeRole } from '../lib/places.ts';
import { effectOf } from '../lib/summaries.ts';

/** The writes of loops. */
export interface Writers {
  /** Whether something in the loop may change what an instruction with this effect reads. */
  conflicts(loop: LoopId, inst: Inst, effect: Effect): boolean;
}

/** What one store or free touches. */
interface Write {
  readonly place: Place | null;
  /** Of a free: its pointer. */
  readonly freed: HeapPlace | null;
}

/** Writes of a loop that are told apart; with more of them, their regions are written somehow. */
const toldApart = 24;

/** What can be told apart, made when first asked for. */
interface Detail {
  readonly places: Places;
  /** By loop: regions that are written by what is not in `writes`. */
  readonly unknown: Int32Array;
  readonly writes: readonly (readonly Write[])[];
}

/** The writes of the loops of a function. */
export function writersOf(f: Func, cx: Pick<FuncContext, 'get' | 'module' | 'ops'>, loops: LoopForest): Writers {
  const regions = regionsOf(f, cx.module, loops);
  let detail: Detail | null = null;
  return {
    conflicts: (loop, inst, { reads }) => {
      if (((regions[loop] as number) & reads) === 0) return false;
      if (placeRole(inst.op) === null) return true;
      detail ??= detailOf(f, cx, loops);
      if (((detail.unknown[loop] as number) & reads) !== 0) return true;
      return changes(detail, detail.writes[loop] ?? none, inst);
    },
  };
}

/** By loop: the regions that something in it, or in a loop inside it, writes. */
function regionsOf(f: Func, m: Module, loops: LoopForest): Int32Array {
  const writes = ints(loops.count);
  for (let i = 0; i < f.order.length; i++) {
    const b = f.order[i] as BlockId;
    const loop = loops.loopOf(b);
    const block = f.blocks[b];
    if (loop === -1 || block === undefined) continue;
    const { body } = block;
    let set = effectOf(m, termOf(f, b)).writes;
    for (let k = 0; k < body.length; k++) set |= effectOf(m, instOf(f, body[k] as ValueId)).writes;
    writes[loop] = (writes[loop] as number) | set;
  }
  upwards(loops, (l, parent) => {
    writes[parent] = (writes[parent] as number) | (writes[l] as number);
  });
  return writes;
}

/** Hands what is known of each loop to the loop around it, inner loops first. */
function upwards(loops: LoopForest, hand: (l: number, parent: number) => void): void {
  for (let l = loops.count - 1; l >= 0; l--) {
    const parent = loops.parent[l] as number;
    if (parent >= 0) hand(l, parent);
  }
}

function detailOf(f: Func, cx: Pick<FuncContext, 'get' | 'module' | 'ops'>, loops: LoopForest): Detail {
  const read = { ops: cx.ops, inst: (v: ValueId) => instOf(f, v) };
  const places = new Places({ f, read, objects: cx.get(objectsOf) });
  const unknown = ints(loops.count);
  const regions = ints(loops.count);
  const writes: Write[][] = Array.from({ length: loops.count }, () => []);
  const some = (l: number, set: RegionSet): void => {
    unknown[l] = (unknown[l] as number) | set;
  };
  for (let i = 0; i < f.order.length; i++) {
    const b = f.order[i] as BlockId;
    const l = loops.loopOf(b);
    if (l === -1) continue;
    some(l, effectOf(cx.module, termOf(f, b)).writes);
    for (const v of f.blocks[b]?.body ?? []) {
      const inst = instOf(f, v);
      const effect = effectOf(cx.module, inst);
      if (effect.writes === 0) continue;
      const role = placeRole(inst.op);
      // A new object is none of those that were there.
      if (role === 'heap-alloc') continue;
      if (role === null) some(l, effect.writes);
      else if ((writes[l] as Write[]).length < toldApart) {
        const freed = role === 'heap-free' ? heapPlaceOf(inst.args[0] as ValueId, places.view) : null;
        (writes[l] as Write[]).push({ place: freed === null ? places.of(inst, role) : null, freed });
        regions[l] = (regions[l] as number) | effect.writes;
      } else some(l, effect.writes);
    }
  }
  upwards(loops, (l, parent) => {
    some(parent, unknown[l] as number);
    const mine = writes[parent] as Write[];
    const inner = writes[l] as Write[];
    regions[parent] = (regions[parent] as number) | (regions[l] as number);
    if (mine.length + inner.length > toldApart) some(parent, regions[l] as number);
    else for (const write of inner) mine.push(write);
  });
  return { places, unknown, writes };
}

function changes({ places }: Detail, writes: readonly Write[], inst: Inst): boolean {
  const role = placeRole(inst.op);
  const read = role === null ? null : places.of(inst, role);
  if (read === null) return true;
  const { objects } = places.view;
  // Stores neither end objects nor take from what is initialised.
  const value = role !== 'heap-check' && role !== 'heap-check-init';
  for (const { place, freed } of writes) {
    if (freed !== null && read.element !== null && mayBeInOne(read.element, freed, objects)) return true;
    if (value && place !== null && aliasPlaces(read, place, objects) !== 'no') return true;
  }
  return false;
}
