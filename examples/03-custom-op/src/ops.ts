/**
 * A dialect of one op, from outside: the greatest common divisor. This entry is all there is to it; nothing else in the
 * repository knows the op.
 */
import { defineOp, type OpDef } from '@sluice/ir';

/** Greatest common divisor of two i32 taken as unsigned. */
export const gcd: OpDef = defineOp('number.gcd', {
  doc: 'Greatest common divisor of two numbers taken as unsigned; gcd(a, 0) is a.',
  sig: '(i32, i32) -> i32',
  laws: { commutative: true, associative: true, idempotent: true, rightIdentity: 0 },
  cost: 20,
  eval: (a: number, b: number) => {
    let [x, y] = [a >>> 0, b >>> 0];
    while (y !== 0) [x, y] = [y, x % y];
    return x | 0;
  },
});

/** What `--plugin` reads. */
export const ops: readonly OpDef[] = [gcd];
