/**
 * A set of small numbers that is cleared, filled and walked over and over: values that are live during a scan.
 *
 * Paper: Preston Briggs, Linda Torczon, An Efficient Representation for Sparse Sets, 1993.
 */

/** A sparse set; `items[0 .. size - 1]` are its members, in no promised order but the same in every run. */
export class LiveSet {
  readonly items: Int32Array;
  size = 0;
  readonly #at: Int32Array;

  /** For numbers below `count`. */
  constructor(count: number) {
    this.items = new Int32Array(count);
    this.#at = new Int32Array(count).fill(-1);
  }

  has(v: number): boolean {
    return (this.#at[v] as number) >= 0;
  }

  add(v: number): void {
    if ((this.#at[v] as number) >= 0) return;
    this.#at[v] = this.size;
    this.items[this.size++] = v;
  }

  delete(v: number): void {
    const at = this.#at[v] as number;
    if (at < 0) return;
    const last = this.items[--this.size] as number;
    this.items[at] = last;
    this.#at[last] = at;
    this.#at[v] = -1;
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) this.#at[this.items[i] as number] = -1;
    this.size = 0;
  }
}
