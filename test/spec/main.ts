/**
 * `npm run spec -- FOLDER`: runs scripts of the WebAssembly specification's tests (wast2json's form) on engines and levels,
 * as they are and once more after wasm, IR, wasm; prints passed, failed and skipped. Exit code 1 where something failed, 2
 * where the words mean nothing or the folder holds no scripts.
 */

import { existsSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { presets } from '@sluice/driver';
import { failuresOf, sumOf, table } from './report.ts';
import { configurationsOf, defaultEngines, runScripts } from './run.ts';
import { scriptsIn } from './script.ts';

const usage = `npm run spec -- [options] FOLDER...

FOLDER holds scripts (<name>.json, made by wast2json) with their modules beside them, or folders of these.

  --engine NAME   only this engine; may be repeated (default: ${defaultEngines.join(', ')})
  --level NAME    only this level; may be repeated (default: O0, O3)
  --direct        without the round trip wasm, IR, wasm
  --only NAME     only scripts whose name contains this
  --verbose       each script on each configuration, and all failures`;

const { values, positionals } = words();
const engines = values.engine ?? defaultEngines;
const levels = values.level ?? ['O0', 'O3'];
for (const name of engines)
  if (!presets.engines.some((each) => each.name === name && each.executes !== 'source')) refuse(`no engine '${name}'`);
for (const name of levels) if (!presets.levels.includes(name)) refuse(`no level '${name}'`);
if (positionals.length === 0) refuse('no folder');
for (const folder of positionals) if (!existsSync(folder)) refuse(`there is no ${folder}`);

const configurations = configurationsOf(engines, levels, values.direct !== true);
const scripts = positionals
  .flatMap(scriptsIn)
  .filter(({ name }) => values.only === undefined || name.includes(values.only));
if (scripts.length === 0) refuse('no scripts there');

const start = performance.now();
const rows = runScripts(scripts, configurations, (script) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${script}`);
});
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
const verbose = values.verbose === true;
console.log(table(rows, verbose));
const { failed } = sumOf(rows);
for (const line of failuresOf(rows, verbose ? Number.POSITIVE_INFINITY : 20)) console.log(line);
console.log(
  `${scripts.length} scripts, ${configurations.length} configurations, ${((performance.now() - start) / 1000).toFixed(1)} s`,
);
process.exitCode = failed > 0 ? 1 : 0;

function words() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        engine: { type: 'string', multiple: true },
        level: { type: 'string', multiple: true },
        direct: { type: 'boolean' },
        only: { type: 'string' },
        verbose: { type: 'boolean' },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(message: string): never {
  console.error(`spec: ${message}\n\n${usage}`);
  process.exit(2);
}
