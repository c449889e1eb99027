/** Loops over arrays do the same in lanes: results, memory and traps. A failure prints seed and path: SLUICE_SEED, SLUICE_PATH. */
import { formatDiagnostic, interp, type Module, printFunc, verifyModule } from '@sluice/ir';
import { levelPipeline, passes } from '@sluice/passes';
import { type Pipeline, pipeline, type RunOptions, runPipeline } from '@sluice/pipeline';
import { budget, type Call, difference, observe } from '@sluice/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryCall, arbitraryPlan, moduleOf, type Plan, textOf } from './support/array-loops.ts';
import { arbitraryCode, arbitraryPlaces, neighbourModule, neighbourText } from './support/neighbours.ts';

const limits = { fuel: 20_000, depth: 100, memory: 1 << 24 };
const calls = fc.array(arbitraryCall, { minLength: 2, maxLength: 4 });

function alone(options: string): Pipeline {
  return pipeline('vectors', ['simplify-cfg', 'simplify', `simd-lower(${options})`], passes);
}

function check(plan: Plan, list: readonly Call[], by: Pipeline, options: RunOptions = {}): number {
  return checkModule(moduleOf(plan), textOf(plan), list, by, options);
}

/** Runs a module before and after; the number of rewrites by simd-lower. */
function checkModule(
  before: Module,
  text: string,
  list: readonly Call[],
  by: Pipeline,
  options: RunOptions = {},
): number {
  let vectors = 0;
  const observer = {
    remark: ({ instance, kind }: { instance: string; kind: string }) => {
      if (instance.startsWith('simd-lower') && kind === 'rewrite') vectors++;
    },
  };
  const after = runPipeline(before, by, { verifyEach: true, observers: [observer], ...options }).module;
  const [wrong] = verifyModule(after, { analyses: true });
  if (wrong !== undefined) throw new Error(formatDiagnostic(wrong));
  for (const call of list) {
    const look = (m: typeof before) => observe((o) => interp.instantiate(m, o), m, call, { limits });
    const differs = difference(look(before), look(after));
    if (differs === null) continue;
    throw new Error(
      `f(${call.args.join(', ')}): ${differs}\n${text}\n${after.funcs.map((f) => printFunc(f)).join('')}`,
    );
  }
  return vectors;
}

const options = ['', 'factor=1', 'factor=2,accumulators=2', 'factor=8,accumulators=3'];

test.each(options)('simd-lower(%s) changes no results, no memory and no traps', (text) => {
  fc.assert(
    fc.property(arbitraryPlan, calls, (plan, list) => void check(plan, list, alone(text))),
    budget(150),
  );
});

test('nor does it where decisions about profit are turned round', () => {
  const choose = (_: string, answer: boolean): boolean => !answer;
  fc.assert(
    fc.property(arbitraryPlan, calls, (plan, list) => void check(plan, list, alone('factor=1'), { choose })),
    budget(50),
  );
});

test('nor with fast-math, where every order gives the same sum', () => {
  const sums = arbitraryPlan.map((plan) => ({ ...plan, floatSums: true }));
  fc.assert(
    fc.property(sums, calls, (plan, list) => void check(plan, list, alone('fastMath=true'))),
    budget(100),
  );
});

test('nor within O3', () => {
  fc.assert(
    fc.property(arbitraryPlan, calls, (plan, list) => void check(plan, list, levelPipeline('O3'))),
    budget(60),
  );
});

test('many of these loops are done in lanes', () => {
  const plans = fc.sample(arbitraryPlan, { numRuns: 200, seed: 7 });
  const done = plans.filter((plan) => check(plan, [], alone('')) > 0);
  expect(done.length).toBeGreaterThan(60);
});

test('stores of neighbours as vectors change nothing either', () => {
  fc.assert(
    fc.property(arbitraryCode, fc.array(arbitraryPlaces, { minLength: 2, maxLength: 4 }), (code, list) => {
      checkModule(neighbourModule(code), neighbourText(code), list, alone(''));
    }),
    budget(200),
  );
});
