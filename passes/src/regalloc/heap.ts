/** A heap of nodes by key, smallest first; of equal keys the smaller node, so that the order is always the same. */
export class NodeHeap {
  readonly #nodes: number[] = [];
  readonly #keys: number[] = [];

  get size(): number {
    return this.#nodes.length;
  }

  /** The smallest key; infinite when empty. */
  get least(): number {
    return this.#keys[0] ?? Number.POSITIVE_INFINITY;
  }

  push(node: number, key: number): void {
    let at = this.#nodes.length;
    this.#nodes.push(node);
    this.#keys.push(key);
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!this.#before(at, up)) break;
      this.#swap(at, up);
      at = up;
    }
  }

  /** Takes the first node; -1 when empty. */
  pop(): number {
    const [first] = this.#nodes;
    if (first === undefined) return -1;
    const last = this.#nodes.length - 1;
    this.#swap(0, last);
    this.#nodes.length = last;
    this.#keys.length = last;
    for (let at = 0; ; ) {
      let down = 2 * at + 1;
      if (down >= last) return first;
      if (down + 1 < last && this.#before(down + 1, down)) down++;
      if (!this.#before(down, at)) return first;
      this.#swap(at, down);
      at = down;
    }
  }

  #before(i: number, j: number): boolean {
    const [x, y] = [this.#keys[i] as number, this.#keys[j] as number];
    return x < y || (x === y && (this.#nodes[i] as number) < (this.#nodes[j] as number));
  }

  #swap(i: number, j: number): void {
    const node = this.#nodes[i] as number;
    const key = this.#keys[i] as number;
    this.#nodes[i] = this.#nodes[j] as number;
    this.#keys[i] = this.#keys[j] as number;
    this.#nodes[j] = node;
    this.#keys[j] = key;
  }
}
