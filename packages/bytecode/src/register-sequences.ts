/**
 * Rows of instructions of the register machine that are one instruction: those that run most in the programs of the corpus
 * at O3. Written by `npm run sequences` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by `+`. */
export const registerSequences: readonly string[] = [
  'i64.add.i+i64.mul', // 1.23 %
  'heap.offset+heap.load_checked', // 1.04 %
  'move+move+jump', // 1.03 %
  'i64.add.i+jump.i64.lt_s', // 0.94 %
  'i64.add.i+i64.mul+i64.add', // 0.88 %
  'i64.add.i+heap.offset+heap.load_checked', // 0.82 %
  'i64.mul+i64.add', // 0.64 %
  'move+move', // 0.62 %
  'i64.add.i+jump.i64.lt_s.i', // 0.58 %
  'i64.const+heap.store', // 0.56 %
  'i64.mul+i64.add.i+i64.div_s', // 0.55 %
  'i64.rem_s+i64.rem_s.i', // 0.43 %
  'heap.offset.i+heap.store', // 0.40 %
  'i64.sub+i64.add', // 0.40 %
  'f64.div+f64.add', // 0.38 %
  'f64.add+jump.f64.lt', // 0.38 %
  'f64.mul+f64.mul', // 0.38 %
  'move+jump', // 0.38 %
  'heap.load_checked+i64.add', // 0.37 %
  'i64.add.i+jump.i64.le_s', // 0.34 %
  'f64.div+f64.sub', // 0.32 %
  'heap.offset+heap.store_checked', // 0.32 %
  'i64.add.i+heap.offset+heap.store_checked', // 0.31 %
  'f64.mul+f64.sub', // 0.31 %
  'i64.add.i+i64.lt_s', // 0.27 %
  'i32.and+jump_unless', // 0.27 %
  'i64.add+heap.offset+heap.load_checked', // 0.26 %
  'move+i64.const', // 0.25 %
  'i64.add.i+jump.i64.gt_s.i', // 0.24 %
  'i64.add.i+jump.i64.ne', // 0.23 %
  'i64.add.i+return', // 0.21 %
  'i64.add.i+i64.add', // 0.21 %
  'heap.offset.i+heap.store_checked', // 0.21 %
  'i64.rem_s+jump.i64.eq.i', // 0.19 %
  'i64.mul+i64.mul', // 0.19 %
  'heap.offset.i+heap.load_checked', // 0.17 %
  'i64.div_s.i+jump.i64.eq.i', // 0.17 %
  'i64.and.i+jump.i64.ne.i', // 0.17 %
  'i64.const+heap.alloc+heap.store', // 0.16 %
  'i64.add+i64.add', // 0.15 %
  'i64.eq.i+jump_if', // 0.15 %
  'i32.or+jump_if', // 0.13 %
  'i64.const+heap.alloc', // 0.11 %
  'i64.add.i+i64.and.i', // 0.11 %
  'i64.div_s.i+i64.add', // 0.11 %
  'i64.gt_s.i+jump_unless', // 0.08 %
  'f64.const+f64.mul', // 0.08 %
];
