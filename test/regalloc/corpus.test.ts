/** Allocations of real programs, before and after optimisation: the checker accepts them; figures are bounded. */
import { brilFrontend } from '@sluice/frontend-bril';
import { type Module, sizeOf, verifyFunc } from '@sluice/ir';
import { type Level, levelPipeline } from '@sluice/passes';
import { checkAllocation } from '@sluice/passes/regalloc/check';
import { allocators } from '@sluice/passes/regalloc/index';
import { phiWebsInterfere } from '@sluice/passes/ssa-destruct';
import { runPipeline } from '@sluice/pipeline';
import { describe, expect, test } from 'vitest';
import { brilCorpus } from '../corpus.ts';
import { allConstraints, prepared } from './support/lower.ts';

const bril = brilCorpus();

function load(text: string, file: string): Module {
  const loaded = brilFrontend.load(new TextEncoder().encode(text), file);
  if (!loaded.ok) throw new Error(`${file}: ${JSON.stringify(loaded.diagnostics)}`);
  return loaded.value.module;
}

describe.skipIf(bril === null)('benchmarks of Bril', () => {
  test.each(['O0', 'O2'] as const)('%s', (level: Level) => {
    let size = 0;
    let copies = 0;
    for (const entry of bril?.index.filter(({ kind }) => kind === 'benchmark') ?? []) {
      const lifted = load(bril?.read(entry.bril) ?? '', entry.bril);
      const m = prepared(runPipeline(lifted, levelPipeline(level)).module);
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
});
