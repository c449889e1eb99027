/**
 * Speed of the optimiser: time for 1,000 IR instructions on large modules, warm; how the time grows with the size of functions.
 * Answers are checked: optimised functions give what the originals give.
 */

import { type CompileOptions, load, optimise, presets } from '@sluice/driver';
import { decodeModule, encodeModule, interpret, type Module, makeModule, unwrap } from '@sluice/ir';
import { brilCorpus } from '../corpus.ts';
import { type Figure, time } from './measure.ts';
import { moduleSize, syntheticModule } from './synthetic.ts';

const options: CompileOptions = {};

/** Units for 1,000 instructions of a module at a level; every run gets a module that no analysis has seen. */
function unitsPerThousand(m: Module, level: string, runs: number, warm: number): number {
  const bytes = encodeModule(m, { debug: true });
  const fresh = (): Module => unwrap(decodeModule(bytes, { file: 'bench' }));
  const pipeline = presets.levelPipeline(level);
  const { ms, unitNs } = time(runs, warm, fresh, (input) => void optimise(input, pipeline, options));
  return (ms * 1e6) / unitNs / (moduleSize(m) / 1000);
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

/** The figures. */
export function optimiseFigures(): readonly Figure[] {
  check(syntheticModule(1, 1000), 'O2');
  const figures: Figure[] = [];
  const corpus = concatenatedCorpus(20_000);
  if (corpus !== null) {
    for (const level of ['O1', 'O2', 'O3']) {
      figures.push({
        name: `${level} on the corpus, ${moduleSize(corpus)} instructions: k units for 1,000`,
        value: unitsPerThousand(corpus, level, 9, 25) / 1000,
        limit: level === 'O2' ? 1000 : null,
      });
    }
  }
  const one = unitsPerThousand(syntheticModule(1, 1000), 'O2', 41, 30);
  const many = unitsPerThousand(syntheticModule(300, 1000), 'O2', 3, 1);
  const long = unitsPerThousand(syntheticModule(1, 100_000), 'O2', 3, 1);
  figures.push(
    { name: 'O2, one function of 1,000 instructions: k units for 1,000', value: one / 1000, limit: 1000 },
    { name: 'O2, 300 functions of 1,000 over one of 1,000, by instruction', value: many / one, limit: 2 },
    { name: 'O2, one function of 100,000 over one of 1,000, by instruction', value: long / one, limit: 8 },
  );
  return figures;
}
