/**
 * Fuel and depth of one call from outside. Generated code counts down `S[0]` and `S[1]` (codegen/src/js-code.ts); fuel is given
 * in quanta, between which the abort signal is looked at.
 */

import { type Limits, ResourceError } from '@sluice/ir';

/** Units of fuel between two looks at the signal. */
const quantum = 1 << 16;
/** Counters are i32. */
const most = 2 ** 31 - 2;

/** The accounts of the call that is under way. */
export class Account {
  readonly #S: Int32Array;
  readonly #limits: Limits;
  readonly #signal: { readonly aborted: boolean } | null;
  /** Units given so far; the first is not charged: it is for the call from outside. */
  #given = 0;

  constructor(S: Int32Array, limits: Limits, signal: { readonly aborted: boolean } | null) {
    this.#S = S;
    this.#limits = limits;
    this.#signal = signal;
    S[1] = Math.min(limits.depth, most);
  }

  /** Begins a call. What it gives ends it, and says how many units it used. */
  begin(): () => number {
    const S = this.#S;
    const { fuel } = this.#limits;
    const [left, depth, top] = S as unknown as readonly [number, number, number];
    const given = this.#given;
    this.#given = Math.min(fuel ?? quantum, quantum) + 1;
    S[0] = this.#given;
    return () => {
      const used = this.#given - (S[0] as number) - 1;
      S[0] = left;
      S[1] = depth;
      S[2] = top;
      this.#given = given;
      return fuel === null ? used : Math.min(used, fuel);
    };
  }

  /** The code counted below zero: a unit is due. */
  refuel(): void {
    const S = this.#S;
    const last = (this.#limits.fuel ?? Number.POSITIVE_INFINITY) + 1;
    if (this.#given >= last) throw new ResourceError('fuel');
    if (this.#signal?.aborted === true) throw new ResourceError('aborted');
    const more = Math.min(quantum, last - this.#given);
    this.#given += more;
    S[0] = (S[0] as number) + more;
  }

  /** Calls that are active: none are counted by code that is not metered. */
  active(): number {
    return Math.min(this.#limits.depth, most) - (this.#S[1] as number);
  }
}
