/**
 * `npm run prove [-- NAME...]`: proves the rewrite rules, all or those named, and writes the table of verdicts. Exit code 1
 * when one is wrong.
 */

import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { prove, recorded, tablePath, type Verdict } from './verdicts.ts';

const names = process.argv.slice(2);
const started = performance.now();
const tell = ({ rule, verdict, solved }: Verdict): void => {
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${rule}: ${verdict} (${solved})`);
};
const rows = await prove((name) => names.length === 0 || names.includes(name), tell);
const kept = names.length === 0 ? [] : recorded().filter(({ rule }) => !names.includes(rule));
const lines = [...kept, ...rows]
  .sort((a, b) => (a.rule < b.rule ? -1 : 1))
  .map((row) => `  ${JSON.stringify(row, null, 1).replace(/\n\s*/g, ' ')}`);
writeFileSync(tablePath, `[\n${lines.join(',\n')}\n]\n`);
