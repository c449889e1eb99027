/**
 * From a module to the text of a language or the bytes of a format: passes that the form wants first, a pipeline with the
 * form's exceptions, passes that it wants last, then text or bytes. The counterpart of `lower`, which makes programs for machines.
 * Engines have exceptions too.
 */

import type { Module, Result } from '@sluice/ir';
import { type Pass, type Pipeline, parseInstance, pipeline, type RunOptions, runPipeline } from '@sluice/pipeline';
import { optimise } from './compile.ts';
import type { EngineEntry, Exceptions, FormTarget, Toolchain, WriteOptions } from './toolchain.ts';

type AnyTarget = FormTarget<string | Uint8Array>;

/** The pipeline as it runs for a language: `first`, the exceptions made. */
export function retarget(p: Pipeline, target: AnyTarget, tools: Toolchain): Pipeline {
  const passes = passesFor(target, tools);
  const { instances } = pipeline('', target.first, passes);
  return { name: p.name, instances: [...instances, ...excepted(p, target.instead, passes).instances] };
}

/** The pipeline as it runs for an engine. */
export function pipelineFor(p: Pipeline, { instead = {} }: EngineEntry, tools: Toolchain): Pipeline {
  return excepted(p, instead, tools.passes);
}

function excepted(p: Pipeline, exceptions: Exceptions, passes: ReadonlyMap<string, Pass>): Pipeline {
  const instances = p.instances.flatMap((instance) => {
    const instead = exceptions[instance.pass.name];
    if (instead === undefined) return [instance];
    if (instead === null) return [];
    const { pass, options } = parseInstance(instead, passes);
    return [{ pass, id: instance.id, options: { ...instance.options, ...options } }];
  });
  return { name: p.name, instances };
}

/** What a module is in a form; `retarget`ed passes have run on it. The budget of rewrites does not count here. */
export function emitAs<T extends string | Uint8Array>(
  m: Module,
  target: FormTarget<T>,
  tools: Toolchain,
  options: WriteOptions = {},
): Result<T> {
  const last = pipeline(target.name, target.prepare, passesFor(target, tools));
  return target.emit(runPipeline(m, last, { ops: tools.ops }).module, options);
}

/** Optimises for a form and emits it. */
export function translate<T extends string | Uint8Array>(
  m: Module,
  p: Pipeline,
  target: FormTarget<T>,
  tools: Toolchain,
  options: RunOptions = {},
): Result<T> {
  return emitAs(optimise(m, retarget(p, target, tools), { ops: tools.ops, ...options }), target, tools);
}

function passesFor(target: AnyTarget, tools: Toolchain): ReadonlyMap<string, Pass> {
  return new Map([...tools.passes, ...target.passes.map((pass): [string, Pass] => [pass.name, pass])]);
}
