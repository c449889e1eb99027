/**
 * Places for constants. In Bril a constant is an instruction, which counts each time that it runs:
 *
 *     ^entry: br ^loop                               ^entry: ten = const 10; br ^loop
 *     ^loop:  ten = const 10; c = lt i ten     =>    ^loop:  c = lt i ten
 *
 * For each constant the cheapest set of blocks that covers its uses: below a block of the dominator tree it costs either the
 * block's frequency (the constant stands there, and serves all that the block dominates) or what its children cost. A block
 * with a use of its own must pay. Where both cost the same the later place is taken, which may not be reached at all.
 *
 * Frequencies are guessed (loops repeat). Cost: for each constant the blocks between its uses in the dominator tree, and
 * those of the loops around them.
 */

import { type BlockId, blockFrequency, domTree, type Func, loopForest } from '@sluice/ir';
import { type Constant, type Draft, type DraftBlock, endOperands, type Operand } from './draft.ts';

/** Puts each constant that is used into blocks, before its first use there, at the end where there is none. */
export function placeConstants(f: Func, blocks: readonly (DraftBlock | undefined)[]): void {
  const uses = new Map<Constant, BlockId[]>();
  const note = (b: number, arg: Operand): void => {
    if (typeof arg === 'string') return;
    const list = uses.get(arg);
    if (list === undefined) uses.set(arg, [b as BlockId]);
    else if (list.at(-1) !== b) list.push(b as BlockId);
  };
  for (const [b, block] of blocks.entries()) {
    if (block === undefined) continue;
    for (const { args } of block.code) for (const arg of args) note(b, arg);
    for (const arg of endOperands(block.end)) note(b, arg);
  }
  if (uses.size === 0) return;
  const placed = new Map<BlockId, Set<Constant>>();
  for (const [constant, list] of uses) {
    for (const b of cheapest(f, list)) {
      const set = placed.get(b);
      if (set === undefined) placed.set(b, new Set([constant]));
      else set.add(constant);
    }
  }
  for (const [b, set] of placed) put(blocks[b] as DraftBlock, set);
}

/** The blocks to put a constant into that is used in `users`. */
function cheapest(f: Func, users: readonly BlockId[]): readonly BlockId[] {
  const dom = domTree(f);
  const frequency = blockFrequency(f);
  const own = new Set<number>(users);
  // The dominators of the users, each once, up to the first one outside of loops that dominates all users: above it nothing
  // is cheaper. Deepest first below: what is beneath a block is known before the block.
  const top = outermost(f, users);
  const above = new Set<number>();
  for (const user of users) {
    for (let b: number = user; !above.has(b); b = dom.idom[b] as number) {
      above.add(b);
      if (b === top) break;
    }
  }
  const order = [...above].sort((a, b) => (dom.pre[b] as number) - (dom.pre[a] as number));
  const below = new Map<number, number>();
  const here = new Map<number, boolean>();
  for (const b of order) {
    const apart = below.get(b) ?? 0;
    const cost = frequency[b] as number;
    const stays = own.has(b) || cost < apart * (1 - 1e-9);
    here.set(b, stays);
    const up = dom.idom[b] as number;
    if (up >= 0) below.set(up, (below.get(up) ?? 0) + (stays ? cost : apart));
  }
  const result: BlockId[] = [];
  const covered = new Set<number>();
  for (const b of order.reverse()) {
    if (covered.has(dom.idom[b] as number)) covered.add(b);
    else if (here.get(b) === true) {
      result.push(b as BlockId);
      covered.add(b);
    }
  }
  return result;
}

/** The nearest block that dominates all of them and is in no loop; the entry where there is none. */
function outermost(f: Func, blocks: readonly BlockId[]): number {
  const { idom, level } = domTree(f);
  const loops = loopForest(f);
  let top: number = blocks[0] as number;
  for (const b of blocks) {
    let at: number = b;
    while (at !== top) {
      if ((level[at] as number) >= (level[top] as number)) at = idom[at] as number;
      else top = idom[top] as number;
    }
  }
  while ((idom[top] as number) >= 0 && loops.depthOf(top as BlockId) > 0) top = idom[top] as number;
  return top;
}

function put(block: DraftBlock, constants: Set<Constant>): void {
  const code: Draft[] = [];
  const define = (constant: Constant): void => {
    const { name, type, value } = constant;
    code.push({ op: 'const', dest: name, type, args: [], func: null, value });
    constants.delete(constant);
  };
  for (const draft of block.code) {
    for (const arg of draft.args) if (typeof arg !== 'string' && constants.has(arg)) define(arg);
    code.push(draft);
  }
  for (const constant of [...constants]) define(constant);
  block.code = code;
}
