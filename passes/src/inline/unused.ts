/** Removes functions that nobody can call any more after `inline` took their calls. */

import { calledFromOutside, callGraph, type Module, row, showsEverything } from '@sluice/ir';
import type { ModuleContext } from '@sluice/pipeline';

/**
 * `after` without the functions that were called in `before` and are not any more, nor shown to the host, nor
 * in a table. A module that exports no function shows everything: who embeds it calls functions by name.
 */
export function withoutUnused(before: Module, after: Module, cx: Pick<ModuleContext, 'rewrite' | 'enter'>): Module {
  if (showsEverything(after)) return after;
  const was = callGraph(before);
  const shown = calledFromOutside(after);
  // Nothing hidden was called: another call graph would tell nothing.
  if (after.funcs.every(({ name }, i) => shown.has(name) || was.callCount[i] === 0)) return after;
  const graph = callGraph(after);
  const callers = Int32Array.from(after.funcs, (_, i) => row(graph.callers, i).length);
  const gone = new Uint8Array(after.funcs.length);
  const work = after.funcs.map((_, i) => i).reverse();
  for (let i = work.pop(); i !== undefined; i = work.pop()) {
    const f = after.funcs[i];
    if (f === undefined || gone[i] === 1 || shown.has(f.name) || graph.addressTaken(i)) continue;
    if ((callers[i] as number) > 0 || was.callCount[i] === 0) continue;
    cx.enter(f);
    if (!cx.rewrite('removed, no longer called')) return keep(after, gone);
    gone[i] = 1;
    for (const callee of row(graph.callees, i)) {
      callers[callee] = (callers[callee] as number) - 1;
      if (callers[callee] === 0) work.push(callee);
    }
  }
  return keep(after, gone);
}

function keep(m: Module, gone: Uint8Array): Module {
  const funcs = m.funcs.filter((_, i) => gone[i] === 0);
  return funcs.length === m.funcs.length ? m : { ...m, funcs };
}
