/**
 * Speed of the engines on the scaled Bril programs: time for one instruction of the original program, in calibration
 * units. Every run's output is held against the known digest.
 */

import { createHash } from 'node:crypto';
import { load, prepare, presets, type RunReport } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
import { brilCorpus } from '../corpus.ts';
import { type Figure, geomean, timeOf } from './measure.ts';

/** By engine and level: what the issue allows. */
const limits: Readonly<Record<string, number>> = {
  'register O0': 3,
  'register O3': 1.1,
  'stack O0': 12,
  'stack O3': 6,
};

/** The figures; empty where there is no corpus. Prints a row a program. */
export function scaledFigures(only: string | undefined): readonly Figure[] {
  const corpus = brilCorpus();
  if (corpus === null) return [];
  const units = new Map<string, number[]>();
  const counts: number[] = [];
  const counts3: number[] = [];
  const programs = corpus.scaled.filter(({ name }) => only === undefined || name.includes(only));
  for (const { name, bril, args, dyn_inst, stdout_sha256 } of programs) {
    const row: string[] = [];
    const unitsNow: number[] = [];
    for (const engine of ['register', 'stack']) {
      for (const level of ['O0', 'O3']) {
        const loaded = unwrap(load(presets, new TextEncoder().encode(corpus.read(bril)), bril));
        const prepared = unwrap(prepare(presets, loaded, bril, { engine, pipeline: presets.levelPipeline(level) }));
        const run = (count: boolean): RunReport => {
          const parts: string[] = [];
          const ran = unwrap(prepared.run({ args, out: (text) => void parts.push(text), count }));
          const digest = createHash('sha256').update(parts.join('')).digest('hex');
          if (ran.verdict.code !== 0 || digest !== stdout_sha256)
            throw new Error(`${name} on ${engine} ${level}: wrong output`);
          return ran;
        };
        // The execution alone: hashing the output is the benchmark's own work.
        const { ms, unitNs } = timeOf(5, 2, () => run(false).runMs);
        const unit = (ms * 1e6) / dyn_inst / unitNs;
        unitsNow.push(unitNs);
        const key = `${engine} ${level}`;
        units.set(key, [...(units.get(key) ?? []), unit]);
        const ratio = (run(true).instructions ?? Number.NaN) / dyn_inst;
        if (key === 'register O0') counts.push(ratio);
        if (key === 'register O3') counts3.push(ratio);
        row.push(`${key} ${unit.toFixed(2)} (${ratio.toFixed(2)})`);
      }
    }
    console.log(
      `${name.padEnd(44)} ${row.join('   ')}   unit ${Math.min(...unitsNow).toFixed(2)}-${Math.max(...unitsNow).toFixed(2)} ns`,
    );
  }
  return [
    ...[...units].map(([key, values]) => ({
      name: `${key}: units for one Bril instruction (geomean)`,
      value: geomean(values),
      limit: limits[key] ?? null,
    })),
    { name: 'register O0: executed for one Bril instruction (geomean)', value: geomean(counts), limit: 1.6 },
    { name: 'register O0: executed for one Bril instruction (largest)', value: Math.max(...counts), limit: null },
    { name: 'register O3: executed for one Bril instruction (geomean)', value: geomean(counts3), limit: 0.6 },
  ];
}
