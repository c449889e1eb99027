/**
 * The state of an instance of the reference interpreter, and the view of it that ops get (`Machine`): memory, globals,
 * data segments, heap, and the registers of all active frames in one array.
 */

import type { Module } from './func.ts';
import { Heap } from './heap.ts';
import type { HeapState, Machine } from './machine.ts';
import { ResourceError } from './outcome.ts';
import type { Value } from './value.ts';

const pageSize = 65536;
const maxPages = 65536;

/** Registers of all frames together; more than this many ends with `call-depth`, before the host runs out. */
const maxRegisters = 1 << 25;

/** Memory, globals, segments, heap and frames of one instance. */
export class InterpMachine implements Machine {
  readonly heap: HeapState;
  /** Values of the active frames: a frame's values are at its base, its slots after them. */
  readonly registers: Value[] = [];
  /** Where the current frame's slots begin in `registers`. */
  slotBase = 0;
  readonly #globals: Map<string, Value>;
  readonly #segments: Uint8Array[];
  readonly #limit: number;
  readonly #maxPages: number;
  #buffer: ArrayBuffer;
  #view: DataView;
  #used = 0;

  /** Throws `ResourceError` when the module's memory is larger than the limit. */
  constructor(m: Module, memoryLimit: number) {
    this.#limit = memoryLimit;
    this.heap = new Heap((bytes) => this.#reserve(bytes));
    this.#globals = new Map(m.globals.map((global) => [global.name, global.init]));
    this.#segments = m.data.map((segment) => (segment.offset === null ? segment.bytes : new Uint8Array(0)));
    this.#maxPages = m.memory === null ? 0 : Math.min(m.memory.max ?? maxPages, maxPages);
    const size = (m.memory?.min ?? 0) * pageSize;
    this.#reserve(size);
    this.#buffer = allocate(size);
    this.#view = new DataView(this.#buffer);
  }

  memory(): DataView {
    return this.#view;
  }

  /** -1 where the module's own maximum forbids it; the instance's limit is no part of the meaning and throws. */
  growMemory(pages: number): number {
    const old = this.#view.byteLength / pageSize;
    if (old + pages > this.#maxPages) return -1;
    const size = (old + pages) * pageSize;
    this.#reserve(pages * pageSize);
    if (size > this.#buffer.byteLength) {
      // Room for more, so that growing page by page doesn't copy everything each time.
      const room = Math.min(2 * this.#buffer.byteLength, this.#maxPages * pageSize, this.#limit);
      const larger = allocate(Math.max(size, room));
      new Uint8Array(larger).set(new Uint8Array(this.#buffer));
      this.#buffer = larger;
    }
    this.#view = new DataView(this.#buffer, 0, size);
    return old;
  }

  data(index: number): Uint8Array {
    return this.#segments[index] ?? new Uint8Array(0);
  }

  dropData(index: number): void {
    this.#segments[index] = new Uint8Array(0);
  }

  getGlobal(name: string): Value {
    return this.#globals.get(name);
  }

  setGlobal(name: string, value: Value): void {
    this.#globals.set(name, value);
  }

  getSlot(index: number): Value {
    return this.registers[this.slotBase + index];
  }

  setSlot(index: number, value: Value): void {
    this.registers[this.slotBase + index] = value;
  }

  /** Makes sure that there are so many registers; throws `ResourceError` when that is too many. */
  needRegisters(count: number): void {
    if (count > maxRegisters) throw new ResourceError('call-depth');
    while (this.registers.length < count) this.registers.push(undefined);
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes > this.#limit) throw new ResourceError('memory');
    this.#used += bytes;
  }
}

/** Zeroed bytes; what the host cannot give ends like the limit. */
function allocate(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    throw new ResourceError('memory');
  }
}
