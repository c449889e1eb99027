/**
 * Text and binary forms of everything that the corpus and our examples become, at O0 and O3, and of random modules: IR, stack
 * code and register code. Printing what was read gives the same text; encoding what was decoded gives the same bytes.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, optimise, presets } from '@sluice/driver';
import { arbitraryModule } from '@sluice/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brilCorpus, repoRoot } from './corpus.ts';
import { checkForms } from './support/roundtrip.ts';

const examples = ['bril', 'stack'].flatMap((folder) =>
  readdirSync(join(repoRoot, 'examples', folder))
    .filter((name) => /\.(bril|sasm)$/.test(name))
    .map((name) => ({ name, bytes: readFileSync(join(repoRoot, 'examples', folder, name)) })),
);
const corpus = brilCorpus();
const programs = [
  ...examples,
  ...(corpus?.index ?? [])
    .filter(({ kind }) => kind === 'benchmark' || kind === 'interp')
    .map(({ name, bril }) => ({ name: `${name}.bril`, bytes: new TextEncoder().encode(corpus?.read(bril)) })),
];

test.each(programs)('$name', ({ name, bytes }) => {
  const loaded = load(presets, bytes, name);
  // Programs that must be refused are the corpus test's business.
  if (!loaded.ok) return;
  for (const level of ['O0', 'O3']) checkForms(optimise(loaded.value.module, presets.levelPipeline(level)));
});

test('random modules', () => {
  const deep = process.env.SLUICE_DEEP === '1';
  let seen = 0;
  const property = fc.property(arbitraryModule(), (generated) => {
    seen++;
    checkForms(generated.module);
  });
  fc.assert(property, { numRuns: deep ? 5000 : 150, ...(deep ? {} : { seed: 20261120 }) });
  expect(seen).toBeGreaterThan(100);
});
