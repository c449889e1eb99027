/**
 * Directives: comments of a fixture that say something to check, `; name: text`. They stand on lines of their own behind a
 * function, or at the end of an instruction's line.
 */

/** One directive as it stands in the file. */
export interface Directive {
  readonly name: string;
  readonly text: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** The function that it stands in or behind; null before the first. */
  readonly func: string | null;
}

/** A fixture, a directive or a case is not as it should be; the message names the line. */
export class FixtureError extends Error {
  constructor(at: { readonly file: string; readonly line: number }, message: string) {
    super(`${at.file}:${at.line}: ${message}`);
    this.name = 'FixtureError';
    // Where the fixture is wrong matters, not where that was found.
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** The names that directives may have. */
export const directiveNames: ReadonlySet<string> = new Set([
  'eval',
  'expect',
  'expect-not',
  'count',
  'remark',
  'alloc',
  'error',
  'fuzz',
  'xfail',
]);

/** The directives of one line: behind its first `;` outside of quotes, several after one another. `;;` is prose. */
export function directivesOf(line: string): readonly { readonly name: string; readonly text: string }[] {
  const comment = commentOf(line);
  if (comment === null || comment.startsWith(';;')) return [];
  return comment
    .split(/;\s*(?=[a-z][a-z-]*: )/)
    .slice(1)
    .map((part) => {
      const colon = part.indexOf(':');
      return { name: part.slice(0, colon), text: part.slice(colon + 1).trim() };
    });
}

/** A line's comment with its `;`; null without one. */
function commentOf(line: string): string | null {
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === ';' && !quoted) return line.slice(i);
  }
  return null;
}

/** A pattern in which `*` stands for anything, as a test for lines that contain it. */
export function wildcard(pattern: string): RegExp {
  return new RegExp(
    pattern
      .trim()
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  );
}
