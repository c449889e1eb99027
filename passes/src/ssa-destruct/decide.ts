/** What is copied for phi webs that interfere: decided by peel.ts where that is enough, else by classes.ts. */

import { type BlockId, type Func, instOf, type ValueId } from '@sluice/ir';
import type { WebOf } from '../lib/phi-webs.ts';
import { Classes } from './classes.ts';
import { type Peeled, peel } from './peel.ts';
import { Positions } from './positions.ts';

/** Decisions about some webs. */
export class Decisions {
  readonly #f: Func;
  readonly #isCloned: (phi: ValueId, k: number) => boolean;
  readonly #peeled: Peeled;
  readonly #tangled: ReadonlySet<ValueId>;
  readonly #classes: Classes | null;

  /** `phis` are all phis of interfering webs; `isCloned` says which inputs get a constant of their own. */
  constructor(
    f: Func,
    phis: readonly ValueId[],
    web: WebOf,
    isCloned: (phi: ValueId, k: number) => boolean,
    mayJoin: () => boolean,
  ) {
    this.#f = f;
    this.#isCloned = isCloned;
    const positions = new Positions(f);
    for (const phi of phis) {
      const { args, blocks } = instOf(f, phi);
      for (let k = 0; k < args.length; k++) {
        if (!isCloned(phi, k)) positions.addDirect(blocks[k] as BlockId, args[k] as ValueId, 1);
      }
    }
    this.#peeled = peel(f, phis, web, isCloned, positions);
    const { tangled } = this.#peeled;
    this.#tangled = new Set(tangled);
    positions.clearDirect();
    this.#classes = tangled.length === 0 ? null : new Classes(f, tangled, isCloned, positions, mayJoin);
  }

  /** Whether the phi's result needs a copy of its own behind the phis. */
  isIsolated(phi: ValueId): boolean {
    return this.#tangled.has(phi) ? this.#classes?.isIsolated(phi) === true : this.#peeled.left.has(phi);
  }

  /** Whether the phi reads a copy of the input; else it reads the input itself, or a constant of its own. */
  isCopied(phi: ValueId, k: number): boolean {
    if (this.#isCloned(phi, k)) return false;
    if (this.#tangled.has(phi)) return this.#classes?.isCopied(phi, k) === true;
    return this.#peeled.left.has(instOf(this.#f, phi).args[k] as ValueId);
  }

  /** The place of a value: an object or a number, the same for what shares it. */
  placeOf(v: ValueId): unknown {
    const own = this.#classes?.placeOf(v);
    if (own !== undefined) return own;
    const web = this.#peeled.left.has(v) ? -1 : (this.#peeled.web[v] as number);
    return web < 0 ? v : ~web;
  }

  /** The place that the inputs of a phi share. */
  placeOfInputs(phi: ValueId): unknown {
    if (this.#tangled.has(phi)) return this.#classes?.placeOfPhi(phi);
    return ~(this.#peeled.webOfInputs.get(phi) as number);
  }
}
