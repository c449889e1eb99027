/**
 * Fixture files of passes and rules: documentation that is executed. A file is a header, then cases:
 *
 *   # run: licm                          passes that every case goes through
 *   ;; prose
 *   === a title that is a sentence
 *   # run: licm(loads=false)             other passes for this case alone
 *   ;; prose: why the answer is right
 *   func @f(...) { ... }                 a module in the text form; `; remark:` and `; error:` on its lines
 *   ; eval: @f(3, 4) == 7                directives about the function before them
 *   ---                                  then the functions after the pipeline, or `--- same`
 *   func @f(...) { ... }
 *
 * A case states what comes out by a golden block, or by `expect`, `expect-not`, `count` and `remark` lines, not by both. What
 * happens to a case is in run-fixture.ts; a golden block with nothing in it is written by `bless`.
 */

import { type Directive, directiveNames, directivesOf, FixtureError } from './directives/directive.ts';

/** What stands behind `---`. */
export type Golden =
  | { readonly kind: 'none' }
  | { readonly kind: 'same' }
  /** `---` and nothing behind it yet. */
  | { readonly kind: 'open' }
  | { readonly kind: 'text'; readonly text: string };

/** One case of a fixture file. */
export interface FixtureCase {
  readonly file: string;
  /** Position in the file, from 1. */
  readonly number: number;
  readonly title: string;
  /** Line of the title, from 1. */
  readonly line: number;
  readonly prose: string;
  /** The passes as text, `licm(loads=false),dce`; empty: none. */
  readonly run: string;
  /** The module's text, on the lines that it has in the file. */
  readonly text: string;
  readonly directives: readonly Directive[];
  readonly golden: Golden;
  /** Lines (from 0) from `---` on to the end of the case; equal where there is none. */
  readonly goldenLines: readonly [number, number];
}

/** The cases of a fixture file. `file` is for messages. Throws `FixtureError`. */
export function parseFixture(file: string, source: string): readonly FixtureCase[] {
  const lines = source.split('\n');
  const starts = lines.flatMap((line, i) => (line.startsWith('===') ? [i] : []));
  const header = runOf(lines.slice(0, starts[0] ?? lines.length));
  if (starts.length === 0) throw new FixtureError({ file, line: 1 }, "no case; a case begins with '=== title'");
  const titles = new Set<string>();
  return starts.map((start, i) => {
    const made = parseCase(file, lines, start, starts[i + 1] ?? lines.length, i + 1, header ?? '');
    if (titles.has(made.title)) throw new FixtureError(made, `the title '${made.title}' occurs twice`);
    titles.add(made.title);
    return made;
  });
}

// `# key: value`; the last `run` holds.
function runOf(lines: readonly string[]): string | null {
  let run: string | null = null;
  for (const line of lines) {
    const match = /^#\s*run:\s*(.*?)\s*$/.exec(line);
    if (match !== null) run = match[1] ?? '';
  }
  return run;
}

function parseCase(
  file: string,
  lines: readonly string[],
  start: number,
  end: number,
  number: number,
  header: string,
): FixtureCase {
  const title = (lines[start] ?? '').slice(3).trim();
  if (title === '') throw new FixtureError({ file, line: start + 1 }, 'a case needs a title');
  const dash = lines.findIndex((line, i) => i > start && i < end && /^---/.test(line));
  const bodyEnd = dash < 0 ? end : dash;
  const body = lines.slice(start + 1, bodyEnd);
  const text = body.map((line) => (line.startsWith('#') ? '' : line)).join('\n');
  return {
    file,
    number,
    title,
    line: start + 1,
    prose: body.flatMap((line) => (line.startsWith(';;') ? [line.slice(2).trim()] : [])).join('\n'),
    run: runOf(body) ?? header,
    text: '\n'.repeat(start + 1) + text,
    directives: readDirectives(file, body, start + 2),
    golden: dash < 0 ? { kind: 'none' } : goldenOf(file, lines, dash, end),
    goldenLines: dash < 0 ? [end, end] : [dash, end],
  };
}

function goldenOf(file: string, lines: readonly string[], dash: number, end: number): Golden {
  const word = (lines[dash] ?? '').slice(3).trim();
  if (word === 'same') return { kind: 'same' };
  if (word !== '')
    throw new FixtureError({ file, line: dash + 1 }, `'--- ${word}' means nothing; write '---' or '--- same'`);
  const text = lines
    .slice(dash + 1, end)
    .join('\n')
    .trim();
  return text === '' ? { kind: 'open' } : { kind: 'text', text };
}

function readDirectives(file: string, body: readonly string[], firstLine: number): readonly Directive[] {
  const found: Directive[] = [];
  let func: string | null = null;
  for (const [i, text] of body.entries()) {
    const line = firstLine + i;
    func = /^\s*func @"?([^"(]+)"?\(/.exec(text)?.[1] ?? func;
    if (text.startsWith(';;')) continue;
    for (const directive of directivesOf(text)) {
      if (!directiveNames.has(directive.name)) {
        const known = [...directiveNames].join(', ');
        throw new FixtureError(
          { file, line },
          `no directive '${directive.name}'; there are ${known}; prose begins with ';;'`,
        );
      }
      found.push({ ...directive, line, func });
    }
  }
  return found;
}

/** The file with other golden blocks: by the number of the case, the text or null for `same`. */
export function withGoldens(
  source: string,
  cases: readonly FixtureCase[],
  goldens: ReadonlyMap<number, string | null>,
): string {
  const lines = source.split('\n');
  const out: string[] = [];
  let at = 0;
  for (const { number, goldenLines } of cases) {
    const golden = goldens.get(number);
    if (golden === undefined) continue;
    const [from, to] = goldenLines;
    for (; at < from; at++) out.push(lines[at] ?? '');
    out.push(...(golden === null ? ['--- same'] : ['---', ...golden.split('\n')]));
    // A blank line before the next case, none at the end of the file but its line break.
    out.push('');
    at = to;
  }
  for (; at < lines.length; at++) out.push(lines[at] ?? '');
  return out.join('\n');
}
