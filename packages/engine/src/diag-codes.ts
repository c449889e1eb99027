/** The diagnostics of this package, SL0731-SL0739: one factory each. */

import { type Diagnostic, diagnostic } from '@sluice/ir';

/** A module that engine `wasm` has no code for. */
export function notInWasm(module: string, why: string): Diagnostic {
  const at = { file: module === '' ? '<module>' : module, line: 0, col: 0 };
  return diagnostic('SL0731', at, `engine 'wasm' cannot run this: ${why}`, "use engine 'js' or 'register'");
}
