/**
 * `; error: SL0123 part of the message` on a line: the parser or the verifier reports exactly this there, and nothing that no
 * directive asks for. A diagnostic without a line (about a whole module) fits a directive on any line.
 */

import { type Diagnostic, formatDiagnostic } from '@sluice/ir';
import type { Directive } from './directive.ts';

/** What differs between the diagnostics and the directives, both ways: a message and a line for each. */
export function checkErrors(
  directives: readonly Directive[],
  diagnostics: readonly Diagnostic[],
): readonly (readonly [string, number])[] {
  const wrong: (readonly [string, number])[] = [];
  const open = new Set(directives);
  for (const d of diagnostics) {
    const found = [...open].find((directive) => {
      const [code = '', part = ''] = split(directive.text);
      return d.code === code && d.message.includes(part) && (d.at.line === 0 || d.at.line === directive.line);
    });
    if (found === undefined) wrong.push([`reported, but not expected: ${formatDiagnostic(d)}`, d.at.line]);
    else open.delete(found);
  }
  for (const { text, line } of open) wrong.push([`not reported: ${text}`, line]);
  return wrong;
}

function split(text: string): readonly string[] {
  const space = text.indexOf(' ');
  return space < 0 ? [text] : [text.slice(0, space), text.slice(space + 1).trim()];
}
