/**
 * Sizes of real modules as Wasm: bytes without custom sections and instructions, as they come, at O0, Os and O3, and of
 * npm's `wasm-opt -Os`. Run: `node --conditions=sluice-source test/bench/wasm-size.ts [PART OF A NAME]`.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { emitWasm, prepare } from '@sluice/backend-wasm';
import { loadWasm } from '@sluice/frontend-wasm';
import { unwrap } from '@sluice/ir';
import { type Level, levelPipeline, passes } from '@sluice/passes';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { decodeModule, InstrReader } from '@sluice/wasm-format';
import { repoRoot } from '../corpus.ts';

const modules = [
  'node_modules/sql.js/dist/sql-wasm.wasm',
  'node_modules/web-tree-sitter/web-tree-sitter.wasm',
  'node_modules/web-tree-sitter/debug/web-tree-sitter.wasm',
  'node_modules/@jsquash/webp/codec/enc/webp_enc.wasm',
  'test/node_modules/source-map/lib/mappings.wasm',
];

interface Size {
  readonly bytes: number;
  readonly instructions: number | null;
}

function sizeOf(bytes: Uint8Array): Size {
  const decoded = decodeModule(bytes, { file: 'module' });
  // What `wasm-opt` writes may have more than Wasm 2.0.
  if (!decoded.ok) return { bytes: bytes.length, instructions: null };
  const { funcs, customs } = decoded.value;
  let instructions = 0;
  for (const { code } of funcs) {
    const r = new InstrReader(code, 'module', 0);
    while (r.next()) instructions++;
  }
  const custom = customs.reduce((sum, section) => sum + section.bytes.length + section.name.length + 4, 0);
  return { bytes: bytes.length - custom, instructions };
}

function ours(bytes: Uint8Array, level: Level): Size {
  const lifted = unwrap(loadWasm(bytes, { file: 'module' }));
  const optimised = runPipeline(lifted, levelPipeline(level)).module;
  const out = emitWasm(runPipeline(optimised, pipeline('wasm', prepare, passes)).module);
  if (!WebAssembly.validate(out)) throw new Error(`invalid at ${level}`);
  return sizeOf(out);
}

function binaryen(file: string): Size {
  const out = join(mkdtempSync(join(tmpdir(), 'sluice-size-')), 'out.wasm');
  const tool = join(repoRoot, 'node_modules/binaryen/bin/wasm-opt');
  execFileSync(process.execPath, [tool, '-Os', '--all-features', '--strip-debug', file, '-o', out]);
  return sizeOf(readFileSync(out));
}

const part = process.argv[2] ?? '';
for (const name of modules.filter((module) => module.includes(part))) {
  const file = join(repoRoot, name);
  const bytes = new Uint8Array(readFileSync(file));
  const start = sizeOf(bytes);
  const show = (what: string, { bytes: size, instructions }: Size): void => {
    const change = (now: number, then: number): string => `${((now / then - 1) * 100).toFixed(2)} %`;
    const count = instructions === null ? '' : `${instructions} (${change(instructions, start.instructions ?? 1)})`;
    process.stdout.write(`  ${what.padEnd(14)} ${size} (${change(size, start.bytes)})  ${count}\n`);
  };
  process.stdout.write(`${name}\n`);
  show('as it comes', start);
  for (const level of ['O0', 'Os', 'O3'] as const) show(level, ours(bytes, level));
  show('wasm-opt -Os', binaryen(file));
}
