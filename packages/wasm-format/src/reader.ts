/**
 * Reads the primitive encodings of the Wasm binary format from bytes that nobody vouches for. Every read checks that it
 * stays inside; nothing is allocated before its bytes were seen. Failures are diagnostics at the byte's offset in the file.
 */

import { type Diagnostic, DiagnosticError } from '@sluice/ir';
import * as codes from './diag-codes.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A position in bytes. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** Offset in the file of byte 0 of `bytes`. */
  readonly base: number;
  at = 0;
  /** Where reading ends: the end of the current section. */
  end: number;
  /** The bits of the last 64-bit number or float: low word, high word. */
  lo = 0;
  hi = 0;

  constructor(bytes: Uint8Array, file: string, base = 0) {
    this.bytes = bytes;
    this.file = file;
    this.base = base;
    this.end = bytes.length;
  }

  /** Ends the reading; `make` gets the position, by default the present one. */
  fail(make: (at: { file: string; line: number; col: number }) => Diagnostic, at: number = this.at): never {
    throw new DiagnosticError(make({ file: this.file, line: 0, col: this.base + at }));
  }

  /** Ends the reading: what stands at `at` is malformed. */
  wrong(reason: string, at: number = this.at): never {
    return this.fail((span) => codes.malformed(span, reason), at);
  }

  #ended(what: string): never {
    return this.fail((span) => codes.unexpectedEnd(span, what, this.end < this.bytes.length));
  }

  /** One byte. */
  u8(what: string): number {
    if (this.at >= this.end) this.#ended(what);
    return this.bytes[this.at++] as number;
  }

  /** Passes over bytes; where they began. */
  skip(count: number, what: string): number {
    if (count > this.end - this.at) this.#ended(what);
    const from = this.at;
    this.at += count;
    return from;
  }

  /** A view of the next bytes. */
  view(count: number, what: string): Uint8Array {
    const from = this.skip(count, what);
    return this.bytes.subarray(from, this.at);
  }

  /** Unsigned LEB128 of 32 bits. */
  u32(what: string): number {
    const from = this.at;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8(what);
      if (shift === 28 && byte > 0x0f) this.#badInteger(byte, from);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  /** Signed LEB128 of 32 bits. */
  s32(what: string): number {
    const from = this.at;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8(what);
      // Of the fifth byte, bit 3 is the sign; bits 4 to 6 must repeat it.
      if (shift === 28 && (byte & 0x78) !== 0 && (byte & 0xf8) !== 0x78) this.#badInteger(byte, from);
      if (shift === 28 && byte > 0x7f) this.#badInteger(byte, from);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift < 25 ? (value << (25 - shift)) >> (25 - shift) : value;
    }
  }

  /** Signed LEB128 of 33 bits, as a number: the type of a block. */
  s33(what: string): number {
    const from = this.at;
    let value = 0;
    let scale = 1;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8(what);
      if (shift === 28 && (byte > 0x7f || ((byte & 0x70) !== 0 && (byte & 0x70) !== 0x70)))
        this.#badInteger(byte, from);
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return (byte & 0x40) === 0 ? value : value - scale;
    }
  }

  /** Signed LEB128 of 64 bits, into `lo` and `hi`. */
  s64(what: string): void {
    const from = this.at;
    let lo = 0;
    let hi = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8(what);
      if (shift === 63 && byte !== 0 && byte !== 0x7f) this.#badInteger(byte, from);
      const bits = byte & 0x7f;
      if (shift < 32) lo |= bits << shift;
      if (shift >= 32) hi |= bits << (shift - 32);
      else if (shift === 28) hi |= bits >> 4;
      if (byte >= 0x80) continue;
      const used = shift + 7;
      if ((byte & 0x40) !== 0) {
        if (used < 32) lo |= -1 << used;
        if (used <= 32) hi = -1;
        else if (used < 64) hi |= -1 << (used - 32);
      }
      this.lo = lo;
      this.hi = hi;
      return;
    }
  }

  /** Four bytes, little endian, as an i32. */
  fixed32(what: string): number {
    const p = this.skip(4, what);
    const b = this.bytes;
    return (b[p] as number) | ((b[p + 1] as number) << 8) | ((b[p + 2] as number) << 16) | ((b[p + 3] as number) << 24);
  }

  /** A name: its length in bytes, then UTF-8. */
  name(what: string): string {
    const length = this.u32(`the length of ${what}`);
    const from = this.at;
    const bytes = this.view(length, what);
    try {
      return utf8.decode(bytes);
    } catch {
      return this.fail(codes.badText, from);
    }
  }

  #badInteger(last: number, from: number): never {
    const reason = last > 0x7f ? 'integer representation too long' : 'integer too large';
    return this.fail((span) => codes.badInteger(span, reason), from);
  }
}
