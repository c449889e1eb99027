/** Output of a run in pieces: one call of the sink (or one string kept) for some 64 KiB, not for each line. */

import { BrilStop } from './fault.ts';
import type { BrilHeap } from './heap.ts';

const pieceLength = 1 << 16;

/** Collects what `print` writes; what is kept counts as memory of `heap`. */
export class Output {
  #text = '';
  readonly #kept: string[] = [];
  readonly #sink: ((text: string) => void) | undefined;
  readonly #heap: BrilHeap;
  readonly #limit: number;

  /** Output to `sink`, or kept where there is none. */
  constructor(sink: ((text: string) => void) | undefined, heap: BrilHeap, limit: number) {
    this.#sink = sink;
    this.#heap = heap;
    this.#limit = limit;
  }

  /** Writes a line. */
  line(text: string): void {
    this.#text += text;
    this.#text += '\n';
    if (this.#text.length < pieceLength) return;
    if (this.#sink === undefined) {
      this.#heap.used += this.#text.length * 2;
      if (this.#heap.used > this.#limit) throw new BrilStop('memory');
    }
    this.flush();
  }

  /** Passes on what is waiting. */
  flush(): void {
    if (this.#text === '') return;
    if (this.#sink === undefined) this.#kept.push(this.#text);
    else this.#sink(this.#text);
    this.#text = '';
  }

  /** All that was kept. */
  kept(): string {
    return this.#kept.join('');
  }
}
