/**
 * A draft of a function's graph: blocks, edges and phi inputs that can be changed cheaply and often; what came out is
 * carried over to the Editor once, at the end (`carryOut`).
 *
 * Why not the Editor at once: taking an edge from a phi with n inputs costs n, so that a join of n edges that all change
 * would cost n * n. Here inputs are only added, under the block that they came from; `inputsOf` leaves out at the end
 * those whose edge is gone, and names the block that a source was merged into.
 */

import {
  type BlockId,
  type Func,
  type Inst,
  ints,
  none,
  sameIds,
  scratchInts,
  type ValueId,
  withEdges,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';

/** See the head of this file. All arrays are by `BlockId` unless they say otherwise. */
export interface Draft {
  readonly f: Func;
  /** The terminator, its targets included; undefined where there is no block any more. */
  readonly term: (Inst | undefined)[];
  readonly phis: (readonly ValueId[])[];
  /** By phi: inputs and where they come from, where they differ from the function's. */
  readonly inputs: Map<ValueId, Inputs>;
  /** By value: what takes its place, itself where nothing does; null: nothing is replaced so far. */
  same: Int32Array | null;
  /** The block whose end the end of a merged block is; itself mostly. */
  readonly owner: Int32Array;
  /** The block whose body follows, -1 for none; and the last one of that chain. */
  readonly next: Int32Array;
  readonly last: Int32Array;
  /** 1 where the block, or one merged into it, has instructions in its body. */
  readonly full: Int32Array;
  /** Whether anything was changed. */
  changed: boolean;
}

interface Inputs {
  readonly args: readonly ValueId[];
  readonly blocks: readonly BlockId[];
}

// There is one draft at a time, for as long as the pass is at a function.
const ownerScratch = scratchInts();
const nextScratch = scratchInts();
const lastScratch = scratchInts();
const fullScratch = scratchInts();

/** Predecessors by block, in rows. */
interface Preds {
  readonly predStart: Int32Array;
  readonly preds: Int32Array;
}

/** The draft of a function as it is. */
export function draftOf(f: Func): Draft {
  const count = f.blocks.length;
  const d: Draft = {
    f,
    term: new Array<Inst | undefined>(count),
    phis: new Array<readonly ValueId[]>(count),
    inputs: new Map(),
    same: null,
    owner: ownerScratch(count),
    next: nextScratch(count).fill(-1, 0, count),
    last: lastScratch(count),
    full: fullScratch(count).fill(0, 0, count),
    changed: false,
  };
  for (let b = 0; b < count; b++) {
    const block = f.blocks[b];
    d.owner[b] = b;
    d.last[b] = b;
    d.term[b] = block === undefined ? undefined : f.insts[block.term];
    d.phis[b] = block === undefined ? none : block.phis;
    if (block !== undefined && block.body.length > 0) d.full[b] = 1;
  }
  return d;
}

/** What stands for a value now. */
export function resolve(d: Draft, v: ValueId): ValueId {
  const { same } = d;
  if (same === null || v >= same.length || same[v] === v) return v;
  let root = v as number;
  // Values that the Editor has made meanwhile stand for themselves.
  while (root < same.length && same[root] !== root) root = same[root] as number;
  for (let at = v as number; at !== root; ) {
    const up = same[at] as number;
    same[at] = root;
    at = up;
  }
  return root as ValueId;
}

/** Makes `by` stand for a phi, which leaves its block with the next `dropPhis`. */
export function substitute(d: Draft, phi: ValueId, by: ValueId): void {
  if (d.same === null) {
    d.same = ints(d.f.insts.length);
    for (let v = 0; v < d.same.length; v++) d.same[v] = v;
  }
  d.same[phi] = resolve(d, by);
  d.changed = true;
}

/** Takes phis that something stands for out of a block. */
export function dropPhis(d: Draft, b: BlockId): void {
  const phis = d.phis[b] as readonly ValueId[];
  if (phis.some((phi) => resolve(d, phi) !== phi)) d.phis[b] = phis.filter((phi) => resolve(d, phi) === phi);
}

/** The block that a block is part of now. */
export function ownerOf(d: Draft, b: BlockId): BlockId {
  const { owner } = d;
  let root = b as number;
  while (owner[root] !== root) root = owner[root] as number;
  for (let at = b as number; at !== root; ) {
    const up = owner[at] as number;
    owner[at] = root;
    at = up;
  }
  return root as BlockId;
}

/** Appends block `b`, without phis, to block `a`, whose only way leads there. */
export function join(d: Draft, a: BlockId, b: BlockId): void {
  d.owner[b] = a;
  d.next[d.last[a] as number] = b;
  d.last[a] = d.last[b] as number;
  d.term[a] = d.term[b];
  d.term[b] = undefined;
  if (d.full[b] === 1) d.full[a] = 1;
  d.changed = true;
}

/** Inputs of a phi as they were last set; some may belong to edges that are gone. */
export function rawInputs(d: Draft, phi: ValueId): Inputs {
  return d.inputs.get(phi) ?? (d.f.insts[phi] as Inst);
}

/** Adds inputs to a phi. */
export function addInputs(d: Draft, phi: ValueId, args: readonly ValueId[], blocks: readonly BlockId[]): void {
  const old = rawInputs(d, phi);
  d.inputs.set(phi, { args: old.args.concat(args), blocks: old.blocks.concat(blocks) });
  d.changed = true;
}

/**
 * Brings the inputs of all phis of a block in step with its predecessors. `scratch` is by block and filled with -1, before
 * and after.
 */
export function settleInputs(d: Draft, b: BlockId, { predStart, preds }: Preds, scratch: Int32Array): void {
  const phis = d.phis[b] as readonly ValueId[];
  if (phis.length === 0) return;
  const from = predStart[b] as number;
  const to = predStart[b + 1] as number;
  let sources: BlockId[] | null = null;
  for (const phi of phis) {
    const { args, blocks } = rawInputs(d, phi);
    let settled = blocks.length === to - from;
    for (let i = 0; settled && i < blocks.length; i++) settled = d.owner[blocks[i] as number] === blocks[i];
    if (settled) continue;
    for (let i = 0; i < blocks.length; i++) scratch[ownerOf(d, blocks[i] as BlockId)] = i;
    const next: ValueId[] = [];
    for (let e = from; e < to; e++) next.push(args[scratch[preds[e] as number] as number] as ValueId);
    for (let i = 0; i < blocks.length; i++) scratch[ownerOf(d, blocks[i] as BlockId)] = -1;
    if (sources === null) {
      sources = [];
      for (let e = from; e < to; e++) sources.push(preds[e] as BlockId);
    }
    d.inputs.set(phi, { args: next, blocks: sources });
  }
}

/** Makes the Editor's function what the draft is. Inputs must be settled. */
export function carryOut(d: Draft, cx: FuncContext): void {
  const { f } = d;
  const { edit } = cx;
  const gone = f.order.filter((b) => d.term[b] === undefined);
  // Emptied first, so that the Editor has nothing to take out of wide phis edge by edge.
  for (const [phi, { blocks }] of d.inputs) {
    const inst = f.insts[phi] as Inst;
    if (!sameIds(inst.blocks, blocks)) edit.setInst(phi, withEdges(inst, none, none));
  }
  for (const b of f.order) {
    const { phis } = f.blocks[b] as NonNullable<(typeof f.blocks)[number]>;
    for (let i = 0; i < phis.length; i++) {
      const phi = phis[i] as ValueId;
      const by = resolve(d, phi);
      if (by !== phi) edit.replaceWith(phi, by);
      else if (d.term[ownerOf(d, b)] === undefined) edit.remove(phi);
    }
  }
  for (const b of f.order) {
    const term = d.term[b];
    if (term === undefined) continue;
    if (d.next[b] !== -1) {
      const parts: BlockId[] = [];
      for (let part = d.next[b] as number; part !== -1; part = d.next[part] as number) parts.push(part as BlockId);
      edit.moveBodies(parts, b);
    }
    const mine = f.blocks[b]?.term as ValueId;
    if (term === f.insts[mine]) continue;
    edit.setTerm(b, term);
    const theirs = f.blocks[d.last[b] as number]?.term as ValueId;
    if (theirs !== mine && term.type !== 'void') edit.replaceAllUses(theirs, mine);
  }
  for (const b of gone) edit.removeBlock(b);
  for (const [phi, { args, blocks }] of d.inputs) {
    if (edit.has(phi)) edit.setInst(phi, withEdges(f.insts[phi] as Inst, args, blocks));
  }
}
