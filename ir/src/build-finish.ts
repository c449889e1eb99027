/**
 * The end of building a function: what the entry doesn't reach is dropped, variables get their phis (build-phis.ts), phis
 * that are no choice are replaced, and the rest becomes a `Func`.
 */

import { Memo } from './analysis/memo.ts';
import type { PlacedPhi } from './build-phis.ts';
import { Forwarding } from './edit-forward.ts';
import type { Block, BlockId, Func, Inst, ValueId } from './func.ts';
import { none, withArgs, withEdges } from './inst.ts';
import { removeRedundantPhis } from './redundant-phis.ts';
import type { Type } from './type.ts';

/** A block that is being built. */
export interface BuiltBlock {
  phis: readonly ValueId[];
  readonly body: ValueId[];
  /** -1 until it is there. */
  term: ValueId | -1;
  /** Each once. */
  preds: readonly BlockId[];
  sealed: boolean;
}

/** A function that is being built: all of a `Func` but what follows from the rest. */
export interface BuiltFunc extends Pick<Func, 'name' | 'sig' | 'params' | 'slots' | 'valueNames' | 'blockNames'> {
  /** By `ValueId`; written to. */
  readonly insts: (Inst | undefined)[];
  readonly blocks: readonly BuiltBlock[];
  /** The blocks in order of layout, entry first; null: in the order of their ids. Those that are not reached are left out. */
  readonly layout: readonly BlockId[] | null;
  /** Zeros of variables that were never written; they come to stand at the start of the entry. */
  readonly zeros: ReadonlyMap<Type, ValueId>;
  /** Places the phis of variables, given the final blocks and edges; null where that would cost too much. */
  readonly place: (shape: () => Func, forward: Forwarding) => readonly PlacedPhi[] | null;
}

/** The function; null where `place` gives up. The first block is the entry. */
export function assemble(built: BuiltFunc): Func | null {
  const order = reachable(built);
  dropUnreachableInputs(built, order);
  const forward = new Forwarding();
  const placed = built.place(() => funcOf(built, order, built.insts, shapeBlocks(built, order)), forward);
  if (placed === null) return null;
  const phisIn = new Map<BlockId, ValueId[]>();
  for (const { block, value, preds, args } of placed) {
    built.insts[value] = withEdges(instOf(built, value), args, preds);
    const list = phisIn.get(block);
    if (list === undefined) phisIn.set(block, [value]);
    else list.push(value);
  }
  replaceRedundant(built, placed, forward);
  const insts: (Inst | undefined)[] = new Array(built.insts.length).fill(undefined);
  const keep = (v: ValueId): void => {
    const inst = instOf(built, v);
    const args = forward.resolveAll(inst.args);
    insts[v] = args === inst.args ? inst : withArgs(inst, args);
  };
  const blocks: (Block | undefined)[] = new Array(built.blocks.length).fill(undefined);
  for (const v of built.params) keep(v);
  for (const b of order) {
    const state = built.blocks[b] as BuiltBlock;
    const phis = phisOf(state, phisIn.get(b), forward);
    const body = b === order[0] && built.zeros.size > 0 ? [...built.zeros.values(), ...state.body] : exact(state.body);
    for (const v of phis) keep(v);
    for (const v of body) keep(v);
    keep(state.term as ValueId);
    blocks[b] = { phis, body, term: state.term as ValueId };
  }
  return funcOf(built, order, insts, blocks);
}

/** A list that stays: without the room that one which grew has at its end. */
function exact<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? none : list.slice();
}

function phisOf(state: BuiltBlock, placed: readonly ValueId[] | undefined, forward: Forwarding): readonly ValueId[] {
  if (placed === undefined && state.phis.length === 0) return none;
  return [...state.phis, ...(placed ?? none)].filter((v) => forward.resolve(v) === v);
}

function funcOf(built: BuiltFunc, order: readonly BlockId[], insts: Func['insts'], blocks: Func['blocks']): Func {
  const { name, sig, params, slots, valueNames, blockNames } = built;
  return {
    name,
    sig,
    params,
    insts,
    blocks,
    order,
    slots,
    valueNames: named(valueNames, insts),
    blockNames: named(blockNames, blocks),
    shape: { cache: new Memo() },
    cache: new Memo(),
  };
}

/** The names of what there is. */
function named<K extends number>(names: ReadonlyMap<K, string>, items: readonly unknown[]): ReadonlyMap<K, string> {
  return new Map([...names].filter(([item]) => items[item] !== undefined));
}

/** The blocks with their terminators alone. */
function shapeBlocks(built: BuiltFunc, order: readonly BlockId[]): (Block | undefined)[] {
  const blocks: (Block | undefined)[] = new Array(built.blocks.length).fill(undefined);
  for (const b of order) blocks[b] = { phis: none, body: none, term: built.blocks[b]?.term as ValueId };
  return blocks;
}

function reachable(built: BuiltFunc): readonly BlockId[] {
  const seen = new Uint8Array(built.blocks.length);
  const work = [0];
  seen[0] = 1;
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    const { term } = built.blocks[b] as BuiltBlock;
    if (term < 0) throw new Error(`@${built.name}: ^${b} has no terminator`);
    const targets = instOf(built, term as ValueId).blocks;
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i] as BlockId;
      if (seen[target] === 1) continue;
      seen[target] = 1;
      work.push(target);
    }
  }
  if (built.layout !== null) return built.layout.filter((b) => seen[b] === 1);
  const order: BlockId[] = [];
  for (let b = 0; b < seen.length; b++) if (seen[b] === 1) order.push(b as BlockId);
  return order;
}

function dropUnreachableInputs(built: BuiltFunc, order: readonly BlockId[]): void {
  if (order.length === built.blocks.length) return;
  const alive = new Set(order);
  for (const b of order) {
    for (const phi of built.blocks[b]?.phis ?? []) {
      const inst = instOf(built, phi);
      if (inst.blocks.every((pred) => alive.has(pred))) continue;
      const args = inst.args.filter((_, i) => alive.has(inst.blocks[i] as BlockId));
      const blocks = inst.blocks.filter((pred) => alive.has(pred));
      built.insts[phi] = withEdges(inst, args, blocks);
    }
  }
}

/** Says in `forward` what replaces the placed phis that are no choice. */
function replaceRedundant(built: BuiltFunc, placed: readonly PlacedPhi[], forward: Forwarding): void {
  if (placed.length === 0) return;
  const among = new Set(placed.map(({ value }) => value));
  removeRedundantPhis(
    [...among],
    (v) => (among.has(v) ? forward.resolveAll(instOf(built, v).args) : undefined),
    (phi, by) => {
      among.delete(phi);
      forward.add(phi, by, built.insts.length);
    },
  );
}

function instOf(built: BuiltFunc, v: ValueId): Inst {
  const inst = built.insts[v];
  if (inst === undefined) throw new Error(`@${built.name}: no instruction %${v}`);
  return inst;
}
