/**
 * Paths in the dominator tree, up: where two meet, and which block of one runs least.
 *
 * Paper:   Eugene Myers, An Applicative Random-Access Stack, Information Processing Letters 17, 1983: from each block one
 *          pointer far up, so that a path is walked in logarithmic time.
 */

import { type BlockId, blockFrequency, domTree, type Func, orderOf } from '@sluice/ir';

/** A block is cheaper than another one if it runs less by more than rounding. */
export function isCheaper(a: number, b: number): boolean {
  return a < b * (1 - 1e-9);
}

/** Paths of one function. */
export class Paths {
  readonly #level: ArrayLike<number>;
  readonly #up: ArrayLike<number>;
  readonly #frequency: Float64Array;
  /** By block: a block above it; the entry's is the entry. */
  readonly #far: Int32Array;
  /** By block: the block that runs least of those from it to the one before `far`; of equal ones the lowest. */
  readonly #least: Int32Array;

  constructor(f: Func) {
    const { idom, level } = domTree(f);
    this.#level = level;
    this.#up = idom;
    this.#frequency = blockFrequency(f);
    this.#far = new Int32Array(f.blocks.length);
    this.#least = Int32Array.from(this.#far, (_, b) => b);
    const { rpo } = orderOf(f);
    for (let i = 0; i < rpo.length; i++) this.#add(rpo[i] as BlockId);
  }

  #add(b: number): void {
    const up = this.#up[b] as number;
    if (up < 0) {
      this.#far[b] = b;
      return;
    }
    const one = this.#far[up] as number;
    const two = this.#far[one] as number;
    const [l0, l1, l2] = [this.#level[up] as number, this.#level[one] as number, this.#level[two] as number];
    const isLong = up !== one && l0 - l1 === l1 - l2;
    this.#far[b] = isLong ? two : up;
    if (isLong) this.#least[b] = this.#better(this.#better(b, this.#least[up] as number), this.#least[one] as number);
  }

  /** The upper block if it is cheaper. */
  #better(low: number, high: number): number {
    return low >= 0 && !isCheaper(this.#frequency[high] as number, this.#frequency[low] as number) ? low : high;
  }

  /** The lowest block that dominates both. */
  meet(a: number, b: number): number {
    const level = this.#level;
    let [low, high] = (level[a] as number) < (level[b] as number) ? [b, a] : [a, b];
    const to = level[high] as number;
    while ((level[low] as number) > to) {
      const far = this.#far[low] as number;
      low = (level[far] as number) >= to ? far : (this.#up[low] as number);
    }
    while (low !== high) {
      const [farLow, farHigh] = [this.#far[low] as number, this.#far[high] as number];
      const jumps = farLow !== farHigh;
      low = jumps ? farLow : (this.#up[low] as number);
      high = jumps ? farHigh : (this.#up[high] as number);
    }
    return low;
  }

  /** The block that runs least between two, both left out; -1 where there is none. `top` is above `b`, or -1 for all of them. */
  cheapest(b: number, top: number): number {
    let best = -1;
    let at = this.#up[b] as number;
    const end = top < 0 ? -1 : (this.#level[top] as number);
    while (at >= 0 && at !== top) {
      const far = this.#far[at] as number;
      const jumps = far !== at && (this.#level[far] as number) >= end;
      best = this.#better(best, jumps ? (this.#least[at] as number) : at);
      at = jumps ? far : (this.#up[at] as number);
    }
    return best;
  }
}
