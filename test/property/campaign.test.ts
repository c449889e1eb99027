/** A little of the campaign (`npm run fuzz`): programs through passes in any order; and what is done with its failures. */
import { presets } from '@sluice/driver';
import { interp, type Module, printModule, sizeOf } from '@sluice/ir';
import { rules } from '@sluice/passes/rules/index';
import { arbitraryModule, budget, type Call, observe, reduceModule } from '@sluice/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkProgram } from '../fuzz/check.ts';
import { arbitraryPlan } from '../fuzz/plan.ts';

test('programs keep their meaning through passes in any order', () => {
  const plans = arbitraryPlan(presets);
  fc.assert(fc.property(arbitraryModule({ rules }), plans, checkProgram), budget(60));
});

test('a failing module is made small', () => {
  const trapsAt = ({ module, calls }: { module: Module; calls: readonly Call[] }) =>
    calls.find((call) => {
      const { outcome } = observe((o) => interp.instantiate(module, o), module, call);
      return outcome.kind === 'trap' && outcome.trap === 'integer-divide-by-zero';
    });
  const [g, call] = fc
    .sample(arbitraryModule(), { numRuns: 300, seed: 4 })
    .map((made) => [made, trapsAt(made)] as const)
    .find(([, found]) => found !== undefined) ?? [null, undefined];
  if (g === null || call === undefined) throw new Error('no program divides by zero');
  const small = reduceModule(g.module, (module) => trapsAt({ module, calls: [call] }) !== undefined);
  expect(trapsAt({ module: small, calls: [call] })).toBeDefined();
  const size = small.funcs.reduce((sum, f) => sum + sizeOf(f), 0);
  // The division, its operands and the end; with every call on the way.
  expect(size, printModule(small)).toBeLessThan(16);
});
