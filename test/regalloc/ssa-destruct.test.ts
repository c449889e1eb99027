/** split-critical-edges and ssa-destruct on random functions; fixtures show single cases. */
import { cfgOf, type Func, type Module, makeModule, orderOf, row, rowLength } from '@sluice/ir';
import split from '@sluice/passes/split-critical-edges';
import destruct, { phiWebsInterfere } from '@sluice/passes/ssa-destruct';
import { runPipeline } from '@sluice/pipeline';
import { describe, expect, test } from 'vitest';
import { argumentsFor, interpreted } from './support/calls.ts';
import { chain, nest, rotation, wide } from './support/large.ts';
import { runPasses } from './support/lower.ts';
import { randomModule, randomOf } from './support/random-func.ts';
import { eachSeed } from './support/seeds.ts';

const shape = { blocks: 12, variables: 9, statements: 7, params: 6, invoke: true };

function firstOf(m: Module): Func {
  const [f] = m.funcs;
  if (f === undefined) throw new Error('no function');
  return f;
}

function hasCriticalEdge(f: Func): boolean {
  const { rpo, preds } = orderOf(f);
  const { succs } = cfgOf(f);
  return [...rpo].some(
    (b) => rowLength(succs, b) > 1 && [...row(succs, b)].some((target) => rowLength(preds, target) > 1),
  );
}

describe('out of SSA', () => {
  test('edges, webs and behaviour of random functions', () => {
    let interfered = 0;
    eachSeed(400, (seed) => {
      const m = randomModule(seed, shape);
      const without = runPasses(m, [split]);
      expect(hasCriticalEdge(firstOf(without))).toBe(false);
      if (phiWebsInterfere(firstOf(without))) interfered++;
      const after = runPasses(without, [destruct]);
      expect(phiWebsInterfere(firstOf(after))).toBe(false);
      const args = argumentsFor(firstOf(m));
      expect(interpreted(after, args)).toEqual(interpreted(m, args));
    });
    // Else the generator is too tame to say anything.
    expect(interfered).toBeGreaterThan(50);
  });

  test('what is coalesced does not matter for what comes out', () => {
    eachSeed(150, (seed) => {
      const m = runPasses(randomModule(seed, shape), [split]);
      const random = randomOf(seed);
      const choose = (): boolean => random(2) === 0;
      const pipeline = { name: 'chaos', instances: [{ pass: destruct, id: destruct.name, options: {} }] };
      const after = runPipeline(m, pipeline, { choose, verifyEach: true }).module;
      expect(phiWebsInterfere(firstOf(after))).toBe(false);
      const args = argumentsFor(firstOf(m));
      expect(interpreted(after, args)).toEqual(interpreted(m, args));
    });
  });

  test('a second run changes nothing', () => {
    eachSeed(100, (seed) => {
      const once = runPasses(randomModule(seed, shape), [split, destruct]);
      expect(runPasses(once, [split, destruct])).toBe(once);
    });
  });

  test.each([
    ['chain', chain(800)],
    ['nest', nest(300)],
    ['rotation', rotation(40)],
    ['wide', wide(200)],
  ])('a long %s', (_, f) => {
    const m = makeModule({ funcs: [f] });
    const after = runPasses(m, [split, destruct]);
    expect(phiWebsInterfere(firstOf(after))).toBe(false);
    for (const k of [0, 1, 3, -7]) {
      const args = f.sig.params.map((_type, i) => k + i);
      expect(interpreted(after, args)).toEqual(interpreted(m, args));
    }
  });

  test('one large function without structure', () => {
    const m = randomModule(1, { blocks: 500, variables: 30, statements: 20, params: 4, invoke: true });
    expect(phiWebsInterfere(firstOf(runPasses(m, [split, destruct])))).toBe(false);
  });
});
