/** Calls of the functions of random-func.ts, and what they give, in a form that can be compared. */

import { type Func, interpret, type Module, type Value } from '@sluice/ir';
import type { CellOutcome } from './cells.ts';

/** Enough to go through loops a few times. */
export const fuel = 200;

/** Arguments that fit a function. */
export function argumentsFor(f: Func): readonly Value[] {
  return f.sig.params.map((type, i) => (type === 'i64' ? BigInt(i * 7 - 3) : type === 'f64' ? i / 2 : i * 5 - 4));
}

/** The outcome of `f` without the place of a trap. */
export function interpreted(m: Module, args: readonly Value[]): CellOutcome {
  const { outcome } = interpret(m, 'f', args, { limits: { fuel } });
  switch (outcome.kind) {
    case 'trap':
      return { kind: 'trap', trap: outcome.trap };
    case 'exit':
      throw new Error('nothing here exits');
    default:
      return outcome;
  }
}
