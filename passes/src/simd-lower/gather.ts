/** Reductions in lanes: accumulators in the vector loop, and how they are joined behind it. */

import { type BlockId, type Func, instOf, type ValueId } from '@sluice/ir';
import type { Splats } from './body.ts';
import type { Code } from './code.ts';
import { laneForm, laneWidth, shapeOf, type Width } from './lanes.ts';
import type { LoopPlan } from './plan.ts';
import type { Reduction } from './reductions.ts';
import { type Lanes, repeatedBytes } from './vectors.ts';

interface Accumulators {
  readonly reduction: Reduction;
  readonly type: string;
  readonly phis: readonly ValueId[];
  /** What each of them is now. */
  readonly at: ValueId[];
}

const bytes = Array.from({ length: 16 }, (_, i) => i);

/** Gathers the reductions of one loop. */
export class Gatherer {
  readonly #f: Func;
  readonly #code: Code;
  readonly #registers: number;
  readonly #byLink = new Map<ValueId, Accumulators>();
  readonly #byPhi = new Map<ValueId, Accumulators>();

  constructor(f: Func, plan: LoopPlan, before: Code, code: Code, splats: Splats, phiOf: (start: ValueId) => ValueId) {
    this.#f = f;
    this.#code = code;
    this.#registers = plan.lanes / 128;
    for (const reduction of plan.reductions) {
      const { type } = instOf(f, reduction.phi);
      const { identity } = reduction.gathering;
      const count = Math.min(plan.accumulators, plan.parts * this.#registers * (laneWidth(type) as Width));
      const first = plan.evolution.ends(reduction.phi)?.start as ValueId;
      const start = identity === 'start' ? splats.of(first) : before.bytes(repeatedBytes(identity, type));
      const phis = Array.from({ length: count }, () => phiOf(start));
      const made: Accumulators = { reduction, type, phis, at: [...phis] };
      this.#byPhi.set(reduction.phi, made);
      for (const { inst } of reduction.links) this.#byLink.set(inst, made);
    }
  }

  /** One step, for the turns of a part. */
  take(link: ValueId, part: number, value: (sums: boolean, width: Width) => Lanes): void {
    const { type, at, reduction } = this.#byLink.get(link) as Accumulators;
    const width = laneWidth(type) as Width;
    const verb = this.#verbOf(link, reduction);
    const { registers, mask } = value(verb === 'add' || verb === 'sub', width);
    const count = this.#registers * width;
    for (const [r, v] of registers.entries()) {
      const k = (part * count + r) % at.length;
      at[k] = this.#step(verb, type, at[k] as ValueId, v, mask);
    }
  }

  /** The accumulators on the next turn. */
  close(turn: BlockId): void {
    for (const { phis, at } of this.#byPhi.values()) {
      for (const [k, phi] of phis.entries()) this.#code.edit.setPhiInput(phi, turn, at[k] as ValueId);
    }
  }

  /** What the phi is after the turns, on which it began with `start`. */
  joined(phi: ValueId, start: ValueId, code: Code): ValueId {
    const { reduction, type, at } = this.#byPhi.get(phi) as Accumulators;
    const { family, identity } = reduction.gathering;
    const verb = verbIn(family);
    let row = [...at];
    while (row.length > 1) {
      const next: ValueId[] = [];
      for (let i = 0; i < row.length; i += 2) {
        const [a, b] = [row[i] as ValueId, row[i + 1]];
        next.push(b === undefined ? a : code.emit(nameOf(verb, type), [a, b]));
      }
      row = next;
    }
    let all = row[0] as ValueId;
    for (let half = 8; half >= (laneWidth(type) as Width) / 8; half /= 2) {
      const imm = bytes.map((i) => (i + half) % 16);
      all = code.emit(nameOf(verb, type), [all, code.emit('i8x16.shuffle', [all, all], { imm })]);
    }
    const lane = code.emit(`${shapeOf[type]}.extract_lane`, [all], { imm: 0 });
    return identity === 'start' ? lane : code.emit(family, [start, lane]);
  }

  #verbOf(link: ValueId, { gathering }: Reduction): string {
    const form = laneForm(instOf(this.#f, link));
    return form?.kind === 'map' || form?.kind === 'bits' ? form.verb : verbIn(gathering.family);
  }

  #step(verb: string, type: string, sum: ValueId, v: ValueId, mask: boolean): ValueId {
    if (!mask) return this.#code.emit(nameOf(verb, type), [sum, v]);
    // A mask is -1 where the number is 1.
    if (verb === 'add' || verb === 'sub')
      return this.#code.emit(nameOf(verb === 'add' ? 'sub' : 'add', type), [sum, v]);
    const one = this.#code.bytes(bytes.map((i) => (i % 4 === 0 ? 1 : 0)));
    return this.#code.emit(nameOf(verb, type), [sum, this.#code.emit('v128.and', [v, one])]);
  }
}

/** `add` of `i32.add`. */
function verbIn(family: string): string {
  return family.slice(family.indexOf('.') + 1);
}

function nameOf(verb: string, type: string): string {
  return verb === 'and' || verb === 'or' || verb === 'xor' ? `v128.${verb}` : `${shapeOf[type]}.${verb}`;
}
