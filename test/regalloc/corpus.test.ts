/** Allocations of real programs, before and after optimisation: the checker accepts them; figures are bounded. */
import { load, prepare, presets } from '@sluice/driver';
import { type Loaded, sizeOf, unwrap, verifyFunc } from '@sluice/ir';
import { type Level, levelPipeline } from '@sluice/passes';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { allocators } from '@sluice/passes/regalloc/index';
import { phiWebsInterfere } from '@sluice/passes/ssa-destruct';
import { runPipeline } from '@sluice/pipeline';
import { describe, expect, test } from 'vitest';
import { brilCorpus } from '../corpus.ts';
import { allConstraints, prepared } from './support/lower.ts';

const bril = brilCorpus();

const loaded = (path: string): Loaded => unwrap(load(presets, new TextEncoder().encode(bril?.read(path)), path));

describe.skipIf(bril === null)('benchmarks of Bril', () => {
  test.each(['O0', 'O2'] as const)('%s', (level: Level) => {
    let size = 0;
    let copies = 0;
    for (const entry of bril?.index.filter(({ kind }) => kind === 'benchmark') ?? []) {
      const m = prepared(runPipeline(loaded(entry.bril).module, levelPipeline(level)).module);
      for (const f of m.funcs) {
        expect(phiWebsInterfere(f)).toBe(false);
        for (const constraints of allConstraints) {
          for (const { name, allocate } of allocators) {
            const allocation = allocate(f, constraints);
            expect(verifyFunc(allocation.func, m)).toEqual([]);
            expect(checkAllocation(f, allocation, constraints), `${entry.name} @${f.name} ${name}`).toEqual([]);
            if (constraints.registers !== null || constraints.typed || name !== 'graph') continue;
            size += sizeOf(f);
            copies += allocation.stats.copiesLeft;
          }
        }
      }
    }
    // Copies cost a move each on every engine.
    expect(copies).toBeLessThan(size / 25);
  });

  test.each(allocators)('print the same with few registers by $name', ({ name: allocator }) => {
    const pipeline = levelPipeline('O2');
    for (const { name, kind, bril: path, args, out } of bril?.index ?? []) {
      if (kind !== 'benchmark' || out === undefined) continue;
      for (const registers of [4, 8]) {
        const compile = { registers, allocator };
        const ready = unwrap(prepare(presets, loaded(path), path, { engine: 'register', pipeline, compile }));
        let printed = '';
        unwrap(ready.run({ args, out: (text) => (printed += text) }));
        expect(printed, `${name} with ${registers} registers`).toBe(bril?.read(out));
      }
    }
  });
});
