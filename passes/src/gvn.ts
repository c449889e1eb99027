/**
 * Gives each computation one instruction: what a dominating instruction has computed, checked or read already is not
 * done again.
 *
 *     ^0: %2 = i32.mul %0, %1          ^0: %2 = i32.mul %0, %1
 *         heap.check %p                    heap.check %p
 *         br_if %2, ^1, ^2       =>        br_if %2, ^1, ^2
 *     ^1: %3 = i32.mul %1, %0          ^1:
 *         heap.check %p                    ret %2
 *         ret %3
 *
 * Paper:   Preston Briggs, Keith Cooper, Taylor Simpson, Value Numbering, Software: Practice and Experience 1997, section
 *          3.1 (dominator-based), with versions of state as one more operand of what reads it.
 * Differs: one table and no scopes: an entry from a subtree of the dominator tree that was left can never be met again,
 *          for the tree is walked in preorder, so that the next instruction with its key takes its place.
 * Phases:  `versionsOf` numbers the state of each region: a number stands for one content, joins included; then
 *          `number` walks the tree; `redundant` looks an instruction up, and enters it when it is the first.
 * Safe:    what writes nothing gives the same again while the regions that it reads have the same version; what trapped or
 *          did not end would not have come here. A call does what is known of the function (lib/summaries.ts).
 * Cost:    linear in instructions, operands and edges.
 * Not done: phis around a loop that are equal because they are (optimistic numbering); values that are there on some paths
 *          only (gvn-pre); stores that don't overlap and what a store stored: mem-forward.
 */

import {
  type BlockId,
  type BlockOrder,
  type DominatorTree,
  domTree,
  type Effect,
  type Func,
  filledInts,
  type Inst,
  ints,
  type LoopId,
  loopForest,
  type Module,
  none,
  orderOf,
  regions,
  scratchInts,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { hashOf, says } from './gvn/key.ts';
import { effectOf, summariesOption } from './lib/summaries.ts';

const options = {
  reads: { doc: 'also number instructions that read state: loads, checks, globals, slots', default: true },
  summaries: summariesOption,
} as const;

export default definePass({
  name: 'gvn',
  summary: 'remove what a dominating instruction has computed, checked or read already',
  paper: 'Briggs, Cooper, Simpson, Value Numbering, Software: Practice and Experience 1997',
  scope: 'func',
  after: [{ pass: 'sccp', why: 'a branch that is never taken must not hide that two values are equal' }],
  options,
  run(f, cx) {
    const tree = cx.get(domTree);
    const module = cx.options.summaries ? cx.module : null;
    number(tree, {
      f,
      cx,
      module,
      tree,
      same: identity(f.insts.length),
      home: homeOf(f.insts.length),
      version: versionOf(f.insts.length),
      table: tableFor(f.insts.length),
      versions: versionsOf(f, cx, module, tree),
    });
  },
});

/** Open addressing with linear probing; empty where `value` is -1. */
interface Table {
  readonly mask: number;
  readonly value: Int32Array;
  readonly hash: Int32Array;
}

interface State {
  readonly f: Func;
  readonly cx: FuncContext<typeof options>;
  /** Whose functions say what calls do; null: nobody does. */
  readonly module: Module | null;
  readonly tree: DominatorTree<BlockId>;
  /** By value: the value that takes its place, mostly itself. */
  readonly same: Int32Array;
  /** By value that is in the table: its block, and the version of the state that it read. */
  readonly home: Int32Array;
  readonly version: Int32Array;
  readonly table: Table;
  readonly versions: Versions;
}

// Only read for values that stand in the table.
const homeOf = scratchInts();
const versionOf = scratchInts();
const hashesOf = scratchInts();
const valuesOf = scratchInts();
const sameOf = scratchInts();
const writesOf = scratchInts();

// Of functions that don't read what they write.
const noVersions = new Int32Array(0);

function tableFor(count: number): Table {
  let size = 16;
  while (size * 2 < count * 3) size *= 2;
  return { mask: size - 1, value: valuesOf(size).fill(-1, 0, size), hash: hashesOf(size) };
}

function identity(count: number): Int32Array {
  const same = sameOf(count);
  for (let v = 0; v < count; v++) same[v] = v;
  return same;
}

function number(tree: DominatorTree<BlockId>, s: State): void {
  const { f, versions } = s;
  const reads = s.cx.options.reads;
  for (let at = 0; at < tree.preorder.length; at++) {
    const b = tree.preorder[at] as BlockId;
    const { phis, body, term } = f.blocks[b] as NonNullable<(typeof f.blocks)[number]>;
    enterBlock(versions, b);
    for (let i = 0; i < phis.length; i++) visitPhi(s, phis[i] as ValueId, b);
    for (let i = 0; i < body.length; i++) {
      const v = body[i] as ValueId;
      const inst = f.insts[v] as Inst;
      const effect = effectOf(s.module, inst);
      if (effect.writes !== 0) wrote(versions, effect);
      else if (effect.reads === 0 || reads) {
        const found = redundant(s, v, inst, b, effect.reads === 0 ? 0 : versionFor(versions, effect));
        if (found !== -1) replace(s, v, inst, found);
      }
    }
    wrote(versions, effectOf(s.module, f.insts[term] as Inst));
    leaveBlock(versions, b);
  }
}

function visitPhi(s: State, v: ValueId, b: BlockId): void {
  const inst = s.f.insts[v] as Inst;
  const only = onlyInput(s, v, inst);
  const found = only !== -1 ? only : redundant(s, v, inst, b, b);
  if (found !== -1) replace(s, v, inst, found);
}

/** The one value that enters a phi; -1 when there are several. It dominates all predecessors, hence the block. */
function onlyInput(s: State, v: ValueId, { args }: Inst): ValueId | -1 {
  let only = -1;
  for (let i = 0; i < args.length; i++) {
    const arg = s.same[args[i] as number] as number;
    if (arg === v || arg === only) continue;
    if (only !== -1) return -1;
    only = arg;
  }
  return only as ValueId | -1;
}

function replace(s: State, v: ValueId, inst: Inst, by: ValueId): void {
  if (!s.cx.rewrite('redundant', v)) return;
  s.same[v] = by;
  if (inst.type === 'void') s.cx.edit.remove(v);
  else s.cx.edit.replaceWith(v, by);
}

/**
 * The dominating instruction that says the same, -1 when there is none. `version` is that of the state that is read, 0
 * for none, the block for phis.
 */
function redundant(s: State, v: ValueId, inst: Inst, b: BlockId, version: number): ValueId | -1 {
  const { table, tree } = s;
  const { mask, value } = table;
  const hash = hashOf(s.same, inst, version);
  let at = hash & mask;
  for (let l = value[at] as number; l !== -1; l = value[at] as number) {
    if (table.hash[at] === hash && s.version[l] === version && says(s.same, inst, s.f.insts[l] as Inst)) {
      const home = s.home[l] as BlockId;
      if (home === b || tree.dominates(home, b)) return l as ValueId;
      break;
    }
    at = (at + 1) & mask;
  }
  value[at] = v;
  table.hash[at] = hash;
  s.home[v] = b;
  s.version[v] = version;
  return -1;
}

/**
 * Versions of state. A region gets a new number with each write, where paths meet on which it has different numbers, and at
 * the start of a loop that writes it; so one number is one content. Numbers only grow: the largest of several regions
 * names them all, for while it is current none of the others has changed.
 *
 * The dominator tree in preorder, children in reverse postorder, meets all predecessors of a block before it but those
 * over edges that go back.
 */
interface Versions {
  /** Regions that are both read and written, as positions in `regions`. */
  readonly tracked: readonly number[];
  /** By position in `tracked`. */
  readonly now: Int32Array;
  /** By block and position in `tracked`: the version at the end of the block. */
  readonly after: Int32Array;
  /** By block: the regions that a loop which starts there may write. */
  readonly looped: Int32Array;
  readonly order: BlockOrder | null;
  last: number;
}

function versionsOf(f: Func, cx: State['cx'], m: Module | null, tree: DominatorTree<BlockId>): Versions {
  const writes = writesOf(f.blocks.length).fill(0, 0, f.blocks.length);
  let read = 0;
  let written = 0;
  for (let at = 0; at < tree.preorder.length; at++) {
    const b = tree.preorder[at] as BlockId;
    const block = f.blocks[b];
    if (block === undefined) continue;
    let mask = effectOf(m, f.insts[block.term] as Inst).writes;
    for (let i = 0; i < block.body.length; i++) {
      const effect = effectOf(m, f.insts[block.body[i] as number] as Inst);
      mask |= effect.writes;
      if (effect.writes === 0) read |= effect.reads;
    }
    writes[b] = mask;
    written |= mask;
  }
  const both = cx.options.reads ? read & written : 0;
  const tracked = both === 0 ? none : regions.flatMap((_, r) => ((both & (1 << r)) !== 0 ? [r] : []));
  const count = tracked.length;
  return {
    tracked,
    now: count === 0 ? noVersions : ints(count),
    after: count === 0 ? noVersions : ints(count * f.blocks.length),
    looped: count === 0 ? noVersions : writesOfLoops(cx, writes, f.blocks.length),
    order: count === 0 ? null : cx.get(orderOf),
    last: 0,
  };
}

/** By block: what is written in the loop of which it is the header; everything where a loop has several entries. */
function writesOfLoops(cx: State['cx'], writes: Int32Array, count: number): Int32Array {
  const loops = cx.get(loopForest);
  const { rpo } = cx.get(orderOf);
  const inLoop = ints(loops.count);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    const l = loops.loopOf(b);
    if (l !== -1) inLoop[l] = (inLoop[l] as number) | (writes[b] as number);
  }
  // Inner loops have larger numbers.
  for (let l = loops.count - 1; l >= 0; l--) {
    const parent = loops.parent[l] as number;
    if (parent !== -1) inLoop[parent] = (inLoop[parent] as number) | (inLoop[l] as number);
  }
  const looped = filledInts(count, -1);
  for (let l = 0; l < loops.count; l++) {
    if (!loops.irreducible(l as LoopId)) looped[loops.header[l] as number] = inLoop[l] as number;
  }
  return looped;
}

function enterBlock(s: Versions, b: BlockId): void {
  const { tracked, now, after, order } = s;
  if (order === null) return;
  const count = tracked.length;
  const { start, items } = order.preds;
  const begin = start[b] as number;
  const end = start[b + 1] as number;
  if (begin === end) return;
  for (let i = 0; i < count; i++) {
    const region = 1 << (tracked[i] as number);
    let version = -1;
    for (let e = begin; e < end && version !== -2; e++) {
      const p = items[e] as BlockId;
      const back = order.isBackEdge(p, b);
      if (back && ((s.looped[b] as number) & region) === 0) continue;
      const there = back ? -2 : (after[p * count + i] as number);
      version = version === -1 || version === there ? there : -2;
    }
    now[i] = version === -2 ? ++s.last : version;
  }
}

function leaveBlock({ tracked, now, after }: Versions, b: BlockId): void {
  for (let i = 0; i < tracked.length; i++) after[b * tracked.length + i] = now[i] as number;
}

function wrote(s: Versions, { writes }: Effect): void {
  if (writes === 0) return;
  for (let i = 0; i < s.tracked.length; i++) {
    if ((writes & (1 << (s.tracked[i] as number))) !== 0) s.now[i] = ++s.last;
  }
}

function versionFor(s: Versions, { reads }: Effect): number {
  let version = 0;
  for (let i = 0; i < s.tracked.length; i++) {
    if ((reads & (1 << (s.tracked[i] as number))) !== 0 && (s.now[i] as number) > version) version = s.now[i] as number;
  }
  return version;
}
