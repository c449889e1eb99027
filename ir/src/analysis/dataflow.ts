/**
 * A solver for problems of data flow over blocks: give a direction, a lattice and what a block does; get the state before
 * and after each reachable block.
 *
 * Blocks are visited in reverse postorder (backward problems: the reverse of it), again and again as long as what they
 * start from changes. It ends because `meet` and `transfer` are monotone and the lattice has finite height; both are for
 * the caller to see to.
 *
 * Which slots may have been written, as bits of a number:
 *
 *     const written = solve(f, {
 *       direction: 'forward',
 *       boundary: 0,                        // at the entry
 *       start: 0,                           // what is assumed of blocks not visited yet: the least state
 *       meet: (a, b) => a | b,
 *       equal: (a, b) => a === b,
 *       transfer: (block, before) => before | slotsSetIn(block),
 *     });
 *     written.before[block]
 *
 * For facts about single SSA values a sparse walk over uses is faster; this is for state that blocks change.
 *
 * Paper: Gary Kildall, A Unified Approach to Global Program Optimization, POPL 1973.
 */

import type { BlockId, Func } from '../func.ts';
import { bytes, filledInts } from '../ints.ts';
import type { Rows } from './ids.ts';
import { orderOf } from './order.ts';

/** A problem of data flow with states `T`, which are never changed in place. */
export interface Dataflow<T> {
  readonly direction: 'forward' | 'backward';
  /** The state where execution enters (forward) or leaves (backward). */
  readonly boundary: T;
  /** The neutral state of `meet`. */
  readonly start: T;
  /** The state where two paths join. */
  readonly meet: (a: T, b: T) => T;
  /** Whether two states are the same. */
  readonly equal: (a: T, b: T) => boolean;
  /** From the state on one side of the block to the state on the other side, in the direction of the problem. */
  readonly transfer: (block: BlockId, state: T) => T;
}

/** States in the order of execution, whatever the direction, by `BlockId`; unreachable blocks have `start`. */
export interface DataflowResult<T> {
  readonly before: readonly T[];
  readonly after: readonly T[];
}

/** Solves a problem over the reachable blocks of a function. */
export function solve<T>(f: Func, problem: Dataflow<T>): DataflowResult<T> {
  const { direction, boundary, start, meet, equal, transfer } = problem;
  const order = orderOf(f);
  const forward = direction === 'forward';
  const sequence = forward ? [...order.rpo] : [...order.rpo].reverse();
  const sources: Rows<BlockId> = forward ? order.preds : order.succs;
  const targets: Rows<BlockId> = forward ? order.succs : order.preds;
  const position = filledInts(f.blocks.length, -1);
  sequence.forEach((b, i) => {
    position[b] = i;
  });
  const inward = new Array<T>(f.blocks.length).fill(start);
  const outward = new Array<T>(f.blocks.length).fill(start);
  const dirty = bytes(sequence.length).fill(1);
  const visited = bytes(sequence.length);

  let first = 0;
  while (first < sequence.length) {
    let again = sequence.length;
    for (let i = first; i < sequence.length; i++) {
      if (dirty[i] === 0) continue;
      dirty[i] = 0;
      const b = sequence[i] as BlockId;
      const from = sources.start[b] as number;
      const to = sources.start[b + 1] as number;
      let state = (forward ? i === 0 : from === to) ? boundary : start;
      for (let e = from; e < to; e++) state = meet(state, outward[sources.items[e] as number] as T);
      inward[b] = state;
      const next = transfer(b, state);
      if (visited[i] === 1 && equal(next, outward[b] as T)) continue;
      visited[i] = 1;
      outward[b] = next;
      for (let e = targets.start[b] as number; e < (targets.start[b + 1] as number); e++) {
        const at = position[targets.items[e] as number] as number;
        dirty[at] = 1;
        if (at <= i) again = Math.min(again, at);
      }
    }
    first = again;
  }
  return forward ? { before: inward, after: outward } : { before: outward, after: inward };
}
