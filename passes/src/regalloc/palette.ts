/**
 * The colours of one file while a block is walked: which are in use, how often, and the smallest that is free.
 *
 * A bit for each colour and a count for each (a copy and its source may share one). The search for a free colour skips
 * 32 at a time and starts where the first free one may be, so that thousands of live values cost no more than few.
 */
export class Palette {
  /** Colours ever used: 0 up to it. */
  used = 0;
  #busy: Int32Array = new Int32Array(64);
  #bits: Int32Array = new Int32Array(2);
  /** By colour: the last asker who may not have it. */
  #mark: Int32Array = new Int32Array(64).fill(-1);
  #hint = 0;
  #taken: number[] = [];

  /** How many live values have the colour. */
  holders(c: number): number {
    return this.#busy[c] ?? 0;
  }

  take(c: number): void {
    while (c >= this.#busy.length) this.#grow();
    if (c >= this.used) this.used = c + 1;
    const busy = this.#busy[c] as number;
    this.#busy[c] = busy + 1;
    if (busy > 0) return;
    this.#bits[c >> 5] = (this.#bits[c >> 5] as number) | (1 << (c & 31));
    this.#taken.push(c);
  }

  release(c: number): void {
    const busy = (this.#busy[c] as number) - 1;
    this.#busy[c] = busy;
    if (busy > 0) return;
    const word = c >> 5;
    this.#bits[word] = (this.#bits[word] as number) & ~(1 << (c & 31));
    if (word < this.#hint) this.#hint = word;
  }

  /** Releases everything. */
  clear(): void {
    for (const c of this.#taken) {
      this.#busy[c] = 0;
      this.#bits[c >> 5] = 0;
    }
    this.#taken.length = 0;
    this.#hint = 0;
  }

  /** Says that `asker` must not get the colour. */
  forbid(c: number, asker: number): void {
    while (c >= this.#mark.length) this.#grow();
    this.#mark[c] = asker;
  }

  isForbidden(c: number, asker: number): boolean {
    return this.#mark[c] === asker;
  }

  /** The smallest colour that is free and not forbidden to the asker. */
  lowest(asker: number): number {
    for (let word = this.#hint; ; word++) {
      while (word >= this.#bits.length) this.#grow();
      let free = ~(this.#bits[word] as number);
      if (free === 0 && word === this.#hint) this.#hint = word + 1;
      while (free !== 0) {
        const c = (word << 5) + 31 - Math.clz32(free & -free);
        if (this.#mark[c] !== asker) return c;
        free &= free - 1;
      }
    }
  }

  #grow(): void {
    const size = this.#busy.length * 2;
    this.#busy = grown(this.#busy, size, 0);
    this.#bits = grown(this.#bits, size >> 5, 0);
    this.#mark = grown(this.#mark, size, -1);
  }
}

function grown(array: Int32Array, size: number, fill: number): Int32Array {
  const larger = new Int32Array(size).fill(fill, array.length);
  larger.set(array);
  return larger;
}
