/** Literals of the text format of Wasm: identifiers, strings, floats. */

import { f32FromBits, f64FromBits } from '@sluice/ir';

const idChars = /^[A-Za-z0-9!#$%&'*+\-./:<=>?@\\^_`|~]+$/;

/** `$name` if the name can be an identifier and is not taken yet (then it is); null: an index must do. */
export function idOf(name: string | undefined, taken: Set<string>): string | null {
  if (name === undefined || !idChars.test(name) || taken.has(name)) return null;
  taken.add(name);
  return `$${name}`;
}

const utf8 = new TextEncoder();

/** A string literal; bytes that are no plain characters as hexadecimal escapes. */
export function quoted(value: string | Uint8Array): string {
  const bytes = typeof value === 'string' ? utf8.encode(value) : value;
  const parts: string[] = ['"'];
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    parts.push(plain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, '0')}`);
  }
  parts.push('"');
  return parts.join('');
}

/** A float by its bits: decimal where it is a number, NaNs with their payload. */
export function floatText(width: 32 | 64, bits: bigint): string {
  const value = width === 32 ? f32FromBits(Number(bits)) : f64FromBits(bits);
  if (typeof value === 'number' && !Number.isNaN(value)) {
    if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
    return Object.is(value, -0) ? '-0' : String(value);
  }
  const fraction = width === 32 ? 23n : 52n;
  const sign = bits >> BigInt(width - 1) === 1n ? '-' : '';
  const payload = bits & ((1n << fraction) - 1n);
  return payload === 1n << (fraction - 1n) ? `${sign}nan` : `${sign}nan:0x${payload.toString(16)}`;
}
