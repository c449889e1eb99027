/**
 * Goes through the loops of a function for a pass that copies them: inner loops first, one `LoopCopier` for all, made when it
 * is first asked for. What is around a loop that was changed is not what the analyses say, so that it is left for the next run.
 */

import { type Func, type LoopId, loopForest, orderOf } from '@sluice/ir';
import type { FuncContext, OptionSpecs } from '@sluice/pipeline';
import { LoopCopier } from './copy-loop.ts';

/** Calls `visit` for each loop, which says whether it changed the loop; whether any was changed. */
export function eachLoop<O extends OptionSpecs>(
  f: Func,
  cx: FuncContext<O>,
  visit: (loop: LoopId, copier: () => LoopCopier) => boolean,
): boolean {
  const loops = cx.get(loopForest);
  if (loops.count === 0) return false;
  // They may lead into loops, and are not copied.
  if (cx.get(orderOf).rpo.length !== f.order.length) {
    cx.declined('there are unreachable blocks');
    return false;
  }
  const made: LoopCopier[] = [];
  const copier = (): LoopCopier => {
    made[0] ??= new LoopCopier(f, cx.edit, cx.ops);
    return made[0];
  };
  const touched = new Set<LoopId>();
  let changed = false;
  for (let l = (loops.count - 1) as LoopId; l >= 0; l--) {
    if (!touched.has(l) && visit(l, copier)) {
      touched.add(l);
      changed = true;
    }
    const parent = loops.parent[l] as LoopId | -1;
    if (touched.has(l) && parent !== -1) touched.add(parent);
  }
  made[0]?.finish();
  return changed;
}
