/**
 * Growth: how the time of a pass grows with its input. Four times as much may take about four times as long, not sixteen;
 * times are noisy, so that only what is slow as well counts, and only when it is so twice.
 */

import { verifyModule } from '@sluice/ir';
import { type Pipeline, runPipeline } from '@sluice/pipeline';
import type { Shape } from './shapes.ts';

/** What a measurement found. */
export interface Growth {
  readonly small: number;
  readonly large: number;
  /** Milliseconds at both sizes. */
  readonly smallMs: number;
  readonly largeMs: number;
}

/** Times a pipeline on a shape at `n / 4` and at `n`. Throws when what comes out is not well-formed. */
export function growthOf(pipeline: Pipeline, shape: Shape, n: number, prepare: Pipeline | null = null): Growth {
  const time = (size: number): number => {
    const made = shape.make(size);
    const m = prepare === null ? made : runPipeline(made, prepare).module;
    const start = performance.now();
    const { module } = runPipeline(m, pipeline);
    const end = performance.now();
    const [wrong] = verifyModule(module);
    if (wrong !== undefined) throw new Error(`${pipeline.name} on ${shape.name}, ${size}: ${wrong.message}`);
    return end - start;
  };
  const small = n >> 2;
  time(Math.min(small, 200));
  return { small, large: n, smallMs: time(small), largeMs: time(n) };
}

/** Whether the growth is more than near-linear, slow enough to matter. */
export function isSteep({ small, large, smallMs, largeMs }: Growth, slowMs: number): boolean {
  return largeMs > slowMs && largeMs / Math.max(smallMs, 1) > 2.5 * (large / small);
}
