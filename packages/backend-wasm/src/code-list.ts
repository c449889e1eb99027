/**
 * A function's code as a list of numbers, and the working memory for making it, which all functions of a module share.
 *
 * An item is a kind in the low three bits and what it is about in the others. Items stand in regions: one for the body of each
 * block (with the moves of its edge, where it has but one), then one for the moves of each other edge that has any.
 */

import { type BlockId, type Func, scratchInts } from '@sluice/ir';

/** Kinds of items: what a value's local is used for; what is computed; the moves of an edge, by number of the move. */
export const item = { get: 0, set: 1, tee: 2, op: 3, constant: 4, drop: 5, moveGet: 6, moveSet: 7 } as const;

/** Code with its regions, in the order in which it is laid out. */
export interface CodeList {
  readonly func: Func;
  readonly items: Int32Array;
  /** By region: where its items start; one more at the end. */
  readonly regionStart: Int32Array;
  readonly regions: number;
  /** By region: the block; the target too where it is an edge, else -1. */
  readonly regionBlock: Int32Array;
  readonly regionTarget: Int32Array;
  /** By block: the region of its body. */
  readonly regionOf: Int32Array;
  /** By `from * blocks + to`: the region of the edge's moves. */
  readonly edgeRegion: ReadonlyMap<number, number>;
  /** By move: the phi, and the value that it gets if that lies in a local; else -1. */
  readonly movePhi: Int32Array;
  readonly moveArg: Int32Array;
  readonly moves: number;
  /** By value: what stands for it (copies are their operands). */
  readonly alias: Int32Array;
  /** By value: 1 where its operands are emitted in the other order. */
  readonly swapped: Uint8Array;
  /** By call with several results: the first of its `result`s; by `result`: the next one; -1: none. */
  readonly nextResult: Int32Array;
  /** By value: how many operands it is. */
  readonly uses: Int32Array;
}

/** The number of an edge in `edgeRegion`. */
export function edgeKey(f: Func, from: BlockId, to: BlockId): number {
  return from * f.blocks.length + to;
}

/** Arrays that grow and are used again. */
export class Workspace {
  readonly items = scratchInts();
  readonly regionStart = scratchInts();
  readonly regionBlock = scratchInts();
  readonly regionTarget = scratchInts();
  readonly regionOf = scratchInts();
  readonly movePhi = scratchInts();
  readonly moveArg = scratchInts();
  readonly alias = scratchInts();
  readonly nextResult = scratchInts();
  readonly uses = scratchInts();
  readonly home = scratchInts();
  readonly place = scratchInts();
  readonly left = scratchInts();
  readonly before = scratchInts();
  readonly after = scratchInts();
  readonly edgeHead = scratchInts();
  #swapped = new Uint8Array(256);
  #done = new Uint8Array(256);

  swapped(count: number): Uint8Array {
    if (this.#swapped.length < count) this.#swapped = new Uint8Array(2 * count);
    return this.#swapped.fill(0, 0, count);
  }

  done(count: number): Uint8Array {
    if (this.#done.length < count) this.#done = new Uint8Array(2 * count);
    return this.#done.fill(0, 0, count);
  }
}
