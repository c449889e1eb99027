/** Bytes that grow, and the integers and strings that the binary form is made of. */

/** Writes the primitive parts: LEB128 integers (the shortest form), raw bits, UTF-8 strings. */
export class Writer {
  length = 0;
  private bytes: Uint8Array = new Uint8Array(1024);

  /** What was written; a view, valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Unsigned LEB128 of a number from 0 to 2^32 - 1. */
  u32(value: number): void {
    this.reserve(5);
    let rest = value;
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.length++] = rest;
  }

  /** Signed LEB128 of an i32. */
  i32(value: number): void {
    this.reserve(5);
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>= 7;
    }
    this.bytes[this.length++] = rest & 127;
  }

  /** Signed LEB128 of an integer of any size (constants of type `any`) or an i64. */
  bigint(value: bigint): void {
    let rest = value;
    while (rest < -64n || rest > 63n) {
      this.u8(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.u8(Number(rest & 127n));
  }

  /** The low `count` bytes of `bits`, least first. */
  bits(bits: bigint, count: number): void {
    let rest = bits;
    for (let k = 0; k < count; k++) {
      this.u8(Number(rest & 255n));
      rest >>= 8n;
    }
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A length and the UTF-8 bytes. Throws on text that is not well-formed Unicode: the verifier refuses it. */
  text(text: string): void {
    if (!text.isWellFormed()) throw new Error('a name is not well-formed Unicode');
    const bytes = new TextEncoder().encode(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.view());
    this.bytes = larger;
  }
}

/** Numbers things in the order in which they are first asked for. */
export class Interner {
  readonly items: string[] = [];
  private readonly numbers: Map<string, number> = new Map();

  of(item: string): number {
    const known = this.numbers.get(item);
    if (known !== undefined) return known;
    this.numbers.set(item, this.items.length);
    this.items.push(item);
    return this.items.length - 1;
  }
}
