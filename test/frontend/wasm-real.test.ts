/**
 * Real modules: those of the specification's tests, and those of packages that use Wasm, lift, pass the verifier and have few
 * phis; what the specification calls invalid is rejected with the reason that it gives.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadWasm } from '@sluice/frontend-wasm';
import { unwrap, verifyModule } from '@sluice/ir';
import { expect, test } from 'vitest';
import { corpus, repoRoot } from '../corpus.ts';

interface Command {
  readonly type: string;
  readonly filename?: string;
  readonly module_type?: string;
  readonly text?: string;
}

const found = corpus();
test.skipIf(found === null)('modules of the specification lift; what is invalid is rejected with its reason', () => {
  const root = join(found ?? '', 'wasm');
  const count = { module: 0, assert_invalid: 0 };
  for (const name of JSON.parse(readFileSync(join(root, 'index.json'), 'utf8')).map(
    (entry: { name: string }) => entry.name,
  )) {
    const { commands } = JSON.parse(readFileSync(join(root, name, `${name}.json`), 'utf8')) as {
      commands: readonly Command[];
    };
    for (const { type: kind, filename = '', module_type: form, text: want = '' } of commands) {
      if ((kind !== 'module' && kind !== 'assert_invalid') || form === 'text') continue;
      const loaded = loadWasm(readFileSync(join(root, name, filename)), { file: filename });
      count[kind]++;
      if (kind === 'module') expect(verifyModule(unwrap(loaded))).toEqual([]);
      else expect(loaded.ok ? 'valid' : loaded.diagnostics[0]?.message).toContain(want);
    }
  }
  expect(count).toEqual({ module: 30, assert_invalid: 751 });
});

const modules = [
  'sql.js/dist/sql-wasm.wasm',
  'sql.js/dist/sql-wasm-debug.wasm',
  'web-tree-sitter/web-tree-sitter.wasm',
  'web-tree-sitter/debug/web-tree-sitter.wasm',
  'tree-sitter-json/tree-sitter-json.wasm',
  '@jsquash/webp/codec/enc/webp_enc.wasm',
  '@jsquash/webp/codec/enc/webp_enc_simd.wasm',
  'source-map/lib/mappings.wasm',
];
const pathOf = (name: string): string | undefined =>
  ['test/node_modules', 'node_modules'].map((folder) => join(repoRoot, folder, name)).find((path) => existsSync(path));
for (const name of modules) {
  const path = pathOf(name);
  test.skipIf(path === undefined)(`${name} lifts, and has few phis`, () => {
    const m = unwrap(loadWasm(readFileSync(path as string), { file: name }));
    expect(verifyModule(m)).toEqual([]);
    let phis = 0;
    let instructions = 0;
    for (const f of m.funcs) {
      for (const b of f.order) {
        phis += f.blocks[b]?.phis.length ?? 0;
        instructions += f.blocks[b]?.body.length ?? 0;
      }
    }
    expect(phis / instructions).toBeLessThan(0.15);
  });
}
