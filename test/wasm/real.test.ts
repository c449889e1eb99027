/**
 * Modules of npm packages through Sluice at -O0, -Os and -O3; the package runs on the result, and its user sees what the user
 * of the published module sees.
 */

import { load, presets } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
import { describe, expect, test } from 'vitest';
import { emitWasm } from '../spec/emit.ts';
import { bytesOf, realModules } from './support/packages.ts';

const levels = ['O0', 'Os', 'O3'];

describe.each(realModules())('$name', ({ files, use }) => {
  const original = files.map(bytesOf);
  const expected = use(original);

  test('answers something', async () => {
    expect((await expected).length).toBeGreaterThan(1000);
  });

  test.each(levels)(
    'answers the same after %s',
    async (level) => {
      const begin = performance.now();
      const rewritten = original.map((bytes, i) => {
        const { module } = unwrap(load(presets, bytes, files[i] ?? '', { from: 'wasm' }));
        return emitWasm(module, level);
      });
      const ms = performance.now() - begin;
      const sizes = rewritten.map((bytes, i) => `${original[i]?.length} to ${bytes.length} bytes`);
      console.log(`${level}: ${(ms / 1000).toFixed(1)} s, ${sizes.join(', ')}`);
      const answer = await use(rewritten);
      expect(answer === (await expected), 'the same answer').toBe(true);
    },
    240_000,
  );
});
