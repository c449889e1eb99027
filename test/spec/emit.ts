/** A module as Wasm, at a level. */

import { presets, translate } from '@sluice/driver';
import { type Module, unwrap } from '@sluice/ir';

/** The binary that `sluice opt -o out.wasm` writes at a level. */
export function emitWasm(m: Module, level: string): Uint8Array<ArrayBuffer> {
  const target = presets.binaries.find(({ name }) => name === 'wasm');
  if (target === undefined) throw new Error('there is no target wasm');
  return Uint8Array.from(unwrap(translate(m, presets.levelPipeline(level), target, presets)));
}
