/**
 * Rows of instructions of the register machine that are one instruction: those that run most in the programs of the corpus
 * at O3. Written by `npm run sequences` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by `+`. */
export const registerSequences: readonly string[] = [
  'i64.add.i+jump.i64.lt_s', // 2.82 %
  'move+move+jump', // 1.41 %
  'move+jump', // 1.29 %
  'heap.offset+heap.load_checked', // 1.22 %
  'i64.div_s.i+i64.shl.i+i64.sub', // 1.03 %
  'i64.mul+i64.add', // 0.95 %
  'i64.mul+i64.sub', // 0.93 %
  'heap.offset.i+heap.store', // 0.64 %
  'i64.div_u.i+i64.mul.i+i64.sub', // 0.56 %
  'i64.add.i+jump.i64.le_s', // 0.56 %
  'i64.add.i+jump.i64.lt_s.i', // 0.51 %
  'i64.add.i+return', // 0.46 %
  'i64.add.i+i64.mul', // 0.45 %
  'i64.mul+i64.add.i+i64.div_s', // 0.45 %
  'i64.ne.i+jump_if', // 0.41 %
  'i64.add.i+jump.i64.gt_s.i', // 0.40 %
  'heap.offset+heap.store_checked', // 0.39 %
  'heap.offset.i+heap.load_checked', // 0.38 %
  'f64.add+jump.f64.lt', // 0.37 %
  'f64.add+jump.f64.le', // 0.36 %
  'f64.div+f64.add', // 0.36 %
  'f64.mul+f64.mul', // 0.36 %
  'heap.load_checked+i64.add', // 0.34 %
  'f64.div+f64.sub', // 0.32 %
  'i64.mul+jump.i64.ne', // 0.31 %
  'i64.div_s.i+i64.shl.i', // 0.29 %
  'f64.mul+f64.sub', // 0.29 %
  'i64.add+i64.div_s.i', // 0.29 %
  'i64.add+heap.offset+heap.load_checked', // 0.28 %
  'i64.add.i+heap.offset+heap.load_checked', // 0.26 %
  'i64.div_u.i+i64.mul.i', // 0.24 %
  'i64.rem_s+heap.store', // 0.22 %
  'heap.offset.i+heap.store_checked', // 0.21 %
  'move+i64.const', // 0.18 %
  'i32.or+jump_if', // 0.17 %
  'move+move', // 0.17 %
  'heap.alloc+heap.store', // 0.15 %
  'i64.add+i64.add', // 0.15 %
  'i64.add.i+heap.offset+heap.store_checked', // 0.07 %
  'i64.const+heap.alloc+heap.store', // 0.06 %
];
