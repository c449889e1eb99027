/** Names in the text form: which characters they may have without quotes. */

import { quoteText } from './strings.ts';

const minus = 45;
const greater = 62;

const wordChars: readonly boolean[] = Array.from({ length: 128 }, (_, code) =>
  /[\w.$+-]/.test(String.fromCharCode(code)),
);

/** Where the word that begins at `from` ends: `from` itself when none begins there. A word stops before `->`. */
export function wordEnd(source: string, from: number): number {
  let at = from;
  for (; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (wordChars[code] !== true || (code === minus && source.charCodeAt(at + 1) === greater)) break;
  }
  return at;
}

/** Whether a name consists of digits: such names are numbers that the printer gave, and are not kept. */
export function isNumeric(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return name !== '';
}

/** A name as it stands behind its sigil: in quotes where it must. */
export function printName(name: string): string {
  return name !== '' && wordEnd(name, 0) === name.length ? name : quoteText(name);
}
