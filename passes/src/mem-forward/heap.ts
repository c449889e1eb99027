/** What is known of the heap at one point: elements that exist, are initialised, hold a value. */

import type { ResultType, ValueId } from '@sluice/ir';
import type { Reader } from '@sluice/pipeline';
import { isConfined } from '../lib/objects.ts';
import { aliasHeap, type HeapPlace, mayBeInOne, type PlaceView } from '../lib/places.ts';
import { type Element, hasElement } from '../rules/locations.ts';
import { withFact } from './memory.ts';

/** What is known of an element. */
export interface HeapFact extends HeapPlace {
  /** Its object lives and has it: `heap.check` would pass. */
  readonly checked: boolean;
  readonly initialised: boolean;
  /** What it holds, -1 when that is not known, and its type. */
  readonly value: ValueId | -1;
  readonly type: ResultType;
}

/** Whether two are one element, whatever their objects are. */
export function sameElement(a: Element, b: Element): boolean {
  return a.base === b.base && a.offset === b.offset && a.index === b.index;
}

/** Whether two elements may be the same one. */
export function mayBeSame(a: HeapPlace, b: HeapPlace, { objects }: PlaceView): boolean {
  return aliasHeap(a, b, objects) !== 'no';
}

/** What is known of an element. */
export function factOf(facts: readonly HeapFact[], at: Element): HeapFact | undefined {
  for (let i = facts.length - 1; i >= 0; i--) if (sameElement(facts[i] as HeapFact, at)) return facts[i];
  return undefined;
}

/** Whether a check of the element would pass. */
export function isChecked(facts: readonly HeapFact[], at: Element, read: Reader): boolean {
  if (factOf(facts, at)?.checked === true) return true;
  // The object lives, since one of its elements was checked, and its size is known.
  if (at.index !== -1 || !hasElement(at.base, at.offset, read)) return false;
  return facts.some((fact) => fact.base === at.base && fact.checked);
}

/** The facts with more known of one element. */
export function learn(facts: readonly HeapFact[], at: HeapPlace, more: Partial<HeapFact>): readonly HeapFact[] {
  const known = factOf(facts, at);
  const { base, index, offset, object } = at;
  const fresh: HeapFact = {
    ...{ base, index, offset, object },
    ...{ checked: false, initialised: false, value: -1, type: 'void' },
  };
  const fact: HeapFact = { ...(known ?? fresh), ...more };
  return known === undefined ? withFact(facts, fact) : facts.map((other) => (other === known ? fact : other));
}

/** After a store somewhere: it takes no element's life and uninitialises none, but values may differ. */
export function afterStore(facts: readonly HeapFact[], at: HeapPlace, view: PlaceView): readonly HeapFact[] {
  return facts.map((fact) => (fact.value !== -1 && mayBeSame(fact, at, view) ? { ...fact, value: -1 as const } : fact));
}

/** After stores to places that are not known. */
export function withoutValues(facts: readonly HeapFact[]): readonly HeapFact[] {
  if (facts.every(({ value }) => value === -1)) return facts;
  return facts.filter(({ checked }) => checked).map((fact) => ({ ...fact, value: -1 as const }));
}

/** After something that this function does not see: what is known of objects that it alone reaches. */
export function confinedFacts(facts: readonly HeapFact[], { objects }: PlaceView): readonly HeapFact[] {
  return facts.length === 0 ? facts : facts.filter(({ object }) => isConfined(objects, object));
}

/** After the end of an object: what is known of other objects stays. */
export function afterFree(facts: readonly HeapFact[], at: HeapPlace, { objects }: PlaceView): readonly HeapFact[] {
  return facts.filter((fact) => !mayBeInOne(fact, at, objects));
}
