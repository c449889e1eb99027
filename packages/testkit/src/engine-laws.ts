/**
 * Laws of engines, tried on generated modules, on fresh instances and on one instance that all calls go to in turn:
 *
 *   lowered  the final IR shows, in the reference interpreter, what the module showed before any pass (equiv.ts)
 *   equal    so does the engine
 *   exact    on the final IR, engine and reference end the same way, limits included, and use the same fuel
 */

import { interp, type Module, printModule } from '@sluice/ir';
import { type Pipeline, runPipeline } from '@sluice/pipeline';
import fc from 'fast-check';
import { arbitraryModule, type Generated } from './arbitrary/module.ts';
import { budget } from './budget.ts';
import { describe, difference, isInconclusive } from './equiv.ts';
import type { TestEngine } from './fixture-matrix.ts';
import { LawBroken, type LawOptions, show } from './laws.ts';
import { type Call, type Instantiate, type Observation, observe, observeAll } from './observe.ts';

/** How to try an engine. */
export interface EngineLawOptions extends Omit<LawOptions, 'prepare'> {
  /** Pipelines before lowering; each module is tried with each of them. Default: none, the module as it is. */
  readonly levels?: readonly Pipeline[];
}

/** Holds an engine to the laws. Throws with the smallest module found that breaks one. */
export function engineLaws(engine: TestEngine, options: EngineLawOptions = {}): void {
  const { runs = 60, features = {}, check = {}, levels = [{ name: 'no passes', instances: [] }] } = options;
  const law = (g: Generated): void => {
    for (const level of levels) checkEngine(engine, g, level);
  };
  fc.assert(fc.property(arbitraryModule(features), law), { ...budget(runs), ...check });
}

/** Holds an engine to the laws on one module. Throws `LawBroken`. */
export function checkEngine(engine: TestEngine, g: Generated, level: Pipeline): void {
  const optimised = runPipeline(g.module, level).module;
  if (engine.takes?.(optimised) === false) return;
  const { module, instantiate } = engine.lower(optimised);
  const names = ['in the reference', `on ${engine.name} at ${level.name}`] as const;
  const where = `(reference on the final IR, then ${names[1]})`;
  const fail = (law: string, call: Call, message: string): never => {
    throw new LawBroken(law, `${show(module, call)} ${message}\nfinal IR:\n${printModule(module)}`);
  };
  for (const [i, call] of g.calls.entries()) {
    const before = observe(reference(g.module), g.module, call);
    const wanted = observe(reference(module), module, call);
    const lowered = difference(before, wanted, [
      'at the start',
      `after ${level.name} and what ${engine.name} prepares`,
    ]);
    if (lowered !== null) fail('lowered', call, lowered);
    const seen = observe(instantiate, module, call);
    const differs = difference(before, seen, names);
    if (differs !== null) fail('equal', call, differs);
    const exact = inexact(wanted, seen);
    if (exact !== null) fail('exact', call, `${exact} ${where}`);
    if (isInconclusive(wanted)) continue;
    // Without a limit on fuel, and counting, engines run other code.
    const free = observe(instantiate, module, call, { limits: { fuel: null }, count: i % 2 === 0 });
    const freely = difference(wanted, free);
    if (freely !== null) fail('exact', call, `without a limit on fuel: ${freely} ${where}`);
  }
  const expected = observeAll(reference(module), module, g.calls);
  for (const [i, seen] of observeAll(instantiate, module, g.calls).entries()) {
    const call = g.calls[i] as Call;
    const wanted = expected[i] as Observation;
    const exact = inexact(wanted, seen);
    if (exact !== null) fail('exact', call, `as call ${i + 1} of one instance: ${exact} ${where}`);
    // Where a limit ended it, the state that the next call would see is not the same.
    if (wanted.outcome.kind === 'resource') return;
  }
}

function reference(m: Module): Instantiate {
  return (options) => interp.instantiate(m, options);
}

/** How executions of the same IR differ; limits other than fuel are counted in the engines' own units. */
function inexact(reference: Observation, seen: Observation): string | null {
  if ([reference, seen].some(({ outcome }) => outcome.kind === 'resource' && outcome.end !== 'fuel')) return null;
  const differs = difference(reference, seen);
  if (differs !== null) return differs;
  if (reference.outcome.kind !== seen.outcome.kind) return `${describe(reference)}, ${describe(seen)}`;
  if (reference.fuelUsed === seen.fuelUsed) return null;
  return `used ${reference.fuelUsed}, ${seen.fuelUsed} units of fuel`;
}
