/**
 * What instances share, whatever engine runs them: functions, memories, tables and globals, by reference.
 *
 * A module's own values of type funcref are names (value.ts). Outside of it, in shared tables and globals and as arguments
 * between instances, they are `FuncRef`s: `Names` turns one into the other.
 */

import type { RefType } from './func.ts';
import { ResourceError } from './outcome.ts';
import type { TrapKind } from './trap.ts';
import type { Signature, Type } from './type.ts';
import type { Value } from './value.ts';

/** A function of an instance or of the host, as others hold it. The same function is the same object. */
export interface FuncRef {
  readonly sig: Signature;
  /** The instance that it belongs to: any object, compared by identity; null for the host's. */
  readonly owner: object | null;
  /** Its name there. */
  readonly name: string;
  /** Calls it; funcrefs among the values are `FuncRef`s. Throws `TrapError`, `ResourceError`, `HostExit`. */
  readonly call: (args: readonly Value[]) => readonly Value[];
}

/** A trap as an exception: thrown by calls of `FuncRef`s, and by host functions that trap. */
export class TrapError extends Error {
  readonly kind: TrapKind;

  constructor(kind: TrapKind) {
    super(`trap: ${kind}`);
    this.name = 'TrapError';
    this.kind = kind;
  }
}

/** Bytes of a page of linear memory. */
export const pageBytes = 65536;

/** Pages that an i32 can address. */
export const maxPages = 65536;

/** The most elements of a table; `table.grow` gives -1 beyond. What engines of Wasm have in the browser. */
export const maxTableElements = 10_000_000;

/** A linear memory. */
export interface LinearMemory {
  /** The memory as generated code needs it; null where only the interpreter can use it. */
  readonly wasm: WebAssembly.Memory | null;
  /** The most pages that it may have. */
  readonly max: number | null;
  /** Its bytes; fetch it anew after anything that may grow memory. */
  view(): DataView;
  /** Grows by pages (u32); the old size in pages, or -1. May throw `ResourceError`. */
  grow(pages: number): number;
}

/** A linear memory that every engine can use. */
export class WasmMemory implements LinearMemory {
  readonly wasm: WebAssembly.Memory;
  readonly max: number | null;
  readonly #claim: (bytes: number) => void;
  #view: DataView;
  #bytes: Uint8Array;

  /** `claim` is told how many bytes are wanted before they are taken, and may throw `ResourceError`. */
  constructor(min: number, max: number | null, claim: (bytes: number) => void = () => undefined) {
    claim(min * pageBytes);
    this.#claim = claim;
    this.max = max;
    try {
      this.wasm = new WebAssembly.Memory({ initial: min, maximum: Math.min(max ?? maxPages, maxPages) });
    } catch {
      throw new ResourceError('memory');
    }
    this.#view = new DataView(this.wasm.buffer);
    this.#bytes = new Uint8Array(this.wasm.buffer);
  }

  view(): DataView {
    if (this.#view.buffer !== this.wasm.buffer) this.#refresh();
    return this.#view;
  }

  /** As `view`, as bytes. */
  bytes(): Uint8Array {
    if (this.#bytes.buffer !== this.wasm.buffer) this.#refresh();
    return this.#bytes;
  }

  grow(pages: number): number {
    const old = this.wasm.buffer.byteLength / pageBytes;
    const delta = pages >>> 0;
    if (old + delta > Math.min(this.max ?? maxPages, maxPages)) return -1;
    this.#claim(delta * pageBytes);
    try {
      this.wasm.grow(delta);
    } catch {
      throw new ResourceError('memory');
    }
    return old;
  }

  #refresh(): void {
    this.#view = new DataView(this.wasm.buffer);
    this.#bytes = new Uint8Array(this.wasm.buffer);
  }
}

/** Told that elements `from` up to `to` may have changed, or are new. */
export type TableListener = (from: number, to: number) => void;

/** A table: `FuncRef`s, or values of the host; null where it is empty. */
export class SharedTable {
  readonly type: RefType;
  readonly max: number | null;
  readonly #elements: Value[];
  readonly #listeners: TableListener[] = [];

  /** Throws `ResourceError` where it is larger than tables may be. */
  constructor(type: RefType, min: number, max: number | null) {
    if (min > maxTableElements) throw new ResourceError('memory');
    this.type = type;
    this.max = max;
    this.#elements = new Array<Value>(min).fill(null);
  }

  get size(): number {
    return this.#elements.length;
  }

  /** The element; undefined outside of the table. */
  get(index: number): Value {
    return this.#elements[index];
  }

  /** Sets an element that there is. */
  set(index: number, value: Value): void {
    this.#elements[index] = value;
    this.#changed(index, index + 1);
  }

  /** Sets elements from an index on; they must lie within the table. */
  setAll(index: number, values: readonly Value[]): void {
    for (let i = 0; i < values.length; i++) this.#elements[index + i] = values[i];
    this.#changed(index, index + values.length);
  }

  /** Grows by so many elements (u32); the old size, or -1 beyond the most. */
  grow(count: number, value: Value): number {
    const old = this.#elements.length;
    const size = old + (count >>> 0);
    if (size > Math.min(this.max ?? maxTableElements, maxTableElements)) return -1;
    for (let i = old; i < size; i++) this.#elements.push(value);
    this.#changed(old, size);
    return old;
  }

  /** Tells of every change from now on; gives what ends it. */
  watch(listener: TableListener): () => void {
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at !== -1) this.#listeners.splice(at, 1);
    };
  }

  #changed(from: number, to: number): void {
    for (const listener of this.#listeners) listener(from, to);
  }
}

/** A global variable. Funcrefs are `FuncRef`s. */
export interface SharedGlobal {
  readonly type: Type;
  readonly mutable: boolean;
  value: Value;
  /** As generated code needs it; null where only interpreters can use it. */
  readonly wasm: WebAssembly.Global | null;
}

/** A global of the host. */
export function hostGlobal(type: Type, mutable: boolean, value: Value): SharedGlobal {
  return { type, mutable, value, wasm: null };
}

/** What an instance exports, and what may be given for an import. */
export type Extern =
  | { readonly kind: 'func'; readonly ref: FuncRef }
  | { readonly kind: 'memory'; readonly memory: LinearMemory }
  | { readonly kind: 'table'; readonly table: SharedTable }
  | { readonly kind: 'global'; readonly global: SharedGlobal };

/** Whether a value is a reference to a function as others hold it. */
export function isFuncRef(value: unknown): value is FuncRef {
  return typeof value === 'object' && value !== null && 'sig' in value && 'call' in value && 'owner' in value;
}

/** A function of the host as a reference. */
export function hostFuncRef(name: string, sig: Signature, call: FuncRef['call']): FuncRef {
  return { sig, owner: null, name, call };
}
