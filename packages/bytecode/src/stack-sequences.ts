/**
 * Rows of instructions of the stack machine that are one instruction: those that run most in the programs of the corpus
 * at O3. Written by `npm run sequences` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by `+`. */
export const stackSequences: readonly string[] = [
  'heap.check+local.get+heap.check_init+local.get+heap.load', // 2.79 %
  'local.get+i64.const+i64.add+local.tee+local.get', // 2.57 %
  'local.get+local.get', // 2.42 %
  'local.get+i64.const+i64.add', // 1.94 %
  'local.set+local.get+local.get', // 1.93 %
  'local.get+i64.const+i64.add+local.tee+i64.const', // 1.86 %
  'local.get+i64.const', // 1.50 %
  'local.set+local.get+i64.const', // 1.35 %
  'local.get+i64.const+i64.add+local.tee', // 1.29 %
  'local.get+i64.eqz+jump_if', // 1.28 %
  'local.get+local.get+i64.mul', // 1.20 %
  'local.get+i64.const+i64.add+local.set', // 1.16 %
  'local.get+local.set+local.get+local.set+jump', // 0.99 %
  'local.get+i64.const+i64.div_s', // 0.99 %
  'local.tee+i64.const', // 0.96 %
  'local.get+local.get+i64.const+i64.add', // 0.95 %
  'local.get+i64.const+i64.eq+jump_if', // 0.91 %
  'i64.add+local.set+local.get+i64.const', // 0.86 %
  'local.get+local.get+heap.offset+local.tee', // 0.86 %
  'heap.store+local.get+i64.const', // 0.86 %
  'local.get+f64.const', // 0.78 %
  'heap.offset+local.tee', // 0.78 %
  'local.get+i64.const+i64.rem_s', // 0.76 %
  'local.get+f64.const+f64.add+local.tee', // 0.75 %
  'i64.gt_s+jump_if', // 0.75 %
  'local.get+local.get+local.get', // 0.74 %
  'local.get+local.set+jump', // 0.66 %
  'i64.const+local.set', // 0.66 %
  'local.get+local.get+i64.sub', // 0.64 %
  'i64.ne+jump_if', // 0.64 %
  'heap.check+local.get+heap.check_init', // 0.63 %
  'i64.lt_s+jump_if', // 0.59 %
  'local.get+local.get+heap.load', // 0.57 %
  'local.tee+local.get', // 0.56 %
  'dup+i64.mul', // 0.56 %
  'local.set+jump', // 0.49 %
  'local.get+jump_if', // 0.49 %
  'i64.eqz+jump_if', // 0.43 %
  'local.get+local.set', // 0.38 %
  'i64.eq+jump_unless', // 0.32 %
  'i64.mul+i64.const', // 0.29 %
  'i64.add+local.set', // 0.28 %
  'local.set+local.get', // 0.27 %
  'local.get+f64.const+f64.add', // 0.26 %
  'i64.gt_s+jump_unless', // 0.25 %
  'i64.eq+jump_if', // 0.24 %
  'local.get+heap.load', // 0.05 %
];
