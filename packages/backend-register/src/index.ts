/** Emits register bytecode from the IR. */

import { fuse, programParts, type RegisterProgram } from '@sluice/bytecode';
import { defineTarget, type Target } from '@sluice/codegen';
import { findFunc, signatureOf } from '@sluice/ir';
import { emitFunc } from './emit.ts';
import { Forms, opsOf } from './forms.ts';

/** The register machine as a target: as many registers as wanted, of any type. */
export const registerTarget: Target<RegisterProgram> = defineTarget({
  name: 'register',
  summary: 'register bytecode: three-address instructions over a frame of 8-byte registers',
  prepare: ['lower-invoke', 'order-uses', 'split-critical-edges', 'ssa-destruct'],
  constraints: { registers: null, typed: false },
  emit(m, allocations, { fuse: fused = true } = {}): RegisterProgram {
    const ordered = m.funcs.map((f) => {
      const found = allocations.get(f.name);
      if (found === undefined) throw new Error(`no allocation for @${f.name}`);
      return found;
    });
    const forms = new Forms(
      opsOf(
        m,
        ordered.map(({ func }) => func),
      ),
    );
    const plain = ordered.map((allocation) =>
      emitFunc(allocation, {
        forms,
        userSlots: findFunc(m, allocation.func.name)?.slots.length ?? 0,
        signatureOf: (callee) => signatureOf(m, callee),
      }),
    );
    const funcs = fused ? plain.map((f) => ({ ...f, code: fuse(f.code, forms.table) })) : plain;
    return { ...programParts(m), machine: 'register', funcs };
  },
});

export default registerTarget;
