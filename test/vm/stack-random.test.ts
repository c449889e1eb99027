/**
 * Random programs on the stack machine against its description, executed naively: results, traps, and the number of
 * instructions, which the loader's steps and groups must not change.
 */

import { peephole } from '@sluice/backend-stack/peephole';
import { fuse, type StackProgram, stackTable } from '@sluice/bytecode';
import { equalResult, type Value } from '@sluice/ir';
import { stackVM } from '@sluice/vm';
import { expect, test } from 'vitest';
import { randomArguments, randomProgram } from '../frontend/support/random-stack.ts';
import { type NaiveEnd, runNaively } from './support/naive-stack.ts';

const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = process.env.SLUICE_DEEP ? 5_000 : 150;

test('random programs', () => {
  for (let k = 0; k < numRuns; k++) {
    const p = randomProgram(seed + k);
    // Fused as the backend does it: the same ends, at most as many instructions, each sequence counting one.
    const funcs = p.funcs.map((f) => ({ ...f, code: fuse(peephole(f.code, stackTable()), stackTable()) }));
    const fused = { ...p, funcs };
    for (let n = 0; n < 3; n++) {
      const args = randomArguments(seed + k * 3 + n);
      const title = `seed ${seed + k}, arguments ${seed + k * 3 + n}`;
      const want = runNaively(p, 'main', args);
      expectRun(p, args, want, want.instructions, title);
      const { instructions } = runNaively(fused, 'main', args);
      expect(instructions, title).toBeLessThanOrEqual(want.instructions);
      expectRun(fused, args, want, instructions, `${title}, fused`);
    }
  }
});

function expectRun(p: StackProgram, args: readonly Value[], want: NaiveEnd, executed: number, title: string): void {
  const types = p.funcs.find(({ name }) => name === 'main')?.sig.results ?? [];
  const { outcome, instructions } = stackVM.instantiate(p, { count: true }).call('main', args);
  const { end } = want;
  if (typeof end === 'string') expect(outcome, title).toMatchObject({ kind: 'trap', trap: end });
  else if (outcome.kind !== 'return') expect.fail(`${title}: ${JSON.stringify(outcome)}`);
  else {
    const { values } = outcome;
    expect(
      types.every((type, i) => equalResult(type, values[i], end[i])),
      title,
    ).toBe(true);
  }
  expect(instructions, title).toBe(executed);
}
