/**
 * The trace of a run: a log of pass instances with their remarks, as an immutable value with patches, so that a later
 * tool can step back and forth (immer). Never the instruction graph itself: snapshots of that are pointers.
 */

import type { Func } from '@sluice/ir';
import { enablePatches, type Patch, produceWithPatches } from 'immer';
import type { Observer, Remark } from './observe.ts';

/** One pass instance on one function or on the module. */
export interface TraceStep {
  readonly instance: string;
  /** Null for a pass over the module. */
  readonly func: string | null;
  readonly changed: boolean;
  readonly milliseconds: number;
  readonly remarks: readonly Remark[];
}

/** All steps of a run. */
export interface Trace {
  readonly steps: readonly TraceStep[];
}

/** How to get from one state of the trace to the next, and back. */
export interface TracePatch {
  readonly forward: readonly Patch[];
  readonly back: readonly Patch[];
}

/** A snapshot of a function before and after a step; the functions share all that the step left alone. */
export interface Snapshot {
  readonly before: Func;
  readonly after: Func;
}

/** An observer that keeps the trace. `snapshots` holds, by step, what functions looked like (null for module passes). */
export function tracing(): Observer & {
  readonly trace: () => Trace;
  readonly patches: readonly TracePatch[];
  readonly snapshots: readonly (Snapshot | null)[];
} {
  enablePatches();
  let trace: Trace = { steps: [] };
  let pending: Remark[] = [];
  const patches: TracePatch[] = [];
  const snapshots: (Snapshot | null)[] = [];
  const push = (step: Omit<TraceStep, 'remarks'>, snapshot: Snapshot | null): void => {
    const [next, forward, back] = produceWithPatches(trace, (draft) => {
      draft.steps.push({ ...step, remarks: pending.map((remark) => ({ ...remark })) });
    });
    trace = next;
    patches.push({ forward, back });
    snapshots.push(snapshot);
    pending = [];
  };
  return {
    patches,
    snapshots,
    trace: () => trace,
    remark: (remark) => void pending.push(remark),
    ranOnFunc: ({ id }, before, after, milliseconds) =>
      push({ instance: id, func: before.name, changed: before !== after, milliseconds }, { before, after }),
    ranOnModule: ({ id }, before, after, milliseconds) =>
      push({ instance: id, func: null, changed: before !== after, milliseconds }, null),
  };
}
