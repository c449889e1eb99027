/** What the instructions of each loop may do to places, but for the accesses that could be promoted themselves. */

import {
  type BlockId,
  blockOf,
  type Effect,
  type Func,
  type Inst,
  instOf,
  ints,
  type LoopForest,
  type LoopId,
  type Module,
  seenAfter,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';
import { type Available, type Facts, facts } from '../lib/available.ts';
import type { Objects } from '../lib/objects.ts';
import { isConfined, objectsOf } from '../lib/objects.ts';
import type { Place } from '../lib/places.ts';
import { effectOf } from '../lib/summaries.ts';

/** Hazards of loops. */
export interface Hazards {
  /** By loop: the places that are stored to; undefined for none. */
  readonly stored: readonly (Int32Array | undefined)[];
  /** Whether a place is touched otherwise than by its own loads and stores, or is another place on each turn. */
  touches(loop: LoopId, bit: number): boolean;
  /** Whether something in the loop may end the execution in a way that shows what the place holds; `before`: what is known. */
  shows(loop: LoopId, place: Place, before: Facts): boolean;
}

const trapsBit = 1;
const throwsBit = 2;

/** The hazards of the loops of a function. */
export function hazardsOf(
  f: Func,
  cx: FuncContext<Record<never, never>>,
  loops: LoopForest,
  known: Available,
): Hazards {
  const { words } = known.followed;
  const stored: (Int32Array | undefined)[] = new Array(loops.count);
  const touched = ints(loops.count * words);
  const accessed = ints(loops.count * words);
  const ends = ints(loops.count);
  for (let i = 0; i < f.order.length; i++) {
    const b = f.order[i] as BlockId;
    const l = loops.loopOf(b);
    if (l === -1) continue;
    addEvents(known, b, touched.subarray(l * words, (l + 1) * words));
    addReads(known, b, touched.subarray(l * words, (l + 1) * words));
    const mine = storedIn(known, b);
    if (mine !== null) stored[l] = or(stored[l] ?? ints(words), mine);
    ends[l] = (ends[l] as number) | endsOf(f, cx.module, known, b, accessed.subarray(l * words, (l + 1) * words));
  }
  // What a loop does, the loop around it does.
  for (let l = loops.count - 1; l >= 0; l--) {
    const parent = loops.parent[l] as number;
    if (parent < 0) continue;
    or(touched.subarray(parent * words, (parent + 1) * words), touched.subarray(l * words, (l + 1) * words));
    or(accessed.subarray(parent * words, (parent + 1) * words), accessed.subarray(l * words, (l + 1) * words));
    ends[parent] = (ends[parent] as number) | (ends[l] as number);
    const inner = stored[l];
    if (inner !== undefined) stored[parent] = or(stored[parent] ?? ints(words), inner);
  }
  const objects = cx.get(objectsOf);
  return {
    stored,
    touches: (l, bit) => ((touched[l * words + (bit >> 5)] as number) >>> (bit & 31)) % 2 === 1,
    shows: (l, place, before) => {
      let bits = ends[l] as number;
      // What was accessed before is within the memory.
      for (let i = 0; i < words; i++) {
        const mask = accessed[l * words + i] as number;
        if ((mask & ~(before[facts.valued * words + i] as number)) !== 0) bits |= trapsBit;
      }
      return showsAfter(objects, bits, place);
    },
  };
}

function or(into: Int32Array, mask: Int32Array): Int32Array {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) | (mask[i] as number);
  return into;
}

/** Writes to other places that may be the same one; ends of objects; definitions of what names a place. */
function addEvents(known: Available, b: BlockId, touched: Int32Array): void {
  for (const { clears } of known.events[b] ?? []) if (clears !== null) or(touched, clears);
}

function addReads(known: Available, b: BlockId, touched: Int32Array): void {
  for (const { role, place, effect } of known.followed.accesses[b] ?? []) {
    if (role === null) or(touched, known.followed.readBy(effect));
    else if (place !== null && role !== 'heap-check' && role !== 'heap-check-init')
      or(touched, known.followed.touchedBy(place));
  }
}

function storedIn(known: Available, b: BlockId): Int32Array | null {
  let mask: Int32Array | null = null;
  for (const { what, place } of known.events[b] ?? []) {
    if (what !== 'store' || place === -1) continue;
    mask ??= ints(known.followed.words);
    mask[place >> 5] = (mask[place >> 5] as number) | (1 << (place & 31));
  }
  return mask;
}

/** How the execution may end in a block other than by leaving it; accesses to memory that is followed go to `accessed`. */
function endsOf(f: Func, m: Module, known: Available, b: BlockId, accessed: Int32Array): number {
  const { body, term } = blockOf(f, b);
  const accesses = known.followed.accesses[b];
  let next = 0;
  let bits = bitsOf(effectOf(m, instOf(f, term)));
  for (let k = 0; k < body.length; k++) {
    const v = body[k] as ValueId;
    const access = accesses?.[next];
    if (access?.v === v) next++;
    const bit = access?.v === v && access.place?.bytes != null ? known.followed.bitOf(access.place) : -1;
    if (bit === -1) bits |= bitsOf(effectOf(m, f.insts[v] as Inst));
    else accessed[bit >> 5] = (accessed[bit >> 5] as number) | (1 << (bit & 31));
  }
  return bits;
}

function bitsOf({ traps }: Effect): number {
  if (traps.length === 0) return 0;
  return traps.includes('throw') ? trapsBit | throwsBit : trapsBit;
}

function showsAfter(objects: Objects, ends: number, { region, element }: Place): boolean {
  if (ends === 0) return false;
  // A caller may catch it and look.
  if ((ends & throwsBit) !== 0) return element === null || !isConfined(objects, element.object);
  return (seenAfter([]) & region) !== 0;
}
