/**
 * `npm run results:wasm`: sizes of real modules as Wasm, as they come, at O0, O2, Os and O3, and after npm's `wasm-opt -Os`; written to
 * docs/results/wasm.md. That the packages work with what comes out is tested (test/wasm/real.test.ts).
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { load, presets, translate } from '@sluice/driver';
import { unwrap } from '@sluice/ir';
import { repoRoot } from '../corpus.ts';
import { wasm2 } from '../wasm/binaryen.ts';
import { type WasmSize, wasmSize } from '../wasm/count.ts';

const require = createRequire(join(repoRoot, 'test/package.json'));
const packageFile = (name: string, path: string): string => join(folderOf(name), path);

/** The folder of a package, by the file that its name leads to. */
function folderOf(name: string): string {
  const entry = require.resolve(name);
  return entry.slice(0, entry.lastIndexOf(`${join('node_modules', name)}`)) + join('node_modules', name);
}

const modules: readonly (readonly [string, string])[] = [
  ['sql.js: sql-wasm', packageFile('sql.js', 'dist/sql-wasm.wasm')],
  ['web-tree-sitter', packageFile('web-tree-sitter', 'web-tree-sitter.wasm')],
  ['web-tree-sitter, debug', packageFile('web-tree-sitter', 'debug/web-tree-sitter.wasm')],
  ['@jsquash/webp: webp_enc', packageFile('@jsquash/webp', 'codec/enc/webp_enc.wasm')],
  ['source-map: mappings', packageFile('source-map', 'lib/mappings.wasm')],
];

const levels = ['O0', 'O2', 'Os', 'O3'] as const;
const rows: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'sluice-size-'));
const form = presets.binaries.find(({ name }) => name === 'wasm');
if (form === undefined) throw new Error('no form wasm');
for (const [name, file] of modules) {
  const input = readFileSync(file);
  const start = wasmSize(input);
  const { module } = unwrap(load(presets, input, file));
  const sizes = levels.map((level): WasmSize => {
    const out = unwrap(translate(module, presets.levelPipeline(level), form, presets));
    if (!WebAssembly.validate(out as Uint8Array<ArrayBuffer>)) throw new Error(`${name} is invalid at ${level}`);
    return wasmSize(out);
  });
  const out = join(folder, 'out.wasm');
  const tool = join(dirname(require.resolve('binaryen/package.json')), 'bin/wasm-opt');
  execFileSync(process.execPath, [tool, '-Os', ...wasm2, file, '-o', out]);
  const change = (now: number, then: number): string =>
    `${now < then ? '' : '+'}${((now / then - 1) * 100).toFixed(2)} %`;
  const cell = ({ bytes, instructions }: WasmSize): string =>
    `${change(bytes, start.bytes)} (${change(instructions, start.instructions)})`;
  rows.push(
    `| ${[name, `${start.bytes} (${start.instructions})`, ...sizes.map(cell), cell(wasmSize(readFileSync(out)))].join(' | ')} |`,
  );
  process.stdout.write(`${rows.at(-1)}\n`);
}
rmSync(folder, { recursive: true, force: true });

writeFileSync(
  join(repoRoot, 'docs/results/wasm.md'),
  `# Real modules as WebAssembly

Bytes of code and data, and instructions in parentheses, of Wasm modules that npm packages bring, and how they change by \`sluice opt\`.
Custom sections are left out on all sides; every \`end\` and \`else\` is an instruction. All but the debug build were optimised by
Binaryen before they were published. O3 is for speed: it inlines, unrolls and makes vector loops. The pipeline of Os was chosen by figures
of these modules. That each package works as before with what comes out is a test. Written by \`npm run results:wasm\`.

| module | as it comes | ${levels.join(' | ')} | npm's \`wasm-opt -Os\` |
|---|---:|${levels.map(() => '---:|').join('')}---:|
${rows.join('\n')}
`,
);
