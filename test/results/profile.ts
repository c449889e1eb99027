/** How often each block of a module runs: counters in globals, put in at the start of every block. */

import {
  type BlockId,
  coreOp,
  Editor,
  type Func,
  type Global,
  type Instance,
  type Module,
  makeInst,
  makeModule,
  none,
} from '@sluice/ir';

/** Executions by `BlockId`. */
export type BlockCounts = Float64Array;

/** A module that counts, and how to read its counters from an instance; by function name. */
export interface Profiled {
  readonly module: Module;
  readonly read: (instance: Instance) => ReadonlyMap<string, BlockCounts>;
}

/** Puts counters into a module. Blocks keep their numbers. */
export function profiled(m: Module): Profiled {
  const globals: Global[] = [...m.globals];
  const nameOf = (f: Func, b: BlockId): string => `count.${f.name}.${b}`;
  const funcs = m.funcs.map((f) => {
    const edit = new Editor(f);
    for (const b of f.order) {
      const name = nameOf(f, b);
      globals.push({ name, type: 'i64', mutable: true, init: 0n, source: null });
      const get = edit.prepend(b, makeInst(coreOp('global.get'), none, { imm: name, type: 'i64' }));
      const one = edit.prepend(b, makeInst(coreOp('i64.const'), none, { imm: 1n, type: 'i64' }));
      const sum = edit.prepend(b, makeInst(coreOp('i64.add'), [get, one], { type: 'i64' }));
      edit.prepend(b, makeInst(coreOp('global.set'), [sum], { imm: name }));
    }
    return edit.finish();
  });
  return {
    module: makeModule({ ...m, globals, funcs }),
    read: (instance) =>
      new Map(
        m.funcs.map((f) => {
          const counts = new Float64Array(f.blocks.length);
          for (const b of f.order) counts[b] = Number(instance.global(nameOf(f, b)));
          return [f.name, counts];
        }),
      ),
  };
}
