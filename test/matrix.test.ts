/** The fixtures of passes and rules once more, as programs: the same observations on every engine at every level. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseFixture, runFixtureMatrix } from '@sluice/testkit';
import { describe, test } from 'vitest';
import { levelPipelines, machines } from './support/engines.ts';

const folder = new URL('./fixtures/', import.meta.url);
const levels = levelPipelines();
const engines = machines();

for (const kind of ['passes', 'rules', 'issues', 'regalloc']) {
  const names = readdirSync(folder).includes(kind) ? readdirSync(new URL(kind, folder)) : [];
  describe.each(names.filter((name) => name.endsWith('.ir')))(`${kind}/%s`, (name) => {
    const cases = parseFixture(
      `test/fixtures/${kind}/${name}`,
      readFileSync(new URL(`${kind}/${name}`, folder), 'utf8'),
    );
    test.each(cases)('$title', (c) => runFixtureMatrix(c, levels, engines));
  });
}
