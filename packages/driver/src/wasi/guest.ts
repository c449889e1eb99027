/**
 * The program's memory as WASI functions read and write it. An address outside of it is the program's mistake and becomes
 * `fault`; sizes are looked at before anything is made of them, so that a number of the guest never becomes an allocation.
 */

import { WasiError } from './abi.ts';

/** A piece of memory that a list of buffers names. */
export interface Buffer {
  readonly at: number;
  readonly length: number;
}

/** Buffers that one call may name; more is `inval`, as POSIX has it. */
const mostBuffers = 1024;

/** Reads and writes little-endian numbers and text; addresses are unsigned. */
export class Guest {
  readonly #memory: () => Uint8Array;

  /** @internal `memory` gives the bytes as they are now. */
  constructor(memory: () => Uint8Array) {
    this.#memory = memory;
  }

  /** The bytes from an address on; a view, valid until the program runs on. */
  bytes(at: number, length: number): Uint8Array {
    const memory = this.#memory();
    if (at + length > memory.length) throw new WasiError('fault');
    return memory.subarray(at, at + length);
  }

  #view(at: number, length: number): DataView {
    const { buffer, byteOffset } = this.bytes(at, length);
    return new DataView(buffer, byteOffset, length);
  }

  u32(at: number): number {
    return this.#view(at, 4).getUint32(0, true);
  }

  u64(at: number): bigint {
    return this.#view(at, 8).getBigUint64(0, true);
  }

  setU32(at: number, value: number): void {
    this.#view(at, 4).setUint32(0, value, true);
  }

  setU64(at: number, value: bigint): void {
    this.#view(at, 8).setBigUint64(0, value, true);
  }

  /** A record of zeros, then the given fields: offset, bytes of the field, value. */
  setRecord(at: number, length: number, fields: readonly (readonly [number, 1 | 2 | 4 | 8, number | bigint])[]): void {
    const view = this.#view(at, length);
    this.bytes(at, length).fill(0);
    for (const [offset, width, value] of fields) {
      if (width === 8) view.setBigUint64(offset, BigInt(value), true);
      else if (width === 4) view.setUint32(offset, Number(value), true);
      else if (width === 2) view.setUint16(offset, Number(value), true);
      else view.setUint8(offset, Number(value));
    }
  }

  /** Text in UTF-8; `ilseq` where it is none. */
  text(at: number, length: number): string {
    try {
      // A copy: decoders refuse shared memory.
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.bytes(at, length).slice());
    } catch (error) {
      throw error instanceof TypeError ? new WasiError('ilseq') : error;
    }
  }

  /** A list of buffers, each looked at. */
  buffers(at: number, count: number): readonly Buffer[] {
    if (count > mostBuffers) throw new WasiError('inval');
    const found: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      const buffer = { at: this.u32(at + 8 * i), length: this.u32(at + 8 * i + 4) };
      this.bytes(buffer.at, buffer.length);
      found.push(buffer);
    }
    return found;
  }

  /** Strings one behind the other, each ended by 0; their addresses at `pointers`. */
  setStrings(pointers: number, at: number, strings: readonly Uint8Array[]): void {
    let next = at;
    for (const [i, string] of strings.entries()) {
      this.setU32(pointers + 4 * i, next);
      const place = this.bytes(next, string.length + 1);
      place.set(string);
      place[string.length] = 0;
      next += string.length + 1;
    }
  }
}
