/**
 * Lays steps out as code for one variant of the loop: groups steps (groups.ts), numbers the groups' cases, places
 * functions one after the other, resolves labels and callees.
 */

import { groupSteps, type StepGroup } from './groups.ts';
import { groupText, type Loop, loopFor, type Variant } from './loop.ts';
import type { Step, TranslatedFunc } from './step.ts';
import { warm } from './warm.ts';

/** Where an execution is in its program. */
export interface Place {
  readonly func: string;
  /** The index of the instruction in the function's code. */
  readonly instr: number;
  /** Instructions that the loop counted, but that come after this one. */
  readonly late: number;
}

/** Code for a variant of the loop. */
export interface Layout {
  readonly loop: Loop;
  readonly code: Int32Array;
  /** By place in the code: the instructions that the group there stands for. Empty where nothing is counted. */
  readonly weights: Int32Array;
  /** By function: its entry. */
  readonly entries: Int32Array;
  /** The instruction at a place in the code. */
  readonly placeOf: (pc: number) => Place;
}

interface PlacedFunc {
  readonly f: TranslatedFunc;
  readonly groups: readonly StepGroup[];
  /** By group: its place. */
  readonly places: Int32Array;
}

/** Lays out all functions. */
export function layOut(funcs: readonly TranslatedFunc[], variant: Variant): Layout {
  let size = 0;
  const grouped = groupSteps(funcs, variant.count);
  const placed = funcs.map((f, i): PlacedFunc => {
    const groups = grouped[i] as readonly StepGroup[];
    const places = new Int32Array(groups.length);
    groups.forEach((group, k) => {
      places[k] = size;
      size += group.size;
    });
    return { f, groups, places };
  });
  const textOf = memo((forms: StepGroup['forms']) => groupText(forms, variant));
  const texts = new Set<string>();
  for (const { groups } of placed) for (const group of groups) texts.add(textOf(group.forms));
  const loop = loopFor([...texts], variant, (fresh) => warm(fresh, variant));
  const code = new Int32Array(size);
  const weights = new Int32Array(variant.count ? size : 0);
  const entries = Int32Array.from(placed, ({ places }) => places[0] as number);
  for (const func of placed) {
    const labels = labelPlaces(func);
    func.groups.forEach((group, k) => {
      let at = func.places[k] as number;
      if (variant.count) weights[at] = group.weight;
      code[at++] = loop.opcodes.get(textOf(group.forms)) as number;
      for (const step of group.steps) {
        writeWords(code, at, step, labels);
        if (step.callee >= 0) {
          const callee = step.words[step.callee] as number;
          code[at + step.callee] = entries[callee] as number;
          code[at + step.callee + 2] = (funcs[callee] as TranslatedFunc).cells;
        }
        at += step.words.length;
      }
    });
  }
  return { loop, code, weights, entries, placeOf: (pc) => findPlace(placed, entries, pc) };
}

function writeWords(code: Int32Array, at: number, step: Step, labels: ReadonlyMap<number, number>): void {
  const { words } = step;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    code[at + i] = step.labels >= 0 && i >= step.labels ? (labels.get(word) as number) : word;
  }
}

/** The place of each label, by the index of its instruction. */
function labelPlaces({ f, groups, places }: PlacedFunc): ReadonlyMap<number, number> {
  const byStep = new Int32Array(f.steps.length);
  groups.forEach((group, k) => {
    byStep.fill(places[k] as number, group.first, group.end);
  });
  return new Map([...f.labels].map(([instr, step]) => [instr, byStep[step] as number]));
}

function findPlace(placed: readonly PlacedFunc[], entries: Int32Array, pc: number): Place {
  const { f, groups, places } = placed[lastUpTo(entries, pc)] as PlacedFunc;
  const k = lastUpTo(places, pc);
  const { steps } = groups[k] as StepGroup;
  let at = places[k] as number;
  let found = 0;
  for (let i = 0; i < steps.length && at <= pc; i++) {
    found = i;
    at += (steps[i] as Step).words.length;
  }
  const step = steps[found] as Step;
  const late = steps.slice(found + 1).reduce((sum, { weight }) => sum + weight, step.late);
  return { func: f.name, instr: step.instr, late };
}

/** The last index whose element is not greater, in an ascending array. */
function lastUpTo(ascending: Int32Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ascending[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function memo<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = compute(key);
      known.set(key, value);
    }
    return value;
  };
}
