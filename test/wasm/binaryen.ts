/** How Binaryen's tools are called, so that they write nothing that is not in Wasm 2.0. */

/** What Wasm 2.0 has beyond the first version, as wasm-opt names it. */
export const wasm2: readonly string[] = [
  'bulk-memory',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
  'simd',
].map((name) => `--enable-${name}`);
