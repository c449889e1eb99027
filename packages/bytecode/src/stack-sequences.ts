/**
 * Rows of stack instructions that are one instruction: those that run most in the programs of the corpus at O3. Written by
 * `npm run sequences` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by `+`. */
export const stackSequences: readonly string[] = [
  'local.get+i64.const+i64.add+local.tee+local.get', // 4.36 %
  'local.get+local.get', // 3.18 %
  'local.get+i64.const+i64.add+local.tee+i64.const', // 3.13 %
  'heap.offset+local.tee+heap.check+local.get+heap.check_init', // 2.69 %
  'local.get+i64.eqz+jump_if', // 2.07 %
  'local.get+i64.const+i64.eq+jump_if', // 1.53 %
  'local.get+local.get+i64.div_s+local.set', // 1.48 %
  'local.get+local.get+i64.const+i64.div_s', // 1.44 %
  'i64.lt_s+jump_if', // 1.40 %
  'local.get+i64.const+i64.add+local.set', // 1.34 %
  'local.get+local.get+local.get+i64.mul', // 1.28 %
  'local.get+local.set+jump', // 1.18 %
  'local.get+i64.const', // 1.18 %
  'local.get+local.get+i64.mul+local.set', // 1.14 %
  'local.get+f64.const', // 1.12 %
  'local.get+i64.const+i64.gt_s+jump_if', // 1.03 %
  'local.get+local.get+i64.mul', // 1.02 %
  'local.get+i64.const+i64.add', // 0.97 %
  'local.get+local.get+local.get', // 0.97 %
  'local.get+local.get+i64.const+i64.add', // 0.92 %
  'i64.sub+local.set+local.get+local.get', // 0.85 %
  'local.set+local.get+local.get', // 0.78 %
  'local.get+i64.const+i64.div_s', // 0.73 %
  'local.tee+i64.const+i64.shl', // 0.67 %
  'local.get+heap.load', // 0.63 %
  'local.get+i64.const+i64.add+local.tee', // 0.62 %
  'local.get+local.get+heap.load', // 0.61 %
  'heap.store+local.get+i64.const', // 0.59 %
  'i64.add+local.set', // 0.58 %
  'i64.gt_s+jump_if', // 0.52 %
  'i64.const+i64.div_s', // 0.50 %
  'local.tee+local.get', // 0.49 %
  'local.tee+i64.const', // 0.47 %
  'heap.check+local.get+heap.check_init', // 0.45 %
  'local.get+local.set', // 0.45 %
  'i64.const+local.set', // 0.45 %
  'local.get+jump_if', // 0.44 %
  'i64.ne+jump_if', // 0.40 %
  'i64.sub+local.set', // 0.35 %
  'i64.eq+jump_if', // 0.34 %
  'i64.eq+jump_unless', // 0.33 %
  'i64.const+i64.mul', // 0.32 %
  'i64.ge_s+jump_unless', // 0.32 %
  'heap.offset+local.tee', // 0.19 %
  'i64.const+i64.add', // 0.15 %
  'i64.eqz+jump_if', // 0.07 %
  'i64.div_s+local.set', // 0.04 %
  'local.get+heap.check_init', // 0.01 %
];
