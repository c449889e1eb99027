/**
 * Packs: values that can be the lanes of one vector, because the same op makes each of them. Trees of packs grow from
 * neighbouring stores to what is stored, to its operands, down to loads of neighbours, constants, and values from elsewhere.
 *
 *     p[0] = a[0] + k, p[1] = a[1] + k        store <- { a[0] + k, a[1] + k } <- load { a[0], a[1] }, splat k
 *
 * Paper: Larsen, Amarasinghe, Exploiting Superword Level Parallelism with Multimedia Instruction Sets, PLDI 2000; grown from
 *        stores as in Rosen, Nuzman, Zaks, Loop-Aware SLP in GCC, GCC Summit 2007.
 */

import { type Func, type Inst, instOf, sameImm, type ValueId } from '@sluice/ir';
import type { Access, Accesses } from './accesses.ts';
import { laneForm, laneWidth, type Width } from './lanes.ts';

const deepest = 10;

/** Lanes and how they come about. */
export interface Pack {
  readonly kind: 'store' | 'load' | 'op' | 'splat' | 'constant' | 'gather';
  readonly lanes: readonly ValueId[];
  readonly width: Width;
  readonly operands: readonly Pack[];
}

/** The trees of a row of instructions. */
export class Packer {
  readonly #f: Func;
  /** Where the instructions that may become lanes stand in their row. */
  readonly #position: ReadonlyMap<ValueId, number>;
  readonly #accesses: Accesses;
  readonly #known = new Map<string, Pack>();
  /** What is a lane of a pack that is computed. */
  readonly #taken = new Map<ValueId, Pack>();

  constructor(f: Func, position: ReadonlyMap<ValueId, number>, accesses: Accesses) {
    this.#f = f;
    this.#position = position;
    this.#accesses = accesses;
  }

  /** The tree of neighbouring stores, lowest first. */
  stores(row: readonly Access[]): Pack {
    const width = ((row[0] as Access).bytes * 8) as Width;
    const lanes = row.map(({ inst }) => inst);
    const values = lanes.map((v) => instOf(this.#f, v).args[1] as ValueId);
    const pack: Pack = { kind: 'store', lanes, width, operands: [this.#packOf(values, width, deepest)] };
    for (const v of lanes) this.#taken.set(v, pack);
    return pack;
  }

  #packOf(lanes: readonly ValueId[], width: Width, depth: number): Pack {
    const key = `${width} ${lanes.join(' ')}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const pack = this.#grown(lanes, width, depth);
    this.#known.set(key, pack);
    if (pack.kind === 'load' || pack.kind === 'op') for (const v of lanes) this.#taken.set(v, pack);
    return pack;
  }

  #grown(lanes: readonly ValueId[], width: Width, depth: number): Pack {
    const [first] = lanes as readonly [ValueId];
    const made = (kind: Pack['kind'], operands: readonly Pack[] = []): Pack => ({ kind, lanes, width, operands });
    const inst = instOf(this.#f, first);
    if (lanes.every((v) => instOf(this.#f, v).op.kind === 'const')) return made('constant');
    if (lanes.every((v) => v === first)) return made('splat');
    const alike = depth > 0 && laneWidth(inst.type) !== null && this.#areAlike(lanes, inst);
    if (!alike) return made('gather');
    if (inst.op.access !== null) return made(this.#areNeighbours(lanes, width) ? 'load' : 'gather');
    const operands = this.#operandsOf(lanes, inst, width, depth - 1);
    return operands === null ? made('gather') : made('op', operands);
  }

  /** Whether each is made by the same op, in the row, and is in no other pack. */
  #areAlike(lanes: readonly ValueId[], { op, type, imm }: Inst): boolean {
    return (
      new Set(lanes).size === lanes.length &&
      lanes.every((v) => {
        const other = instOf(this.#f, v);
        if (other.op !== op || other.type !== type || !this.#position.has(v) || this.#taken.has(v)) return false;
        return op.access !== null || sameImm(other.imm, imm);
      })
    );
  }

  #areNeighbours(lanes: readonly ValueId[], width: Width): boolean {
    const found = lanes.map((v) => this.#accesses.of.get(v));
    const [first] = found;
    return found.every(
      (access, i) =>
        access !== undefined &&
        first !== undefined &&
        !access.store &&
        access.group === first.group &&
        8 * access.bytes === width &&
        access.start === first.start + i * access.bytes,
    );
  }

  /** The packs of operands; null where lanes of this width cannot do the op. */
  #operandsOf(lanes: readonly ValueId[], inst: Inst, width: Width, depth: number): readonly Pack[] | null {
    const form = laneForm(inst);
    if (form === null || !('width' in form || form.kind === 'select')) return null;
    if ('width' in form && form.width !== width) return null;
    const columns = inst.args.map((_, k) => lanes.map((v) => instOf(this.#f, v).args[k] as ValueId));
    if (form.kind === 'shift' || form.kind === 'rotate') {
      // By one count.
      const [values, counts] = columns as [ValueId[], ValueId[]];
      if (!counts.every((v) => v === counts[0])) return null;
      return [this.#packOf(values, width, depth)];
    }
    if (inst.op.laws.commutative === true) this.#turn(columns as [ValueId[], ValueId[]]);
    const packs = columns.map((column) => this.#packOf(column, width, depth));
    if (form.kind === 'select') {
      const [, , condition] = packs;
      if (condition === undefined || !this.#isTest(condition)) return null;
    }
    return packs;
  }

  #isTest({ kind, lanes }: Pack): boolean {
    const form = kind === 'op' ? laneForm(instOf(this.#f, lanes[0] as ValueId)) : null;
    return form?.kind === 'compare' || form?.kind === 'zero';
  }

  /** Exchanges operands such that the ops that make them are those of lane 0. */
  #turn([left, right]: [ValueId[], ValueId[]]): void {
    const opOf = (v: ValueId | undefined) => instOf(this.#f, v as ValueId).op;
    const [a, b] = [left[0], right[0]];
    for (let i = 1; i < left.length; i++) {
      const [x, y] = [left[i] as ValueId, right[i] as ValueId];
      const stays = x === a || y === b || (opOf(x) === opOf(a) && opOf(y) === opOf(b));
      const turns = y === a || x === b || (opOf(y) === opOf(a) && opOf(x) === opOf(b));
      if (!stays && turns) [left[i], right[i]] = [y, x];
    }
  }
}
