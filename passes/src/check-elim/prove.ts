/**
 * Proofs on demand that an index is within an object: that `v + k < n`, and that `v + k >= 0`, where n is the number of
 * elements of an object that was allocated, and so from 1 to 2^31 - 1.
 *
 * From a value the proof goes to what it is made of: constants; sums with constants; the branches that dominate the place where
 * it is asked; the inputs of a phi, each at the end of its predecessor. Where it comes back to a phi with nothing added
 * it may assume what it proves: what holds when the loop is entered, and is kept by each turn, holds.
 *
 * Sums wrap: `u + c` counts as a sum only where u is known to be so small, or so large, that it does not.
 *
 * Paper:   Rastislav Bodík, Rajiv Gupta, Vivek Sarkar, ABCD: Eliminating Array Bounds Checks on Demand, PLDI 2000.
 * Differs: no graph is built; branches are looked for in the dominator tree when asked for.
 */

import {
  type BlockId,
  blockOfValue,
  cfgOf,
  domTree,
  type Func,
  instOf,
  loopForest,
  row,
  rowLength,
  termOf,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext, Reader } from '@sluice/pipeline';
import { constantOf64, lessOf, sumOf } from '../rules/order.ts';

/** Steps of one proof, all branches of it together. */
const mostSteps = 96;
/** Values that a proof goes through one after the other. */
const deepest = 10;
/** Dominators that are looked through for branches on one value. */
const dominatorsTried = 24;
/** Constants are to stay far from where sums wrap. */
const large = 1n << 40n;

/** Where something is to hold: in a block, or (`to` not -1) on the edge that leaves it. */
interface At {
  readonly block: BlockId;
  readonly to: BlockId | -1;
}

/** What is to be shown: less than the count, or not negative. */
type Goal = 'below' | 'positive';

/** A prover for one function; `count` is the number of elements, an operand of the allocation. */
export interface Prover {
  /** Whether `0 <= v + k < count` in a block that the allocation dominates. */
  within(v: ValueId, k: number, count: ValueId, block: BlockId): boolean;
}

interface State {
  readonly f: Func;
  readonly cx: Pick<FuncContext, 'get'>;
  readonly read: Reader;
  readonly count: ValueId;
  readonly size: bigint | null;
  steps: number;
  /** Goals that are being proved, for phis. */
  readonly open: { readonly goal: Goal; readonly v: ValueId; readonly k: bigint }[];
}

/** Makes a prover. */
export function proverOf(f: Func, cx: Pick<FuncContext, 'get'>, read: Reader): Prover {
  return {
    within: (v, k, count, block) => {
      const state: State = { f, cx, read, count, size: constantOf64(count, read), steps: 0, open: [] };
      const at: At = { block, to: -1 };
      return prove(state, 'below', v, BigInt(k), at, 0) && prove(state, 'positive', v, BigInt(k), at, 0);
    },
  };
}

/** Recursive, `deepest` at most. */
function prove(s: State, goal: Goal, v: ValueId, k: bigint, at: At, depth: number): boolean {
  if (++s.steps > mostSteps || depth > deepest || k > large || k < -large) return false;
  const constant = constantOf64(v, s.read);
  if (constant !== null) return goal === 'positive' ? constant + k >= 0n : constant + k < (s.size ?? 1n);
  if (v === s.count && (goal === 'below' ? k < 0n : k >= -1n)) return true;
  if (branchShows(s, goal, v, k, at)) return true;
  const sum = sumOf(v, s.read);
  if (sum !== null) return proveSum(s, goal, sum.of, sum.plus, k, at, depth + 1);
  return instOf(s.f, v).op.kind === 'phi' && provePhi(s, goal, v, k, depth + 1);
}

function proveSum(s: State, goal: Goal, u: ValueId, c: bigint, k: bigint, at: At, depth: number): boolean {
  if (c > large || c < -large) return false;
  if (!prove(s, goal, u, k + c, at, depth)) return false;
  // The sum must not wrap: upwards where c is positive, downwards where it is negative.
  if (c > 0n) return goal === 'below' || prove(s, 'below', u, 0n, at, depth);
  return goal === 'positive' || prove(s, 'positive', u, 0n, at, depth);
}

function provePhi(s: State, goal: Goal, v: ValueId, k: bigint, depth: number): boolean {
  for (const open of s.open) {
    if (open.v === v && open.goal === goal) return goal === 'below' ? k <= open.k : k >= open.k;
  }
  const block = s.cx.get(blockOfValue)[v] as BlockId;
  if (!isFixed(s, block)) return false;
  const { args, blocks } = instOf(s.f, v);
  if (args.length > 4) return false;
  s.open.push({ goal, v, k });
  let holds = true;
  for (let i = 0; i < args.length && holds; i++) {
    holds = prove(s, goal, args[i] as ValueId, k, { block: blocks[i] as BlockId, to: block }, depth);
  }
  s.open.pop();
  return holds;
}

/** Whether the count is one value for all turns of the loops that a block heads. */
function isFixed(s: State, block: BlockId): boolean {
  if (s.size !== null) return true;
  const home = s.cx.get(blockOfValue)[s.count] as BlockId | -1;
  if (home === -1) return true;
  const loops = s.cx.get(loopForest);
  const loop = loops.loopOf(block);
  if (loop === -1) return true;
  return !loops.irreducible(loop) && !loops.contains(loop, home);
}

/** Looks for a branch on the way that says enough of the value. */
function branchShows(s: State, goal: Goal, v: ValueId, k: bigint, at: At): boolean {
  const tree = s.cx.get(domTree);
  const { preds } = s.cx.get(cfgOf);
  let to = at.to;
  let block = at.block;
  for (let tried = 0; tried < dominatorsTried; tried++) {
    if (to !== -1 && edgeShows(s, goal, v, k, block, to)) return true;
    const up = tree.idom[block] as BlockId | -1;
    if (up === -1) return false;
    // Only an edge that is the one way into a block says something there.
    to = rowLength(preds, block) === 1 && row(preds, block)[0] === up ? block : -1;
    block = up;
  }
  return false;
}

function edgeShows(s: State, goal: Goal, v: ValueId, k: bigint, from: BlockId, to: BlockId): boolean {
  const { op, args, blocks } = termOf(s.f, from);
  if (op.kind !== 'br_if' || blocks[0] === blocks[1]) return false;
  const less = lessOf(args[0] as ValueId, blocks[0] === to, s.read);
  if (less === null) return false;
  const { left, right, slack } = less;
  if (goal === 'below') return left === v && isBelow(s, right, k + BigInt(slack));
  if (right !== v) return false;
  // v > left, or v >= left: v + k >= left + 1 - slack + k.
  const least = constantOf64(left, s.read);
  const more = k + 1n - BigInt(slack);
  return least !== null && least + more >= 0n;
}

/** Whether what is less than `right` is less than the count when `k` is added: `right + k <= count`. */
function isBelow(s: State, right: ValueId, k: bigint): boolean {
  if (right === s.count) return k <= 0n;
  const constant = constantOf64(right, s.read);
  if (constant !== null) return constant + k <= (s.size ?? 1n);
  const sum = sumOf(right, s.read);
  // The count is small: no sum of it with such a constant wraps.
  return sum !== null && sum.of === s.count && sum.plus > -large && sum.plus < large && sum.plus + k <= 0n;
}
