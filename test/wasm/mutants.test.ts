/**
 * Hostile WebAssembly: whatever the bytes are, they are refused with a diagnostic or are a valid module, which then
 * verifies, optimises and is emitted. Never another exception, never without an end, never with more than 256 MB.
 * 1,000 mutants of real modules, 10,000 in `npm run test:deep`; then what mutation would not find.
 *
 * A mutant that failed again: its seed in `mutantOf`.
 */

import { join } from 'node:path';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { load, prepare, presets } from '@sluice/driver';
import { formatDiagnostic, type Limits, unwrap } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { checkModule } from './support/mutant-check.ts';
import type { MutantNews, MutantWork } from './support/mutants.ts';
import { concat, unsigned } from './support/mutate.ts';
import { realModules } from './support/packages.ts';

const mutants = process.env.SLUICE_DEEP === '1' ? 10_000 : 1_000;
const firstSeed = 1;
/** No mutant takes longer, on a machine that does other things beside. */
const patience = 60_000;
const megabytes = 256;

type End = Extract<MutantNews, { readonly kind: 'end' }>;

/** Checks seeds in a thread of its own; fails where the thread does, and names the seed. */
function check(workToDo: MutantWork): Promise<{ readonly end: End; readonly failures: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(import.meta.dirname, 'support/mutant-worker.ts'), {
      workerData: workToDo,
      execArgv: ['--conditions=sluice-source'],
      resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 32 },
    });
    const failures: string[] = [];
    let at = workToDo.first;
    let timer = setTimeout(() => undefined, 0);
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        void worker.terminate();
        reject(new Error(`seed ${at}: no answer after ${patience} ms`));
      }, patience);
    };
    wait();
    worker.on('message', (news: MutantNews) => {
      wait();
      if (news.kind === 'begin') at = news.seed;
      else if (news.kind === 'failure') failures.push(`seed ${news.seed}: ${news.message}`);
      else {
        clearTimeout(timer);
        resolve({ end: news, failures });
      }
    });
    worker.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`seed ${at}: ${error.message}`));
    });
  });
}

describe('mutants of real modules', () => {
  const all = new Map(realModules().map(({ name, files }) => [name, files]));
  const [mappings = ''] = all.get('source-map') ?? [];
  const [parser = '', grammar = ''] = all.get('web-tree-sitter') ?? [];
  const [encoder = ''] = all.get('@jsquash/webp, SIMD') ?? [];
  // Small ones mostly: a mutant that is valid goes all the way.
  const groups = [
    { files: [grammar], share: 0.6 },
    { files: [mappings, grammar], share: 0.37 },
    { files: [parser, encoder, mappings], share: 0.03 },
  ];
  let next = firstSeed;

  test.each(groups.map(({ files, share }) => ({ files, count: Math.round(mutants * share) })))(
    '$count are refused or valid ($files.0)',
    async ({ files, count }) => {
      const first = next;
      next += count;
      const { end, failures } = await check({ files, first, end: first + count });
      const { valid, refused, disputed, slowest, largest } = end;
      console.log(
        `${count} mutants: ${valid} valid, refused ${JSON.stringify(refused)}, slowest ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed}), buffers ${(largest.bytes / 1e6).toFixed(0)} MB (seed ${largest.seed}), disputed ${JSON.stringify(disputed)}`,
      );
      expect(failures).toEqual([]);
      expect(largest.bytes).toBeLessThan(megabytes * 2 ** 20);
    },
    1_800_000,
  );
});

/** A module of sections: number and content. */
function moduleOf(...sections: readonly (readonly [number, Uint8Array | readonly number[]])[]) {
  const header = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
  return concat(
    header,
    ...sections.flatMap(([id, content]) => [Uint8Array.of(id), unsigned(content.length), Uint8Array.from(content)]),
  );
}

const emptyType = [1, 0x60, 0, 0] as const;

/** A module of one function () -> () with this body, locals included, `end` included. */
function withBody(body: Uint8Array | readonly number[]) {
  const content = Uint8Array.from(body);
  return moduleOf([1, emptyType], [3, [1, 0]], [10, concat(Uint8Array.of(1), unsigned(content.length), content)]);
}

/** A byte repeated. */
function times(count: number, ...bytes: readonly number[]): Uint8Array {
  return concat(...Array.from({ length: count }, () => Uint8Array.from(bytes)));
}

const huge = [0xff, 0xff, 0xff, 0xff, 0x0f] as const;

describe('made by hand', () => {
  const refused: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
    nothing: new Uint8Array(0),
    'a header cut short': moduleOf().slice(0, 6),
    'another version': Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x02, 0, 0, 0),
    'a huge count of types': moduleOf([1, huge]),
    'a huge count of functions': moduleOf([1, emptyType], [3, huge]),
    'functions without code': moduleOf([1, emptyType], [3, [1, 0]]),
    'code without functions': moduleOf([1, emptyType], [10, [1, 2, 0, 0x0b]]),
    'a huge count of bodies': moduleOf([1, emptyType], [3, [1, 0]], [10, huge]),
    'a huge section': concat(moduleOf(), Uint8Array.of(1, ...huge)),
    'a section that reaches into the next': concat(moduleOf(), Uint8Array.of(1, 7, ...emptyType, 3, 2, 1, 0)),
    'a section longer than what is in it': moduleOf([1, [...emptyType, 0]]),
    'a section twice': moduleOf([1, emptyType], [1, emptyType]),
    'sections out of order': moduleOf([3, [0]], [1, [0]]),
    'a body that reaches behind its section': moduleOf([1, emptyType], [3, [1, 0]], [10, [1, 9, 0, 0x0b]]),
    'a huge count of locals': withBody([1, ...huge, 0x7f, 0x0b]),
    '50,001 locals': withBody([1, ...unsigned(50_001), 0x7f, 0x0b]),
    'locals that add up to 2^32': withBody([2, ...huge, 0x7f, 1, 0x7f, 0x0b]),
    'a br_table with a huge count': withBody([0, 0x41, 0, 0x0e, ...huge, 0, 0x0b]),
    'a br_table without an end': withBody(concat(Uint8Array.of(0, 0x41, 0, 0x0e), unsigned(60_000), times(50_000, 0))),
    '100,000 blocks that are not closed': withBody(
      concat(Uint8Array.of(0), times(100_000, 0x02, 0x40), Uint8Array.of(0x0b)),
    ),
    'a data segment with a huge size': moduleOf([5, [1, 0, 1]], [11, [1, 1, ...huge]]),
    'a name with a huge size': moduleOf([7, [1, ...huge]]),
    'a number in six bytes': moduleOf([1, [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]]),
    'a memory of 65,537 pages': moduleOf([5, [1, 0, ...unsigned(65_537)]]),
    'two memories': moduleOf([5, [2, 0, 1, 0, 1]]),
    'an unknown section': moduleOf([13, []]),
  };

  test.each(Object.entries(refused))('refused: %s', (_, bytes) => {
    const fate = checkModule(bytes);
    expect(fate).toMatchObject({ kind: 'refused', message: expect.stringMatching(/error\[SL\d{4}\]/) });
  });

  const valid: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
    'nothing but a header': moduleOf(),
    '50,000 locals': withBody([1, ...unsigned(50_000), 0x7f, 0x0b]),
    '100,000 nested blocks': withBody(concat(Uint8Array.of(0), times(100_000, 0x02, 0x40), times(100_001, 0x0b))),
    '20,000 nested loops with a way out of each': withBody(
      concat(Uint8Array.of(0), times(20_000, 0x03, 0x40, 0x41, 0x00, 0x0d, 0x01), times(20_001, 0x0b)),
    ),
    'a br_table with 60,000 targets': withBody(
      concat(Uint8Array.of(0, 0x41, 0, 0x0e), unsigned(60_000), times(60_001, 0), Uint8Array.of(0x0b)),
    ),
    '100,000 operands on the stack': withBody(
      concat(Uint8Array.of(0), times(100_000, 0x41, 0x01), times(100_000, 0x1a), Uint8Array.of(0x0b)),
    ),
    'names that are no names': moduleOf([0, [4, 0x6e, 0x61, 0x6d, 0x65, 1, 0xff, 0xff]]),
  };

  test.each(Object.entries(valid))(
    'valid: %s',
    (_, bytes) => {
      const begin = performance.now();
      expect(checkModule(bytes)).toEqual({ kind: 'valid' });
      expect(performance.now() - begin).toBeLessThan(patience);
    },
    2 * patience,
  );
});

describe('at run time', () => {
  const engines = presets.engines.filter(({ executes }) => executes !== 'source').map(({ name }) => name);
  const runs = engines.flatMap((engine) => ['O0', 'O3'].map((level) => ({ engine, level })));

  /** What a user sees: the exit code and the message. */
  function see(bytes: Uint8Array, { engine, level }: (typeof runs)[number], limits: Partial<Limits> = {}) {
    const loaded = unwrap(load(presets, bytes, 'hostile.wasm'));
    const pipeline = presets.levelPipeline(level);
    const ran = unwrap(prepare(presets, loaded, 'hostile.wasm', { engine, pipeline })).run({
      args: [],
      out: () => undefined,
      limits,
    });
    return ran.ok ? ran.value.verdict : { code: 2, message: ran.diagnostics.map(formatDiagnostic).join('\n') };
  }

  const main = [7, [1, 4, 0x6d, 0x61, 0x69, 0x6e, 0, 0]] as const;
  const code = (...body: readonly number[]) =>
    [10, concat(Uint8Array.of(1), unsigned(body.length), Uint8Array.from(body))] as const;
  const program = (memory: readonly number[], ...body: readonly number[]) =>
    moduleOf([1, emptyType], [3, [1, 0]], ...(memory.length > 0 ? [[5, memory] as const] : []), main, code(...body));

  test.each(runs)('endless recursion ends on $engine at $level', (run) => {
    // Passes may know that it never returns, and make a loop of it: hence the fuel.
    const { code: exit, message } = see(program([], 0, 0x10, 0, 0x10, 0, 0x0b), run, { fuel: 1_000_000 });
    expect([exit, message]).toEqual([3, expect.stringMatching(/out of (call-depth|fuel|memory)/)]);
  });

  test.each(runs)('an endless loop ends on $engine at $level', (run) => {
    expect(see(program([], 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b), run, { fuel: 100_000 })).toMatchObject({ code: 3 });
  });

  test.each(runs)('a memory beyond the limit is none on $engine at $level', (run) => {
    const bytes = program([1, 0, ...unsigned(65_536)], 0, 0x0b);
    const { code: exit } = see(bytes, run, { memory: 2 ** 26 });
    expect(exit).toBe(3);
  });

  test.each(runs)('memory does not grow beyond the limit on $engine at $level', (run) => {
    // Grows by 1024 pages until it cannot.
    const bytes = program([1, 0, 1], 0, 0x03, 0x40, 0x41, 0x80, 0x08, 0x40, 0, 0x41, 0x7f, 0x47, 0x0d, 0, 0x0b, 0x0b);
    const { code: exit } = see(bytes, run, { memory: 2 ** 27, fuel: 1_000_000 });
    expect([0, 3]).toContain(exit);
  });
});
