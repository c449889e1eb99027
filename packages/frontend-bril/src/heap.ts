/**
 * The heap of the direct interpreter: all allocations in two growing typed arrays, with a table from allocation ids to
 * where they lie.
 *
 * A cell is 8 bytes of content and a 4-byte tag, the type of what it holds (0: never written). Ids are never used again, so
 * that a pointer to a freed allocation is always found out; freed cells are, by size classes four to the power of two
 * (at most a quarter is wasted). A pointer is an id and a signed 32-bit offset in cells.
 *
 * The `!`s on array reads: an id is made by `alloc` alone, and `cell` has checked the offset against the size.
 */

import { BrilFault, BrilStop, orOutOfMemory } from './fault.ts';

/** Bytes that a cell counts for. */
export const cellBytes: number = 12;
/** Bytes that an allocation counts for on top of its cells; they are counted for good, because ids are. */
const entryBytes = 8;
/** Cells are addressed in 31 bits. */
const maxCells = 2 ** 30;

/** See above. `words` and `tags` are replaced when the heap grows: read them anew after `alloc`. */
export class BrilHeap {
  /** Two words a cell: content. */
  words: Int32Array<ArrayBuffer> = new Int32Array(2048);
  /** The tag of each cell. */
  tags: Int32Array<ArrayBuffer> = new Int32Array(1024);
  /** Bytes in use, for the memory limit. */
  used = 0;
  /** Allocations not yet freed. */
  live = 0;

  /** By id: first cell and number of cells (0: freed). */
  #base = new Int32Array(1024);
  #size = new Int32Array(1024);
  #count = 0;
  /** Cells from here on were never used. */
  #top = 0;
  readonly #free = new Map<number, number[]>();
  readonly #limit: number;

  /** A heap of at most `limit` bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The id of `cells` new cells; `cells` is a safe integer or beyond what fits anyway. */
  alloc(cells: number): number {
    if (cells <= 0) throw new BrilFault('heap-bounds', `must allocate a positive amount of memory: ${cells} <= 0`);
    this.used += cells * cellBytes + entryBytes;
    if (this.used > this.#limit || cells > maxCells) throw new BrilStop('memory');
    const rounded = roundUp(cells);
    const id = this.#count;
    if (id >= this.#base.length) {
      this.#base = grown(this.#base, id * 2);
      this.#size = grown(this.#size, id * 2);
    }
    this.#count++;
    let base = this.#free.get(rounded)?.pop();
    if (base === undefined) {
      base = this.#top;
      this.#top += rounded;
      if (this.#top > maxCells) throw new BrilStop('memory');
      if (this.#top > this.tags.length) {
        const capacity = Math.max(this.tags.length * 2, this.#top);
        this.tags = grown(this.tags, capacity);
        this.words = grown(this.words, capacity * 2);
      }
    } else {
      this.tags.fill(0, base, base + cells);
    }
    this.#base[id] = base;
    this.#size[id] = cells;
    this.live++;
    return id;
  }

  /** Frees what a pointer points to. */
  free(id: number, offset: number): void {
    const size = this.#size[id]!;
    if (size === 0) throw new BrilFault('heap-dead', 'tried to free memory that is already free');
    if (offset !== 0) {
      throw new BrilFault('heap-bounds', `tried to free at offset ${offset}; it must be 0`);
    }
    const rounded = roundUp(size);
    const list = this.#free.get(rounded);
    if (list === undefined) this.#free.set(rounded, [this.#base[id]!]);
    else list.push(this.#base[id]!);
    this.#size[id] = 0;
    this.used -= size * cellBytes;
    this.live--;
  }

  /** The index of the cell that a pointer points to. */
  cell(id: number, offset: number): number {
    const size = this.#size[id]!;
    if (offset >= 0 && offset < size) return this.#base[id]! + offset;
    if (size === 0) throw new BrilFault('heap-dead', 'access to memory that is already free');
    throw new BrilFault('heap-bounds', `access at offset ${offset} of an allocation of ${size}`);
  }
}

/** The offset of a pointer moved by a 64-bit number of cells, given as two words. */
export function movedOffset(offset: number, low: number, high: number): number {
  // Exact where the sum can be in range; beyond 2^53 a rounded sum is just as far out of it.
  const moved = offset + (high === low >> 31 ? low : high * 2 ** 32 + (low >>> 0));
  if (moved !== (moved | 0)) throw new BrilFault('heap-bounds', `pointer offset ${moved} leaves 32 bits`);
  return moved;
}

/** The size class: exact up to 8, then steps of a quarter of the power of two below. */
function roundUp(cells: number): number {
  if (cells <= 8) return cells;
  const step = 1 << (29 - Math.clz32(cells));
  return (cells + step - 1) & ~(step - 1);
}

function grown(old: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  return orOutOfMemory(() => {
    const copy = new Int32Array(length);
    copy.set(old);
    return copy;
  });
}
