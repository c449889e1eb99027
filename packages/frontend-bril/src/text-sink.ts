/**
 * Text put together byte by byte, as numbers come: most of what programs print is small integers, and to make a string of
 * each, and one of all, takes longer than to write their digits down.
 */

const capacity = 1 << 16;
/** Room for the longest piece that is written at once: a number, or a code point. */
const reserve = 400;
const zero = 48;
const minus = 45;

/** Collects UTF-8 and gives it on as text in pieces of some 64 KiB, and when it is told to. */
export class TextSink {
  readonly #bytes = new Uint8Array(capacity);
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #encoder = new TextEncoder();
  readonly #out: (text: string) => void;
  #at = 0;

  constructor(out: (text: string) => void) {
    this.#out = out;
  }

  /** Gives on what was collected. */
  flush(): void {
    if (this.#at === 0) return;
    const text = this.#decoder.decode(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    this.#out(text);
  }

  /** A character of ASCII. */
  byte(code: number): void {
    if (this.#at >= capacity - reserve) this.flush();
    this.#bytes[this.#at++] = code;
  }

  text(text: string): void {
    if (this.#at >= capacity - reserve) this.flush();
    if (text.length > reserve / 4) {
      this.flush();
      this.#out(text);
      return;
    }
    this.#at += this.#encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written;
  }

  /** A short text of ASCII. */
  ascii(text: string): void {
    if (this.#at >= capacity - reserve) this.flush();
    for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i);
  }

  /** A signed 64-bit integer in two halves. */
  int64(low: number, high: number): void {
    if (high === low >> 31) {
      if (this.#at >= capacity - reserve) this.flush();
      this.#int32(low);
    } else if (high >= -0x200000 && high < 0x200000) {
      this.ascii(String(high * 0x1_0000_0000 + (low >>> 0)));
    } else {
      this.ascii(String((BigInt(high) << 32n) | BigInt(low >>> 0)));
    }
  }

  #int32(value: number): void {
    const bytes = this.#bytes;
    let rest = value;
    if (value < 0) {
      bytes[this.#at++] = minus;
      rest = -value >>> 0;
    }
    let digits = 1;
    for (let limit = 10; digits < 10 && rest >= limit; limit *= 10) digits++;
    for (let at = this.#at + digits - 1; at >= this.#at; at--) {
      const next = (rest / 10) >>> 0;
      bytes[at] = zero + rest - next * 10;
      rest = next;
    }
    this.#at += digits;
  }
}
