/** Writes `docs/results/bril.md` from the corpus: `npm run results`. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { brilCorpus, repoRoot } from '../corpus.ts';
import { type CountedLevel, type Counts, countBril, countedLevels, limits, meanRatio, ratioOf } from './bril-counts.ts';

const found = brilCorpus();
if (found === null) process.exit(1);
const rows = countBril(found, ({ name }) => {
  process.stderr.write(`${name}\n`);
  return true;
});

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
const withArguments = rows.filter(({ takesArguments }) => takesArguments);
const without = rows.filter(({ takesArguments }) => !takesArguments);

function means(title: string, some: readonly Counts[]): string {
  const cells = countedLevels.map((level) => meanRatio(some, level).toFixed(3));
  return `| ${title} (${some.length}) | ${cells.join(' | ')} |`;
}

function line(row: Counts): string {
  const cells = countedLevels.flatMap((level: CountedLevel) => [
    grouped(row.counts[level]),
    ratioOf(row, level).toFixed(3),
  ]);
  return `| ${row.name}${row.takesArguments ? '' : ' *'} | ${grouped(row.original)} | ${cells.join(' | ')} |`;
}

const sorted = [...rows].sort((a, b) => ratioOf(b, 'O3') - ratioOf(a, 'O3'));
const text = `# Executed Bril instructions

Written by \`npm run results\`. Each benchmark of the corpus (github.com/sampsyo/bril) as it is, and as
\`sluice opt FILE.bril -O1|-O2|-O3 --emit bril\` makes it, run by Bril's direct interpreter with the benchmark's arguments:
\`total_dyn_inst\` by Bril's rules (every instruction, constants and jumps too; labels not). Output and exit code are the same
in all cases. No pass runs a program: what is folded is bounded. A ratio is a count over the original count; a program
of which no instruction is left counts as one.

| geometric means of the ratios | O1 | O2 | O3 |
|---|---:|---:|---:|
${means('all programs', rows)}
${means('with arguments', withArguments)}
${means('without arguments', without)}
| at most | ${countedLevels.map((level) => limits[level].toFixed(2)).join(' | ')} |

Programs marked * take no arguments. Largest ratio at O3 first.

| program | original | O1 | ratio | O2 | ratio | O3 | ratio |
|---|---:|---:|---:|---:|---:|---:|---:|
${sorted.map(line).join('\n')}
`;
const folder = join(repoRoot, 'docs/results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'bril.md'), text);
