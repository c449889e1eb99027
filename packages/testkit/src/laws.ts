/**
 * Laws that every pass, pipeline and engine keeps, tried on generated modules. A user's own pass is tested by
 * `passLaws(myPass)`, a user's own engine by `engineLaws(myEngine)`.
 *
 * Of a pass and of a pipeline:
 *   verified       what comes out is well-formed after each pass, and remembered analyses are still true
 *   equal          before and after show the same (equiv.ts), on the reference interpreter
 *   deterministic  two runs give the same text and the same remarks
 *   identity       a budget of 0 rewrites gives the same object
 *   partial        so does any budget: the module is well-formed and equal after half of the rewrites
 *   profit         answers to `cx.choose` turned round, what comes out is well-formed and equal all the same
 *   idempotent     a second run changes nothing, where the pass claims it
 */

import { formatDiagnostic, interp, type Module, printModule, verifyModule } from '@sluice/ir';
import { type Pass, type Pipeline, type Remark, type RunOptions, remarks, runPipeline } from '@sluice/pipeline';
import fc from 'fast-check';
import { arbitraryModule, type Generated } from './arbitrary/module.ts';
import { bisect } from './bisect.ts';
import { budget } from './budget.ts';
import { difference, printCall } from './equiv.ts';
import type { Features } from './features.ts';
import { freezeModule } from './freeze.ts';
import { type Call, type Observation, observe } from './observe.ts';

/** A law does not hold; the message says which, and how. */
export class LawBroken extends Error {
  constructor(law: string, message: string) {
    super(`${law}: ${message}`);
    this.name = 'LawBroken';
  }
}

/** How to try a pass or a pipeline. */
export interface LawOptions {
  /** Modules to try ordinarily; see `budget`. Default 60. */
  readonly runs?: number;
  readonly features?: Partial<Features>;
  /** Runs before, unobserved: what the pass needs. */
  readonly prepare?: Pipeline;
  /** Extra parameters for fast-check. */
  readonly check?: fc.Parameters<[Generated]>;
}

/** Holds a pass to the laws. Throws with the smallest module found that breaks one. */
export function passLaws(pass: Pass, options: LawOptions = {}): void {
  const pipeline = { name: pass.name, instances: [{ pass, id: pass.name, options: {} }] };
  tryOn((g) => checkPipeline(pipeline, g, options.prepare ?? null, pass.idempotent), options);
}

/** Holds a pipeline to the laws, all but idempotence. */
export function pipelineLaws(pipeline: Pipeline, options: LawOptions = {}): void {
  tryOn((g) => checkPipeline(pipeline, g, options.prepare ?? null, false), options);
}

function tryOn(law: (g: Generated) => void, { runs = 60, features = {}, check = {} }: LawOptions): void {
  fc.assert(fc.property(arbitraryModule(features), law), { ...budget(runs), ...check });
}

/** Holds a pipeline to the laws on one module. Throws `LawBroken`, or `PassBug` where a pass broke an invariant. */
export function checkPipeline(pipeline: Pipeline, g: Generated, prepare: Pipeline | null, idempotent: boolean): void {
  const m = prepare === null ? g.module : freezeModule(runPipeline(g.module, prepare).module);
  const none = runPipeline(m, pipeline, { rewrites: 0 }).module;
  if (none !== m) throw new LawBroken('identity', `a budget of 0 rewrites changes the module:\n${printModule(none)}`);
  const before = g.calls.map((call) => look(m, call));
  const first = run(m, pipeline, {});
  freezeModule(first.module);
  const second = run(m, pipeline, {});
  if (printModule(first.module) !== printModule(second.module))
    throw new LawBroken('deterministic', 'two runs, two texts');
  if (said(first.remarks) !== said(second.remarks)) throw new LawBroken('deterministic', 'two runs, other remarks');
  checkEqual('equal', pipeline, m, first.module, g.calls, before, {});
  if (first.rewrites > 1) {
    const options = { rewrites: first.rewrites >> 1 };
    checkEqual('partial', pipeline, m, run(m, pipeline, options).module, g.calls, before, options);
  }
  const choose = { choose: (_: string, answer: boolean) => !answer };
  checkEqual('profit', pipeline, m, run(m, pipeline, choose).module, g.calls, before, choose);
  if (!idempotent) return;
  const again = run(first.module, pipeline, {});
  if (again.module !== first.module) throw new LawBroken('idempotent', `a second run does: ${said(again.remarks)}`);
}

function run(m: Module, pipeline: Pipeline, options: RunOptions) {
  const observer = remarks();
  const result = runPipeline(m, pipeline, { verifyEach: true, observers: [observer], ...options });
  const [wrong] = verifyModule(result.module, { analyses: true });
  if (wrong !== undefined) throw new LawBroken('verified', `${formatDiagnostic(wrong)}\n${printModule(result.module)}`);
  return { ...result, remarks: observer.list };
}

function said(list: readonly Remark[]): string {
  return list.map(({ func, instance, kind, what, at }) => `@${func} ${instance} ${kind} ${what} %${at}`).join('\n');
}

function look(m: Module, call: Call): Observation {
  return observe((options) => interp.instantiate(m, options), m, call);
}

function checkEqual(
  law: string,
  pipeline: Pipeline,
  m: Module,
  after: Module,
  calls: readonly Call[],
  before: readonly Observation[],
  options: RunOptions,
): void {
  for (const [i, call] of calls.entries()) {
    const seen = before[i] as Observation;
    const differs = difference(seen, look(after, call));
    if (differs === null) continue;
    const isFaulty = (candidate: Module): boolean => difference(seen, look(candidate, call)) !== null;
    const { text } = bisect(m, pipeline, isFaulty, options);
    throw new LawBroken(law, `${show(m, call)} ${differs}\n${text}\nafter ${pipeline.name}:\n${printModule(after)}`);
  }
}

/** A call as text. */
export function show(m: Module, { func, args }: Call): string {
  return printCall(func, m.funcs.find(({ name }) => name === func)?.sig.params ?? [], args);
}
