/** Text in a picture: what may stand in XML, how wide it is, and what is cut off. */

/** Text as XML; characters that XML has no way to write become U+FFFD. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** The number of columns of a monospaced font: wide characters (from Hangul and CJK on) take two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const c of text) columns += (c.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return columns;
}

/** At most so many characters, the last one an ellipsis where some are left out. */
export function cut(text: string, length: number): string {
  const plain = text.slice(0, 2 * length + 2).replace(/[\t\r\n]+/g, ' ');
  const characters = [...plain];
  return characters.length <= length && plain.length === text.length
    ? plain
    : `${characters.slice(0, length - 1).join('')}…`;
}
