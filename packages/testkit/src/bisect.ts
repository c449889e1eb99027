/**
 * Finds the rewrite that first shows a fault: the budget of rewrites of a pipeline is a number, 0 is identity, so that the
 * least budget with the fault names the culprit. A budget is tried by a run of the whole pipeline.
 */

import { findFunc, type Module } from '@sluice/ir';
import { type Pipeline, type Remark, type RunOptions, remarks, runPipeline } from '@sluice/pipeline';
import { labelOf } from './directives/output.ts';

/** What a bisection found. */
export interface Culprit {
  /** The least budget of rewrites with the fault that was found; null where none could be told. */
  readonly rewrites: number;
  readonly remark: Remark | null;
  /** One line for people. */
  readonly text: string;
}

/** Looks for the first rewrite after which `isFaulty` holds. It must hold of the module after the whole pipeline. */
export function bisect(
  m: Module,
  pipeline: Pipeline,
  isFaulty: (m: Module) => boolean,
  options: RunOptions = {},
): Culprit {
  const total = runPipeline(m, pipeline, options).rewrites;
  const faulty = (rewrites: number): boolean => {
    try {
      return isFaulty(runPipeline(m, pipeline, { ...options, rewrites }).module);
    } catch {
      return true;
    }
  };
  if (faulty(0)) {
    return {
      rewrites: 0,
      remark: null,
      text: 'it differs with a budget of 0 rewrites already: a change without cx.rewrite',
    };
  }
  let good = 0;
  let bad = total;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (faulty(middle)) bad = middle;
    else good = middle;
  }
  const remark = remarkOf(m, pipeline, bad, options);
  return { rewrites: bad, remark, text: `first differing rewrite: #${bad} ${describe(m, remark)}` };
}

function remarkOf(m: Module, pipeline: Pipeline, rewrites: number, options: RunOptions): Remark | null {
  const observer = remarks();
  try {
    runPipeline(m, pipeline, { ...options, rewrites, observers: [observer] });
  } catch {
    // What was said until then is enough.
  }
  return observer.list.find(({ number }) => number === rewrites) ?? null;
}

function describe(m: Module, remark: Remark | null): string {
  if (remark === null) return '(no remark)';
  const f = findFunc(m, remark.func);
  const where = `(${remark.instance} in @${remark.func})`;
  if (remark.at === null || f?.insts[remark.at] === undefined) return `${remark.what} ${where}`;
  return `${remark.what}: ${labelOf(f, remark.at).text} ${where}`;
}
