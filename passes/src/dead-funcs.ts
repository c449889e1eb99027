/**
 * Removes functions that nothing can call: neither exported, nor the start, nor in the table or a global, nor called or
 * named by one that is left.
 *
 * Paper:   folklore (mark and sweep over the call graph).
 * Keeps:   all functions of a module that exports none and has no start: who embeds it calls them by name.
 * Rewrites: all or nothing: functions that are removed may name each other.
 * Cost:    linear in functions and calls, which the call graph remembers.
 * Not done: elements of the table that no `call_indirect` can mean, since the table is there as a whole.
 */

import { bytes, callGraph, callSites, type Func, functionsNamedOutside, type Module, row } from '@sluice/ir';
import { definePass } from '@sluice/pipeline';

export default definePass({
  name: 'dead-funcs',
  summary: 'remove functions that nothing can call',
  paper: 'folklore',
  scope: 'module',
  idempotent: true,
  run(m, cx) {
    const alive = reached(m);
    if (alive === null) return m;
    const gone = m.funcs.filter((_, i) => alive[i] === 0);
    const [first] = gone;
    if (first === undefined) return m;
    cx.enter(first);
    if (!cx.rewrite(`removed ${gone.map(({ name }) => `@${name}`).join(', ')}: nothing can call it`)) return m;
    return { ...m, funcs: m.funcs.filter((_, i) => alive[i] === 1) };
  },
});

/** By function: 1 where something may call it; null where everything is shown. */
function reached(m: Module): Uint8Array | null {
  const known = functionsNamedOutside(m);
  if (known === null) return null;
  const graph = callGraph(m);
  const alive = bytes(m.funcs.length);
  const work: number[] = [];
  const reach = (func: number): void => {
    if (func === -1 || alive[func] === 1) return;
    alive[func] = 1;
    work.push(func);
  };
  const named = (name: unknown): void => {
    if (typeof name === 'string') reach(graph.indexOf(name));
  };
  known.forEach(named);
  for (let i = work.pop(); i !== undefined; i = work.pop()) {
    const f = m.funcs[i] as Func;
    for (const callee of row(graph.callees, i)) reach(callee);
    for (const v of callSites(f).references) named(f.insts[v]?.imm);
  }
  return alive;
}
