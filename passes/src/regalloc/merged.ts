/**
 * Nodes merged into others: a union-find whose trees list their members, over an interference graph that never changes. The
 * neighbours of a tree are the trees of its members' neighbours.
 */

import type { Interference } from './interference.ts';

/** Trees of nodes; each is known by its root. */
export class Merged {
  readonly #graph: Interference;
  readonly #root: Int32Array;
  /** A ring of the members of each tree. */
  readonly #next: Int32Array;
  readonly #seen: Int32Array;
  #round = 0;

  constructor(graph: Interference) {
    const count = graph.start.length - 1;
    this.#graph = graph;
    this.#root = new Int32Array(count).fill(-1);
    this.#next = new Int32Array(count);
    for (let node = 0; node < count; node++) this.#next[node] = node;
    this.#seen = new Int32Array(count).fill(-1);
  }

  find(node: number): number {
    let root = node;
    for (let up = this.#root[root] as number; up !== -1; up = this.#root[root] as number) root = up;
    for (let at = node; at !== root; ) {
      const up = this.#root[at] as number;
      this.#root[at] = root;
      at = up;
    }
    return root;
  }

  /** The nodes of a tree, its root first. */
  members(root: number): readonly number[] {
    const members = [root];
    for (let at = this.#next[root] as number; at !== root; at = this.#next[at] as number) members.push(at);
    return members;
  }

  /** Adds the roots of the neighbours to a list, each once. */
  neighbours(root: number, into: number[]): void {
    const round = ++this.#round;
    this.#collect(root, round, into);
  }

  /**
   * The neighbours of two trees: those of `a` alone, of both, and of `b` alone. Gives false when the two are neighbours
   * themselves.
   */
  neighboursOfBoth(a: number, b: number, left: number[], both: number[], right: number[]): boolean {
    const seenByA = ++this.#round;
    const seenByB = ++this.#round;
    this.#collect(a, seenByA, left);
    let apart = true;
    this.#visit(b, (other) => {
      if (other === a) apart = false;
      const seen = this.#seen[other];
      if (seen === seenByB) return;
      this.#seen[other] = seenByB;
      if (seen === seenByA) both.push(other);
      else right.push(other);
    });
    let kept = 0;
    for (const other of left) if (this.#seen[other] === seenByA) left[kept++] = other;
    left.length = kept;
    return apart;
  }

  /** Makes one tree of two, with `a` as root. */
  merge(a: number, b: number): void {
    this.#root[b] = a;
    const [nextA, nextB] = [this.#next[a] as number, this.#next[b] as number];
    this.#next[a] = nextB;
    this.#next[b] = nextA;
  }

  #collect(root: number, round: number, into: number[]): void {
    this.#visit(root, (other) => {
      if (this.#seen[other] === round) return;
      this.#seen[other] = round;
      into.push(other);
    });
  }

  #visit(root: number, visit: (other: number) => void): void {
    const { start, items } = this.#graph;
    let member = root;
    do {
      const end = start[member + 1] as number;
      for (let i = start[member] as number; i < end; i++) visit(this.find(items[i] as number));
      member = this.#next[member] as number;
    } while (member !== root);
  }
}
