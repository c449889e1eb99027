/** What must hold of one program on its way through passes and an engine. Throws where it does not. */

import { lower, presets, type Toolchain } from '@sluice/driver';
import { formatDiagnostic, interp, type Module, printModule, verifyModule } from '@sluice/ir';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { type Pipeline, pipeline, runPipeline } from '@sluice/pipeline';
import {
  bisect,
  type Call,
  checkEmi,
  checkEngine,
  difference,
  LawBroken,
  type Observation,
  observe,
  show,
  type TestEngine,
} from '@sluice/testkit';
import type { Plan } from './plan.ts';

/** A program and calls of it. */
export interface Program {
  readonly module: Module;
  readonly calls: readonly Call[];
}

/** The plan's pipeline. */
export function pipelineOf({ passes }: Plan): Pipeline {
  if (typeof passes === 'string') return presets.levelPipeline(passes);
  return pipeline(passes.join(', '), passes, presets.passes);
}

/** Takes a program through a plan; throws `LawBroken`, `PassBug`, or what a part of the compiler throws. */
export function checkProgram(g: Program, plan: Plan): void {
  const passes = pipelineOf(plan);
  const contrary = plan.contrary ? { choose: (_: string, answer: boolean) => !answer } : {};
  const options = { ...contrary, verifyEach: true };
  const { module } = runPipeline(g.module, passes, options);
  const [wrong] = verifyModule(module, { analyses: true });
  if (wrong !== undefined) throw new LawBroken('verified', `${formatDiagnostic(wrong)}\n${printModule(module)}`);
  if (plan.engine === 'interp') {
    for (const call of g.calls) checkCall(g.module, module, passes, call, options);
  } else {
    checkEngine(engineOf(plan), { ...g, module } as Parameters<typeof checkEngine>[1], nothing);
    // The engine agrees with the reference on what comes out of the passes: one of them is enough for the rest.
    for (const call of g.calls) checkCall(g.module, module, passes, call, options);
  }
  if (plan.unreached !== null) checkEmi([passes], g, plan.unreached);
  if (!plan.allocates) return;
  const { prepare, constraints } = entryOf('register').target;
  const prepared = runPipeline(module, pipeline('prepare', prepare, presets.passes)).module;
  for (const { allocate } of checked.allocators) {
    for (const registers of [4, 8, 16]) for (const f of prepared.funcs) allocate(f, { ...constraints, registers });
  }
}

const nothing: Pipeline = { name: 'no passes', instances: [] };

function checkCall(before: Module, after: Module, passes: Pipeline, call: Call, options: object): void {
  const seen = look(before, call);
  const differs = difference(seen, look(after, call));
  if (differs === null) return;
  const isFaulty = (candidate: Module): boolean => difference(seen, look(candidate, call)) !== null;
  const { text } = bisect(before, passes, isFaulty, options);
  throw new LawBroken('equal', `${show(before, call)} ${differs}\n${text}`);
}

function look(m: Module, call: Call): Observation {
  return observe((o) => interp.instantiate(m, o), m, call);
}

/** The parts of the presets, with an allocator whose every answer is checked. */
const checked: Toolchain = {
  ...presets,
  allocators: presets.allocators.map((named) => ({
    ...named,
    allocate: (f, constraints) => {
      const allocation = named.allocate(f, constraints);
      const [problem] = checkAllocation(f, allocation, constraints);
      if (problem === undefined) return allocation;
      const what = `${named.name}, @${f.name} with ${constraints.registers}`;
      throw new LawBroken('allocated', `${what}: ${JSON.stringify(problem)}`);
    },
  })),
};

function entryOf(name: string) {
  const entry = presets.engines.find((engine) => engine.name === name);
  if (entry?.executes !== 'program') throw new Error(`no machine '${name}'`);
  return entry;
}

/** The machine of a plan, each allocation checked. */
export function engineOf({
  engine,
  registers,
  allocator,
}: Pick<Plan, 'engine' | 'registers' | 'allocator'>): TestEngine {
  const { target, instantiate } = entryOf(engine);
  return {
    name: `${engine} with ${registers} registers`,
    lower: (m) => {
      const { program } = lower(m, target, checked, { registers, allocator });
      // The IR before allocation: after it, parameters that got no register are read from slots that the caller set.
      const { module } = runPipeline(m, pipeline(engine, target.prepare, presets.passes));
      return { module, instantiate: (o) => instantiate(program, o) };
    },
  };
}
