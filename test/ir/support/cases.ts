/**
 * Fixture files of the text form and the verifier: cases that begin with `=== title`, with an expected text behind
 * `---`, or with `; error: CODE part` on the lines where a diagnostic must be reported.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Diagnostic, formatDiagnostic } from '@sluice/ir';

export interface Case {
  /** File and title. */
  readonly name: string;
  readonly text: string;
  /** What stands behind `---`; null without it. */
  readonly golden: string | null;
}

const root = new URL('../../fixtures/', import.meta.url);

/** The cases of all files of a folder of fixtures, or of one file. */
export function casesOf(folder: string, file?: string): readonly Case[] {
  const url = new URL(`${folder}/`, root);
  const files = readdirSync(url).filter((name) => name.endsWith('.ir') && (file === undefined || name === file));
  return files.sort().flatMap((name) => split(name, readFileSync(new URL(name, url), 'utf8')));
}

function split(file: string, text: string): readonly Case[] {
  return text
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const [title = ''] = part.split('\n', 1);
      const [body = '', golden] = part.slice(title.length + 1).split(/^---/m);
      const prose = /^(?:;;.*\n)+/.exec(body)?.[0] ?? '';
      const text = body.slice(prose.length).trimEnd();
      const trimmed = golden?.replace(/^\n/, '').trim();
      return { name: `${file}: ${title}`, text, golden: trimmed === 'same' ? text.trim() : (trimmed ?? null) };
    });
}

/**
 * What differs between the diagnostics and the `; error:` comments of a text, both ways; empty when nothing does. A
 * diagnostic without a line (about a module or a function) fits a comment on any line.
 */
export function mismatches(text: string, diagnostics: readonly Diagnostic[]): readonly string[] {
  const wrong: string[] = [];
  const wanted = text.split('\n').flatMap((line, k) =>
    [...line.matchAll(/; error: (SL\d+) ?(.*?)(?= ; error|$)/g)].map(([, code, part = '']) => {
      return { line: k + 1, code, part, met: false };
    }),
  );
  for (const d of diagnostics) {
    const found = wanted.find(
      (w) => !w.met && w.code === d.code && d.message.includes(w.part) && (d.at.line === 0 || d.at.line === w.line),
    );
    if (found === undefined) wrong.push(`not expected: ${formatDiagnostic(d)}`);
    else found.met = true;
  }
  for (const w of wanted) if (!w.met) wrong.push(`not reported: line ${w.line}: ${w.code} ${w.part}`);
  return wrong;
}

/** The codes of the diagnostic factories of `@sluice/ir` that begin with `prefix`. */
export function codesOf(factories: Readonly<Record<string, unknown>>, prefix: string): readonly string[] {
  const codes = new Set<string>();
  for (const factory of Object.values(factories)) {
    for (const [code] of String(factory).matchAll(/SL\d{4}/g)) if (code.startsWith(prefix)) codes.add(code);
  }
  return [...codes].sort();
}
