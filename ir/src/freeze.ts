/**
 * Freezes functions, so that code which writes to them against their type throws at once. For tests and for code from
 * outside (`--plugin`); not for ordinary runs, since frozen arrays are slower to read.
 */

import type { Func } from './func.ts';

/** Freezes a function's data, caches left alone. Gives the same object. */
export function freezeFunc(f: Func): Func {
  for (const inst of f.insts) {
    if (inst === undefined || Object.isFrozen(inst)) continue;
    Object.freeze(inst.args);
    Object.freeze(inst.blocks);
    if (typeof inst.imm === 'object' && inst.imm !== null) Object.freeze(inst.imm);
    Object.freeze(inst);
  }
  for (const block of f.blocks) {
    if (block === undefined || Object.isFrozen(block)) continue;
    Object.freeze(block.phis);
    Object.freeze(block.body);
    Object.freeze(block);
  }
  for (const part of [f.insts, f.blocks, f.order, f.params, f.slots, f]) Object.freeze(part);
  return f;
}
