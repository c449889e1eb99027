/**
 * Where blocks are laid out and which are left out: reverse postorder, so that back-edges are exactly the jumps
 * backwards (fuel counts those), and empty blocks are jumped through.
 *
 *   ^a: br ^e      ^e: br ^b      =>   ^a goes to ^b itself; ^e, when nobody else goes to it, is not emitted
 *
 * A jump through an empty block must cost what the two jumps cost: one unit if one of them goes back, none if none does.
 * Where it would not, it stays. Linear: what an empty block leads to is found once, from the last block to the first.
 */

import { type BlockId, type Func, orderOf } from '@sluice/ir';

/** Blocks in the order of emission, and edges with empty blocks taken out. */
export interface BlockLayout {
  readonly blocks: readonly BlockId[];
  /** By `BlockId`: position in `blocks`; -1: not emitted. */
  readonly position: Int32Array;
  /** Where an edge leads once empty blocks are jumped through. */
  readonly target: (from: BlockId, to: BlockId) => BlockId;
}

/**
 * The layout of a function. `isEmpty` says whether a block emits nothing but its final `br`; `targets` are the blocks
 * that a block's terminator leads to.
 */
export function layoutBlocks(f: Func, isEmpty: (b: BlockId) => boolean): BlockLayout {
  const order = orderOf(f);
  const { rpo, index, succs } = order;
  const end = new Int32Array(f.blocks.length).fill(-1);
  const backs = new Uint8Array(f.blocks.length);
  for (let i = rpo.length - 1; i >= 0; i--) {
    const b = rpo[i] as BlockId;
    end[b] = b;
    if (!isEmpty(b)) continue;
    const next = succs.items[succs.start[b] as number] as BlockId;
    if ((index[next] as number) <= i) {
      end[b] = next;
      backs[b] = 1;
    } else {
      end[b] = end[next] as number;
      backs[b] = backs[next] as number;
    }
  }
  const target = (from: BlockId, to: BlockId): BlockId => {
    const last = end[to] as BlockId;
    if (last === to) return to;
    const cost = (order.isBackEdge(from, to) ? 1 : 0) + (backs[to] as number);
    return cost === (order.isBackEdge(from, last) ? 1 : 0) ? last : to;
  };
  const reached = new Uint8Array(f.blocks.length);
  const work: BlockId[] = [];
  const visit = (b: BlockId): void => {
    if (reached[b] === 1) return;
    reached[b] = 1;
    work.push(b);
  };
  visit(rpo[0] as BlockId);
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    const stop = succs.start[b + 1] as number;
    for (let i = succs.start[b] as number; i < stop; i++) visit(target(b, succs.items[i] as BlockId));
  }
  const blocks: BlockId[] = [];
  const position = new Int32Array(f.blocks.length).fill(-1);
  for (const b of rpo) {
    if (reached[b] === 0) continue;
    position[b] = blocks.length;
    blocks.push(b);
  }
  return { blocks, position, target };
}
