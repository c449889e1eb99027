/**
 * A guess at how often each block runs, relative to the entry, from the shape of the function alone.
 *
 * `flow` is what arrives at a block if no loop ever repeats: the entry has 1, branches split what they get, and what
 * enters a loop leaves it by the loop's exits. The frequency is the flow times 8 for each loop around the block.
 *
 * Branches, strongest first: a successor that ends in a trap, or the exceptional edge of an `invoke`, gets almost
 * nothing; an edge that enters a loop gets more than one that passes it; otherwise all targets get the same.
 *
 * Paper:   Youfeng Wu, James Larus, Static Branch Frequency and Program Profile Analysis, MICRO 1994.
 * Differs: one sweep instead of a propagation for each loop (which is quadratic in deep nests), so that every loop
 *          is guessed to repeat equally often, whatever its exits; frequencies stop growing at depth 16.
 */

import { type BlockId, type Func, type Inst, termOf } from '../func.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { type LoopForest, type LoopId, loopForest } from './loops.ts';
import { type BlockOrder, orderOf } from './order.ts';

const repeats = 8;
const deepest = 16;
const coldWeight = 1 / 1024;
const entersLoopWeight = 3;

/** Guessed executions of a block for one of the function, by `BlockId`; 0 for unreachable blocks. Always finite. */
export const blockFrequency: Analysis<Float64Array> = defineAnalysis({
  name: 'frequency',
  // Not of the shape alone: it asks which blocks end in a trap.
  of: 'func',
  run: estimate,
});

function estimate(f: Func): Float64Array {
  const order = orderOf(f);
  const loops = loopForest(f);
  const exitWeight = weighExits(f, order, loops);
  const flow = new Float64Array(f.blocks.length);
  flow[order.rpo[0] as number] = 1;
  for (const b of order.rpo) {
    const term = termOf(f, b);
    const here = loops.loopOf(b);
    let staying = 0;
    for (const to of term.blocks) if (here === -1 || loops.contains(here, to)) staying += weight(f, loops, term, b, to);
    for (const to of term.blocks) {
      if (order.isBackEdge(b, to)) continue;
      const share = weight(f, loops, term, b, to);
      const left = loopLeft(loops, b, to);
      const part =
        left === -1
          ? ((flow[b] as number) * share) / staying
          : ((flow[loops.header[left] as number] as number) * share) / (exitWeight[left] as number);
      flow[to] = (flow[to] as number) + part;
    }
  }
  return flow.map((amount, b) => amount * repeats ** Math.min(loops.depthOf(b as BlockId), deepest));
}

/** By loop: the weights of the edges that leave it and no loop around it. */
function weighExits(f: Func, order: BlockOrder, loops: LoopForest): Float64Array {
  const sum = new Float64Array(loops.count);
  for (const b of order.rpo) {
    if (loops.loopOf(b) === -1) continue;
    const term = termOf(f, b);
    for (const to of term.blocks) {
      const left = loopLeft(loops, b, to);
      if (left !== -1) sum[left] = (sum[left] as number) + weight(f, loops, term, b, to);
    }
  }
  return sum;
}

/** The outermost loop that the edge leaves, or -1. */
function loopLeft(loops: LoopForest, from: BlockId, to: BlockId): LoopId | -1 {
  let left: LoopId | -1 = -1;
  for (let l = loops.loopOf(from); l !== -1 && !loops.contains(l, to); l = loops.parent[l] as LoopId | -1) left = l;
  return left;
}

function weight(f: Func, loops: LoopForest, term: Inst, from: BlockId, to: BlockId): number {
  if (term.blocks.length < 2) return 1;
  if (termOf(f, to).op.kind === 'trap') return coldWeight;
  if (term.op.kind === 'invoke' && to === term.blocks[1]) return coldWeight;
  const target = loops.loopOf(to);
  return target !== -1 && !loops.contains(target, from) ? entersLoopWeight : 1;
}
