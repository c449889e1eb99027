/**
 * Checks of the heap. Bril's `load` and `store` check themselves, so that a check is nothing where an access of the same
 * pointer follows on every path before anything that could be seen: output, another kind of trap, the end of an object.
 *
 *     heap.check %p; heap.check_init %p; %v = heap.load %p      =>    v = load p
 *     heap.check %p; br ^loop;  ^loop: heap.store %p, %v ...    =>    store p v       in the loop alone
 *
 * A check that nothing follows becomes a load whose result nobody reads. A check of bounds alone has no instruction at all,
 * since `load` wants a written cell too.
 */

import { type BlockId, blockOf, domTree, type Func, instOf, isRemovable, termOf, type ValueId } from '@sluice/ir';

/** What becomes of a check: an access does it, a load is made for it, or there is nothing that does it. */
export type HeapCheck = 'done' | 'load' | 'none';

/** How far an access may be: instructions, over all blocks on the way. */
const farthest = 256;

/** What becomes of the check at position `at` of a block's body; null where there stands none. */
export function heapCheck(f: Func, b: BlockId, at: number): HeapCheck | null {
  const { op, args } = instOf(f, blockOf(f, b).body[at] as ValueId);
  const pointer = args[0] as ValueId;
  if (op.name === 'heap.check') return isAccessed(f, b, at + 1, pointer, true) ? 'done' : 'none';
  if (op.name === 'heap.check_init') return isAccessed(f, b, at + 1, pointer, false) ? 'done' : 'load';
  return null;
}

/** Whether every path from there comes to an access: to a load or its check, with `stores` also to a store. */
function isAccessed(f: Func, from: BlockId, at: number, pointer: ValueId, stores: boolean): boolean {
  const seen = new Set<BlockId>();
  const work: [BlockId, number][] = [[from, at]];
  let steps = farthest;
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    const [b, start] = place;
    const { body } = blockOf(f, b);
    let found = false;
    for (let i = start; i < body.length && !found; i++) {
      const { op, args } = instOf(f, body[i] as ValueId);
      if (--steps < 0) return false;
      if (args[0] === pointer) {
        found = op.name === 'heap.load' || (stores && (op.name === 'heap.store' || op.name === 'heap.check_init'));
      }
      if (!found && !passes(op.name) && !isRemovable(op.effect)) return false;
    }
    if (found) continue;
    const { blocks } = termOf(f, b);
    // A path that ends, or that may go round for ever.
    if (blocks.length === 0) return false;
    for (const to of blocks) {
      if (seen.has(to) || to === from) return false;
      seen.add(to);
      work.push([to, 0]);
    }
  }
  return true;
}

/** What traps as checks do, and writes nothing but cells. */
function passes(name: string): boolean {
  return name === 'heap.check' || name === 'heap.check_init' || name === 'heap.store' || name === 'heap.offset';
}

/** How far up and down the check of a load is looked for, in blocks. */
const highest = 64;

/**
 * Whether Bril's `load` may stand for the one at position `at` of a block: something on every way to it or from it does its
 * check. `heap.load` itself checks nothing, so that a pass may run one where the program would not; Bril's would fail there.
 */
export function isGuarded(f: Func, b: BlockId, at: number): boolean {
  const load = blockOf(f, b).body[at] as ValueId;
  const pointer = instOf(f, load).args[0] as ValueId;
  if (isLocal(f, pointer)) return true;
  const { idom } = domTree(f);
  for (let up: number = b, steps = 0; up >= 0 && steps < highest; up = idom[up] as number, steps++) {
    const { body } = blockOf(f, up as BlockId);
    for (let i = up === b ? at - 1 : body.length - 1; i >= 0; i--) {
      const { op, args } = instOf(f, body[i] as ValueId);
      if (args[0] === pointer && (passes(op.name) || op.name === 'heap.load') && op.name !== 'heap.offset') return true;
    }
  }
  return isAccessed(f, b, at + 1, pointer, true);
}

/** Whether a pointer is into an object that this function makes, so that passes may know that its elements are there. */
function isLocal(f: Func, pointer: ValueId): boolean {
  let at = instOf(f, pointer);
  for (let steps = 0; at.op.name === 'heap.offset' && steps < highest; steps++) at = instOf(f, at.args[0] as ValueId);
  return at.op.name === 'heap.alloc';
}
