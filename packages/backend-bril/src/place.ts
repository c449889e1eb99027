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
 * Frequencies are guessed (loops repeat). Only blocks with uses and those where ways up from them meet are looked at, and of
 * the blocks between two of these the one that runs least (paths.ts). Cost: n log n in the uses.
 */

import { type BlockId, blockFrequency, domTree, type Func } from '@sluice/ir';
import { type Constant, type Draft, type DraftBlock, endOperands, type Operand } from './draft.ts';
import { isCheaper, Paths } from './paths.ts';

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
  const paths = new Paths(f);
  const placed = new Map<BlockId, Set<Constant>>();
  for (const [constant, list] of uses) {
    for (const b of cheapest(f, paths, list)) {
      const set = placed.get(b);
      if (set === undefined) placed.set(b, new Set([constant]));
      else set.add(constant);
    }
  }
  for (const [b, set] of placed) put(blocks[b] as DraftBlock, set);
}

/** A block with a use, or one where the ways up from two of them meet. */
interface Fork {
  readonly block: number;
  readonly isUse: boolean;
  /** What it costs to serve all below it, each part for itself. */
  apart: number;
  /** Where the constant stands for all below: here or above; -1: apart. */
  at: number;
  up: Fork | null;
}

/** The blocks to put a constant into that is used in `users`. */
function cheapest(f: Func, paths: Paths, users: readonly BlockId[]): readonly BlockId[] {
  const { pre, level } = domTree(f);
  const frequency = blockFrequency(f);
  const sorted = [...users].sort((a, b) => (pre[a] as number) - (pre[b] as number));
  const open: Fork[] = [];
  /** Each behind all below it. */
  const closed: Fork[] = [];
  const close = (fork: Fork, up: Fork | null): void => {
    const own = frequency[fork.block] as number;
    let cost = fork.apart;
    if (fork.isUse || isCheaper(own, cost)) {
      fork.at = fork.block;
      cost = own;
    }
    const above = paths.cheapest(fork.block, up === null ? -1 : up.block);
    if (above >= 0 && isCheaper(frequency[above] as number, cost)) {
      fork.at = above;
      cost = frequency[above] as number;
    }
    fork.up = up;
    if (up !== null) up.apart += cost;
    closed.push(fork);
  };
  for (const user of sorted) {
    let last = open.at(-1);
    if (last?.block === user) continue;
    if (last !== undefined && last.block !== user) {
      const meet = paths.meet(user, last.block);
      while (last !== undefined && last.block !== meet) {
        open.pop();
        let next = open.at(-1);
        if (next === undefined || (level[next.block] as number) < (level[meet] as number)) {
          next = { block: meet, isUse: false, apart: 0, at: -1, up: null };
          open.push(next);
        }
        close(last, next);
        last = next;
      }
    }
    open.push({ block: user, isUse: true, apart: 0, at: -1, up: null });
  }
  for (let fork = open.pop(); fork !== undefined; fork = open.pop()) close(fork, open.at(-1) ?? null);
  const result: BlockId[] = [];
  const covered = new Set<Fork>();
  for (const fork of closed.reverse()) {
    if (fork.up !== null && covered.has(fork.up)) covered.add(fork);
    else if (fork.at >= 0) {
      result.push(fork.at as BlockId);
      covered.add(fork);
    }
  }
  return result;
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
