/**
 * Loops over a million elements (simd-kernels.ts) as vectors: O3 against O3 without simd-lower on engine `wasm` and on the
 * register machine, and against the same loops in C (kernels/simd.c) with `gcc -O3 -march=x86-64-v2`, floats summed in any
 * order on both sides. Times are the best of many runs, in turn, since the machine is shared; answers are compared.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEngine, lower, optimise, prepareModule, presets } from '@sluice/driver';
import { f32Bits, type Instance, parseModule, unwrap, type Value } from '@sluice/ir';
import { type Pipeline, withOption, without } from '@sluice/pipeline';
import { type Figure, geomean } from './measure.ts';
import { argumentsOf, elements, isReduction, kernelModule, kernelNames } from './simd-kernels.ts';

const vectors = withOption(presets.levelPipeline('O3'), 'fastMath', true);
const scalars = without(vectors, ['simd-lower']);

/** Rounds, in each of which every side runs so often. */
const rounds = 4;
const runs: Readonly<Record<string, number>> = { wasm: 25, register: 8 };

/** The figures; `filter`: of loops whose names it is part of. */
export function simdFigures(filter = ''): readonly Figure[] {
  const kernels = kernelNames.filter((name) => name.includes(filter));
  const temporary = mkdtempSync(join(tmpdir(), 'sluice-simd-'));
  try {
    const binary = compiled(temporary);
    return [...wasmFigures(kernels, binary), ...kernels.map(registerFigure)];
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

function wasmFigures(kernels: readonly string[], binary: string | null): readonly Figure[] {
  const figures: Figure[] = [];
  const ratios: number[] = [];
  for (const kernel of kernels) {
    const { fast, slow, c } = bestOf(kernel, 'wasm', binary);
    const name = `wasm ${kernel}: vectors (${microseconds(fast)})`;
    figures.push({ name: `${name} over scalars`, value: fast / slow, limit: isReduction(kernel) ? 1 / 4 : 1 / 2 });
    if (c === null) continue;
    figures.push({ name: `${name} over gcc -O3 (${microseconds(c)})`, value: fast / c, limit: null });
    ratios.push(fast / c);
  }
  if (ratios.length === 0) return figures;
  const name = 'wasm: vectors over gcc -O3 -march=x86-64-v2 (geomean)';
  return [...figures, { name, value: geomean(ratios), limit: 1.4 }];
}

function registerFigure(kernel: string): Figure {
  const { fast, slow } = bestOf(kernel, 'register', null);
  return { name: `register ${kernel}: vectors (${microseconds(fast)}) over scalars`, value: fast / slow, limit: 1 / 3 };
}

function microseconds(ms: number): string {
  return `${(ms * 1000).toFixed(0)} us`;
}

/** The loops in C; null where there is no gcc. */
function compiled(folder: string): string | null {
  const source = join(import.meta.dirname, 'kernels/simd.c');
  const options = ['-O3', '-march=x86-64-v2', '-c', source];
  const binary = join(folder, 'simd');
  try {
    execFileSync('gcc', [...options, '-o', join(folder, 'loops.o')], { stdio: 'ignore' });
    execFileSync('gcc', [...options, '-ffast-math', '-DREDUCTIONS', '-o', join(folder, 'sums.o')], { stdio: 'ignore' });
    execFileSync('gcc', [join(folder, 'loops.o'), join(folder, 'sums.o'), '-o', binary], { stdio: 'ignore' });
  } catch {
    console.log('simd: without gcc, or not on x86-64: no comparison with C');
    return null;
  }
  return binary;
}

/** An instance of the loops, and how long they take. */
class Running {
  readonly #instance: Instance;
  readonly #runs: number;

  constructor(engineName: string, kernel: string, pipeline: Pipeline) {
    const engine = findEngine(presets, engineName);
    if (engine === undefined || engine.executes === 'source') throw new Error(`no engine ${engineName}`);
    const optimised = optimise(unwrap(parseModule(kernelModule(kernel))), pipeline);
    this.#instance =
      engine.executes === 'module'
        ? engine.instantiate(prepareModule(optimised, engine, presets), {})
        : engine.instantiate(lower(optimised, engine.target, presets).program, {});
    this.#runs = runs[engineName] ?? 1;
  }

  /** Milliseconds of the best run. */
  best(kernel: string): number {
    const args = argumentsOf(kernel);
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < this.#runs; run++) {
      const start = performance.now();
      this.#call(kernel, args);
      best = Math.min(best, performance.now() - start);
    }
    return best;
  }

  /** Fresh numbers. */
  fill(kernel: string): void {
    this.#call('fill', [kernel.endsWith('f32') ? 1 : 0]);
  }

  /** What the loop computes, as one number. */
  answer(kernel: string): Value {
    const [value] = this.#call(kernel, argumentsOf(kernel));
    if (!isReduction(kernel)) return this.#call('check', [0])[0] as Value;
    return kernel.endsWith('f32') ? f32Bits(value as Value) : (value as Value);
  }

  #call(name: string, args: readonly Value[]): readonly Value[] {
    const { outcome } = this.#instance.call(name, args);
    if (outcome.kind !== 'return') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    return outcome.values;
  }
}

interface Best {
  readonly fast: number;
  readonly slow: number;
  readonly c: number | null;
}

function bestOf(kernel: string, engine: string, binary: string | null): Best {
  const fast = new Running(engine, kernel, vectors);
  const slow = new Running(engine, kernel, scalars);
  let c: number | null = null;
  const best = { fast: Number.POSITIVE_INFINITY, slow: Number.POSITIVE_INFINITY };
  for (const running of [fast, slow]) running.fill(kernel);
  const [a, b] = [fast.answer(kernel), slow.answer(kernel)];
  if (a !== b) throw new Error(`${kernel}: ${String(a)} by vectors, ${String(b)} by scalars`);
  for (let round = 0; round < rounds; round++) {
    if (binary !== null) {
      const lines = execFileSync(binary, [kernel, `${elements}`, '25'], { encoding: 'utf8' })
        .trim()
        .split('\n');
      const answer = lines.pop();
      if (answer !== `${String(a)}`) throw new Error(`${kernel}: ${String(a)}, ${answer} in C`);
      c = Math.min(c ?? Number.POSITIVE_INFINITY, ...lines.map((ns) => Number(ns) / 1e6));
    }
    best.fast = Math.min(best.fast, fast.best(kernel));
    best.slow = Math.min(best.slow, slow.best(kernel));
  }
  return { ...best, c };
}
