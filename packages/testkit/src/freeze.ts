/** Freezing: passes must not write to what they are given. Costs reads (MEASURED §8), so that only tests do it. */

import type { Func, Module } from '@sluice/ir';

/** The module itself, its functions frozen deeply; slots for remembered analyses stay writable. */
export function freezeModule(m: Module): Module {
  for (const f of m.funcs) freezeFunc(f);
  Object.freeze(m.funcs);
  return Object.freeze(m);
}

/** The function itself, frozen deeply but for remembered analyses. */
export function freezeFunc(f: Func): Func {
  for (const inst of f.insts) {
    if (inst === undefined || Object.isFrozen(inst)) continue;
    Object.freeze(inst.args);
    Object.freeze(inst.blocks);
    if (typeof inst.imm === 'object' && inst.imm !== null) Object.freeze(inst.imm);
    Object.freeze(inst);
  }
  for (const block of f.blocks) {
    if (block === undefined) continue;
    Object.freeze(block.phis);
    Object.freeze(block.body);
    Object.freeze(block);
  }
  Object.freeze(f.insts);
  Object.freeze(f.blocks);
  Object.freeze(f.order);
  Object.freeze(f.slots);
  return Object.freeze(f);
}
