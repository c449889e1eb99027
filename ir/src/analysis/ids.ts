/**
 * Arrays of ids, in the one form that analyses give them: typed, dense, read-only by type.
 *
 * `Rows` are lists of lists ("compressed sparse rows"): row `i` is `items[start[i]]` up to, not including,
 * `items[start[i + 1]]`. Two arrays instead of an object for each row: built by counting in linear time, walked without
 * allocation. Loops that must be fast use `start` and `items`; everything else uses `row`.
 */

import { copiedInts, ints, scratchInts } from '../ints.ts';

/** An Int32Array of ids that nobody may write to. */
export interface Ids<Id extends number = number> extends Iterable<Id> {
  readonly length: number;
  readonly [index: number]: Id;
  /** A view of the ids from `start` up to, not including, `end`. */
  subarray(start?: number, end?: number): Ids<Id>;
  /** Whether the id occurs; linear. */
  includes(id: number): boolean;
  /** The first position of the id, or -1; linear. */
  indexOf(id: number): number;
}

/** Lists of ids, a row for each number from 0 up; see the head of this file. */
export interface Rows<Id extends number = number> {
  readonly start: Ids;
  readonly items: Ids<Id>;
}

/** Gives a finished array its read-only type. */
export function asIds<Id extends number>(array: Int32Array): Ids<Id> {
  return array as unknown as Ids<Id>;
}

/** Row `i`, a view without a copy; empty when there is no such row. */
export function row<Id extends number>(rows: Rows<Id>, i: number): Ids<Id> {
  return rows.items.subarray(rows.start[i] ?? 0, rows.start[i + 1] ?? 0);
}

/** The length of row `i`. */
export function rowLength(rows: Rows, i: number): number {
  return (rows.start[i + 1] ?? 0) - (rows.start[i] ?? 0);
}

/**
 * Sorts pairs `(key, item)` into `count` rows by key; items of one row keep the order of the pairs. `length` says how many
 * of the pairs count. Keys must be below `count`.
 */
export function rowsOfPairs<Id extends number>(
  count: number,
  keys: Int32Array,
  items: Int32Array,
  length: number = keys.length,
): Rows<Id> {
  const start = ints(count + 1);
  for (let i = 0; i < length; i++) {
    const key = (keys[i] as number) + 1;
    start[key] = (start[key] as number) + 1;
  }
  for (let i = 0; i < count; i++) start[i + 1] = (start[i + 1] as number) + (start[i] as number);
  const next = placesFor(count);
  for (let i = 0; i < count; i++) next[i] = start[i] as number;
  const sorted = ints(length);
  for (let i = 0; i < length; i++) {
    const key = keys[i] as number;
    const at = next[key] as number;
    sorted[at] = items[i] as number;
    next[key] = at + 1;
  }
  return { start: asIds(start), items: asIds(sorted) };
}

const placesFor = scratchInts();

/** Pairs of ids in arrays that grow; the input of `rowsOfPairs` where the number of pairs is not known before. */
export class PairList {
  keys: Int32Array = ints(16);
  items: Int32Array = ints(16);
  length = 0;

  /** Adds a pair at the end. */
  push(key: number, item: number): void {
    const at = this.length++;
    if (at === this.keys.length) {
      this.keys = copiedInts(this.keys, 2 * at);
      this.items = copiedInts(this.items, 2 * at);
    }
    this.keys[at] = key;
    this.items[at] = item;
  }

  /** The pairs as rows by key. */
  rows<Id extends number>(count: number): Rows<Id> {
    return rowsOfPairs(count, this.keys, this.items, this.length);
  }
}
