/**
 * Which values are live where: for every block the values that are live at its start and at its end.
 *
 *   live-in   a path from the start of the block leads to a use, without passing the definition. Operands of phis are
 *             used at the end of the predecessor; results of phis are defined at the start of the block. So neither the
 *             block's phis nor their operands are live-in on account of the phi.
 *   live-out  live-in in some successor, or an operand of a phi there that comes from this block.
 *
 * The result of an `invoke` is defined at the end of its block (and used on the normal edge only). All instructions
 * with a result count, constants and tuples too; users who rematerialise constants leave them out themselves.
 *
 * Paper:   Benoit Boissinot, Florian Brandner, Alain Darte et al., Computing Liveness Sets for SSA-Form Programs, 2011:
 *          exploration of paths, one variable at a time, from each use up to the definition.
 * Why:     costs the size of the result, no iteration, no bit sets of blocks times values (20,000 blocks with 100,000
 *          values would need 250 MB). Values are visited in order, so each set is a sorted list.
 */

import type { BlockId, Func, ValueId } from '../func.ts';
import { filledInts } from '../ints.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { cfgOf } from './cfg.ts';
import { type Ids, PairList, type Rows, row } from './ids.ts';
import { blockOfValue, usesOf } from './uses.ts';

/** Sets of live values by block, as ascending lists. */
export class Liveness {
  /** The sets by `BlockId`. */
  readonly in: Rows<ValueId>;
  readonly out: Rows<ValueId>;

  /** @internal */
  constructor(liveIn: Rows<ValueId>, liveOut: Rows<ValueId>) {
    this.in = liveIn;
    this.out = liveOut;
  }

  /** The values that are live at the start of the block, ascending; its own phis are not among them. */
  liveIn(b: BlockId): Ids<ValueId> {
    return row(this.in, b);
  }

  /** The values that are live at the end of the block, ascending. */
  liveOut(b: BlockId): Ids<ValueId> {
    return row(this.out, b);
  }

  /** Whether the value is live at the start of the block; logarithmic. */
  isLiveIn(v: ValueId, b: BlockId): boolean {
    return includes(this.in, b, v);
  }

  /** Whether the value is live at the end of the block; logarithmic. */
  isLiveOut(v: ValueId, b: BlockId): boolean {
    return includes(this.out, b, v);
  }
}

function includes(rows: Rows, b: BlockId, v: ValueId): boolean {
  let low = rows.start[b] as number;
  let high = rows.start[b + 1] as number;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows.items[middle] as number) < v) low = middle + 1;
    else high = middle;
  }
  return low < (rows.start[b + 1] as number) && rows.items[low] === v;
}

/** Live values of every block. */
export const liveness: Analysis<Liveness> = defineAnalysis({
  name: 'liveness',
  of: 'func',
  run: buildLiveness,
});

function buildLiveness(f: Func): Liveness {
  const uses = usesOf(f);
  const home = blockOfValue(f);
  const { preds } = cfgOf(f);
  const count = f.blocks.length;
  const liveIn = new PairList();
  const liveOut = new PairList();
  // The last value that was found live at the start and at the end of the block.
  const lastIn = filledInts(count, -1);
  const lastOut = filledInts(count, -1);
  const work: BlockId[] = [];

  const liveAtEnd = (v: ValueId, b: BlockId): void => {
    if (lastOut[b] === v) return;
    lastOut[b] = v;
    liveOut.push(b, v);
    if (home[v] !== b) liveAtStart(v, b);
  };
  const liveAtStart = (v: ValueId, b: BlockId): void => {
    if (lastIn[b] === v) return;
    lastIn[b] = v;
    liveIn.push(b, v);
    work.push(b);
  };

  for (let id = 0; id < f.insts.length; id++) {
    const v = id as ValueId;
    for (let i = uses.start[v] as number; i < (uses.start[v + 1] as number); i++) {
      const user = uses.items[i] as ValueId;
      const at = home[user] as BlockId;
      const inst = f.insts[user];
      if (inst === undefined) continue;
      if (inst.op.kind === 'phi') {
        for (let k = 0; k < inst.args.length; k++) {
          if (inst.args[k] === v) liveAtEnd(v, inst.blocks[k] as BlockId);
        }
      } else if (home[v] !== at) liveAtStart(v, at);
      for (let b = work.pop(); b !== undefined; b = work.pop()) {
        for (let e = preds.start[b] as number; e < (preds.start[b + 1] as number); e++) {
          liveAtEnd(v, preds.items[e] as BlockId);
        }
      }
    }
  }
  return new Liveness(liveIn.rows(count), liveOut.rows(count));
}
