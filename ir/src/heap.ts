/**
 * The heap of checked objects (SPEC.md §6), as the reference interpreter has it: an array of values for each allocation,
 * in chunks that are made when first written to, so that a large allocation costs what is used of it.
 *
 * A pointer is an i64: allocation id in the high, signed element offset in the low 32 bits. Ids count from 1 and never
 * come again, so that a pointer to freed memory is always told from a live one.
 */

import type { HeapState } from './machine.ts';
import { ResourceError } from './outcome.ts';
import { type Trap, trap } from './trap.ts';
import type { Type } from './type.ts';
import { type Value, zeroOf } from './value.ts';

/** What an element is charged against the memory limit: about what a value costs the host, an i64 being an object. */
const bytesPerElement = 32;

/** Offsets are signed 32 bits. */
const maxElements = 0x7fffffffn;

const chunkBits = 12;
const chunkMask = (1 << chunkBits) - 1;

const dead = trap('heap-dead');
const bounds = trap('heap-bounds');
const uninitialised = trap('heap-uninitialised');

/** Stands for "never stored to" in an allocation. */
const fresh: object = Object.freeze({});

const split = new DataView(new ArrayBuffer(8));

interface Allocation {
  readonly length: number;
  /** Undefined where nothing was stored yet. */
  readonly chunks: (Value[] | undefined)[];
}

/** A heap; `reserve` is told of bytes taken (and, negative, given back) and throws where a limit is reached. */
export class Heap implements HeapState {
  readonly #reserve: (bytes: number) => void;
  // By allocation id; undefined once freed. Id 0 doesn't exist.
  readonly #objects: (Allocation | undefined)[] = [undefined];
  #live = 0;

  constructor(reserve: (bytes: number) => void) {
    this.#reserve = reserve;
  }

  /** A pointer to a new object of uninitialised elements; `heap-bounds` when there are none. */
  alloc(elements: bigint): bigint | Trap {
    if (elements <= 0n) return bounds;
    if (elements > maxElements) throw new ResourceError('memory');
    const length = Number(elements);
    this.#reserve(length * bytesPerElement);
    const id = this.#objects.length;
    this.#objects.push({ length, chunks: [] });
    this.#live++;
    return BigInt(id) << 32n;
  }

  /** Ends an object's life; `heap-dead`, or `heap-bounds` for a pointer that is not to its start. */
  free(pointer: bigint): Trap | undefined {
    split.setBigInt64(0, pointer);
    const id = split.getInt32(0);
    const object = this.#objects[id];
    if (object === undefined) return dead;
    if (split.getInt32(4) !== 0) return bounds;
    this.#reserve(-object.length * bytesPerElement);
    this.#objects[id] = undefined;
    this.#live--;
    return undefined;
  }

  checkBounds(pointer: bigint): Trap | undefined {
    split.setBigInt64(0, pointer);
    const object = this.#objects[split.getInt32(0)];
    if (object === undefined) return dead;
    const offset = split.getInt32(4);
    return offset < 0 || offset >= object.length ? bounds : undefined;
  }

  checkInitialised(pointer: bigint): Trap | undefined {
    return this.#element(pointer) === fresh ? uninitialised : undefined;
  }

  /** The element; zero of the type for a pointer that the checks refuse. */
  load(type: Type, pointer: bigint): Value {
    const value = this.#element(pointer);
    return value === fresh ? zeroOf(type) : value;
  }

  /** Sets the element; nothing for a pointer that the checks refuse. */
  store(_type: Type, pointer: bigint, value: Value): void {
    split.setBigInt64(0, pointer);
    const object = this.#objects[split.getInt32(0)];
    const offset = split.getInt32(4);
    if (object === undefined || offset < 0 || offset >= object.length) return;
    const at = offset >>> chunkBits;
    let chunk = object.chunks[at];
    if (chunk === undefined) {
      chunk = new Array<Value>(Math.min(object.length - (at << chunkBits), chunkMask + 1)).fill(fresh);
      while (object.chunks.length < at) object.chunks.push(undefined);
      object.chunks[at] = chunk;
    }
    chunk[offset & chunkMask] = value;
  }

  live(): number {
    return this.#live;
  }

  // The element; `fresh` where there is none.
  #element(pointer: bigint): Value {
    split.setBigInt64(0, pointer);
    const object = this.#objects[split.getInt32(0)];
    const offset = split.getInt32(4);
    if (object === undefined || offset < 0 || offset >= object.length) return fresh;
    const chunk = object.chunks[offset >>> chunkBits];
    return chunk === undefined ? fresh : chunk[offset & chunkMask];
  }
}
