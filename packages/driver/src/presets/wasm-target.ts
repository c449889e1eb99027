/** WebAssembly as a form that modules are emitted in. */

import { emitWasm, prepare } from '@sluice/backend-wasm';
import { attempt } from '@sluice/ir';
import type { BinaryTarget } from '../toolchain.ts';

/** WebAssembly modules. */
export const wasmTarget: BinaryTarget = {
  name: 'wasm',
  summary: 'a WebAssembly module',
  passes: [],
  first: [],
  prepare,
  instead: {},
  emit: (m, { stripNames, dropped } = {}) =>
    attempt(() => emitWasm(m, { names: stripNames !== true, ...(dropped === undefined ? {} : { dropped }) })),
};
