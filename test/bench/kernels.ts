/**
 * Generated code against a C compiler's: six kernels (kernels/kernels.sasm) on the engines of generated code at O3, and the same
 * by hand in C (kernels/kernels.c) with `gcc -O2`, in one run. Steady state is the best of several runs, on both sides, since
 * the machine is shared; cold is from optimised IR to the end of the first call. Skipped with one line where there is no gcc.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEngine, load, optimise, pipelineFor, prepareModule, presets } from '@sluice/driver';
import { type Instance, type Module, unwrap, type Value } from '@sluice/ir';
import { type Figure, geomean } from './measure.ts';

interface Kernel {
  readonly name: string;
  readonly size: number;
  /** JavaScript has no fast 64-bit integers. */
  readonly usesI64: boolean;
}

const kernels: readonly Kernel[] = [
  { name: 'lcg', size: 20_000_000, usesI64: false },
  { name: 'fib', size: 33, usesI64: false },
  { name: 'sieve', size: 4_000_000, usesI64: false },
  { name: 'hash', size: 200, usesI64: true },
  { name: 'mandelbrot', size: 350, usesI64: false },
  { name: 'matmul', size: 200, usesI64: false },
];

/** Time over C's: of the geometric mean, of each. `null`: reported only. */
const limits: Readonly<Record<string, { readonly mean: number | null; readonly each: number | null }>> = {
  wasm: { mean: 1.25, each: 1.6 },
  js: { mean: null, each: 2.5 },
};

const runs = 12;
const folder = join(import.meta.dirname, 'kernels');

/** The figures; `only`: one engine. */
export function kernelFigures(only?: string): readonly Figure[] {
  const temporary = mkdtempSync(join(tmpdir(), 'sluice-kernels-'));
  try {
    const binary = join(temporary, 'kernels');
    try {
      execFileSync('gcc', ['-O2', '-o', binary, join(folder, 'kernels.c')], { stdio: 'ignore' });
    } catch {
      console.log('kernels: skipped, there is no gcc');
      return [];
    }
    const source = readFileSync(join(folder, 'kernels.sasm'));
    const { module } = unwrap(load(presets, source, 'kernels.sasm'));
    const engines = Object.keys(limits).filter((name) => only === undefined || only === name);
    return engines.flatMap((engine) => engineFigures(engine, module, binary));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function engineFigures(name: string, module: Module, binary: string): readonly Figure[] {
  const engine = findEngine(presets, name);
  const limit = limits[name];
  if (engine?.executes !== 'module' || limit === undefined) return [];
  const passes = pipelineFor(presets.levelPipeline('O3'), engine, presets);
  const ratios: number[] = [];
  const figures: Figure[] = [];
  for (const { name: kernel, size, usesI64 } of kernels.filter((each) => name !== 'js' || !each.usesI64)) {
    // A module that nothing was compiled of.
    const fresh = prepareModule(optimise({ ...module }, passes), engine, presets);
    const start = process.cpuUsage();
    const instance = engine.instantiate(fresh, {});
    const first = call(instance, kernel, size);
    const { user, system } = process.cpuUsage(start);
    const cold = (user + system) / 1000;
    let best = Number.POSITIVE_INFINITY;
    let bestOfC = Number.POSITIVE_INFINITY;
    // In turn, so that both meet the same machine.
    for (let round = 0; round < 3; round++) {
      const c = execFileSync(binary, [kernel, `${size}`, `${runs}`], { encoding: 'utf8' })
        .trim()
        .split('\n');
      const result = c.pop();
      if (result !== `${first.value}`) throw new Error(`${kernel}: ${String(first.value)} on ${name}, ${result} in C`);
      bestOfC = Math.min(bestOfC, ...c.map((ns) => Number(ns) / 1e6));
      for (let run = 0; run < runs; run++) best = Math.min(best, call(instance, kernel, size).ms);
    }
    const ratio = best / bestOfC;
    ratios.push(ratio);
    const label = `${name} ${kernel}${usesI64 ? ' (i64)' : ''}`;
    figures.push({ name: `${label}: time over gcc -O2's ${bestOfC.toFixed(2)} ms`, value: ratio, limit: limit.each });
    figures.push({
      name: `${label}: from optimised IR to the first answer, ms of all threads`,
      value: cold,
      limit: null,
    });
  }
  figures.push({ name: `${name}: geometric mean over gcc -O2`, value: geomean(ratios), limit: limit.mean });
  return figures;
}

function call(instance: Instance, kernel: string, size: number): { readonly value: Value; readonly ms: number } {
  const start = process.threadCpuUsage();
  const { outcome } = instance.call(kernel, [size]);
  const { user, system } = process.threadCpuUsage(start);
  if (outcome.kind !== 'return') throw new Error(`${kernel}: ${JSON.stringify(outcome)}`);
  return { value: outcome.values[0], ms: (user + system) / 1000 };
}
