/**
 * Strings in the text form, both ways. They are text (well-formed Unicode) or bytes. In both, `\hh` is a byte (below 80
 * in text) and `\u{hex}` a code point, which bytes hold as UTF-8; the rest stands for itself.
 */

const hexDigits = '0123456789abcdef';

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

/** The text that stands between quotes; a number: the offset of a bad escape. */
export function decodeText(raw: string): string | number {
  if (!raw.includes('\\')) return raw.isWellFormed() ? raw : 0;
  const parts: string[] = [];
  let bad = -1;
  walk(raw, (literal, code, offset, isByte) => {
    if (code === -1) parts.push(literal);
    else if (code === -2 || (isByte && code >= 0x80)) bad = bad === -1 ? offset : bad;
    else parts.push(String.fromCodePoint(code));
  });
  return bad === -1 ? parts.join('') : bad;
}

/** The bytes that stand between quotes; a number: the offset of a bad escape. */
export function decodeBytes(raw: string): Uint8Array | number {
  // Each character gives at most three bytes; what is not used is cut off by the copy.
  const out = new Uint8Array(raw.length * 3);
  const encoder = new TextEncoder();
  let size = 0;
  let bad = -1;
  walk(raw, (literal, code, offset, isByte) => {
    if (code === -2) bad = bad === -1 ? offset : bad;
    else if (isByte) out[size++] = code;
    else size += encoder.encodeInto(code === -1 ? literal : String.fromCodePoint(code), out.subarray(size)).written;
  });
  return bad === -1 ? out.slice(0, size) : bad;
}

// Splits into runs without escapes (code -1) and escapes: a code point or byte, -2 where it is bad.
function walk(raw: string, on: (literal: string, code: number, offset: number, isByte: boolean) => void): void {
  let at = 0;
  while (at < raw.length) {
    const next = raw.indexOf('\\', at);
    const stop = next === -1 ? raw.length : next;
    if (stop > at) {
      const literal = raw.slice(at, stop);
      if (literal.isWellFormed()) on(literal, -1, at, false);
      else on('', -2, at, false);
    }
    if (next === -1) return;
    const char = raw.charAt(next + 1);
    const simple = simpleEscapes.get(char);
    const high = hexValue(raw.charCodeAt(next + 1));
    const low = hexValue(raw.charCodeAt(next + 2));
    at = next + 2;
    if (simple !== undefined) {
      on('', simple, next, false);
    } else if (char === 'u') {
      const close = raw.indexOf('}', at);
      const digits = close === -1 || close - at > 8 ? '' : raw.slice(at + 1, close);
      const point = raw.charAt(at) === '{' && /^[\da-fA-F]{1,6}$/.test(digits) ? Number.parseInt(digits, 16) : -1;
      const good = point >= 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
      on('', good ? point : -2, next, false);
      if (good) at = close + 1;
    } else if (high >= 0 && low >= 0) {
      on('', high * 16 + low, next, true);
      at = next + 3;
    } else {
      on('', -2, next, false);
    }
  }
}

const simpleEscapes: ReadonlyMap<string, number> = new Map([
  ['n', 10],
  ['t', 9],
  ['r', 13],
  ['"', 34],
  ['\\', 92],
]);

/** Text in quotes, so that `decodeText` gives it back (where it is well-formed). */
export function quoteText(text: string): string {
  const escaped = text.replace(/["\\]|[^\x20-\x7e\u00a1-\uffff]|[\u2028\u2029\ufeff]/g, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    if (char === '\n') return '\\n';
    if (char === '\t') return '\\t';
    return `\\u{${char.charCodeAt(0).toString(16)}}`;
  });
  return `"${escaped}"`;
}

/** Bytes in quotes: printable ASCII as it is, the rest as `\hh`. */
export function quoteBytes(bytes: Uint8Array): string {
  const parts: string[] = ['"'];
  for (const byte of bytes) {
    if (byte >= 32 && byte < 127 && byte !== 34 && byte !== 92) parts.push(String.fromCharCode(byte));
    else parts.push('\\', hexDigits.charAt(byte >> 4), hexDigits.charAt(byte & 15));
  }
  parts.push('"');
  return parts.join('');
}
