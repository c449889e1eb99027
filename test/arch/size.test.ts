/** A file holds one idea: limits on lines, with the few kinds of file that may be longer. */
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { listFiles, matches, readText } from './sources.ts';

const HARD = 400;
const TABLE = 700;
const INDEX = 60;

/** Tables of entries and parsers are long because what they describe is; splitting them would hide that. */
const TABLES: readonly string[] = [
  'ir/src/ops/**',
  '**/parse.ts',
  '**/parse-*.ts',
  '**/*-parse.ts',
  '**/table.ts',
  '**/*-table.ts',
  '**/diag-codes.ts',
];

function limitOf(file: string): number {
  if (posix.basename(file) === 'index.ts') return INDEX;
  return TABLES.some((glob) => matches(glob, file)) ? TABLE : HARD;
}

test(`files have at most ${HARD} lines, tables and parsers ${TABLE}, index files ${INDEX}`, () => {
  const long: string[] = [];
  for (const file of listFiles()) {
    if (!/\.(?:ts|mjs)$/.test(file) || file.endsWith('.gen.ts')) continue;
    const lines = readText(file).split('\n').length - 1;
    const limit = limitOf(file);
    if (lines > limit) long.push(`${file} has ${lines} lines, the limit is ${limit}: split it by idea`);
  }
  expect(long).toEqual([]);
});
