/**
 * Moves of an edge that may as well be made before the branch: where no local that they write is live on the other ways.
 *
 *     cond; if; i32.const 0; local.set 3; br 1; end     =>     cond; i32.const 0; local.set 3; br_if 1
 *
 * They come behind the condition, which lies on the stack. What edges compute may run less often than the block does, so it may
 * run more often too (stackify.ts moves nothing else there).
 */

import { type BlockId, blockOf, instOf, orderOf } from '@sluice/ir';
import { type CodeList, edgeKey } from './code-list.ts';
import type { Locals } from './locals.ts';

/** By block: the regions of edges that follow its body, in order. */
export type EarlyMoves = ReadonlyMap<BlockId, readonly number[]>;

/** Finds them. `writes` gives the locals that a region's moves change. */
export function earlyMoves(list: CodeList, locals: Locals, writes: (region: number) => readonly number[]): EarlyMoves {
  const found = new Map<BlockId, number[]>();
  if (list.edgeRegion.size === 0) return found;
  const { func: f, regionOf, regions, regionBlock, regionTarget, edgeRegion } = list;
  const { succs } = orderOf(f);
  for (let r = 0; r < regions; r++) {
    if (regionTarget[r] === -1) continue;
    const b = regionBlock[r] as BlockId;
    // The more ways there are, the more often it is for nothing.
    if (instOf(f, blockOf(f, b).term).op.kind !== 'br_if') continue;
    const written = writes(r);
    if (written.length === 0) continue;
    const early = found.get(b) ?? [];
    let free = true;
    for (let e = succs.start[b] as number; e < (succs.start[b + 1] as number) && free; e++) {
      const to = succs.items[e] as BlockId;
      if (to === regionTarget[r]) continue;
      const edge = edgeRegion.get(edgeKey(f, b, to));
      const way = edge === undefined || early.includes(edge) ? (regionOf[to] as number) : edge;
      for (const local of written) if (locals.isLiveInto(local, way)) free = false;
    }
    if (!free) continue;
    if (early.length === 0) found.set(b, early);
    early.push(r);
  }
  return found;
}
