/** WebAssembly modules as an input. */

import { loadWasm } from '@sluice/frontend-wasm';
import { type Frontend, ok } from '@sluice/ir';
import { isWasm } from '@sluice/wasm-format';
import { loadedModule } from '../modules.ts';

/** Wasm binaries, validated and lifted. What runs is the export `_start` or `main`. */
export const wasmFrontend: Frontend = {
  name: 'wasm',
  summary: 'WebAssembly 2.0, binary',
  extensions: ['.wasm'],
  detect: isWasm,
  load: (bytes, file, ops) => {
    const module = loadWasm(bytes, { file, ...(ops === undefined ? {} : { ops }) });
    if (!module.ok) return module;
    const start = module.value.exports.find(({ external, kind }) => external === '_start' && kind === 'func');
    return ok(loadedModule(module.value, file, start?.name ?? null));
  },
};
