/**
 * Classes of values that have one type, and what is known of them: a kind, what a pointer points to, facts.
 *
 * Paper:   Bjarne Steensgaard, Points-to Analysis in Almost Linear Time, POPL 1996.
 */

import type { Diagnostic } from '@sluice/ir';
import type { Kind } from './narrow.ts';

/** Union-find over numbers that `node` gives. */
export class Classes {
  readonly #diagnostics: Diagnostic[];
  readonly #parent: number[] = [];
  readonly #kind: (Kind | null)[] = [];
  readonly #element: number[] = [];
  readonly #facts: number[] = [];

  /** Contradictions are added to `diagnostics`. */
  constructor(diagnostics: Diagnostic[]) {
    this.#diagnostics = diagnostics;
  }

  get size(): number {
    return this.#parent.length;
  }

  facts(node: number): number {
    return this.#facts[this.find(node)] as number;
  }

  /** Sets the kind of a class, whatever it was. */
  set(node: number, kind: Kind): void {
    this.#kind[this.find(node)] = kind;
  }

  node(): number {
    const node = this.#parent.length;
    this.#parent.push(node);
    this.#kind.push(null);
    this.#element.push(-1);
    this.#facts.push(0);
    return node;
  }

  find(node: number): number {
    let at = node;
    for (let up = this.#parent[at] as number; up !== at; up = this.#parent[at] as number) {
      const above = this.#parent[up] as number;
      this.#parent[at] = above;
      at = above;
    }
    return at;
  }

  kindOf(node: number): Kind | null {
    return this.#kind[this.find(node)] ?? null;
  }

  name(node: number, kind: Kind, where: (() => Diagnostic) | null): void {
    const root = this.find(node);
    const known = this.#kind[root] ?? null;
    if (known === null) this.#kind[root] = kind;
    else if (known !== kind && where !== null) this.#diagnostics.push(where());
  }

  pointsTo(node: number): number {
    const root = this.find(node);
    if ((this.#element[root] as number) < 0) this.#element[root] = this.node();
    return this.#element[root] as number;
  }

  unify(a: number, b: number, where: () => Diagnostic): void {
    const work: [number, number][] = [[a, b]];
    for (let pair = work.pop(); pair !== undefined; pair = work.pop()) {
      const x = this.find(pair[0]);
      const y = this.find(pair[1]);
      if (x === y) continue;
      const [kx, ky] = [this.#kind[x] ?? null, this.#kind[y] ?? null];
      if (kx !== null && ky !== null && kx !== ky) {
        this.#diagnostics.push(where());
        continue;
      }
      this.#parent[y] = x;
      this.#kind[x] = kx ?? ky;
      this.#facts[x] = (this.#facts[x] as number) | (this.#facts[y] as number);
      const [ex, ey] = [this.#element[x] as number, this.#element[y] as number];
      if (ex < 0) this.#element[x] = ey;
      else if (ey >= 0) work.push([ex, ey]);
    }
  }

  mark(node: number, fact: number): void {
    const root = this.find(node);
    this.#facts[root] = (this.#facts[root] as number) | fact;
  }
}
