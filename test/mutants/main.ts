/**
 * `npm run mutants`: makes mutants of passes, rules, allocators and backends, takes a sample by seed, and looks whether the
 * tests tell each from the real compiler: kill.ts of all, then, of what survives it, test files of vitest. Writes
 * `docs/results/mutants.md`. Environment: SLUICE_MUTANTS (how many, 200), SLUICE_SEED (1), SLUICE_JOBS (1), SLUICE_ONLY (a part of a
 * file's name), SLUICE_QUICK (kill.ts alone; without it, survivors of a run before are tried again). Survivors need a reason
 * in `reasons.json` beside this file, or a test.
 */

import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { repoRoot } from '../corpus.ts';
import { type Mutant, mutantsOf } from './sites.ts';

const count = Number(process.env.SLUICE_MUTANTS ?? 200);
const seed = Number(process.env.SLUICE_SEED ?? 1);
const jobs = Number(process.env.SLUICE_JOBS ?? 1);
const only = process.env.SLUICE_ONLY ?? '';

/** What tests compilation in vitest, by where the mutant is; slower than kill.ts, which comes before. */
const testsOf = (file: string): readonly string[] => {
  if (file.includes('regalloc') || file.includes('ssa-destruct')) return ['test/regalloc', 'test/backend'];
  if (file.includes('backend')) return ['test/backend', 'test/property/engines.test.ts', 'test/vm'];
  if (file.includes('rules')) return ['test/property/rules.test.ts', 'test/fixtures.test.ts'];
  return ['test/property/passes.test.ts', 'test/fixtures.test.ts', 'test/scale.test.ts', 'test/hostile.test.ts'];
};

interface Tried {
  readonly mutant: Mutant;
  /** What told it from the real one; null: nothing did. */
  readonly killedBy: string | null;
}

const mutants = globSync(['passes/src/**/*.ts', 'packages/backend-{stack,register}/src/*.ts'], { cwd: repoRoot })
  .sort()
  .filter((file) => !/index\.ts$|registry\.ts$|pipelines\.ts$/.test(file) && file.includes(only))
  .flatMap((file) => mutantsOf(file, readFileSync(join(repoRoot, file), 'utf8')));
const sample = shuffled(mutants).slice(0, count);
const reasons = JSON.parse(readFileSync(new URL('./reasons.json', import.meta.url), 'utf8')) as Record<string, string>;

const baseline = await time(() => kill(null, 600_000));
if (baseline.result !== null) throw new Error(`without a mutant: ${baseline.result}`);
const limit = 1_200_000;
process.stderr.write(
  `${mutants.length} mutants, ${sample.length} of them; without one: ${(baseline.ms / 1000).toFixed(0)} s\n`,
);

// What was found is kept, so that a run that was ended goes on, and one after a new test tries the survivors alone.
const cache = join(repoRoot, 'node_modules/.cache/mutants.json');
const known = new Map<string, string | null>(
  existsSync(cache) ? (JSON.parse(readFileSync(cache, 'utf8')) as [string, string | null][]) : [],
);
await inParallel(sample, async (mutant) => {
  const key = keyOf(mutant);
  if (reasonOf(mutant) !== undefined || known.has(key)) return;
  note(mutant, await kill(mutant, limit));
});
if (process.env.SLUICE_QUICK === undefined) {
  const survived = sample.filter((mutant) => known.get(keyOf(mutant)) === null && reasonOf(mutant) === undefined);
  await inParallel(survived, async (mutant) => note(mutant, (await kill(mutant, limit)) ?? (await testRun(mutant))));
}
const tried: readonly Tried[] = sample.map((mutant) => ({ mutant, killedBy: known.get(keyOf(mutant)) ?? null }));
if (only === '') report();
const survivors = tried.filter(({ killedBy }) => killedBy === null);
for (const { mutant } of survivors) console.log(`survived: ${keyOf(mutant)}  (line ${mutant.line})`);
const unexplained = survivors.filter(({ mutant }) => reasonOf(mutant) === undefined);
const relevant = tried.length - (survivors.length - unexplained.length);
console.log(
  `${relevant - unexplained.length} of ${relevant} killed, ${survivors.length - unexplained.length} equivalent`,
);
process.exitCode = unexplained.length * 20 > relevant ? 1 : 0;

function note(mutant: Mutant, killedBy: string | null): void {
  const key = keyOf(mutant);
  known.set(key, killedBy);
  writeFileSync(cache, JSON.stringify([...known]));
  process.stderr.write(`${known.size} tried; ${key}: ${killedBy ?? 'SURVIVED'}\n`);
}

async function inParallel<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let item = list[next++]; item !== undefined; item = list[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

/** Runs kill.ts with the mutant in place of the source; what it found. */
function kill(mutant: Mutant | null, ms: number): Promise<string | null> {
  const hook = join(repoRoot, 'test/mutants/hook.mjs');
  const args = [
    '--conditions=sluice-source',
    '--import',
    hook,
    join(repoRoot, 'test/mutants/kill.ts'),
    mutant?.file ?? '',
  ];
  return run(args, mutant, ms, 60);
}

/** Runs the tests of vitest that are about the file. */
function testRun(mutant: Mutant): Promise<string | null> {
  const args = [
    join(repoRoot, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--bail=1',
    '--config',
    join(repoRoot, 'vitest.mutants.config.ts'),
    '--root',
    repoRoot,
    ...testsOf(mutant.file),
  ];
  return run(args, mutant, 1_200_000, 600);
}

/** Runs node; what it said where it failed, null where it didn't. Seconds of processor time: the machine may be busy. */
function run(args: readonly string[], mutant: Mutant | null, ms: number, seconds: number): Promise<string | null> {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      SLUICE_MUTANT: mutant === null ? '' : JSON.stringify({ ...mutant, file: join(repoRoot, mutant.file) }),
    };
    const limited = ['-c', `ulimit -t ${seconds}; exec "$0" "$@"`, process.execPath, ...args];
    const [command, all] = process.platform === 'win32' ? [process.execPath, [...args]] : ['sh', limited];
    const child = spawn(command, all, { cwd: repoRoot, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-4000);
    });
    child.stderr.on('data', (data: Buffer) => {
      said = (said + data.toString()).slice(-4000);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal !== null || (code ?? 0) > 128) resolve('time');
      else
        resolve(
          code === 0
            ? null
            : (
                said
                  .trim()
                  .split('\n')
                  .findLast((line) => /^\w+: |FAIL|Error/.test(line)) ?? 'crash'
              ).slice(0, 160),
        );
    });
  });
}

async function time<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

/** Why a mutant is equivalent: itself, or all of its file. */
function reasonOf(mutant: Mutant): string | undefined {
  return reasons[keyOf(mutant)] ?? reasons[mutant.file];
}

/** A mutant by its text: lines move. */
function keyOf({ file, kind, before, text, context }: Mutant): string {
  const short = (code: string): string => code.replace(/\s+/g, ' ').slice(0, 100);
  return `${file} ${kind} ${short(before)} => ${short(text)} in ${context}`;
}

function shuffled<T>(list: readonly T[]): T[] {
  let state = seed | 0;
  const random = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const k = random(i + 1);
    [out[i], out[k]] = [out[k] as T, out[i] as T];
  }
  return out;
}

function report(): void {
  const by = new Map<string, number>();
  for (const { killedBy } of tried) {
    const name =
      killedBy === null
        ? 'nothing'
        : (/^(\w+): /.exec(killedBy)?.[1] ?? (killedBy === 'time' ? 'time' : 'a crash or a test'));
    by.set(name, (by.get(name) ?? 0) + 1);
  }
  const lines = [
    '# Mutants',
    '',
    'Generated by `npm run mutants`. Small faults made mechanically in passes, rules, allocators and backends, and whether the',
    'tests tell them from the real compiler.',
    '',
    `${mutants.length} mutants can be made; ${tried.length} were tried (seed ${seed}).`,
    '',
    '| told by | mutants |',
    '|---|---:|',
    ...[...by].sort((a, b) => b[1] - a[1]).map(([name, n]) => `| ${name} | ${n} |`),
    '',
    '## Survivors',
    '',
    ...tried
      .filter(({ killedBy }) => killedBy === null)
      .map(({ mutant }) => [keyOf(mutant), mutant] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, { file, kind, before, text }]) => [
        `- \`${file}\`, ${kind}: \`${before.replace(/\s+/g, ' ').slice(0, 120)}\` → \`${text.replace(/\s+/g, ' ').slice(0, 120)}\`: ${reasons[key] ?? reasons[file] ?? '**no reason known**'}`,
      ]),
    '',
  ];
  writeFileSync(join(repoRoot, 'docs/results/mutants.md'), lines.join('\n'));
}
