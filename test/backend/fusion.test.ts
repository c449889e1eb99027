/** Peephole and fusion on the benchmarks of the corpus: a fifth fewer executed instructions at least, outputs the same. */

import { load, prepare, presets } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
import { expect, test } from 'vitest';
import { brilCorpus } from '../corpus.ts';

const corpus = brilCorpus();

/** Programs that run longer are left to `npm run bench -- fusion`. */
const longest = 200_000;

test.runIf(corpus !== null).each([
  { engine: 'stack', most: 0.8 },
  { engine: 'register', most: 0.95 },
])('$engine: at most $most of the instructions', ({ engine, most }) => {
  if (corpus === null) return;
  const ratios: number[] = [];
  for (const { kind, name, bril, args, out, dyn_inst = 0 } of corpus.index) {
    if (kind !== 'benchmark' || dyn_inst > longest) continue;
    const loaded = unwrap(load(presets, new TextEncoder().encode(corpus.read(bril)), bril));
    const executed = [false, true].map((fuse) => {
      const request = { engine, pipeline: presets.levelPipeline('O3'), compile: { fuse } };
      const parts: string[] = [];
      const run = unwrap(prepare(presets, loaded, bril, request)).run;
      const ran = unwrap(run({ args, out: (text) => void parts.push(text), count: true }));
      expect(parts.join(''), name).toBe(corpus.read(out ?? ''));
      return ran.instructions ?? Number.NaN;
    });
    const [plain = 0, fused = 0] = executed;
    expect(fused, name).toBeLessThanOrEqual(plain);
    ratios.push(Math.log(fused / plain));
  }
  expect(Math.exp(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length)).toBeLessThan(most);
});
