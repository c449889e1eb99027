/**
 * Step 8 of a fixture: the same observations on every engine at every level, and on each engine the fuel that the reference
 * interpreter uses on the same final IR.
 */

import { encodeModule, findFunc, interp, type Module } from '@sluice/ir';
import { PassBug, type Pipeline, runPipeline } from '@sluice/pipeline';
import { FixtureError } from './directives/directive.ts';
import { difference, isInconclusive, printCall } from './equiv.ts';
import type { FixtureCase } from './fixture.ts';
import { type Call, type Instantiate, observe } from './observe.ts';
import { evalLimits, evalsOf, loadCase, randomCalls } from './run-fixture.ts';

/** An engine together with the way to it. */
export interface TestEngine {
  readonly name: string;
  /** What the engine cannot take is skipped. Default: it takes everything. */
  readonly takes?: (m: Module) => boolean;
  /** Lowers a module: the final IR that is executed, and what makes instances of it. */
  readonly lower: (m: Module) => { readonly module: Module; readonly instantiate: Instantiate };
}

/** The reference interpreter as one engine among others. */
export const interpEngine: TestEngine = {
  name: 'interp',
  lower: (module) => ({ module, instantiate: (options) => interp.instantiate(module, options) }),
};

/** Runs a case's calls at all levels on all engines. Throws `FixtureError`. */
export function runFixtureMatrix(c: FixtureCase, levels: readonly Pipeline[], engines: readonly TestEngine[]): void {
  if (c.directives.some(({ name }) => name === 'xfail')) return;
  const m = loadCase(c);
  if (m === null) return;
  const random = randomCalls(c, m).filter((_, i) => i % 4 === 0);
  const calls = [
    ...evalsOf(c, m).map(({ call, line }) => ({ call, line, options: { limits: evalLimits } })),
    ...random.map((call) => ({ call, line: c.line, options: {} })),
  ];
  const oracle = calls.map(({ call, options }) => observe((o) => interp.instantiate(m, o), m, call, options));
  const before = new Set<string>();
  for (const level of levels) {
    const optimised = atLevel(c, m, level);
    // What two levels make of a small program is often the same, and one run says all that can be said of it.
    const form = Buffer.from(encodeModule(optimised)).toString('latin1');
    if (before.has(form)) continue;
    before.add(form);
    for (const engine of engines) {
      if (engine.takes?.(optimised) === false) continue;
      const { module, instantiate } = engine.lower(optimised);
      for (const [i, { call, line, options }] of calls.entries()) {
        // What a module doesn't export may be gone.
        if (findFunc(module, call.func) === undefined) continue;
        const seen = observe(instantiate, module, call, options);
        const where = `${engine.name} at ${level.name}`;
        const wanted = oracle[i];
        const differs = wanted === undefined ? null : difference(wanted, seen, ['in the reference', `on ${where}`]);
        if (differs !== null) throw new FixtureError({ ...c, line }, `"${c.title}"\n  ${show(m, call)} ${differs}`);
        const lowered = observe((o) => interp.instantiate(module, o), module, call, options);
        if (lowered.fuelUsed === seen.fuelUsed || (isInconclusive(lowered) && isInconclusive(seen))) continue;
        const fuel = `uses ${seen.fuelUsed} units of fuel on ${where}, ${lowered.fuelUsed} in the reference`;
        throw new FixtureError({ ...c, line }, `"${c.title}"\n  ${show(m, call)} ${fuel}`);
      }
    }
  }
}

function atLevel(c: FixtureCase, m: Module, level: Pipeline): Module {
  try {
    return runPipeline(m, level, { verifyEach: true }).module;
  } catch (error) {
    if (error instanceof PassBug) throw new FixtureError(c, `"${c.title}"\n  at ${level.name}: ${error.message}`);
    throw error;
  }
}

function show(m: Module, { func, args }: Call): string {
  return printCall(func, m.funcs.find(({ name }) => name === func)?.sig.params ?? [], args);
}
