/**
 * Calls of the host that the Wasm loop does not make at once but notes down: going out of the loop and back takes longer
 * than what most of them do.
 *
 *     log   { import, -, argument 0, argument 1, ... } { import, ... } ...      8 bytes each, in the machine's memory
 *
 * Every call of an import without results is noted down; behind it, the loop compares the end of the log with the
 * import's limit. Imports that may be called later (ir outcome.ts) have the end of the log for a limit, less one entry. The
 * others have 0: for them the loop goes out at once, what the log holds is carried out, and then the call is made. So calls
 * keep their order, and the loop is the same whatever the host's functions are.
 *
 * The log is emptied when it is full, before every other call of the host, at safepoints, and when the loop is left.
 */

import type { HostFunction, Import } from '@sluice/ir';
import { mostLogged } from './handler.ts';
import { state } from './layout.ts';

/** Bytes of the log. */
export const logBytes: number = 16_384;

/** Bytes of a call with so many arguments. */
export function entryBytes(argc: number): number {
  return 8 + argc * 8;
}

/** The log of one instance. */
export class CallLog {
  readonly #imports: readonly Import[];
  readonly #hosts: readonly HostFunction[];
  readonly #start: number;
  readonly #settle: () => void;
  /** The machine's memory as it is now. */
  readonly #words: () => Int32Array;

  constructor(
    imports: readonly Import[],
    hosts: readonly HostFunction[],
    settle: () => void,
    start: number,
    words: () => Int32Array,
  ) {
    this.#imports = imports;
    this.#hosts = hosts;
    this.#settle = settle;
    this.#start = start;
    this.#words = words;
  }

  /** Writes the limits of the imports, and begins. */
  open(limits: number): void {
    const words = this.#words();
    const full = this.#start + logBytes - entryBytes(mostLogged);
    this.#hosts.forEach(({ later }, i) => {
      words[limits / 4 + i] = later === undefined ? 0 : full;
    });
    words[state.logTop / 4] = this.#start;
  }

  /** Takes the last call out of the log: it is made at once. */
  dropLast(argc: number): void {
    const words = this.#words();
    words[state.logTop / 4] = (words[state.logTop / 4] as number) - entryBytes(argc);
  }

  /** Carries out what was noted down. */
  carryOut(): void {
    const words = this.#words();
    const end = (words[state.logTop / 4] as number) >> 2;
    let at = this.#start >> 2;
    if (at === end) return;
    words[state.logTop / 4] = this.#start;
    while (at < end) {
      const index = words[at] as number;
      this.#hosts[index]?.later?.carryOut(words, at + 2);
      at += entryBytes(this.#imports[index]?.sig.params.length ?? 0) >> 2;
    }
    this.#settle();
  }
}
