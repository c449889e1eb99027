/**
 * From a module to the source text of a language: passes that the language wants first, a pipeline with the language's
 * exceptions, passes that it wants last, then text. The counterpart of `lower`, which makes programs for machines.
 */

import type { Module, Result } from '@sluice/ir';
import { type Pass, type Pipeline, parseInstance, pipeline, type RunOptions, runPipeline } from '@sluice/pipeline';
import { optimise } from './compile.ts';
import type { TextTarget, Toolchain } from './toolchain.ts';

/** The pipeline as it runs for a language: `first`, the exceptions made. */
export function retarget(p: Pipeline, target: TextTarget, tools: Toolchain): Pipeline {
  const passes = passesFor(target, tools);
  const { instances } = pipeline('', target.first, passes);
  const kept = p.instances.flatMap((instance) => {
    const instead = target.instead[instance.pass.name];
    if (instead === undefined) return [instance];
    if (instead === null) return [];
    const { pass, options } = parseInstance(instead, passes);
    return [{ pass, id: instance.id, options: { ...instance.options, ...options } }];
  });
  return { name: p.name, instances: [...instances, ...kept] };
}

/** The text of a module that `retarget`ed passes have run on. The budget of rewrites does not count here. */
export function emitText(m: Module, target: TextTarget, tools: Toolchain): Result<string> {
  const last = pipeline(target.name, target.prepare, passesFor(target, tools));
  return target.emit(runPipeline(m, last, { ops: tools.ops }).module);
}

/** Optimises for a language and emits its text. */
export function translate(
  m: Module,
  p: Pipeline,
  target: TextTarget,
  tools: Toolchain,
  options: RunOptions = {},
): Result<string> {
  return emitText(optimise(m, retarget(p, target, tools), { ops: tools.ops, ...options }), target, tools);
}

function passesFor(target: TextTarget, tools: Toolchain): ReadonlyMap<string, Pass> {
  return new Map([...tools.passes, ...target.passes.map((pass): [string, Pass] => [pass.name, pass])]);
}
