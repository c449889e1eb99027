/**
 * Dialect `bril`: what Bril has as one instruction and the IR only as several blocks. `bril-fuse` makes them before a
 * pipeline runs, so that passes move and number them whole, and emission need not find the blocks again.
 */

import { defineOp, effect, type OpDef, trap } from '@sluice/ir';

const byZero = trap('integer-divide-by-zero');
const noChar = trap('invalid-conversion');

/** Bril's `div`: wraps where `i64.div_s` traps for overflow. */
export const brilDiv = defineOp('bril.div', {
  doc: 'Signed quotient, truncated; -2^63 / -1 is -2^63. Traps when the divisor is zero.',
  sig: '(i64, i64) -> i64',
  effect: effect({ traps: ['integer-divide-by-zero'] }),
  laws: { rightIdentity: 1 },
  cost: 10,
  eval: (a: bigint, b: bigint) => (b === 0n ? byZero : BigInt.asIntN(64, a / b)),
});

/** Bril's `int2char`. */
export const brilToChar = defineOp('bril.int2char', {
  doc: 'The character of a code point. Traps where there is none: a surrogate, out of range.',
  sig: '(i64) -> i32',
  effect: effect({ traps: ['invalid-conversion'] }),
  cost: 2,
  eval: (code: bigint) =>
    code < 0n || code >= 0x110000n || (code >= 0xd800n && code < 0xe000n) ? noChar : Number(code),
});

/** An int that fits 32 bits, as an i32: the same variable of Bril. */
export const brilNarrow = defineOp('bril.narrow', {
  doc: 'The low 32 bits. Whoever makes one knows that the number fits.',
  sig: '(i64) -> i32',
  eval: (a: bigint) => Number(BigInt.asIntN(32, a)),
});

/** An i32 that is kept as an int, as a char. */
export const brilAsChar = defineOp('bril.as_char', {
  doc: 'Its operand, which is the code of a character.',
  sig: '(i32) -> i32',
  cost: 2,
  eval: (a: number) => a,
});

/** The ops of dialect `bril`. */
export const brilDialect: readonly OpDef[] = [brilDiv, brilToChar, brilNarrow, brilAsChar];
