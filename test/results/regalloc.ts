/**
 * `npm run results:regalloc [-- FUNCTIONS]`: compares the allocators over the corpus and over random functions (10,000
 * unless told), and writes docs/results/regalloc.md. Executed counts come from a profile of each program.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findEngine, load, lower, optimise, presets } from '@sluice/driver';
import { type Func, interp, type Module, unwrap } from '@sluice/ir';
import { allocators } from '@sluice/passes/regalloc/index';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { brilCorpus, repoRoot } from '../corpus.ts';
import { argumentsFor, fuel } from '../regalloc/support/calls.ts';
import { prepared } from '../regalloc/support/lower.ts';
import { randomModule, type Shape } from '../regalloc/support/random-func.ts';
import { addCosts, type Costs, costsOf, noCosts, phiOperands } from './allocation-figures.ts';
import { type BlockCounts, profiled } from './profile.ts';

const level = 'O3';
const bounds = [4, 8, 16] as const;
const wanted = Number(process.argv[2] ?? 10_000);

/** Sums by number of registers and allocator, and where the first allocator spills more than the second. */
class Sums {
  functions = 0;
  phiOperands = 0;
  readonly costs = new Map<string, Costs>();
  readonly losses: string[] = [];

  add(name: string, f: Func, counts: BlockCounts): void {
    this.functions++;
    this.phiOperands += phiOperands(f, counts);
    for (const registers of bounds) {
      const found = allocators.map((allocator) => {
        const costs = costsOf(f, allocator, registers, counts);
        addCosts(this.of(registers, allocator.name), costs);
        return costs;
      });
      const [mine, other] = found as [Costs, Costs];
      if (registers === 16 && mine.spills > other.spills) {
        this.losses.push(
          `| ${name} | ${mine.spills} | ${other.spills} | ${mine.executedSpills} | ${other.executedSpills} |`,
        );
      }
    }
  }

  of(registers: number, allocator: string): Costs {
    const key = `${registers} ${allocator}`;
    const known = this.costs.get(key);
    if (known !== undefined) return known;
    const costs = noCosts();
    this.costs.set(key, costs);
    return costs;
  }
}

function corpusSums(): Sums | null {
  const corpus = brilCorpus();
  const engine = findEngine(presets, 'register');
  if (corpus === null || engine?.executes !== 'program') return null;
  const sums = new Sums();
  for (const { kind, name, bril, args } of corpus.index) {
    if (kind !== 'benchmark') continue;
    const loaded = unwrap(load(presets, new TextEncoder().encode(corpus.read(bril)), bril));
    const optimised = optimise(loaded.module, presets.levelPipeline(level));
    const ready = runPipeline(optimised, pipeline('target', engine.target.prepare, presets.passes)).module;
    const { module, read } = profiled(ready);
    const instance = engine.instantiate(lower(module, engine.target, presets).program, {
      host: loaded.host(() => undefined),
    });
    instance.call(loaded.entry ?? 'main', unwrap(loaded.parseArgs(args)));
    const counts = read(instance);
    for (const f of ready.funcs) sums.add(`${name} @${f.name}`, f, counts.get(f.name) as BlockCounts);
  }
  return sums;
}

const shapes: readonly Shape[] = [
  { blocks: 12, variables: 9, statements: 7, params: 7, invoke: true },
  { blocks: 8, variables: 40, statements: 30, params: 20, invoke: false },
  { blocks: 16, variables: 24, statements: 12, params: 4, invoke: true },
  { blocks: 60, variables: 4, statements: 3, params: 2, invoke: true },
];

function randomSums(): Sums {
  const sums = new Sums();
  for (let seed = 0; seed < wanted; seed++) {
    const ready: Module = prepared(randomModule(seed, shapes[seed % shapes.length] as Shape), false);
    const [f] = ready.funcs;
    if (f === undefined) throw new Error('no function');
    const { module, read } = profiled(ready);
    const instance = interp.instantiate(module, { limits: { fuel } });
    instance.call('f', argumentsFor(f));
    sums.add(`random ${seed}`, f, read(instance).get('f') as BlockCounts);
    if (seed % 500 === 499) console.log(`${seed + 1} of ${wanted} random functions`);
  }
  return sums;
}

function page(title: string, sums: Sums): string {
  const rows = bounds.flatMap((registers) =>
    allocators.map(({ name }) => {
      const c = sums.of(registers, name);
      const share = ((100 * c.executedMoves) / sums.phiOperands).toFixed(1);
      const cells = [
        registers,
        name,
        c.values,
        c.spills,
        c.executedSpills,
        c.executedConstants,
        c.moves,
        c.executedMoves,
      ];
      return `| ${cells.join(' | ')} | ${share}% |`;
    }),
  );
  const head = [
    `## ${title}`,
    '',
    `${sums.functions} functions; ${sums.phiOperands} phi operands executed.`,
    '',
    '| registers | allocator | values spilled | loads and stores | executed | constants made anew, executed | moves | executed | of phi operands |',
    '| --: | :-- | --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
    '',
  ];
  const losses =
    sums.losses.length === 0
      ? ['Graph colouring has no more loads and stores than linear scan in any function at 16 registers.', '']
      : [
          `Graph colouring has more loads and stores than linear scan at 16 registers in ${sums.losses.length} of the functions:`,
          '',
          '| function | graph | linear scan | graph, executed | linear scan, executed |',
          '| :-- | --: | --: | --: | --: |',
          ...sums.losses,
          '',
        ];
  return [...head, ...losses].join('\n');
}

const corpus = corpusSums();
if (corpus !== null) console.log(page(`Corpus at ${level}`, corpus));
const random = randomSums();
console.log(page('Random functions', random));
if (corpus !== null && wanted === 10_000) {
  const folder = join(repoRoot, 'docs/results');
  mkdirSync(folder, { recursive: true });
  const intro = `# Allocators of registers

Written by \`npm run results:regalloc\`. Every allocation was accepted by the checker (\`passes/src/regalloc/check.ts\`). Executed
counts come from a profile of the run of each program, for random functions with fuel for ${fuel} back-edges and calls. The last
column compares moves with one copy for each operand of a phi that is passed on.
`;
  writeFileSync(
    join(folder, 'regalloc.md'),
    [intro, page(`Bril benchmarks at ${level}`, corpus), page('Random functions', random)].join('\n'),
  );
}
