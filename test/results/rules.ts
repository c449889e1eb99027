/**
 * `npm run results:rules`: every rewrite rule with its theme, what is proved of it, and how often it fires on the corpus (Bril
 * benchmarks at O3 and, once more, as they are). What never fires there has an idiom that its fixture cites. Writes
 * `docs/results/rules.md`.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brilFrontend } from '@sluice/frontend-bril';
import { levelPipeline, passes } from '@sluice/passes';
import { type Pipeline, pipeline, remarks, runPipeline } from '@sluice/pipeline';
import { parseFixture } from '@sluice/testkit';
import { brilCorpus, repoRoot } from '../corpus.ts';
import { recorded } from '../proofs/verdicts.ts';

/** A rule as the table has it. */
interface Row {
  readonly rule: string;
  readonly theme: string;
  readonly verdict: string;
  readonly hits: number;
  readonly reason: string;
}

const hits = hitsOnCorpus();
if (hits !== null) {
  const verdicts = new Map(recorded().map(({ rule, verdict }) => [rule, verdict]));
  const rows = cases().map(({ rule, theme, idiom }): Row => {
    const count = hits.get(rule) ?? 0;
    return { rule, theme, verdict: verdicts.get(rule) ?? 'tested', hits: count, reason: count > 0 ? '' : idiom };
  });
  mkdirSync(join(repoRoot, 'docs/results'), { recursive: true });
  writeFileSync(join(repoRoot, 'docs/results/rules.md'), tableOf(rows));
  const none = rows.filter((row) => row.hits === 0 && row.reason === '').map(({ rule }) => rule);
  if (none.length > 0) throw new Error(`neither a hit nor an idiom: ${none.join(', ')}`);
}

/** The cases of the rules' fixtures: titles without blanks are names of rules. */
function cases(): readonly { readonly rule: string; readonly theme: string; readonly idiom: string }[] {
  const folder = join(repoRoot, 'test/fixtures/rules');
  return readdirSync(folder).flatMap((file) =>
    parseFixture(file, readFileSync(join(folder, file), 'utf8'))
      .filter(({ title }) => !title.includes(' '))
      .map(({ title, prose }) => ({
        rule: title,
        theme: file.replace('.ir', ''),
        idiom: /Idiom: ([\s\S]*)/.exec(prose)?.[1]?.trim() ?? '',
      })),
  );
}

/** How often each rule fires; null without a corpus. */
function hitsOnCorpus(): ReadonlyMap<string, number> | null {
  const corpus = brilCorpus();
  if (corpus === null) return null;
  const counts = new Map<string, number>();
  const alone = pipeline('rules', ['simplify', 'strength-reduce(expand=true)'], passes);
  for (const entry of corpus.index) {
    const loaded = brilFrontend.load(new TextEncoder().encode(corpus.read(entry.bril)), entry.bril);
    if (!loaded.ok) continue;
    for (const level of [levelPipeline('O3'), alone]) count(loaded.value.module, level, counts);
  }
  return counts;
}

function count(m: Parameters<typeof runPipeline>[0], level: Pipeline, counts: Map<string, number>): void {
  const observer = remarks();
  runPipeline(m, level, { observers: [observer] });
  for (const { instance, what, kind } of observer.list) {
    if (kind === 'rewrite' && /^(?:simplify|strength-reduce)(?:@|$|\()/.test(instance))
      counts.set(what, (counts.get(what) ?? 0) + 1);
  }
}

function tableOf(rows: readonly Row[]): string {
  const sorted = rows.toSorted((a, b) => b.hits - a.hits || (a.rule < b.rule ? -1 : 1));
  const verdicts = new Map<string, number>();
  for (const { verdict } of rows) verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  return [
    '# Rewrite rules',
    '',
    'Written by `npm run results:rules`. A rule that is generic in width or under commutation counts once. Hits: on all programs',
    'of the Bril corpus, at O3 and by the rules alone. Verdicts are those of `npm run prove`.',
    '',
    `${rows.length} rules; ${rows.filter((row) => row.hits > 0).length} fire on the corpus, the others are for an idiom.`,
    [...verdicts]
      .map(([verdict, n]) => `${n} ${verdict}`)
      .join(', ')
      .concat('.'),
    '',
    '| rule | theme | verdict | hits | idiom |',
    '|---|---|---|---:|---|',
    ...sorted.map(
      (row) =>
        `| ${row.rule} | ${row.theme} | ${row.verdict} | ${row.hits} | ${row.reason.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`,
    ),
    '',
  ].join('\n');
}
