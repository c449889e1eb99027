/** Diagnostics of the Wasm backend, SL0761-SL0769. */

import { type Diagnostic, diagnostic, type Span } from '@sluice/ir';

const nowhere: Span = { file: 'module', line: 0, col: 0 };

/** SL0761: an op that Wasm has no instruction for. */
export function noWasmFor(func: string, what: string, at: Span | null): Diagnostic {
  const fix = 'run it on an engine, or emit another form';
  return diagnostic('SL0761', at ?? nowhere, `@${func}: Wasm has nothing for ${what}`, fix);
}

/** SL0762: a type that Wasm does not have. */
export function noWasmType(where: string, type: string): Diagnostic {
  return diagnostic('SL0762', nowhere, `${where}: Wasm has no type '${type}'`, 'emit another form');
}
