/** What is measured of a Wasm module's size: instructions of all bodies (each `end` and `else` is one), bytes without custom sections. */

import { unwrap } from '@sluice/ir';
import { decodeModule, InstrReader } from '@sluice/wasm-format';

/** Instructions in the bodies of a module's functions, the final `end` of each left out. */
export function countInstructions(wasm: Uint8Array): number {
  const module = unwrap(decodeModule(wasm, { file: '<module>' }));
  let count = 0;
  for (const { code } of module.funcs) {
    const reader = new InstrReader(code, '<module>');
    while (reader.next()) count++;
  }
  return count;
}
