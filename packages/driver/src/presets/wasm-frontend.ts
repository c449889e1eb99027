/** WebAssembly modules as an input. */

import { loadWasm } from '@sluice/frontend-wasm';
import { type Frontend, ok } from '@sluice/ir';
import { isWasm } from '@sluice/wasm-format';
import { loadedModule } from '../modules.ts';

/** Wasm binaries, validated and lifted. */
export const wasmFrontend: Frontend = {
  name: 'wasm',
  summary: 'WebAssembly 2.0, binary',
  extensions: ['.wasm'],
  detect: isWasm,
  validates: true,
  load: (bytes, file, ops) => {
    const module = loadWasm(bytes, { file, ...(ops === undefined ? {} : { ops }) });
    return module.ok ? ok(loadedModule(module.value, file)) : module;
  },
};
