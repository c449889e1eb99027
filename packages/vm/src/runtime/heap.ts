/**
 * The heap of checked objects (SPEC.md §6) in two Wasm memories, which generated loops read directly.
 *
 *   table   word 0: the number of entries; word 1: 0. Then for each id from 1: base (byte address in `cells`), and the
 *           number of elements, 0 once the object is dead. Ids are never reused, so that a stale pointer is always found.
 *   cells   blocks: 8 bytes for each element, then one byte for each that says whether it was stored to.
 *
 * An id is good when it is less than word 0 (unsigned), an offset when it is less than the entry's size (unsigned):
 * two comparisons check a pointer, whatever its bits; id 0 has the size 0 because of word 1.
 *
 * Freed blocks are kept by size class and reused last in, first out, so that addresses depend on the program alone.
 * Values of types without bits live in a map beside `cells`, by cell number.
 */

import { type HeapState, ResourceError, type Trap, type Type, trap, type Value, zeroOf } from '@sluice/ir';
import { type Budget, claim, remaining } from './budget.ts';
import { bitsType, readCell, writeCell } from './cells.ts';
import { pageBytes } from './memory.ts';

/** Bytes of an element with its byte in the second part of a block. */
const elementBytes = 9;
/** Blocks are multiples of this, so that cells are aligned. */
const grain = 16;
/** Up to this size each multiple of `grain` is a class; above, each power of two has four. */
const smallBlock = 1024;
/** Offsets are signed 32-bit numbers. */
const mostElements = 2 ** 31 - 1;

const bounds = trap('heap-bounds');
const dead = trap('heap-dead');
const uninitialised = trap('heap-uninitialised');

/** The heap of an instance. */
export class CheckedHeap implements HeapState {
  readonly cells: WebAssembly.Memory = new WebAssembly.Memory({ initial: 0 });
  /** There from the start, as its first words are read whatever a pointer says; not counted against the budget. */
  readonly table: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1 });
  readonly #budget: Budget;
  /** Freed blocks by their size. */
  readonly #free: Map<number, number[]> = new Map();
  readonly #hostValues: Map<number, Value> = new Map();
  #cellView: DataView = new DataView(this.cells.buffer);
  #cellBytes: Uint8Array = new Uint8Array(this.cells.buffer);
  #entries: Uint32Array = new Uint32Array(this.table.buffer);
  #count = 1;
  /** The first byte of `cells` that never belonged to a block. */
  #top = 0;
  #live = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#entries[0] = this.#count;
  }

  live(): number {
    return this.#live;
  }

  /** Pointer to a new object; elements start uninitialised, their bits zero. */
  alloc(elements: bigint): bigint | Trap {
    if (elements <= 0n) return bounds;
    if (elements > BigInt(mostElements)) throw new ResourceError('memory');
    return BigInt(this.allocate(Number(elements))) << 32n;
  }

  /** Id of a new object of 1 .. 2^31-1 elements. */
  allocate(elements: number): number {
    const size = blockBytes(elements);
    const id = this.#count;
    if (id * 2 + 1 >= this.#entries.length) this.#growTable();
    let base = this.#free.get(size)?.pop();
    if (base === undefined) base = this.#fresh(size);
    else this.#cellBytes.fill(0, base, base + size);
    this.#entries[id * 2] = base;
    this.#entries[id * 2 + 1] = elements;
    this.#count = id + 1;
    this.#entries[0] = this.#count;
    this.#live++;
    return id;
  }

  free(pointer: bigint): Trap | undefined {
    return this.release(idOf(pointer), offsetOf(pointer));
  }

  /** `free` for a pointer in two halves, both as i32. */
  release(id: number, offset: number): Trap | undefined {
    const elements = this.#sizeOf(id);
    if (elements === 0) return dead;
    if (offset !== 0) return bounds;
    const base = this.#entries[id * 2] ?? 0;
    this.#entries[id * 2 + 1] = 0;
    this.#live--;
    const size = blockBytes(elements);
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [base]);
    else list.push(base);
    if (this.#hostValues.size > 0) {
      for (let i = 0; i < elements; i++) this.#hostValues.delete(base / 8 + i);
    }
    return undefined;
  }

  checkBounds(pointer: bigint): Trap | undefined {
    return this.check(idOf(pointer), offsetOf(pointer));
  }

  /** `checkBounds` for a pointer in two halves, both as i32. */
  check(id: number, offset: number): Trap | undefined {
    const size = this.#sizeOf(id);
    if (offset >>> 0 < size) return undefined;
    return size === 0 ? dead : bounds;
  }

  checkInitialised(pointer: bigint): Trap | undefined {
    return this.checkInit(idOf(pointer), offsetOf(pointer));
  }

  /** `checkInitialised` for a pointer in two halves. */
  checkInit(id: number, offset: number): Trap | undefined {
    const size = this.#sizeOf(id);
    if (offset >>> 0 >= size) return uninitialised;
    const flag = (this.#entries[id * 2] ?? 0) + size * 8 + offset;
    return this.#cellBytes[flag] === 0 ? uninitialised : undefined;
  }

  /** The element; zero of the type for a pointer that the checks refuse. */
  load(type: Type, pointer: bigint): Value {
    const cell = this.address(idOf(pointer), offsetOf(pointer));
    if (cell < 0) return zeroOf(type);
    if (bitsType(type)) return readCell(this.#cellView, cell, type);
    return this.#hostValues.has(cell / 8) ? this.#hostValues.get(cell / 8) : zeroOf(type);
  }

  /** Sets the element; nothing for a pointer that the checks refuse. */
  store(type: Type, pointer: bigint, value: Value): void {
    const id = idOf(pointer);
    const offset = offsetOf(pointer);
    const cell = this.address(id, offset);
    if (cell < 0) return;
    if (bitsType(type)) writeCell(this.#cellView, cell, type, value);
    else this.#hostValues.set(cell / 8, value);
    this.#cellBytes[cell - offset * 8 + this.#sizeOf(id) * 8 + offset] = 1;
  }

  /** Byte address in `cells` of an element; -1 where the checks would fail. */
  address(id: number, offset: number): number {
    return offset >>> 0 < this.#sizeOf(id) ? (this.#entries[id * 2] ?? 0) + offset * 8 : -1;
  }

  /** The cells as they are now: fetch anew after each allocation. */
  view(): DataView {
    return this.#cellView;
  }

  #sizeOf(id: number): number {
    return id >>> 0 < this.#count && id !== 0 ? (this.#entries[(id >>> 0) * 2 + 1] ?? 0) : 0;
  }

  #fresh(bytes: number): number {
    const base = this.#top;
    if (base + bytes > this.#cellBytes.length) {
      growBy(this.cells, base + bytes - this.#cellBytes.length, this.#budget);
      this.#cellView = new DataView(this.cells.buffer);
      this.#cellBytes = new Uint8Array(this.cells.buffer);
    }
    this.#top = base + bytes;
    return base;
  }

  #growTable(): void {
    growBy(this.table, 1, this.#budget);
    this.#entries = new Uint32Array(this.table.buffer);
  }
}

/** Grows by half, at least by what is needed; by just that where the budget is short. */
function growBy(memory: WebAssembly.Memory, needed: number, budget: Budget): void {
  const present = memory.buffer.byteLength;
  const least = Math.ceil(needed / pageBytes) * pageBytes;
  const wanted = Math.max(least, Math.ceil(present / 2 / pageBytes) * pageBytes);
  const most = 65536 * pageBytes - present;
  const bytes = wanted <= Math.min(remaining(budget), most) ? wanted : least;
  if (bytes > most) throw new ResourceError('memory');
  claim(budget, bytes);
  try {
    memory.grow(bytes / pageBytes);
  } catch {
    // The machine has less memory than the limit allows.
    throw new ResourceError('memory');
  }
}

/** Bytes of the block for so many elements: of a few sizes, so that freed blocks fit others. */
function blockBytes(elements: number): number {
  const bytes = elements * elementBytes;
  if (bytes <= smallBlock) return Math.ceil(bytes / grain) * grain;
  // Quarters of the power of two below: 5, 6, 7, 8 of them.
  const quarter = 2 ** (Math.ceil(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / quarter) * quarter;
}

function idOf(pointer: bigint): number {
  return Number(BigInt.asIntN(32, pointer >> 32n));
}

function offsetOf(pointer: bigint): number {
  return Number(BigInt.asIntN(32, pointer));
}
