/** Diagnostics of the JavaScript backend, SL085x. */

import { type Diagnostic, diagnostic, type Span } from '@sluice/ir';

const nowhere: Span = { file: 'module', line: 0, col: 0 };

/** SL0851: an op that a module of its own cannot carry out. */
export function noJsFor(op: string): Diagnostic {
  const fix = "run it with the engine 'js', or emit another form";
  return diagnostic('SL0851', nowhere, `a JavaScript module of its own has nothing for '${op}'`, fix);
}

/** SL0852: an item of a module that a JavaScript module of its own does not have. */
export function noJsItem(what: string): Diagnostic {
  const fix = "run it with the engine 'js', or emit another form";
  return diagnostic('SL0852', nowhere, `a JavaScript module of its own has no ${what}`, fix);
}
