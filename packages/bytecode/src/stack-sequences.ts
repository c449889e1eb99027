/**
 * Rows of instructions of the stack machine that are one instruction: those that run most in the programs of the corpus
 * at O3. Written by `npm run sequences` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by `+`. */
export const stackSequences: readonly string[] = [
  'local.get+i64.const+i64.add+local.tee+local.get', // 4.34 %
  'heap.check+local.get+heap.check_init+local.get+heap.load', // 2.64 %
  'local.get+local.get', // 2.50 %
  'local.get+i64.const', // 1.86 %
  'local.get+i64.const+i64.add+local.set', // 1.76 %
  'local.set+local.get+i64.const', // 1.64 %
  'local.get+i64.const+i64.add+local.tee+i64.const', // 1.57 %
  'local.get+i64.eqz+jump_if', // 1.50 %
  'local.get+local.get+i64.div_s+local.set', // 1.38 %
  'local.get+local.get+local.get+i64.mul', // 1.38 %
  'local.get+local.get+heap.offset+local.tee', // 1.37 %
  'local.get+local.get+i64.mul+local.set', // 1.34 %
  'local.get+local.set+jump', // 1.33 %
  'i64.lt_s+jump_if', // 1.10 %
  'local.get+local.get+i64.mul', // 0.98 %
  'local.get+local.get+i64.const', // 0.94 %
  'local.get+i64.const+i64.eq+jump_if', // 0.94 %
  'heap.store+local.get+i64.const', // 0.86 %
  'local.get+f64.const', // 0.84 %
  'i64.div_s+local.tee+i64.const+i64.shl', // 0.83 %
  'local.get+local.get+i64.sub+local.set', // 0.83 %
  'local.get+i64.const+i64.add', // 0.82 %
  'local.get+local.get+i64.const+i64.add', // 0.82 %
  'i64.gt_s+jump_if', // 0.79 %
  'local.get+local.get+local.get', // 0.77 %
  'local.get+f64.const+f64.add', // 0.76 %
  'heap.check+local.get+heap.check_init', // 0.63 %
  'local.tee+i64.const', // 0.59 %
  'i64.eq+jump_if', // 0.59 %
  'i64.const+local.set', // 0.59 %
  'local.get+i64.const+i64.add+local.tee', // 0.57 %
  'local.get+local.get+heap.load', // 0.57 %
  'local.tee+local.get', // 0.55 %
  'local.get+local.set', // 0.52 %
  'i64.add+local.set', // 0.47 %
  'heap.offset+local.tee', // 0.42 %
  'local.get+jump_if', // 0.39 %
  'i64.ne+jump_if', // 0.36 %
  'i64.eq+jump_unless', // 0.34 %
  'i64.gt_s+jump_unless', // 0.30 %
  'i64.ge_s+jump_unless', // 0.29 %
  'i64.sub+local.set', // 0.28 %
  'i64.const+i64.div_s', // 0.26 %
  'i64.div_s+local.tee+i64.const', // 0.13 %
  'i64.div_s+local.set', // 0.08 %
  'i64.eqz+jump_if', // 0.07 %
  'local.get+heap.load', // 0.05 %
];
