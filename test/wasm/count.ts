/** What is measured of a Wasm module's size. */

import { unwrap } from '@sluice/ir';
import { decodeModule, InstrReader } from '@sluice/wasm-format';

/** Size of a module. */
export interface WasmSize {
  /** Without custom sections: names and debug information are no code. */
  readonly bytes: number;
  /** Of all bodies; each `end` and `else` is one, but the final `end` of a body. */
  readonly instructions: number;
}

/** The size of a module. */
export function wasmSize(wasm: Uint8Array): WasmSize {
  const { funcs, customs } = unwrap(decodeModule(wasm, { file: '<module>' }));
  let instructions = 0;
  for (const { code } of funcs) {
    const reader = new InstrReader(code, '<module>');
    while (reader.next()) instructions++;
  }
  let bytes = wasm.length;
  for (const { name, bytes: content } of customs) {
    const inside = lebBytes(name.length) + name.length + content.length;
    bytes -= 1 + lebBytes(inside) + inside;
  }
  return { bytes, instructions };
}

function lebBytes(value: number): number {
  return value < 0x80 ? 1 : 1 + lebBytes(value >>> 7);
}
