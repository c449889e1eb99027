/** Groups of steps that the loop executes as one: the first saves a dispatch for each of the others. */

import { type Form, tickForm } from './form.ts';
import type { Step, TranslatedFunc } from './step.ts';

/** Steps that are one case of the loop. */
export interface StepGroup {
  /** The range of the function's steps that it stands for; steps that only count may stand there in addition. */
  readonly first: number;
  readonly end: number;
  readonly steps: readonly Step[];
  /** The forms of the steps; equal groups share one list. */
  readonly forms: readonly Form[];
  /** Words of code. */
  readonly size: number;
  readonly weight: number;
}

/** Groups a function's steps. A label is always the start of a group. */
export function groupSteps(f: TranslatedFunc, counts: boolean): readonly StepGroup[] {
  const groups: StepGroup[] = [];
  let first = 0;
  for (let i = 0; i < f.steps.length; i++) {
    const step = f.steps[i] as Step;
    if (step.form === tickForm && !counts) continue;
    groups.push(makeGroup(first, i + 1, [step]));
    first = i + 1;
  }
  return groups;
}

const lists = new Map<Form, readonly Form[]>();

function listOf(form: Form): readonly Form[] {
  let list = lists.get(form);
  if (list === undefined) {
    list = [form];
    lists.set(form, list);
  }
  return list;
}

function makeGroup(first: number, end: number, steps: readonly Step[]): StepGroup {
  const forms = listOf((steps[0] as Step).form);
  let size = 1;
  let weight = 0;
  for (const step of steps) {
    size += step.words.length;
    weight += step.weight;
  }
  return { first, end, steps, forms, size, weight };
}
