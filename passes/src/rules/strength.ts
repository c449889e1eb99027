/**
 * Rules of `strength-reduce`: products, quotients and remainders by powers of two. They are apart from the others because
 * `simplify` looks for products. See README.md for what a rule must keep.
 *
 * `strength` gives one instruction for one. `expansions` give several that are cheaper in sum by the op table, which pays
 * only where a machine executes them directly.
 */

import type { ValueId } from '@sluice/ir';
import { type Match, op, type Rule, type RuleBuilder, rule } from '@sluice/pipeline';
import { bothWidths, c, log2, type Width, x } from './shape.ts';

interface Powers {
  /** The constant is 2^k, read as unsigned. */
  readonly power: (m: Match) => bigint | null;
  readonly isPower: (m: Match) => boolean;
  /** It is 2^k from 2 up, and not negative when read as signed. */
  readonly positive: (m: Match) => boolean;
  /** It is -2^k from -2 down, and has an opposite. */
  readonly negative: (m: Match) => boolean;
}

function powersOf({ get, getU, bits }: Width): Powers {
  const power = (m: Match): bigint | null => log2(getU(m, 'c'));
  const isPower = (m: Match): boolean => power(m) !== null;
  const hasOpposite = (m: Match): boolean => get(m, 'c') < -1n && -get(m, 'c') < 1n << (bits - 1n);
  return {
    power,
    isPower,
    positive: (m) => get(m, 'c') > 1n && isPower(m),
    negative: (m) => hasOpposite(m) && log2(-get(m, 'c')) !== null,
  };
}

/** Rules of powers of two that make one instruction of one, at a width. */
export const strengthOf = (w: Width): readonly Rule[] => {
  const { op: o, make, get } = w;
  const { power, isPower } = powersOf(w);
  return [
    rule('mul-by-power', op(o('mul'), x, c), (b, m) => b.op(o('shl'), m.value('x'), make(b, power(m) ?? 0n)), isPower),
    rule(
      'divide-unsigned-by-power',
      op(o('div_u'), x, c),
      (b, m) => b.op(o('shr_u'), m.value('x'), make(b, power(m) ?? 0n)),
      isPower,
    ),
    rule(
      'remainder-unsigned-by-power',
      op(o('rem_u'), x, c),
      (b, m) => b.op(o('and'), m.value('x'), make(b, get(m, 'c') - 1n)),
      isPower,
    ),
    // A remainder has the sign of the dividend, whatever the divisor's is; the least integer has no opposite.
    rule(
      'remainder-by-negative',
      op(o('rem_s'), x, c),
      (b, m) => b.op(o('rem_s'), m.value('x'), make(b, -get(m, 'c'))),
      (m) => get(m, 'c') < -1n && -get(m, 'c') < 1n << (w.bits - 1n),
    ),
  ];
};

/** Rules of powers of two that make one instruction of one. */
export const strength: readonly Rule[] = bothWidths(strengthOf);

/** Signed division rounds to zero, a shift down: what is negative gets 2^k - 1 first. */
export const expansionsOf = (w: Width): readonly Rule[] => {
  const { op: o, make, get } = w;
  const { power, positive, negative } = powersOf(w);
  return [
    rule('divide-by-power', op(o('div_s'), x, c), (b, m) => shifted(w, b, m.value('x'), power(m) ?? 0n), positive),
    rule(
      'divide-by-negative-power',
      op(o('div_s'), x, c),
      (b, m) => b.op(o('sub'), make(b, 0n), shifted(w, b, m.value('x'), log2(-get(m, 'c')) ?? 0n)),
      negative,
    ),
    rule(
      'remainder-by-power',
      op(o('rem_s'), x, c),
      (b, m) => {
        const k = power(m) ?? 0n;
        const multiple = b.op(o('and'), biased(w, b, m.value('x'), k), make(b, -1n << k));
        return b.op(o('sub'), m.value('x'), multiple);
      },
      positive,
    ),
  ];
};

/** Rules of powers of two that make several instructions of one. */
export const expansions: readonly Rule[] = bothWidths(expansionsOf);

/** `x`, and 2^k - 1 more where it is negative. */
function biased(w: Width, b: RuleBuilder, v: ValueId, k: bigint): ValueId {
  const sign = b.op(w.op('shr_s'), v, w.make(b, w.bits - 1n));
  const bias = b.op(w.op('shr_u'), sign, w.make(b, w.bits - k));
  return b.op(w.op('add'), v, bias);
}

/** `x` divided by 2^k, rounded to zero. */
function shifted(w: Width, b: RuleBuilder, v: ValueId, k: bigint): ValueId {
  return b.op(w.op('shr_s'), biased(w, b, v, k), w.make(b, k));
}
