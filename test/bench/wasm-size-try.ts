import { readFileSync, writeFileSync } from 'node:fs';
import { emitWasm, prepare } from '@sluice/backend-wasm';
import { loadWasm } from '@sluice/frontend-wasm';
import { levelPipeline, passes } from '@sluice/passes';
import { pipeline, runPipeline } from '@sluice/pipeline';
import { unwrap } from '@sluice/ir';
const root = '/work/h/emit/';
const mods = ['node_modules/sql.js/dist/sql-wasm.wasm','node_modules/web-tree-sitter/web-tree-sitter.wasm','node_modules/web-tree-sitter/debug/web-tree-sitter.wasm','node_modules/@jsquash/webp/codec/enc/webp_enc.wasm','test/node_modules/source-map/lib/mappings.wasm'];
const only = process.argv[3];
for (const name of mods) {
  if (only && !name.includes(only)) continue;
  const bytes = readFileSync(root + name);
  const t0 = performance.now();
  let m = unwrap(loadWasm(bytes, { file: name }));
  const t1 = performance.now();
  const level = process.argv[2] ?? 'O0';
  m = runPipeline(m, levelPipeline(level as 'O0')).module;
  const t2 = performance.now();
  m = runPipeline(m, pipeline('w', prepare, passes)).module;
  const t3 = performance.now();
  const out = emitWasm(m);
  const t4 = performance.now();
  writeFileSync(`/tmp/emit-${name.replaceAll('/', '_')}.${level}.wasm`, out);
  const code = (b: Uint8Array) => { let at = 8, total = 0, custom = 0; while (at < b.length) { const id = b[at++]; let n = 0, s = 0, x; do { x = b[at++]!; n |= (x & 127) << s; s += 7; } while (x & 128); if (id === 10) total = n; if (id === 0) custom += n; at += n; } return [b.length, total, b.length - custom]; };
  let ok = 'valid';
  try { new WebAssembly.Module(out); } catch (e) { ok = String(e); }
  const [a, b] = [code(bytes), code(out)];
  console.log(name.split('/').slice(-2).join('/'), level, a, b, `code ${((b[1]! / a[1]! - 1) * 100).toFixed(2)}% nocustom ${((b[2]! / a[2]! - 1) * 100).toFixed(2)}%`, ok, 'lift', (t1 - t0) | 0, 'opt', (t2 - t1) | 0, 'prep', (t3 - t2) | 0, 'emit', (t4 - t3) | 0);
}
