/**
 * Laws of engines, tried on generated modules:
 *
 *   equal  the engine shows what the reference interpreter shows of the module before any pass (equiv.ts)
 *   exact  on the final IR, engine and reference end the same way, limits included, and use the same fuel
 */

import { interp, type Module, printModule } from '@sluice/ir';
import { type Pipeline, runPipeline } from '@sluice/pipeline';
import fc from 'fast-check';
import { arbitraryModule, type Generated } from './arbitrary/module.ts';
import { budget } from './budget.ts';
import { describe, difference } from './equiv.ts';
import type { TestEngine } from './fixture-matrix.ts';
import { LawBroken, type LawOptions, show } from './laws.ts';
import { type Call, type Observation, observe } from './observe.ts';

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
  for (const call of g.calls) {
    const seen = observe(instantiate, module, call);
    const where = `on ${engine.name} at ${level.name}`;
    const fail = (law: string, message: string): never => {
      throw new LawBroken(law, `${show(module, call)} ${message}\nfinal IR:\n${printModule(module)}`);
    };
    const differs = difference(look(g.module, call), seen, ['in the reference', where]);
    if (differs !== null) fail('equal', differs);
    const exact = inexact(look(module, call), seen);
    if (exact !== null) fail('exact', `${exact} (reference on the final IR, then ${where})`);
  }
}

function look(m: Module, call: Call): Observation {
  return observe((options) => interp.instantiate(m, options), m, call);
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
