/** What a run of scripts shows: a table of counts by script and configuration, then the first failures. */

import type { Failure, Tally } from './run-script.ts';

/** One script on one configuration. */
export interface Row {
  readonly script: string;
  readonly configuration: string;
  readonly tally: Tally;
}

/** Sums of tallies. */
export interface Sum {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The sum of some rows. */
export function sumOf(rows: readonly Row[]): Sum {
  return rows.reduce(
    (sum, { tally }) => ({
      passed: sum.passed + tally.passed,
      failed: sum.failed + tally.failures.length,
      skipped: sum.skipped + tally.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** The table: scripts, then configurations over all scripts, then the whole. `verbose`: each script on each of them. */
export function table(rows: readonly Row[], verbose: boolean): string {
  const scripts = [...new Set(rows.map(({ script }) => script))];
  const configurations = [...new Set(rows.map(({ configuration }) => configuration))];
  const lines: (readonly string[])[] = [['', 'passed', 'failed', 'skipped']];
  const add = (name: string, some: readonly Row[]): void => {
    const { passed, failed, skipped } = sumOf(some);
    lines.push([name, String(passed), String(failed), String(skipped)]);
  };
  for (const script of scripts) {
    const own = rows.filter((row) => row.script === script);
    add(script, own);
    if (verbose) for (const row of own) add(`  ${row.configuration}`, [row]);
  }
  lines.push([]);
  for (const configuration of configurations)
    add(
      configuration,
      rows.filter((row) => row.configuration === configuration),
    );
  lines.push([]);
  add('all', rows);
  const width = Math.max(...lines.map(([first = '']) => first.length));
  const text = lines.map(
    ([first = '', ...rest]) => first.padEnd(width) + rest.map((cell) => cell.padStart(9)).join(''),
  );
  return text.map((line) => line.trimEnd()).join('\n');
}

/** Failures as lines, those of the same command on several configurations as one; at most `most`. */
export function failuresOf(rows: readonly Row[], most: number): readonly string[] {
  const found = new Map<string, { readonly failure: Failure; readonly configurations: string[] }>();
  for (const { tally, configuration } of rows)
    for (const failure of tally.failures) {
      const key = `${failure.at} ${failure.message}`;
      const known = found.get(key) ?? { failure, configurations: [] };
      known.configurations.push(configuration);
      found.set(key, known);
    }
  const all = [...found.values()].map(({ failure, configurations }) => {
    const shown = configurations.slice(0, 3).join(', ') + (configurations.length > 3 ? ', ...' : '');
    return `${failure.at}: ${failure.message} [${shown}]`;
  });
  return all.length <= most ? all : [...all.slice(0, most), `... and ${all.length - most} more (--verbose shows all)`];
}
