/**
 * Tries to tell a compiler from a right one, quick ways first: fixtures with their goldens, what is recorded of the rules,
 * allocations and their checker, the laws of passes, random programs, programs of the corpus. Exit code 1, and what was
 * found as the last line, when something is wrong. Argument: the file that may be wrong, whose own tests come first.
 */

import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { presets } from '@sluice/driver';
import { brilFrontend } from '@sluice/frontend-bril';
import { interp } from '@sluice/ir';
import { isLevel, levelPipeline, passes } from '@sluice/passes';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { rules } from '@sluice/passes/rules/index';
import { expansions, strength } from '@sluice/passes/rules/strength';
import { type Pipeline, parseInstance, pipeline, runPipeline } from '@sluice/pipeline';
import { arbitraryModule, checkPipeline, difference, observe, parseFixture, runFixtureCase } from '@sluice/testkit';
import fc from 'fast-check';
import { brilCorpus } from '../corpus.ts';
import { checkProgram, engineOf } from '../fuzz/check.ts';
import { arbitraryPlan } from '../fuzz/plan.ts';
import { hashOf, recorded, rulesByName } from '../proofs/verdicts.ts';
import { argumentsFor, fuel, interpreted } from '../regalloc/support/calls.ts';
import { runCells } from '../regalloc/support/cells.ts';
import { allConstraints, allocateAll, prepared } from '../regalloc/support/lower.ts';
import { randomModule } from '../regalloc/support/random-func.ts';

const suspect = process.argv[2] ?? '';
const programs = 90;
const folder = new URL('../fixtures/', import.meta.url);

function pipelineOf(text: string): Pipeline {
  if (isLevel(text)) return levelPipeline(text);
  const words = text.split(/,(?![^(]*\))/).filter((word) => word.trim() !== '');
  return { name: text, instances: words.map((word) => parseInstance(word, passes)) };
}

const stages: readonly (readonly [string, () => void])[] = /regalloc|ssa-destruct/.test(suspect)
  ? [
      ['allocations', allocations],
      ['fixtures', fixtures],
      ['corpus', corpus],
      ['programs', random],
    ]
  : /backend/.test(suspect)
    ? [
        ['corpus', corpus],
        ['programs', random],
      ]
    : [
        ['fixtures', fixtures],
        ['rules', hashes],
        ['corpus', corpus],
        ['laws', laws],
        ['programs', random],
      ];

for (const [name, stage] of stages) {
  try {
    stage();
  } catch (error) {
    console.log(`${name}: ${String((error as Error)?.message ?? error).split('\n')[0]}`);
    process.exit(1);
  }
}

/** The fixtures, those first that are named as the file or its folder. */
function fixtures(): void {
  const names = ['passes', 'rules', 'issues'].flatMap((kind) =>
    readdirSync(new URL(kind, folder)).map((name) => [kind, name] as const),
  );
  const own = ([, name]: readonly [string, string]): boolean => suspect.includes(name.split('.')[0] ?? '');
  for (const [kind, name] of names.toSorted((a, b) => Number(own(b)) - Number(own(a)))) {
    const source = readFileSync(new URL(`${kind}/${name}`, folder), 'utf8');
    for (const c of parseFixture(`${kind}/${name}`, source)) runFixtureCase(c, { pipelineOf });
  }
}

function hashes(): void {
  const known = new Map(recorded().map(({ rule, hash }) => [rule, hash]));
  for (const [name, list] of rulesByName()) if (known.get(name) !== hashOf(list)) throw new Error(`${name} is another`);
}

function allocations(): void {
  const shapes = [
    { blocks: 12, variables: 9, statements: 7, params: 7, invoke: true },
    { blocks: 8, variables: 40, statements: 30, params: 20, invoke: false },
  ];
  for (let seed = 0; seed < 40; seed++) {
    const m = randomModule(
      seed,
      shapes[seed % 2] ?? { blocks: 1, variables: 1, statements: 1, params: 1, invoke: false },
    );
    const ready = prepared(m);
    const [f] = ready.funcs;
    if (f === undefined) throw new Error('no function');
    const wanted = JSON.stringify(interpreted(m, argumentsFor(f)), big);
    for (const constraints of allConstraints) {
      const frames = allocateAll(ready, constraints);
      for (const func of ready.funcs) {
        const frame = frames.get(func.name);
        const [wrong] = frame === undefined ? ['no frame'] : checkAllocation(func, frame.allocation, constraints);
        if (wrong !== undefined) throw new Error(`seed ${seed}: ${JSON.stringify(wrong)}`);
      }
      const got = JSON.stringify(runCells(frames, 'f', argumentsFor(f), fuel), big);
      if (got !== wanted) throw new Error(`seed ${seed}: ${got} instead of ${wanted}`);
    }
  }
}

function big(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : Number.isNaN(value) ? 'nan' : value;
}

function laws(): void {
  const own = [...passes.values()].filter(({ name }) => suspect.includes(`/${name}`));
  const modules = fc.sample(arbitraryModule({ rules }), { seed: 11, numRuns: own.length > 0 ? 40 : 5 });
  for (const pass of own.length > 0 ? own : passes.values()) {
    const before = pass.name === 'ssa-destruct' ? pipeline('prepare', ['split-critical-edges'], passes) : null;
    const alone = { name: pass.name, instances: [{ pass, id: pass.name, options: {} }] };
    for (const g of modules) checkPipeline(alone, g, before, pass.idempotent);
  }
}

function random(): void {
  const all = fc.tuple(arbitraryModule({ rules: [...rules, ...strength, ...expansions] }), arbitraryPlan(presets));
  for (const [g, plan] of fc.sample(all, { seed: 7, numRuns: programs })) checkProgram(g, plan);
}

function corpus(): void {
  const bril = brilCorpus();
  const entries = bril?.index.filter(({ kind }) => kind === 'benchmark') ?? [];
  for (const [i, entry] of entries.entries()) {
    const loaded = brilFrontend.load(new TextEncoder().encode(bril?.read(entry.bril) ?? ''), entry.bril);
    if (!loaded.ok) throw new Error(`${entry.name} does not load`);
    const { module } = loaded.value;
    const f = module.funcs.find(({ name }) => name === 'main');
    if (f === undefined || f.sig.params.some((type) => type !== 'i64') || (entry.dyn_inst ?? 0) > 100_000) continue;
    const call = { func: 'main', args: entry.args.map(BigInt).slice(0, f.sig.params.length) };
    if (call.args.length !== f.sig.params.length) continue;
    const limits = { fuel: 200_000, depth: 1000 };
    const before = observe((o) => interp.instantiate(module, o), module, call, { limits });
    const engine = engineOf({
      engine: i % 2 === 0 ? 'stack' : 'register',
      registers: 16,
      allocator: presets.allocators[0]?.name ?? '',
    });
    const { module: final, instantiate } = engine.lower(runPipeline(module, levelPipeline('O3')).module);
    const differs = difference(before, observe(instantiate, final, call, { limits }));
    if (differs !== null) throw new Error(`${entry.name}: ${differs}`);
  }
}
