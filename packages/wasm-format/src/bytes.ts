/** A growable array of bytes with the primitive encodings of the Wasm binary format. */

const text = new TextEncoder();

/** Writes bytes at its end. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Number of bytes written. */
  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  take(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.subarray(0, this.#length));
  }

  /** One byte, 0 .. 255. */
  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Bytes, each 0 .. 255. */
  bytes(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Unsigned LEB128 of a number from 0 to 2^32-1. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of an i32. */
  s32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed LEB128 of an index, 0 to 2^32-1, that may be taken for a type: of 33 bits. */
  s33(value: number): void {
    let rest = value;
    while (rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Signed LEB128 of an i64. */
  s64(value: bigint): void {
    // Numbers of 32 bits are most of them, and far faster without big integers.
    const low = Number(BigInt.asIntN(32, value));
    if (BigInt(low) === value) {
      this.s32(low);
      return;
    }
    let rest = BigInt.asIntN(64, value);
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  /** Four bytes, little endian. */
  fixed32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 0xff);
  }

  /** Eight bytes, little endian. */
  fixed64(value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.fixed32(Number(bits & 0xffffffffn));
    this.fixed32(Number(bits >> 32n));
  }

  /** A name: its length in bytes, then UTF-8. */
  name(value: string): void {
    const encoded = text.encode(value);
    this.u32(encoded.length);
    this.bytes(encoded);
  }

  /**
   * What `write` writes, with its length in bytes in front. The length is written behind, when it is known: what was
   * written moves by the bytes that its length takes beyond one.
   */
  sized(write: () => void): void {
    const from = this.#length;
    this.byte(0);
    write();
    const size = this.#length - from - 1;
    let more = 0;
    for (let rest = size >>> 7; rest > 0; rest >>>= 7) more++;
    this.#reserve(more);
    if (more > 0) this.#bytes.copyWithin(from + 1 + more, from + 1, this.#length);
    const end = this.#length + more;
    this.#length = from;
    this.u32(size);
    this.#length = end;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
