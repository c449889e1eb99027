/**
 * Random WebAssembly modules, written as bytes (support/generate.ts): results, traps and memory are what the JavaScript engine's
 * own WebAssembly shows, on every engine at O0 and O3, and of what Sluice emits in the JavaScript engine.
 *
 * A module that failed again: `generateModule(randomFrom(seed), size)`.
 */

import process from 'node:process';
import { load, optimise, presets } from '@sluice/driver';
import { unwrap, verifyModule } from '@sluice/ir';
import { expect, test } from 'vitest';
import { emitWasm } from '../spec/emit.ts';
import { instantiator } from '../spec/makers.ts';
import { callsOf, seenByUs, seenByV8 } from './support/compare.ts';
import { generateModule } from './support/generate.ts';
import { randomFrom } from './support/random.ts';

const deep = process.env.SLUICE_DEEP === '1';
const engines = ['interp', 'stack', 'register', 'wasm', 'js'];

test.each([
  { size: 20, count: deep ? 2000 : 60 },
  { size: 200, count: deep ? 300 : 12 },
])(
  '$count modules of size $size',
  ({ size, count }) => {
    for (let seed = 1; seed <= count; seed++) {
      const random = randomFrom(seed);
      const { bytes, funcs } = generateModule(random, size);
      const calls = callsOf(funcs, random);
      const expected = seenByV8(bytes, calls);
      if (expected === null) continue;
      const { module } = unwrap(load(presets, bytes, `seed ${seed}`, { from: 'wasm' }));
      expect(verifyModule(module), `seed ${seed}`).toEqual([]);
      for (const level of ['O0', 'O3']) {
        expect(seenByV8(emitWasm(module, level), calls), `seed ${seed}, emitted at ${level}`).toEqual(expected);
        for (const engine of engines) {
          const instance = instantiator(engine)(optimise(module, presets.levelPipeline(level)), {});
          expect(seenByUs(instance, module, calls), `seed ${seed}, ${engine} ${level}`).toEqual(expected);
        }
      }
    }
  },
  1_800_000,
);
