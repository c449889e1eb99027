/** The ranges of one register that lie ahead of a scan, the next one last. */

import type { Intervals } from './intervals.ts';

/** Ranges with the nodes that they belong to; none overlap. */
export class Ahead {
  from = new Int32Array(16);
  to = new Int32Array(16);
  node = new Int32Array(16);
  count = 0;

  /** Forgets what ends at or before a point. */
  pass(point: number): void {
    while (this.count > 0 && (this.to[this.count - 1] as number) <= point) this.count--;
  }

  /** The place of the first range, in order of points, that ends after a point; -1: none does. */
  firstBehind(point: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.to[middle] as number) > point) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Puts in a range that overlaps none. */
  add(from: number, to: number, node: number): void {
    if (this.count === this.from.length) this.#grow();
    const at = this.firstBehind(from) + 1;
    this.from.copyWithin(at + 1, at, this.count);
    this.to.copyWithin(at + 1, at, this.count);
    this.node.copyWithin(at + 1, at, this.count);
    this.from[at] = from;
    this.to[at] = to;
    this.node[at] = node;
    this.count++;
  }

  /** Whether a node's ranges are all free. */
  isFreeFor({ first, from, to }: Intervals, node: number): boolean {
    const end = first[node + 1] as number;
    for (let i = first[node] as number; i < end; i++) {
      const at = this.firstBehind(from[i] as number);
      if (at >= 0 && (this.from[at] as number) < (to[i] as number)) return false;
    }
    return true;
  }

  /** Puts in all ranges of a node. */
  addAll({ first, from, to }: Intervals, node: number): void {
    // The last one first: what is added then stands behind all that is there.
    for (let i = (first[node + 1] as number) - 1; i >= (first[node] as number); i--) {
      this.add(from[i] as number, to[i] as number, node);
    }
  }

  /** Takes out all ranges of nodes. */
  drop(nodes: ReadonlySet<number>): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (nodes.has(this.node[i] as number)) continue;
      this.from[kept] = this.from[i] as number;
      this.to[kept] = this.to[i] as number;
      this.node[kept++] = this.node[i] as number;
    }
    this.count = kept;
  }

  #grow(): void {
    const size = 2 * this.count;
    for (const key of ['from', 'to', 'node'] as const) {
      const larger = new Int32Array(size);
      larger.set(this[key]);
      this[key] = larger;
    }
  }
}
