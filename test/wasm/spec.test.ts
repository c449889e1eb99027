/**
 * The WebAssembly specification's tests in the corpus (19 files): every command holds on every engine at O0 and O3, on modules
 * as they are and once more after wasm, IR, wasm. What `npm run spec -- ../shared/corpus/wasm` prints, as a test.
 */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { corpus } from '../corpus.ts';
import { failuresOf, sumOf } from '../spec/report.ts';
import { configurationsOf, defaultEngines, runScripts } from '../spec/run.ts';
import { scriptsIn } from '../spec/script.ts';

const root = corpus();
const scripts = root === null ? [] : scriptsIn(join(root, 'wasm'));
const configurations = configurationsOf(defaultEngines, ['O0', 'O3'], true);

describe.skipIf(root === null)('the specification', () => {
  test('has the tests that the manifest names', () => {
    const types = scripts.flatMap(({ commands }) => commands.map(({ type }) => type));
    const count = (wanted: string): number => types.filter((type) => type === wanted).length;
    expect(scripts.length).toBe(19);
    expect([count('assert_return'), count('assert_trap'), count('assert_exhaustion')]).toEqual([7195, 107, 4]);
    expect(count('assert_invalid')).toBe(751);
  });

  test.each(scripts.map((script) => [script.name, script] as const))(
    '%s',
    (_, script) => {
      const rows = runScripts([script], configurations);
      expect(failuresOf(rows, 5)).toEqual([]);
      // Skipped is what is no binary.
      const texts = script.commands.filter((command) => command.module_type === 'text').length;
      const { passed, skipped } = sumOf(rows);
      expect([passed, skipped]).toEqual(
        [script.commands.length - texts, texts].map((each) => each * configurations.length),
      );
    },
    240_000,
  );
});
