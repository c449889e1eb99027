/** What is known of the heap at one point: elements that exist, are initialised, hold a value. */

import type { ResultType, ValueId } from '@sluice/ir';
import type { Reader } from '@sluice/pipeline';
import { elementOf, hasElement, isAllocation } from '../rules/locations.ts';
import { withFact } from './memory.ts';

/** An element: the pointer that it is counted from, and how far it is. */
export interface Element {
  readonly base: ValueId;
  readonly offset: number;
}

/** What is known of an element. */
export interface HeapFact extends Element {
  /** Its object lives and has it: `heap.check` would pass. */
  readonly checked: boolean;
  readonly initialised: boolean;
  /** What it holds, -1 when that is not known, and its type. */
  readonly value: ValueId | -1;
  readonly type: ResultType;
}

/** The element that an instruction of the heap is about. */
export function element(pointer: ValueId, read: Reader): Element {
  return elementOf(pointer, read);
}

/** Whether two are one element, whatever their objects are. */
export function sameElement(a: Element, b: Element): boolean {
  return a.base === b.base && a.offset === b.offset;
}

/** Whether two elements may be the same one: unless they have one base, or come from two allocations. */
export function mayBeSame(a: Element, b: Element, read: Reader): boolean {
  if (a.base === b.base) return a.offset === b.offset;
  return !isAllocation(a.base, read) || !isAllocation(b.base, read);
}

/** What is known of an element. */
export function factOf(facts: readonly HeapFact[], at: Element): HeapFact | undefined {
  return facts.find((fact) => sameElement(fact, at));
}

/** Whether a check of the element would pass. */
export function isChecked(facts: readonly HeapFact[], at: Element, read: Reader): boolean {
  if (factOf(facts, at)?.checked === true) return true;
  // The object lives, since one of its elements was checked, and its size is known.
  return hasElement(at.base, at.offset, read) && facts.some((fact) => fact.base === at.base && fact.checked);
}

/** The facts with more known of one element. */
export function learn(facts: readonly HeapFact[], at: Element, more: Partial<HeapFact>): readonly HeapFact[] {
  const known = factOf(facts, at);
  const { base, offset } = at;
  const fresh: HeapFact = { base, offset, checked: false, initialised: false, value: -1, type: 'void' };
  const fact: HeapFact = { ...(known ?? fresh), ...more };
  return known === undefined ? withFact(facts, fact) : facts.map((other) => (other === known ? fact : other));
}

/** After a store somewhere: it takes no element's life and uninitialises none, but values may differ. */
export function afterStore(facts: readonly HeapFact[], at: Element, read: Reader): readonly HeapFact[] {
  return facts.map((fact) => (fact.value !== -1 && mayBeSame(fact, at, read) ? { ...fact, value: -1 as const } : fact));
}

/** After stores to places that are not known. */
export function withoutValues(facts: readonly HeapFact[]): readonly HeapFact[] {
  if (facts.every(({ value }) => value === -1)) return facts;
  return facts.filter(({ checked }) => checked).map((fact) => ({ ...fact, value: -1 as const }));
}

/** After the end of an object: what is known of allocations that are not this one stays. */
export function afterFree(facts: readonly HeapFact[], at: Element, read: Reader): readonly HeapFact[] {
  if (!isAllocation(at.base, read)) return [];
  return facts.filter((fact) => fact.base !== at.base && isAllocation(fact.base, read));
}
