/**
 * Alias analysis: whether two accesses touch the same place. Three things tell places apart:
 *
 *   region     linear memory, heap objects, globals and slots do not overlap (SPEC.md §10)
 *   address    one base and constant offsets: bytes that an i32 sum, which wraps, cannot bring together; elements that a
 *              heap pointer, which does not, keeps apart
 *   object     where a heap pointer comes from (lib/objects.ts)
 *
 * An answer holds for two accesses that see the same values of their bases: of one turn of a loop, that is. Who carries a
 * place over a back-edge forgets it where its base or index is defined.
 *
 * Paper:   the classification by base, offset and object: Amer Diwan, Kathryn McKinley, Eliot Moss, Type-Based Alias
 *          Analysis, PLDI 1998, is a relative; escape as in Jong-Deok Choi et al., Escape Analysis for Java, OOPSLA 1999.
 * Not done: ranges of indices; what callees do with objects that escape to them; memory of linear allocators.
 */

import type { Inst, ValueId } from '@sluice/ir';
import type { Reader } from '@sluice/pipeline';
import { addressOf, type Element, type Place, summand } from '../rules/locations.ts';

/** `must`: the very same bytes or element; `no`: nothing in common. */
export type Answer = 'no' | 'may' | 'must';

/** Bytes of linear memory. */
export interface Bytes extends Place {
  readonly bytes: number;
  /** What the base is a sum of: the base is this plus a constant, modulo 2^32. */
  readonly root: Place;
}

/** The bytes that a load or store touches. */
export function bytesOf(inst: Inst, read: Reader): Bytes {
  const { base, offset } = addressOf(inst, read);
  return { base, offset, bytes: inst.op.access?.bytes ?? 0, root: summand(base, read) };
}

/** Of two accesses to linear memory. */
export function aliasBytes(a: Bytes, b: Bytes): Answer {
  if (a.base === b.base) {
    const distance = a.offset - b.offset;
    if (distance === 0 && a.bytes === b.bytes) return 'must';
    return distance >= b.bytes || distance <= -a.bytes ? 'no' : 'may';
  }
  if (a.base === -1 || b.base === -1 || a.root.base !== b.root.base) return 'may';
  // Each sum may have wrapped, and the offset of an access does not: addresses differ by this modulo 2^32.
  const distance = modulo(a.root.offset + a.offset - b.root.offset - b.offset);
  return distance >= b.bytes && distance <= 2 ** 32 - a.bytes ? 'no' : 'may';
}

function modulo(x: number): number {
  return ((x % 2 ** 32) + 2 ** 32) % 2 ** 32;
}

/** Of two elements, by their pointers alone. */
export function aliasElements(a: Element, b: Element): Answer {
  if (a.base !== b.base || a.index !== b.index) return 'may';
  return a.offset === b.offset ? 'must' : 'no';
}

/** Whether a value is part of an element's name. */
export function isNamedBy(v: ValueId, { base, index }: Element): boolean {
  return base === v || index === v;
}
