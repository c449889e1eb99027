/**
 * Which functions others than calls by name know: exported ones, the start and the initialiser, and those whose address is taken (the table,
 * `ref.func`, a global). Their signatures are not the module's own, and who calls them with what is not known.
 *
 * Who embeds a module that exports no function and has no start calls functions by name: it shows everything.
 */

import { bytes, calledFromOutside, callGraph, type Module, showsEverything } from '@sluice/ir';

/** By function, as numbered in the module: 1 where not all calls of it are calls by name. */
export function knownOutside(m: Module): Uint8Array {
  const graph = callGraph(m);
  const known = bytes(m.funcs.length);
  if (showsEverything(m)) return known.fill(1);
  for (let i = 0; i < known.length; i++) if (graph.addressTaken(i)) known[i] = 1;
  for (const name of calledFromOutside(m)) {
    const func = graph.indexOf(name);
    if (func !== -1) known[func] = 1;
  }
  return known;
}
