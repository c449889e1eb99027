/**
 * Leads edges past empty blocks: for each edge on its own, so that an empty block may stay for those edges that need it.
 *
 *     ^p -> ^e -> ^f -> ^t       =>       ^p -> ^t         phi inputs of ^t for ^f hold for ^p
 *
 * An edge may not be led to a block that its source leads to already unless the phis there take the same values for
 * both: predecessors are a set. Chains of empty blocks are followed to their end at once.
 */

import { type BlockId, filledInts, type Inst, type ValueId, withEdges } from '@sluice/ir';
import { addInputs, rawInputs, resolve } from './draft.ts';
import { comesBack, type DraftGraph, onlyOutside, predCount } from './graph.ts';
import { ask, graphNow, graphWithLoops, type State, setTerm, termIdOf } from './state.ts';

// An empty block with several predecessors before phis: skipping it copies an input for each phi and predecessor.
const INPUTS = 8;

/** What is needed while edges are led past empty blocks; arrays are by block. */
interface Skipping {
  /** Where an empty block leads that may be skipped, else -1. */
  readonly to: Int32Array;
  /** The same, but past blocks that are known to be skipped too. */
  readonly skip: Int32Array;
  /** The block for which `via` counts: which predecessor's phi inputs hold for its edge. */
  readonly arrived: Int32Array;
  readonly via: Int32Array;
  /** Edges that got a phi input: where to, from where, and whose input it was. */
  readonly added: Map<BlockId, { readonly from: BlockId[]; readonly via: BlockId[] }>;
  /** By phi: its inputs by predecessor. */
  readonly inputs: Map<ValueId, ReadonlyMap<BlockId, ValueId>>;
}

/** Leads all edges past the empty blocks that may be skipped. */
export function skipEmpty(s: State): void {
  if (s.spent) return;
  const graph = graphNow(s);
  const { preorder, reached } = graph;
  let to: Int32Array | null = null;
  for (let i = 0; i < reached; i++) {
    const b = preorder[i] as BlockId;
    const target = passesOnTo(s, b);
    if (target === -1 || keepsForm(s, graph, b, target) || !worthSkipping(s, graph, b, target)) continue;
    to ??= filledInts(s.d.term.length, -1);
    to[b] = target;
  }
  if (to === null) return;
  breakCycles(to);
  const fresh = (): Int32Array => filledInts(s.d.term.length, -1);
  const skipping: Skipping = {
    to,
    skip: to.slice(),
    arrived: fresh(),
    via: fresh(),
    added: new Map(),
    inputs: new Map(),
  };
  for (let i = 0; i < reached && !s.spent; i++) {
    const p = preorder[i] as BlockId;
    if (to[p] === -1) leadPast(s, graph, skipping, p);
  }
  for (const [target, { from, via }] of skipping.added) {
    for (const phi of s.d.phis[target] as readonly ValueId[]) {
      const known = inputsByBlock(s, skipping, phi);
      const args = via.map((source) => known.get(source) as ValueId);
      addInputs(s.d, phi, args, from);
    }
  }
}

/** The target of a block that does nothing but pass on; -1 for other blocks. */
function passesOnTo(s: State, b: BlockId): BlockId | -1 {
  const { d } = s;
  const term = d.term[b] as Inst;
  if (d.full[b] === 1 || term.op.kind !== 'br' || (d.phis[b] as readonly ValueId[]).length > 0) return -1;
  const [target] = term.blocks;
  return target === undefined || target === b || b === s.f.order[0] ? -1 : target;
}

/** Whether the block is a preheader, or the one latch of several ways back. */
function keepsForm(s: State, graph: DraftGraph, b: BlockId, target: BlockId): boolean {
  if (graphWithLoops(s).headers[target] === 0) return false;
  if (comesBack(graph, b, target)) return predCount(graph, b) > 1;
  return s.cx.options.preheaders && onlyOutside(graph, target) !== -1;
}

function worthSkipping(s: State, graph: DraftGraph, b: BlockId, target: BlockId): boolean {
  const ways = predCount(graph, b);
  const phis = (s.d.phis[target] as readonly ValueId[]).length;
  return s.cx.choose('simplify-cfg.skip', ways === 1 || ways * phis <= INPUTS);
}

/** Of each cycle of empty blocks (a loop that does nothing for ever) one stays. */
function breakCycles(to: Int32Array): void {
  const seen = filledInts(to.length, -1);
  for (let start = 0; start < to.length; start++) {
    let at = start;
    while (to[at] !== -1 && seen[at] === -1) {
      seen[at] = start;
      at = to[at] as number;
    }
    if (to[at] !== -1 && seen[at] === start) to[at] = -1;
  }
}

/** Leads the edges of a block past the empty blocks that they meet. */
function leadPast(s: State, { succStart, succs }: DraftGraph, k: Skipping, p: BlockId): void {
  let some = false;
  for (let e = succStart[p] as number; e < (succStart[p + 1] as number); e++) {
    const x = succs[e] as number;
    if (k.to[x] !== -1) some = true;
    k.arrived[x] = p;
    k.via[x] = p;
  }
  if (!some) return;
  const goals = new Map<BlockId, BlockId>();
  const added: [target: BlockId, via: BlockId][] = [];
  for (let e = succStart[p] as number; e < (succStart[p + 1] as number); e++) {
    const x = succs[e] as BlockId;
    if (k.to[x] === -1) continue;
    const [target, last] = endOf(k, x);
    const phis = s.d.phis[target] as readonly ValueId[];
    if (k.arrived[target] === p) {
      // Parallel edges carry the same values: where they would not, the last empty block stays.
      const agree = agreeOn(s, k, phis, k.via[target] as BlockId, last);
      if (!agree) s.cx.declined('two ways between the same blocks carry different values', termIdOf(s, p));
      goals.set(x, agree ? target : last);
      continue;
    }
    k.arrived[target] = p;
    k.via[target] = last;
    goals.set(x, target);
    if (phis.length > 0) added.push([target, last]);
  }
  const term = s.d.term[p] as Inst;
  const blocks = term.blocks.map((x) => goals.get(x) ?? x);
  if (blocks.every((x, i) => x === term.blocks[i])) return;
  if (!ask(s, 'led past an empty block', termIdOf(s, p))) return;
  setTerm(s, p, withEdges(term, term.args, blocks));
  for (const [target, via] of added) {
    const list = k.added.get(target) ?? { from: [], via: [] };
    list.from.push(p);
    list.via.push(via);
    k.added.set(target, list);
  }
}

/** Where a chain of empty blocks ends, and its last block; remembered for all blocks on the way. */
function endOf(k: Skipping, x: BlockId): [target: BlockId, last: BlockId] {
  let last = x as number;
  for (let next = k.skip[last] as number; k.to[next] !== -1; next = k.skip[last] as number) last = next;
  for (let at = x as number; at !== last; ) {
    const next = k.skip[at] as number;
    k.skip[at] = last;
    at = next;
  }
  return [k.to[last] as BlockId, last as BlockId];
}

function agreeOn(s: State, k: Skipping, phis: readonly ValueId[], one: BlockId, other: BlockId): boolean {
  return phis.every((phi) => {
    const known = inputsByBlock(s, k, phi);
    return known.get(one) === known.get(other);
  });
}

function inputsByBlock(s: State, k: Skipping, phi: ValueId): ReadonlyMap<BlockId, ValueId> {
  let known = k.inputs.get(phi);
  if (known === undefined) {
    const { args, blocks } = rawInputs(s.d, phi);
    known = new Map(blocks.map((b, i) => [b, resolve(s.d, args[i] as ValueId)]));
    k.inputs.set(phi, known);
  }
  return known;
}
