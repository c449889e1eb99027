/**
 * Random programs on the stack machine against its description, executed naively: results, traps, and the number of
 * instructions, which the loader's steps and groups must not change.
 */

import { equalResult } from '@sluice/ir';
import { stackVM } from '@sluice/vm';
import { expect, test } from 'vitest';
import { randomArguments, randomProgram } from '../frontend/support/random-stack.ts';
import { runNaively } from './support/naive-stack.ts';

const seed = Number(process.env.SLUICE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = process.env.SLUICE_DEEP ? 5_000 : 150;

test('random programs', () => {
  for (let k = 0; k < numRuns; k++) {
    const p = randomProgram(seed + k);
    const types = p.funcs.find(({ name }) => name === 'main')?.sig.results ?? [];
    for (let n = 0; n < 3; n++) {
      const args = randomArguments(seed + k * 3 + n);
      const title = `seed ${seed + k}, arguments ${seed + k * 3 + n}`;
      const want = runNaively(p, 'main', args);
      const { outcome, instructions } = stackVM.instantiate(p, { count: true }).call('main', args);
      if (typeof want.end === 'string') expect(outcome, title).toMatchObject({ kind: 'trap', trap: want.end });
      else if (outcome.kind !== 'return') expect.fail(`${title}: ${JSON.stringify(outcome)}`);
      else {
        const { values } = outcome;
        const { end } = want;
        expect(
          types.every((type, i) => equalResult(type, values[i], end[i])),
          title,
        ).toBe(true);
      }
      expect(instructions, title).toBe(want.instructions);
    }
  }
});
