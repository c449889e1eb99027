/**
 * Bytes written and read: LEB128, little-endian words, UTF-8. The reader never looks behind the end of its part, and
 * what it is told about sizes it holds against what is left, so that a short file can't ask for a large array.
 */

import { type Diagnostic, DiagnosticError, type Span } from '@sluice/ir';
import { malformed, truncated } from './diag-codes.ts';

/** A growing array of bytes. */
export class ByteWriter {
  private buffer = new Uint8Array(256);
  private size = 0;

  private room(more: number): number {
    const at = this.size;
    if (at + more > this.buffer.length) {
      const larger = new Uint8Array(Math.max(at + more, this.buffer.length * 2));
      larger.set(this.buffer);
      this.buffer = larger;
    }
    this.size = at + more;
    return at;
  }

  byte(value: number): void {
    const at = this.room(1);
    this.buffer[at] = value;
  }

  bytes(values: Uint8Array): void {
    const at = this.room(values.length);
    this.buffer.set(values, at);
  }

  /** Unsigned LEB128 of an integer from 0 to 2^53. */
  count(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Signed LEB128 of an i32. */
  int(value: number): void {
    let rest = value;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 127) | 128);
      rest >>= 7;
    }
    this.byte(rest & 127);
  }

  /** Signed LEB128 of an i64. */
  long(value: bigint): void {
    let rest = value;
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.byte(Number(rest & 127n));
  }

  /** The lowest `size` bytes of an unsigned integer, little endian. */
  word(value: bigint, size: number): void {
    for (let k = 0; k < size; k++) this.byte(Number((value >> BigInt(8 * k)) & 255n));
  }

  /** What was written. */
  result(): Uint8Array {
    return this.buffer.slice(0, this.size);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a part of a file, from `at` up to `end`. Errors are `DiagnosticError`s with the offset of the byte. */
export class ByteReader {
  readonly source: Uint8Array;
  readonly file: string;
  /** What is being read, for messages. */
  readonly what: string;
  readonly end: number;
  at: number;

  constructor(source: Uint8Array, file: string, what: string, at: number, end: number) {
    this.source = source;
    this.file = file;
    this.what = what;
    this.at = at;
    this.end = end;
  }

  /** The place of the byte at an offset: here, unless another is given. */
  span(at: number = this.at): Span {
    return { file: this.file, line: 0, col: at };
  }

  /** Ends the reading. */
  fail(d: Diagnostic): never {
    throw new DiagnosticError(d);
  }

  /** Ends the reading: the bytes at `at` mean nothing. */
  bad(what: string, at: number = this.at): never {
    this.fail(malformed(this.span(at), `${what} in ${this.what}`));
  }

  byte(): number {
    if (this.at >= this.end) this.fail(truncated(this.span(), this.what));
    return this.source[this.at++] as number;
  }

  bytes(size: number): Uint8Array {
    if (size > this.end - this.at) this.fail(truncated(this.span(), this.what));
    this.at += size;
    return this.source.subarray(this.at - size, this.at);
  }

  /** Unsigned LEB128, at most `max` (below 2^53). */
  count(max = 0xffffffff): number {
    const from = this.at;
    let value = 0;
    let scale = 1;
    for (let byte = this.byte(); ; byte = this.byte()) {
      value += (byte & 127) * scale;
      if (value > max || this.at - from > 8) this.bad(`a number above ${max}`, from);
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  /** A number of elements that follow, each of at least `size` bytes. */
  length(size = 1): number {
    const from = this.at;
    const value = this.count();
    if (value * size > this.end - this.at)
      this.bad(`${value} elements where ${this.end - this.at} bytes are left`, from);
    return value;
  }

  /** Signed LEB128 of an i32. */
  int(): number {
    const from = this.at;
    const value = this.long();
    if (BigInt.asIntN(32, value) !== value) this.bad('a number that is no i32', from);
    return Number(value);
  }

  /** Signed LEB128 of an i64. */
  long(): bigint {
    const from = this.at;
    let value = 0;
    // Most constants are short; these take no bigints.
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return BigInt((value << (25 - shift)) >> (25 - shift));
    }
    let large = BigInt(value);
    for (let shift = 28n; ; shift += 7n) {
      const byte = this.byte();
      large |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        large = BigInt.asIntN(Number(shift) + 7, large);
        if (BigInt.asIntN(64, large) !== large) this.bad('a number that is no i64', from);
        return large;
      }
      if (shift > 63n) this.bad('a number that is no i64', from);
    }
  }

  /** An unsigned integer of `size` bytes, little endian. */
  word(size: number): bigint {
    let value = 0n;
    for (const [k, byte] of this.bytes(size).entries()) value |= BigInt(byte) << BigInt(8 * k);
    return value;
  }

  /** UTF-8 behind its length. */
  text(): string {
    const from = this.at;
    const bytes = this.bytes(this.count());
    try {
      return utf8.decode(bytes);
    } catch {
      return this.bad('text that is not UTF-8', from);
    }
  }

  /** One of a list, by number. */
  choice<T>(list: readonly T[], what: string): T {
    const from = this.at;
    const index = this.count();
    if (index >= list.length) this.bad(`no ${what} ${index}`, from);
    return list[index] as T;
  }

  /** Checks that the part was read to its end. */
  done(): void {
    if (this.at !== this.end) this.bad('bytes too many');
  }
}
