/** The programs in examples/bril: each runs with the arguments of its `# ARGS:` line and prints what is known to be right. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { interpret, parseBril } from '@sluice/frontend-bril';
import { unwrap } from '@sluice/ir';
import { expect, test } from 'vitest';
import { repoRoot } from '../corpus.ts';

const folder = join(repoRoot, 'examples/bril');

/** Results computed independently of Bril. */
const expected: Readonly<Record<string, string>> = {
  'fib.bril': '10946\n',
  'hash.bril': '8950264157017622685\n',
  'mandelbrot.bril': '611 71177\n',
  'matmul.bril': '28068 1025942\n',
  'quicksort.bril': '151 531501 1048408 true\n',
  'sieve.bril': '5133 49999\n',
};

const names = readdirSync(folder).filter((name) => name.endsWith('.bril'));

test('every example is listed here', () => {
  expect(names.sort()).toEqual(Object.keys(expected));
});

test.each(names)('%s', (name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  const args = /^# ARGS: (.*)$/m.exec(text)?.[1]?.split(' ') ?? [];
  const run = interpret(unwrap(parseBril(text, name)), args);
  expect(run.outcome).toEqual({ kind: 'exit' });
  expect(run.stdout).toBe(expected[name]);
  expect(run.dynInst).toBeGreaterThan(100_000);
  expect(run.dynInst).toBeLessThan(2_000_000);
});
