/** Emits stack bytecode from the IR. */

import { fuse, type InstrTable, programParts, type StackFunc, type StackProgram } from '@sluice/bytecode';
import { defineTarget, type Target } from '@sluice/codegen';
import type { Func, Module } from '@sluice/ir';
import { dropDeadWrites } from './dead-locals.ts';
import { emitFunc } from './emit.ts';
import { Forms } from './forms.ts';
import { peephole } from './peephole.ts';

/** The stack machine as a target: as many locals as wanted, each of one type. */
const stackTarget: Target<StackProgram> = defineTarget({
  name: 'stack',
  summary: 'stack bytecode: values on an operand stack, variables in typed locals',
  prepare: ['lower-invoke', 'order-uses', 'split-critical-edges', 'ssa-destruct'],
  constraints: { registers: null, typed: true },
  emit: (m, allocations, { fuse: fused = true } = {}) => {
    const allocated = m.funcs.map((f) => {
      const allocation = allocations.get(f.name);
      if (allocation === undefined) throw new Error(`@${f.name} has no allocation`);
      return allocation;
    });
    const forms = new Forms(allocated.map(({ func }) => func));
    const counts = resultCounts(m);
    const plain = allocated.map((allocation) => emitFunc(allocation, forms, (callee) => counts.get(callee) ?? 0));
    const funcs = fused ? plain.map((f) => improved(f, forms.table)) : plain;
    return { ...programParts(m), machine: 'stack', funcs };
  },
});

export default stackTarget;

/** What passes over values cannot see: the code itself. A dead write that goes may leave something to simplify. */
function improved(f: StackFunc, table: InstrTable): StackFunc {
  const locals = f.sig.params.length + f.locals.length;
  const first = peephole(f.code, table);
  const live = dropDeadWrites(first, locals, table);
  return { ...f, code: fuse(live === first ? first : peephole(live, table), table) };
}

function resultCounts(m: Module): ReadonlyMap<string, number> {
  const all: readonly Pick<Func, 'name' | 'sig'>[] = [...m.imports, ...m.funcs];
  return new Map(all.map(({ name, sig }) => [name, sig.results.length]));
}
