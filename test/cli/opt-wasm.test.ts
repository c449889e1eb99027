/** `sluice opt` writes WebAssembly: by the output's name, to a pipe, from other languages too. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repoRoot } from '../corpus.ts';
import { scratch, sluice } from './support.ts';

const folder = scratch();
const sourceMap = 'test/node_modules/source-map/lib/mappings.wasm';

/** Names that a module's host sees. */
function surface(bytes: BufferSource): unknown {
  const module = new WebAssembly.Module(bytes);
  return [WebAssembly.Module.imports(module), WebAssembly.Module.exports(module)];
}

describe('opt to WebAssembly', () => {
  test.each(['O0', 'Os', 'O3'])('keeps imports and exports at -%s', (level) => {
    const file = join(folder, `${level}.wasm`);
    expect(sluice(['opt', sourceMap, `-${level}`, '-o', file])).toEqual({ stdout: '', stderr: '', code: 0 });
    expect(surface(readFileSync(file))).toEqual(surface(readFileSync(join(repoRoot, sourceMap))));
  });

  test('names of functions go where that is asked for', () => {
    const [full, short] = ['named.wasm', 'short.wasm'].map((name) => join(folder, name)) as [string, string];
    sluice(['opt', 'examples/stack/fnv.sasm', '-o', full]);
    sluice(['opt', 'examples/stack/fnv.sasm', '-o', short, '--strip-names']);
    const names = (file: string) =>
      WebAssembly.Module.customSections(new WebAssembly.Module(readFileSync(file)), 'name');
    expect([names(full).length, names(short).length]).toEqual([1, 0]);
  });

  test('says what Wasm has nothing for', () => {
    const { stderr, code } = sluice(['opt', 'examples/bril/sieve.bril', '--emit', 'wasm']);
    expect(code).toBe(2);
    expect(stderr).toContain("Wasm has nothing for 'heap.alloc'");
  });
});
