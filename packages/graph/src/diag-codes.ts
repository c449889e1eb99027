/** Diagnostics of drawing, SL061x. */

import { type Diagnostic, diagnostic, type Module, type Span } from '@sluice/ir';

/** SL0610: a graph that would take too long to lay out. */
export function graphTooLarge(title: string, size: string): Diagnostic {
  const fix = 'write it as DOT (`--format dot`) or JSON, or draw a smaller function';
  return diagnostic('SL0610', nowhere(''), `the graph '${title}' is too large for a picture: ${size}`, fix);
}

/** SL0611: no function to draw, or none of that name. */
export function noSuchFunction(m: Module, name: string | null): Diagnostic {
  const names = m.funcs.slice(0, 10).map((f) => `@${f.name}`);
  if (m.funcs.length > names.length) names.push('...');
  const fix = names.length === 0 ? 'draw the kind `calls`' : `there are: ${names.join(', ')}`;
  const message = name === null ? 'the module has no function' : `the module has no function @${name}`;
  return diagnostic('SL0611', nowhere(m.name), message, fix);
}

function nowhere(file: string): Span {
  return { file: file === '' ? 'graph' : file, line: 0, col: 0 };
}
