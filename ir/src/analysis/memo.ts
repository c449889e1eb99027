/**
 * Where results of analyses are remembered: a list of a handful of entries. Most functions that passes make ask for one to
 * five analyses; a `Map` costs more to make than all of them cost to find here.
 */

/** Results by analysis. A `Map` will do as well. */
export interface Results extends Iterable<readonly [object, unknown]> {
  readonly size: number;
  /** The result of an analysis; undefined where there is none. */
  get(key: object): unknown;
  /** Remembers a result in place of what was remembered for this analysis. */
  set(key: object, value: unknown): unknown;
  /** Forgets everything. */
  clear(): void;
}

interface Entry {
  readonly key: object;
  value: unknown;
  readonly next: Entry | null;
}

/** A short list of results; see the head of this file. */
export class Memo implements Results {
  #first: Entry | null = null;

  /** The number of results. */
  get size(): number {
    let size = 0;
    for (let entry = this.#first; entry !== null; entry = entry.next) size++;
    return size;
  }

  /** The result of an analysis; undefined where there is none. */
  get(key: object): unknown {
    for (let entry = this.#first; entry !== null; entry = entry.next) if (entry.key === key) return entry.value;
    return undefined;
  }

  /** Remembers a result in place of what was remembered for this analysis. */
  set(key: object, value: unknown): void {
    for (let entry = this.#first; entry !== null; entry = entry.next) {
      if (entry.key !== key) continue;
      entry.value = value;
      return;
    }
    this.#first = { key, value, next: this.#first };
  }

  /** Forgets everything. */
  clear(): void {
    this.#first = null;
  }

  /** Analyses with their results, latest first. */
  *[Symbol.iterator](): Generator<readonly [object, unknown], void, void> {
    for (let entry = this.#first; entry !== null; entry = entry.next) yield [entry.key, entry.value];
  }
}
