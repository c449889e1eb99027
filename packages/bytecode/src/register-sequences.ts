/**
 * Rows of instructions of the register machine that are one instruction: those that run most in the programs of the corpus
 * at O3. Written by `npm run sequences` (test/bench/sequences.ts); behind each, how many of the executed instructions it saves.
 */

/** Names of instructions, joined by `+`. */
export const registerSequences: readonly string[] = [
  'move+move+jump', // 1.48 %
  'i64.add.i+i64.mul', // 1.20 %
  'move+jump', // 1.18 %
  'heap.offset+heap.load_checked', // 1.02 %
  'i64.add.i+jump.i64.lt_s', // 0.98 %
  'i64.mul+i64.sub', // 0.95 %
  'i64.add.i+i64.mul+i64.add', // 0.88 %
  'i64.add.i+heap.offset+heap.load_checked', // 0.82 %
  'i64.add.i+jump.i64.lt_s.i', // 0.58 %
  'i64.mul+i64.add', // 0.58 %
  'i64.const+heap.store', // 0.56 %
  'i64.div_u.i+i64.mul.i', // 0.52 %
  'i64.mul+i64.add.i+i64.div_s', // 0.50 %
  'i64.div_s.i+i64.shl.i', // 0.47 %
  'heap.offset.i+heap.store', // 0.39 %
  'f64.add+jump.f64.lt', // 0.38 %
  'f64.mul+f64.mul', // 0.38 %
  'f64.div+f64.add', // 0.37 %
  'heap.load_checked+i64.add', // 0.37 %
  'i64.sub+i64.add', // 0.36 %
  'i64.ne.i+jump_if', // 0.35 %
  'f64.div+f64.sub', // 0.32 %
  'i64.add.i+jump.i64.le_s', // 0.32 %
  'i64.mul+jump.i64.ne', // 0.31 %
  'i64.add.i+heap.offset+heap.store_checked', // 0.30 %
  'f64.mul+f64.sub', // 0.30 %
  'heap.offset+heap.store_checked', // 0.29 %
  'i64.div_s.i+i64.shl.i+i64.sub', // 0.26 %
  'i64.add+heap.offset+heap.load_checked', // 0.26 %
  'i64.rem_s+i64.div_s.i', // 0.24 %
  'i64.add.i+i64.lt_s', // 0.24 %
  'i64.add.i+jump.i64.gt_s.i', // 0.24 %
  'move+i64.const', // 0.22 %
  'i64.add.i+return', // 0.21 %
  'move+move', // 0.21 %
  'heap.offset.i+heap.store_checked', // 0.21 %
  'i64.add.i+i64.add', // 0.21 %
  'heap.offset.i+heap.load_checked', // 0.17 %
  'i64.const+heap.alloc+heap.store', // 0.16 %
  'i64.and.i+jump.i64.ne.i', // 0.16 %
  'i32.or+jump_if', // 0.15 %
  'i64.add+i64.add', // 0.14 %
  'i64.eq.i+jump_if', // 0.14 %
  'i64.const+heap.alloc', // 0.11 %
  'i64.add.i+i64.and.i', // 0.11 %
  'i64.gt_s.i+jump_unless', // 0.08 %
  'f64.const+f64.mul', // 0.08 %
];
