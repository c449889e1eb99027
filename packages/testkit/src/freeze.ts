/** Freezing: passes must not write to what they are given. Costs reads (MEASURED §8), so that only tests do it. */

import { freezeFunc, type Module } from '@sluice/ir';

/** The module itself, its functions frozen deeply; slots for remembered analyses stay writable. */
export function freezeModule(m: Module): Module {
  for (const f of m.funcs) freezeFunc(f);
  Object.freeze(m.funcs);
  return Object.freeze(m);
}
