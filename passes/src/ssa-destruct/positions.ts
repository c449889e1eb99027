/**
 * Where things are defined and used, as numbers: a point for each instruction, in preorder of the dominator tree. What is
 * defined at `x` dominates what is defined at `y` when x <= y and the block of `x` dominates that of `y`.
 *
 *   ^b:   phis (one point) | body, a point each | moves for the edge out of ^b | terminator | result of an invoke
 */

import {
  type BlockId,
  blockOfValue,
  domTree,
  type Func,
  type Ids,
  type Inst,
  instOf,
  type Liveness,
  liveness,
  usesOf,
  type ValueId,
} from '@sluice/ir';

/** Points of a function, and the live ranges that copies at the ends of blocks have to respect. */
export class Positions {
  readonly #f: Func;
  readonly #live: Liveness;
  readonly #home: Ids<BlockId>;
  /** Where an instruction reads its operands. */
  readonly #point: Int32Array;
  readonly #defined: Int32Array;
  readonly #phiPoint: Int32Array;
  readonly #edgePoint: Int32Array;
  /** By value and block, for the values asked about: the point of the last use in the block, phis aside. */
  readonly #lastUse = new Map<number, number>();
  readonly #asked: Uint8Array;
  /** By block and value: how many phis behind the block read the value itself, not a copy of it. */
  readonly #direct = new Map<number, number>();

  constructor(f: Func) {
    this.#f = f;
    this.#live = liveness(f);
    this.#home = blockOfValue(f);
    this.#point = new Int32Array(f.insts.length);
    this.#phiPoint = new Int32Array(f.blocks.length);
    this.#edgePoint = new Int32Array(f.blocks.length);
    this.#asked = new Uint8Array(f.insts.length);
    // Parameters have point 0.
    let next = 1;
    const invokes: ValueId[] = [];
    for (const b of domTree(f).preorder) {
      const block = f.blocks[b];
      if (block === undefined) continue;
      this.#phiPoint[b] = next;
      for (const v of block.phis) this.#point[v] = next;
      next++;
      for (const v of block.body) this.#point[v] = next++;
      this.#edgePoint[b] = next++;
      this.#point[block.term] = next++;
      // The point behind the terminator is where an invoke defines its result.
      if (f.insts[block.term]?.op.kind === 'invoke') invokes.push(block.term);
      next++;
    }
    this.#defined = this.#point.slice();
    for (const v of invokes) this.#defined[v] = (this.#point[v] as number) + 1;
  }

  /** Where a value is defined. */
  defined(v: ValueId): number {
    return this.#defined[v] as number;
  }

  phiPoint(b: BlockId): number {
    return this.#phiPoint[b] as number;
  }

  edgePoint(b: BlockId): number {
    return this.#edgePoint[b] as number;
  }

  /** The block of a definition; parameters are defined in the entry. */
  blockOf(v: ValueId): BlockId {
    const b = this.#home[v] as number;
    return (b < 0 ? this.#f.order[0] : b) as BlockId;
  }

  /** Says that one more (or less) phi behind the block reads the value itself. */
  addDirect(pred: BlockId, v: ValueId, change: number): void {
    const key = pred * this.#f.insts.length + v;
    this.#direct.set(key, (this.#direct.get(key) ?? 0) + change);
  }

  /** Forgets what phis read. */
  clearDirect(): void {
    this.#direct.clear();
  }

  /** Whether a value, defined before, is live right behind a point of a block. */
  isLiveAfter(v: ValueId, b: BlockId, point: number): boolean {
    if (this.#lastUseIn(v, b) > point) return true;
    if (!this.#live.isLiveOut(v, b)) return false;
    if (point < (this.#edgePoint[b] as number)) return true;
    // At the end of the block only what successors read counts; a phi may read a copy instead.
    if ((this.#direct.get(b * this.#f.insts.length + v) ?? 0) > 0) return true;
    return instOf(this.#f, this.#f.blocks[b]?.term as ValueId).blocks.some((to) => this.#live.isLiveIn(v, to));
  }

  #lastUseIn(v: ValueId, b: BlockId): number {
    if (this.#asked[v] === 0) this.#findUses(v);
    return this.#lastUse.get(b * this.#f.insts.length + v) ?? -1;
  }

  #findUses(v: ValueId): void {
    this.#asked[v] = 1;
    for (const user of usesOf(this.#f).of(v)) {
      if ((this.#f.insts[user] as Inst).op.kind === 'phi') continue;
      const key = (this.#home[user] as number) * this.#f.insts.length + v;
      const point = this.#point[user] as number;
      if (point > (this.#lastUse.get(key) ?? -1)) this.#lastUse.set(key, point);
    }
  }
}
