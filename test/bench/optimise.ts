/**
 * Speed of the optimiser: time for one IR instruction of large modules, warm; how the time grows with the size of functions.
 * Answers are checked: optimised functions give what the originals give.
 */

import { type CompileOptions, load, optimise, presets } from '@sluice/driver';
import { decodeModule, encodeModule, interpret, type Module, makeModule, unwrap } from '@sluice/ir';
import { brilCorpus } from '../corpus.ts';
import { type Figure, time } from './measure.ts';
import { moduleSize, syntheticModule } from './synthetic.ts';

const options: CompileOptions = {};

/** Time for one instruction of a module at a level; every run gets a module that no analysis has seen. */
function perInstruction(m: Module, level: string, runs: number, warm: number): { ns: number; units: number } {
  const bytes = encodeModule(m, { debug: true });
  const fresh = (): Module => unwrap(decodeModule(bytes, { file: 'bench' }));
  const pipeline = presets.levelPipeline(level);
  const { ms, unitNs } = time(runs, warm, fresh, (input) => void optimise(input, pipeline, options));
  const ns = (ms * 1e6) / moduleSize(m);
  return { ns, units: ns / unitNs };
}

/** All Bril benchmarks in one module, several times over, each copy with names of its own. */
function concatenatedCorpus(least: number): Module | null {
  const corpus = brilCorpus();
  if (corpus === null) return null;
  const parts: Module[] = [];
  for (const { bril, kind } of corpus.index) {
    if (kind !== 'benchmark') continue;
    const loaded = load(presets, new TextEncoder().encode(corpus.read(bril)), bril);
    if (loaded.ok) parts.push(loaded.value.module);
  }
  const imports = new Map(parts.flatMap((part) => part.imports).map((each) => [each.name, each]));
  const funcs: Module['funcs'][number][] = [];
  for (let copy = 0; moduleSize(makeModule({ funcs })) < least; copy++) {
    for (const [i, part] of parts.entries()) {
      const rename = (name: string): string => (imports.has(name) ? name : `p${i}.${copy}.${name}`);
      for (const f of part.funcs) {
        const insts = f.insts.map((inst) =>
          inst?.op.imm === 'func' ? { ...inst, imm: rename(String(inst.imm)) } : inst,
        );
        funcs.push({ ...f, name: rename(f.name), insts, shape: { cache: new Map() }, cache: new Map() });
      }
    }
  }
  const exports = funcs.map(({ name }) => ({ external: name, kind: 'func' as const, name }));
  return makeModule({ imports: [...imports.values()], funcs, exports });
}

function check(m: Module, level: string): void {
  const after = optimise(m, presets.levelPipeline(level), { ...options, verifyEach: true });
  for (const x of [0n, 7n, -5n]) {
    const want = interpret(m, 'f0', [x, 40]);
    const got = interpret(after, 'f0', [x, 40]);
    if (JSON.stringify(want.outcome, show) !== JSON.stringify(got.outcome, show))
      throw new Error(`${level} changed a result`);
  }
}

function show(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** By level: nanoseconds for one instruction of the concatenated corpus that are allowed: 2, 1 and 0.5 million a second. */
const nanoseconds: Readonly<Record<string, number>> = { O1: 500, O2: 1000, O3: 2000 };

/** The figures. */
export function optimiseFigures(): readonly Figure[] {
  check(syntheticModule(1, 1000), 'O2');
  check(syntheticModule(1, 1000), 'O3');
  const figures: Figure[] = [];
  const corpus = concatenatedCorpus(50_000);
  if (corpus !== null) {
    for (const [level, limit] of Object.entries(nanoseconds)) {
      const { units, ns } = perInstruction(corpus, level, 9, 15);
      const what = `${level} on the corpus, ${moduleSize(corpus)} instructions`;
      figures.push({ name: `${what}: ns for one`, value: ns, limit });
      figures.push({ name: `${what}: units for one`, value: units, limit: null });
    }
  }
  for (const level of ['O2', 'O3']) {
    const one = perInstruction(syntheticModule(1, 1000), level, 41, 30).units;
    const many = perInstruction(syntheticModule(300, 1000), level, 3, 1).units;
    const long = perInstruction(syntheticModule(1, 300_000), level, 1, 1).units;
    figures.push(
      {
        name: `${level}, one function of 1,000 instructions: units for one`,
        value: one,
        limit: level === 'O2' ? 1000 : null,
      },
      { name: `${level}, 300 functions of 1,000 over one of 1,000, by instruction`, value: many / one, limit: 2 },
      { name: `${level}, one function of 300,000 over one of 1,000, by instruction`, value: long / one, limit: 10 },
    );
  }
  return figures;
}
