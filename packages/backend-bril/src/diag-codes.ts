/** Diagnostics of the Bril backend, SL08xx. */

import { type Diagnostic, diagnostic, type Span } from '@sluice/ir';

const nowhere: Span = { file: 'module', line: 0, col: 0 };

/** SL0801: an op that Bril has nothing for. */
export function noBrilFor(func: string, what: string, at: Span | null): Diagnostic {
  return diagnostic('SL0801', at ?? nowhere, `@${func}: Bril has nothing for ${what}`, 'emit another form');
}

/** SL0802: a value that would need two types. */
export function typesDiffer(func: string, what: string, at: Span | null): Diagnostic {
  const fix = 'emit another form, or a lower level';
  return diagnostic('SL0802', at ?? nowhere, `@${func}: ${what} has no one type in Bril`, fix);
}

/** SL0803: an item of a module that Bril programs do not have. */
export function noBrilItem(what: string): Diagnostic {
  return diagnostic('SL0803', nowhere, `Bril programs have no ${what}`, 'emit another form');
}
