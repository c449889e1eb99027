/**
 * Groups of steps that the loop executes as one case: the first saves a dispatch for each of the others.
 *
 *     i64.add r k -> r ; jump i64.lt_s r r     the loop's counter and its test, one case
 *
 * Which sequences become groups is found in the program: the pair of neighbours that weighs most becomes a group, then
 * the next, which may contain groups (as in byte pair encoding). A step weighs by the loops that it stands in. A
 * label begins a group; only the last step of a group may jump, call or return.
 *
 * Paper:   Proebsting, Optimizing an ANSI C Interpreter with Superoperators, POPL 1995.
 * Differs: chosen for each program when it is loaded; the number is small, since each case costs compile time (about
 *          0.3 ms) whether it runs or not.
 */

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

/** Sequences that become groups: beyond this many, speed no longer grows (3.8 ns a Bril instruction; without, 5.0). */
const mostMerges = 16;
/** Steps in a group: long lines must not become one case. */
const longest = 6;
/** A step inside a loop weighs so much more than one outside, up to so many loops. */
const loopFactor = 8;
const deepest = 4;

/** A row of steps while it is grouped. */
interface Row {
  first: number;
  end: number;
  steps: Step[];
  /** The number of its sequence of forms. */
  kind: number;
  readonly heat: number;
  /** Begins at a label. */
  readonly label: boolean;
  next: Row | null;
}

/** Groups the steps of all functions. */
export function groupSteps(funcs: readonly TranslatedFunc[], counts: boolean): readonly (readonly StepGroup[])[] {
  const kinds = new Kinds();
  const rows = funcs.map((f) => rowsOf(f, counts, kinds));
  for (let n = 0; n < mostMerges; n++) {
    const pair = heaviestPair(rows, kinds);
    if (pair === null) break;
    for (const row of rows) merge(row, pair, kinds);
  }
  return rows.map((row) => {
    const groups: StepGroup[] = [];
    for (let at = row; at !== null; at = at.next) groups.push(finish(at, kinds.formsOf(at.kind)));
    return groups;
  });
}

/** Sequences of forms by number. */
class Kinds {
  readonly #forms: (readonly Form[])[] = [];
  readonly #straight: boolean[] = [];
  readonly #single = new Map<Form, number>();
  readonly #joined = new Map<number, number>();

  of(form: Form): number {
    let kind = this.#single.get(form);
    if (kind === undefined) {
      kind = this.#add([form]);
      this.#single.set(form, kind);
    }
    return kind;
  }

  joined(a: number, b: number): number {
    const key = pairKey(a, b);
    let kind = this.#joined.get(key);
    if (kind === undefined) {
      kind = this.#add([...this.formsOf(a), ...this.formsOf(b)]);
      this.#joined.set(key, kind);
    }
    return kind;
  }

  formsOf(kind: number): readonly Form[] {
    return this.#forms[kind] as readonly Form[];
  }

  /** Whether control always goes on from the first to the second, and both have words of a fixed number. */
  mayJoin(a: number, b: number): boolean {
    const length = this.formsOf(a).length + this.formsOf(b).length;
    return length <= longest && this.#straight[a] === true && this.formsOf(b).every(({ width }) => width >= 0);
  }

  #add(forms: readonly Form[]): number {
    this.#straight.push(forms.every(({ text, next }) => next && !text.includes('continue')));
    return this.#forms.push(forms) - 1;
  }
}

function pairKey(a: number, b: number): number {
  return a * 2 ** 26 + b;
}

/** A function's steps, each by itself. */
function rowsOf(f: TranslatedFunc, counts: boolean, kinds: Kinds): Row | null {
  const depth = loopDepths(f);
  const isLabel = new Uint8Array(f.steps.length);
  for (const step of f.labels.values()) isLabel[step] = 1;
  let head: Row | null = null;
  let tail: Row | null = null;
  let first = 0;
  let label = false;
  f.steps.forEach((step, i) => {
    label ||= isLabel[i] === 1;
    if (step.form === tickForm && !counts) return;
    const heat = loopFactor ** Math.min(depth[i] as number, deepest);
    const row: Row = { first, end: i + 1, steps: [step], kind: kinds.of(step.form), heat, label, next: null };
    if (tail === null) head = row;
    else tail.next = row;
    tail = row;
    first = i + 1;
    label = false;
  });
  return head;
}

/** By step: how many jumps backwards lead over it. */
function loopDepths(f: TranslatedFunc): Int32Array {
  const change = new Int32Array(f.steps.length + 1);
  f.steps.forEach((step, i) => {
    if (step.labels < 0) return;
    for (let k = step.labels; k < step.words.length; k++) {
      const target = f.labels.get(step.words[k] as number) as number;
      if (target > i) continue;
      change[target] = (change[target] as number) + 1;
      change[i + 1] = (change[i + 1] as number) - 1;
    }
  });
  let depth = 0;
  return change.map((n) => {
    depth += n;
    return depth;
  });
}

function heaviestPair(rows: readonly (Row | null)[], kinds: Kinds): { readonly a: number; readonly b: number } | null {
  const weights = new Map<number, number>();
  let best = 0;
  let found: { a: number; b: number } | null = null;
  for (const row of rows) {
    for (let at = row; at !== null; at = at.next) {
      const { next } = at;
      if (next === null || next.label || !kinds.mayJoin(at.kind, next.kind)) continue;
      const key = pairKey(at.kind, next.kind);
      const weight = (weights.get(key) ?? 0) + at.heat;
      weights.set(key, weight);
      if (weight > best) {
        best = weight;
        found = { a: at.kind, b: next.kind };
      }
    }
  }
  return best < loopFactor ? null : found;
}

function merge(row: Row | null, { a, b }: { readonly a: number; readonly b: number }, kinds: Kinds): void {
  const kind = kinds.joined(a, b);
  for (let at = row; at !== null; at = at.next) {
    const { next } = at;
    if (at.kind !== a || next === null || next.kind !== b || next.label) continue;
    at.steps = [...at.steps, ...next.steps];
    at.end = next.end;
    at.kind = kind;
    at.next = next.next;
  }
}

function finish({ first, end, steps }: Row, forms: readonly Form[]): StepGroup {
  let size = 1;
  let weight = 0;
  for (const step of steps) {
    size += step.words.length;
    weight += step.weight;
  }
  return { first, end, steps, forms, size, weight };
}
