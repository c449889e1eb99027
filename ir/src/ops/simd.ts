/**
 * The v128 ops of Wasm 2.0 (fixed-width SIMD), by theme. A vector has no type of lanes: each op says in its name how it
 * reads it. Lane 0 is in the lowest bits, as in memory.
 *
 * Not done: relaxed SIMD, whose ops have several meanings.
 */

import { simdBitOps } from './simd-bits.ts';
import { simdCompareOps } from './simd-compare.ts';
import { simdConvertOps } from './simd-convert.ts';
import { simdFloatOps } from './simd-float.ts';
import { simdIntOps } from './simd-int.ts';
import { simdLaneOps } from './simd-lanes.ts';
import { simdMemoryOps } from './simd-memory.ts';

/** All ops on vectors. */
export const simdOps = [
  ...simdBitOps,
  ...simdLaneOps,
  ...simdIntOps,
  ...simdFloatOps,
  ...simdCompareOps,
  ...simdConvertOps,
  ...simdMemoryOps,
] as const;
