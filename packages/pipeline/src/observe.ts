/**
 * What can be seen of a run: observers get events, and every pass gets every tool for free. Observers are values; the
 * manager calls those that are there and does nothing for those that are not.
 */

import type { Func, Module, ValueId } from '@sluice/ir';
import type { PassInstance } from './schedule.ts';

/** What a pass said that it did, or why it did not. */
export interface Remark {
  readonly instance: string;
  readonly func: string;
  readonly kind: 'rewrite' | 'declined';
  readonly what: string;
  /** The value that it is about, in the function before the pass; null when it is about the whole function. */
  readonly at: ValueId | null;
  /** The number of the rewrite in the whole run, from 1; 0 for `declined`. */
  readonly number: number;
}

/** Listens to a run. Every method is optional. */
export interface Observer {
  /** One function went through one instance (scope `func`); `after === before` when nothing changed. */
  ranOnFunc?(instance: PassInstance, before: Func, after: Func, milliseconds: number): void;
  /** One instance of scope `module` ran. */
  ranOnModule?(instance: PassInstance, before: Module, after: Module, milliseconds: number): void;
  /** A pass did something, or says why not. */
  remark?(remark: Remark): void;
}

/** Time and effect of the instances of a run. */
export interface PassTime {
  readonly id: string;
  readonly milliseconds: number;
  readonly functions: number;
  readonly changed: number;
}

/** Adds up the time of each instance, in order of first run. */
export function timing(): Observer & {
  /** The sums so far, in order of first run. */
  readonly times: () => readonly PassTime[];
} {
  const sums = new Map<string, { milliseconds: number; functions: number; changed: number }>();
  const add = (id: string, milliseconds: number, changed: boolean): void => {
    const sum = sums.get(id) ?? { milliseconds: 0, functions: 0, changed: 0 };
    sum.milliseconds += milliseconds;
    sum.functions++;
    if (changed) sum.changed++;
    sums.set(id, sum);
  };
  return {
    ranOnFunc: (instance, before, after, ms) => add(instance.id, ms, before !== after),
    ranOnModule: (instance, before, after, ms) => add(instance.id, ms, before !== after),
    times: () => [...sums].map(([id, sum]) => ({ id, ...sum })),
  };
}

/** Collects remarks. */
export function remarks(): Observer & { readonly list: readonly Remark[] } {
  const list: Remark[] = [];
  return { list, remark: (remark) => void list.push(remark) };
}
