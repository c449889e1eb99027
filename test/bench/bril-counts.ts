/**
 * What Bril's own rules say of our levels: executed instructions (`total_dyn_inst`: labels don't count) of each benchmark, as
 * it is and as `sluice opt --emit bril` makes it, both run by the direct interpreter.
 */

import { load, presets, type TextTarget, translate } from '@sluice/driver';
import { type BrilRun, exitCodeOf, interpret, parseBril } from '@sluice/frontend-bril';
import { type Module, unwrap } from '@sluice/ir';
import type { BrilCorpus, BrilEntry } from '../corpus.ts';
import { geomean } from './measure.ts';

/** The levels that are counted. */
export const countedLevels = ['O1', 'O2', 'O3'] as const;

/** A level that is counted. */
export type CountedLevel = (typeof countedLevels)[number];

/** One program. */
export interface Counts {
  readonly name: string;
  /** Whether it takes arguments: without any, passes may compute what it prints. */
  readonly takesArguments: boolean;
  readonly original: number;
  readonly counts: Readonly<Record<CountedLevel, number>>;
}

/** At most these, as geometric means of the ratios to the original. */
export const limits: Readonly<Record<CountedLevel, number>> = { O1: 0.9, O2: 0.75, O3: 0.7 };

/** Counts the benchmarks that `wanted` says. Throws where a program does not do what it did. */
export function countBril({ index, read }: BrilCorpus, wanted: (entry: BrilEntry) => boolean): readonly Counts[] {
  const [text] = presets.languages as readonly [TextTarget];
  const rows: Counts[] = [];
  for (const entry of index) {
    if (entry.kind !== 'benchmark' || !wanted(entry)) continue;
    const source = read(entry.bril);
    const { module } = unwrap(load(presets, new TextEncoder().encode(source), entry.bril, {}));
    const before = interpret(unwrap(parseBril(source, entry.bril)), entry.args);
    const count = (level: CountedLevel): number => {
      const after = runOf(module, level, text, entry);
      if (seen(after) !== seen(before)) throw new Error(`${entry.name} does something else at ${level}`);
      return after.dynInst;
    };
    const counts = { O1: count('O1'), O2: count('O2'), O3: count('O3') };
    const name = entry.name.replace(/^benchmarks\//, '');
    rows.push({ name, takesArguments: entry.args.length > 0, original: before.dynInst, counts });
  }
  return rows;
}

function runOf(m: Module, level: CountedLevel, text: TextTarget, { bril, args }: BrilEntry): BrilRun {
  const emitted = unwrap(translate(m, presets.levelPipeline(level), text, presets));
  return interpret(unwrap(parseBril(emitted, bril)), args);
}

function seen({ outcome, stdout }: BrilRun): string {
  return `${exitCodeOf(outcome)} ${stdout}`;
}

/** The ratio of a program at a level. A program of which nothing is left counts as one instruction. */
export function ratioOf({ original, counts }: Counts, level: CountedLevel): number {
  return Math.max(counts[level], 1) / original;
}

/** The geometric mean of the ratios at a level. */
export function meanRatio(rows: readonly Counts[], level: CountedLevel): number {
  return geomean(rows.map((row) => ratioOf(row, level)));
}
