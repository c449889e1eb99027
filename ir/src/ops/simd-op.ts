/** One entry of a table of v128 ops: `defineOp` with the columns that all have, in one line. */

import { defineOp, type OpDef, type OpSpec } from '../op.ts';

/** Signatures that many ops have. */
export const unary = '(v128) -> v128';
/** Two vectors to one. */
export const binary = '(v128, v128) -> v128';

/**
 * The entry of an op; `code` is its number behind Wasm's prefix 0xfd. Bits are exact unless the entry says otherwise: in the
 * lanes of its dialect, NaNs whose bits are unspecified may then stand.
 */
export function vectorOp<const N extends string>(
  name: N,
  code: number,
  sig: string,
  doc: string,
  spec: Omit<OpSpec, 'doc' | 'sig' | 'wasm'>,
): OpDef & { readonly name: N } {
  const leb = code < 0x80 ? [code] : [(code & 0x7f) | 0x80, code >> 7];
  return defineOp(name, { doc, sig, bits: true, wasm: [0xfd, ...leb], ...spec });
}
