/** Emits stack bytecode from the IR. */

import type { StackProgram } from '@sluice/bytecode';
import { defineTarget, type Target } from '@sluice/codegen';
import type { Func, Module } from '@sluice/ir';
import { emitFunc } from './emit.ts';
import { Forms } from './forms.ts';

/** The stack machine as a target: as many locals as wanted, each of one type. */
const stackTarget: Target<StackProgram> = defineTarget({
  name: 'stack',
  summary: 'stack bytecode: values on an operand stack, variables in typed locals',
  prepare: ['lower-invoke', 'split-critical-edges', 'ssa-destruct'],
  constraints: { registers: null, typed: true },
  emit: (m, allocations) => {
    const allocated = m.funcs.map((f) => {
      const allocation = allocations.get(f.name);
      if (allocation === undefined) throw new Error(`@${f.name} has no allocation`);
      return allocation;
    });
    const forms = new Forms(allocated.map(({ func }) => func));
    const counts = resultCounts(m);
    const { name, imports, memory, table, globals, data, exports, start } = m;
    const funcs = allocated.map((allocation) => emitFunc(allocation, forms, (callee) => counts.get(callee) ?? 0));
    return { machine: 'stack', name, imports, memory, table, globals, data, exports, start, funcs };
  },
});

export default stackTarget;

function resultCounts(m: Module): ReadonlyMap<string, number> {
  const all: readonly Pick<Func, 'name' | 'sig'>[] = [...m.imports, ...m.funcs];
  return new Map(all.map(({ name, sig }) => [name, sig.results.length]));
}
