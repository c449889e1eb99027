/**
 * Rows of instructions of the stack machine that are one instruction: those that run most in the programs of the corpus
 * at O3. Written by `npm run sequences` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by `+`. */
export const stackSequences: readonly string[] = [
  'heap.check+local.get+heap.check_init+local.get+heap.load', // 2.82 %
  'local.get+i64.const+i64.add', // 2.56 %
  'local.get+i64.const+i64.add+local.tee+local.get', // 2.26 %
  'local.get+local.get', // 2.15 %
  'local.set+local.get+local.get', // 1.99 %
  'local.get+i64.const+i64.add+local.tee+i64.const', // 1.93 %
  'local.get+i64.const', // 1.63 %
  'local.set+local.get+i64.const', // 1.49 %
  'local.get+i64.const+i64.add+local.tee', // 1.43 %
  'local.get+local.get+i64.div_s+local.set', // 1.22 %
  'local.get+local.get+i64.mul', // 1.18 %
  'local.get+i64.const+i64.div_s+local.tee+i64.const', // 1.09 %
  'local.get+local.get+local.get+i64.mul', // 1.05 %
  'heap.offset+local.tee', // 1.02 %
  'local.set+local.get', // 1.00 %
  'local.get+i64.eqz+jump_if', // 0.96 %
  'local.get+f64.const', // 0.88 %
  'local.get+i64.const+i64.eq+jump_if', // 0.85 %
  'local.get+local.set+jump', // 0.85 %
  'heap.store+local.get+i64.const', // 0.84 %
  'drop+local.get+i64.const+i64.rem_s', // 0.83 %
  'local.set+local.get+i64.const+i64.add', // 0.83 %
  'local.set+jump', // 0.74 %
  'i64.gt_s+jump_if', // 0.70 %
  'i64.ne+jump_if', // 0.67 %
  'local.tee+i64.const', // 0.66 %
  'local.tee+local.get', // 0.66 %
  'local.get+i64.const+i64.div_s', // 0.65 %
  'local.get+local.get+i64.sub', // 0.64 %
  'i64.lt_s+jump_if', // 0.60 %
  'heap.check+local.get+heap.check_init', // 0.58 %
  'local.set+local.get+f64.const', // 0.57 %
  'local.get+local.get+heap.load', // 0.55 %
  'dup+i64.mul', // 0.55 %
  'i64.const+local.set', // 0.53 %
  'i64.eq+jump_if', // 0.52 %
  'local.get+local.get+local.get', // 0.48 %
  'i64.eq+jump_unless', // 0.39 %
  'local.get+jump_if', // 0.36 %
  'i64.const+i64.div_s', // 0.28 %
  'local.tee+jump_if', // 0.28 %
  'local.get+local.set', // 0.27 %
  'i64.gt_s+jump_unless', // 0.27 %
  'i64.eqz+jump_if', // 0.24 %
  'local.get+i64.const+i64.rem_s', // 0.17 %
];
