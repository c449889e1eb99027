/**
 * Reads the primitive parts of the binary form from bytes that nobody vouches for: each read checks that it stays
 * inside, each count that what it counts can still follow (every item takes at least a byte). So memory is bounded by a small
 * multiple of the input. Failures are diagnostics at the byte's offset.
 */

import { type Diagnostic, DiagnosticError, type Span } from '../diag.ts';
import * as codes from '../diag-codes.ts';

/** A position in bytes, and what may be read there. */
export class Reader {
  readonly file: string;
  readonly bytes: Uint8Array;
  at: number;
  /** Where reading ends: the end of the current section. */
  end: number;
  private readonly decoder: TextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array, file: string, at: number, end: number) {
    this.bytes = bytes;
    this.file = file;
    this.at = at;
    this.end = end;
  }

  span(offset: number = this.at): Span {
    return { file: this.file, line: 0, col: offset };
  }

  fail(d: Diagnostic): never {
    throw new DiagnosticError(d);
  }

  /** Ends the decoding: what stands at `offset` is wrong. */
  wrong(what: string, offset: number): never {
    this.fail(codes.badEncoding(this.span(offset), what));
  }

  u8(what: string): number {
    if (this.at >= this.end) this.fail(codes.truncated(this.span(), what));
    return this.bytes[this.at++] as number;
  }

  /** Unsigned LEB128 up to 2^32 - 1. */
  u32(what: string): number {
    const from = this.at;
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8(what);
      value += (byte & 127) * scale;
      if (value > 0xffff_ffff || this.at - from > 5) this.wrong(`${what} is too large`, from);
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  /** Signed LEB128 of 32 bits. */
  i32(what: string): number {
    const from = this.at;
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.u8(what);
      value |= (byte & 127) << shift;
      shift += 7;
      if (byte < 128) {
        if (shift < 32 && (byte & 64) !== 0) value |= -1 << shift;
        // The fifth byte holds four bits of value; the others must repeat the sign.
        if (shift === 35 && byte >> 3 !== (value < 0 ? 15 : 0)) this.wrong(`${what} is too large`, from);
        return value;
      }
      if (shift >= 35) this.wrong(`${what} is too large`, from);
    }
  }

  /** Signed LEB128 of at most `limit` bytes. */
  bigint(what: string, limit: number): bigint {
    const from = this.at;
    let stop = from;
    while (stop < this.end && (this.bytes[stop] as number) >= 128) stop++;
    if (stop >= this.end) this.fail(codes.truncated(this.span(), what));
    if (stop - from >= limit) this.wrong(`${what} is too large`, from);
    let value = 0n;
    for (let k = stop; k >= from; k--) value = (value << 7n) | BigInt((this.bytes[k] as number) & 127);
    this.at = stop + 1;
    return BigInt.asIntN((stop - from + 1) * 7, value);
  }

  /** `count` bytes as an unsigned number, least first. */
  bits(what: string, count: number): bigint {
    let value = 0n;
    for (let k = 0; k < count; k++) value |= BigInt(this.u8(what)) << BigInt(8 * k);
    return value;
  }

  /** A copy of `count` bytes. */
  raw(what: string, count: number): Uint8Array {
    if (count > this.end - this.at) this.fail(codes.truncated(this.span(), what));
    this.at += count;
    return this.bytes.slice(this.at - count, this.at);
  }

  /** A number of items that follow, each of at least `size` bytes. */
  count(what: string, size = 1): number {
    const from = this.at;
    const count = this.u32(`the number of ${what}`);
    if (count > (this.end - this.at) / size) this.wrong(`${count} ${what} cannot follow`, from);
    return count;
  }

  /** An index below `limit`. */
  index(what: string, limit: number): number {
    const from = this.at;
    const index = this.u32(what);
    if (index >= limit) this.wrong(`${what} ${index} of ${limit}`, from);
    return index;
  }

  text(what: string): string {
    const from = this.at;
    const bytes = this.raw(what, this.count('bytes of text'));
    try {
      return this.decoder.decode(bytes);
    } catch {
      return this.wrong(`${what} is not UTF-8`, from);
    }
  }
}
