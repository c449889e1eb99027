/**
 * What peephole and fusion take from stack code that comes out of O3: executed instructions with both over those without,
 * for each benchmark of the corpus. What the programs print is held against the corpus both times.
 *
 *   npm run bench -- fusion write      also writes docs/results/fusion.md
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, prepare, presets, type RunReport } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
import { type BrilCorpus, type BrilEntry, brilCorpus, repoRoot } from '../corpus.ts';
import { type Figure, geomean } from './measure.ts';

/** Instructions executed by the stack machine. */
interface Row {
  readonly name: string;
  readonly plain: number;
  readonly fused: number;
}

/** The figures; empty where there is no corpus. */
export function fusionFigures(write: boolean): readonly Figure[] {
  const corpus = brilCorpus();
  if (corpus === null) return [];
  const rows = corpus.index.filter(({ kind }) => kind === 'benchmark').map((entry) => rowOf(corpus, entry));
  const ratio = geomean(rows.map(({ plain, fused }) => fused / plain));
  if (write) {
    mkdirSync(join(repoRoot, 'docs/results'), { recursive: true });
    writeFileSync(join(repoRoot, 'docs/results/fusion.md'), tableOf(rows, ratio));
  }
  return [
    { name: 'fusion: stack instructions executed at O3, with over without (geomean)', value: ratio, limit: 0.8 },
    { name: 'fusion: (largest)', value: Math.max(...rows.map(({ plain, fused }) => fused / plain)), limit: 1 },
  ];
}

function rowOf(corpus: BrilCorpus, { name, bril, args, out }: BrilEntry): Row {
  const executed = (fuse: boolean): number => {
    const loaded = unwrap(load(presets, new TextEncoder().encode(corpus.read(bril)), bril));
    const request = { engine: 'stack', pipeline: presets.levelPipeline('O3'), compile: { fuse } };
    const prepared = unwrap(prepare(presets, loaded, bril, request));
    const parts: string[] = [];
    const ran: RunReport = unwrap(prepared.run({ args, out: (text) => void parts.push(text), count: true }));
    if (ran.verdict.code !== 0 || parts.join('') !== corpus.read(out ?? '')) throw new Error(`${name}: wrong output`);
    return ran.instructions ?? Number.NaN;
  };
  return { name: name.replace(/^benchmarks\//, ''), plain: executed(false), fused: executed(true) };
}

function tableOf(rows: readonly Row[], ratio: number): string {
  const lines = rows.map(
    ({ name, plain, fused }) => `| ${name} | ${plain} | ${fused} | ${(fused / plain).toFixed(3)} |`,
  );
  return [
    '# Peephole and fusion on stack code',
    '',
    'Instructions that the stack machine executes at O3, without and with peephole and fusion (`--no-fuse` is without).',
    'Outputs are those of the corpus both times. Written by `npm run bench -- fusion write`.',
    '',
    '| program | without | with | ratio |',
    '|---|---:|---:|---:|',
    ...lines,
    `| **geometric mean** | | | **${ratio.toFixed(3)}** |`,
    '',
  ].join('\n');
}
