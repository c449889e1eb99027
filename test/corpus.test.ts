/**
 * Every Bril benchmark and test of the corpus gives its expected output and exit code: on Bril's direct interpreter,
 * and lifted on every engine at every level. The direct interpreter's counts equal the reference interpreter's.
 *
 * Large programs (over 3 M instructions) run once per engine, at the highest level.
 */

import { load, prepare, presets } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { type BrilCorpus, type BrilEntry, brilCorpus } from './corpus.ts';

const found = brilCorpus();
const { index, read }: BrilCorpus = found ?? { index: [], scaled: [], read: () => '' };
const programs = index.filter(({ kind }) => kind === 'benchmark' || kind === 'interp' || kind === 'interp-error');
const levels = ['O0', 'O1', 'O2', 'O3'];
const large = 3_000_000;

/** What a user sees: output and exit code, also where the program is refused before it runs; null: this engine cannot run it. */
function see(
  entry: BrilEntry,
  engine: string,
  level: string,
): { readonly stdout: string; readonly exit: number; readonly count: number | null } | null {
  const bytes = new TextEncoder().encode(read(entry.bril));
  const loaded = load(presets, bytes, entry.bril);
  if (!loaded.ok) return { stdout: '', exit: 2, count: null };
  const parts: string[] = [];
  const made = prepare(presets, loaded.value, entry.bril, { engine, pipeline: presets.levelPipeline(level) });
  // The engine has no form for the values of this program, and says so.
  if (!made.ok && made.diagnostics.every(({ code }) => code === 'SL0605')) return null;
  const report = unwrap(made).run({ args: entry.args, out: (text) => void parts.push(text) });
  if (!report.ok) return { stdout: '', exit: 2, count: null };
  return { stdout: parts.join(''), exit: report.value.verdict.code, count: report.value.instructions };
}

function expected(entry: BrilEntry): string | null {
  // Upstream's text of errors is its own; what was printed before is not recorded.
  return entry.kind === 'interp-error' ? null : read(entry.out ?? '');
}

describe.skipIf(found === null)('corpus', () => {
  test('has the programs that its manifest names', () => {
    expect(programs.length).toBe(77 + 29 + 17);
  });

  const engines = presets.engines.filter(({ executes }) => executes !== 'source').map(({ name }) => name);

  test.each(programs)('$name on bril', (entry) => {
    const { stdout, exit, count } = see(entry, 'bril', 'O0') ?? { stdout: '', exit: -1, count: null };
    expect(exit).toBe(entry.exit);
    if (expected(entry) !== null) expect(stdout).toBe(expected(entry));
    if (entry.dyn_inst !== undefined) expect(count).toBe(entry.dyn_inst);
  });

  for (const engine of engines) {
    test.each(programs)(`$name on ${engine}`, (entry) => {
      for (const level of (entry.dyn_inst ?? 0) > large ? levels.slice(-1) : levels) {
        const seen = see(entry, engine, level);
        if (seen === null) return expect(engine).toBe('wasm');
        const { stdout, exit } = seen;
        expect(exit, `exit code at ${level}`).toBe(entry.exit);
        if (expected(entry) !== null) expect(stdout, `output at ${level}`).toBe(expected(entry));
      }
    });
  }
});
