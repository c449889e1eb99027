/**
 * WebAssembly 2.0 beyond the corpus, by scripts of our own (`features/*.wast`): linking, segments, tables and references,
 * several results, vectors. The JavaScript engine's own WebAssembly answers first, so that the expectations are not ours
 * alone; then every engine at O0 and O3, as read and once more after wasm, IR, wasm.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configurationName, engineMaker, makeModules } from '../spec/makers.ts';
import { configurationsOf, defaultEngines } from '../spec/run.ts';
import { runScript } from '../spec/run-script.ts';
import type { Command, Script } from '../spec/script.ts';
import { v8Maker } from './support/v8.ts';
import { readWast } from './support/wast.ts';

const folder = join(import.meta.dirname, 'features');
const scripts = readdirSync(folder).map((file) => readWast(join(folder, file)));
const engines = [...defaultEngines, 'stack'];
const configurations = configurationsOf(engines, ['O0', 'O3'], true);

/** Without what cannot cross to JavaScript: commands that name a vector. */
function withoutVectors(script: Script): Script {
  const names = ({ action, expected = [] }: Command): boolean =>
    [...(action?.args ?? []), ...expected].some(({ type }) => type === 'v128');
  return { ...script, commands: script.commands.filter((command) => !names(command)) };
}

describe.each(scripts)('$name', (script) => {
  test('is what the JavaScript engine does', () => {
    const { failures, skipped } = runScript(withoutVectors(script), v8Maker());
    expect(failures).toEqual([]);
    expect(skipped).toBe(0);
  });

  const modules = makeModules();
  test.each(configurations.map((each) => [configurationName(each), each] as const))('on %s', (_, configuration) => {
    const { passed, skipped, failures } = runScript(script, engineMaker(configuration, modules));
    expect(failures).toEqual([]);
    expect([passed, skipped]).toEqual([script.commands.length, 0]);
  });
});
