/**
 * The variables of all active calls of the direct interpreter: one growing buffer of 8-byte slots under three views, and
 * a tag for each slot. Also what speculation remembers of the frame that is active.
 *
 *     slot      | 8 bytes: int (I), float (F), or two words (X): bool, char, offset of a pointer | id of its allocation
 *     tag (T)   | the type of what the slot holds now, see decode.ts
 */

import { BrilFault, BrilStop, orOutOfMemory } from './fault.ts';
import { type BrilHeap, cellBytes } from './heap.ts';

/** See above. The four views are replaced when a frame makes the buffer grow: read them anew after `enter`. */
export class Frames {
  I: BigInt64Array<ArrayBuffer>;
  F: Float64Array<ArrayBuffer>;
  X: Int32Array<ArrayBuffer>;
  T: Int32Array<ArrayBuffer>;
  /** Levels of speculation that the active call is in. */
  levels = 0;

  readonly #heap: BrilHeap;
  readonly #limit: number;
  readonly #snapshots: { readonly words: Int32Array; readonly tags: Int32Array }[] = [];

  /** No frame yet; frames and what `heap` uses share `limit` bytes. */
  constructor(heap: BrilHeap, limit: number) {
    const buffer = new ArrayBuffer(8192);
    this.I = new BigInt64Array(buffer);
    this.F = new Float64Array(buffer);
    this.X = new Int32Array(buffer);
    this.T = new Int32Array(1024);
    this.#heap = heap;
    this.#limit = limit;
  }

  /** Makes room for a frame of `size` slots at `base`; all but the first `params` are unassigned. */
  enter(base: number, size: number, params: number): void {
    const top = base + size;
    if (top * cellBytes + this.#heap.used > this.#limit) throw new BrilStop('memory');
    if (top > this.T.length) this.#grow(Math.max(top, this.T.length * 2));
    this.T.fill(0, base + params, top);
  }

  /** Begins a level of speculation in the frame of `size` slots at `base`. */
  speculate(base: number, size: number): void {
    // Counted until the level ends: a loop of `speculate` runs into the limit.
    this.#heap.used += size * cellBytes + 64;
    if (this.#heap.used > this.#limit) throw new BrilStop('memory');
    const words = this.X.slice(base * 2, (base + size) * 2);
    this.#snapshots.push({ words, tags: this.T.slice(base, base + size) });
    this.levels++;
  }

  /** Ends all levels and keeps the variables. */
  commit(size: number): void {
    if (this.levels === 0) throw new BrilFault('speculation', 'commit in non-speculative state');
    this.#heap.used -= this.levels * (size * cellBytes + 64);
    this.#snapshots.length = 0;
    this.levels = 0;
  }

  /** Ends the innermost level and brings the variables back. */
  abort(base: number, size: number): void {
    const snapshot = this.#snapshots.pop();
    if (snapshot === undefined) throw new BrilFault('speculation', 'abort in non-speculative state');
    this.#heap.used -= size * cellBytes + 64;
    this.X.set(snapshot.words, base * 2);
    this.T.set(snapshot.tags, base);
    this.levels--;
  }

  #grow(capacity: number): void {
    orOutOfMemory(() => {
      const { X, T } = this;
      const buffer = new ArrayBuffer(capacity * 8);
      this.I = new BigInt64Array(buffer);
      this.F = new Float64Array(buffer);
      this.X = new Int32Array(buffer);
      this.X.set(X);
      this.T = new Int32Array(capacity);
      this.T.set(T);
    });
  }
}
