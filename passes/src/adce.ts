/**
 * Removes what nothing needs, branches included: what is computed to decide between ways that differ in nothing.
 *
 *     ^0: %3 = i32.mul %0, %1                      ^0: br ^5
 *         br_if %3, ^1, ^4
 *     ^1: %4 = i32.add %3, %1             =>
 *         br_if %4, ^2, ^3
 *     ^2, ^3: ... nothing that is needed
 *     ^5: ret %0                                   ^5: ret %0
 *
 * Paper:   Ron Cytron et al., Efficiently Computing Static Single Assignment Form and the Control Dependence Graph, TOPLAS
 *          1991, section 7.1.
 * Differs: from dce, for which every terminator is needed: here one is needed if something needed depends on it. Done at once,
 *          as one rewrite: branches and what they decide go together or not at all.
 * Phases:  `roots`: what has an effect, how the function is left, and loops that may not end; `follow`: operands, and the
 *          branches that decide whether a needed block runs, or which input a needed phi takes; `cut`.
 * Legal:   a loop is left out only when it is known to end (lib/trip-count.ts): to go on for ever can be seen (SPEC.md §10).
 *          Fuel is no meaning: what is left may use less.
 * Profit:  no level has this pass: after dce, simplify-cfg and loop-delete it finds nothing in Bril's benchmarks (2026-11), and
 *          postdominators cost as much as gvn.
 * Cost:    linear, and one walk of the postdominator tree for each round of new blocks; nothing where each branch leads to
 *          something with an effect.
 * Not done: whole loops whose values are needed behind them (loop-delete); single instructions (dce).
 */

import {
  type BlockId,
  blockOfValue,
  bytes,
  controlDependence,
  type Func,
  type Ids,
  type Inst,
  isRemovable,
  type LoopForest,
  type LoopId,
  loopForest,
  none,
  orderOf,
  postDomTree,
  termOf,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { evolutionOf } from './lib/scev.ts';
import { jumpTo } from './lib/structural.ts';
import { effectOf } from './lib/summaries.ts';
import { alwaysEnds, exitsOf } from './lib/trip-count.ts';
import { removeUnreachable } from './lib/unreachable.ts';

export default definePass({
  name: 'adce',
  summary: 'remove what nothing needs, branches that decide nothing included',
  paper: 'Cytron, Ferrante, Rosen, Wegman, Zadeck, Efficiently Computing SSA Form, TOPLAS 1991, section 7.1',
  scope: 'func',
  idempotent: true,
  run(f, cx) {
    const { rpo } = cx.get(orderOf);
    // Values of unreachable blocks may be anything.
    if (rpo.length !== f.order.length || !mayCut(f, cx, rpo)) return;
    const s: State = {
      f,
      cx,
      rpo,
      home: cx.get(blockOfValue),
      live: bytes(f.insts.length),
      block: bytes(f.blocks.length),
      values: [],
      blocks: [],
    };
    roots(s);
    follow(s);
    cut(s);
  },
});

interface State {
  readonly f: Func;
  readonly cx: FuncContext;
  readonly rpo: Ids<BlockId>;
  readonly home: Ids<BlockId>;
  /** By value, by block: 1 when it is needed. */
  readonly live: Uint8Array;
  readonly block: Uint8Array;
  /** Needed, their operands not looked at; needed blocks whose branches are not. */
  readonly values: ValueId[];
  readonly blocks: BlockId[];
}

/** Whether some branch leads to a block that does nothing but go on. */
function mayCut(f: Func, cx: FuncContext, rpo: Ids<BlockId>): boolean {
  for (let i = 0; i < rpo.length; i++) {
    const { blocks } = termOf(f, rpo[i] as BlockId);
    if (blocks.length < 2) continue;
    for (let k = 0; k < blocks.length && k < 8; k++) if (isSilent(f, cx, blocks[k] as BlockId)) return true;
  }
  return false;
}

function isSilent(f: Func, cx: FuncContext, b: BlockId): boolean {
  const { kind } = termOf(f, b).op;
  if (kind !== 'br' && kind !== 'br_if' && kind !== 'switch') return false;
  const body = f.blocks[b]?.body ?? none;
  for (let i = 0; i < body.length; i++) {
    if (!isRemovable(effectOf(cx.module, f.insts[body[i] as number] as Inst))) return false;
  }
  return true;
}

function need(s: State, v: ValueId): void {
  if (s.live[v] === 1) return;
  s.live[v] = 1;
  s.values.push(v);
  const b = s.home[v] as BlockId | -1;
  if (b !== -1) needBlock(s, b);
}

function needBlock(s: State, b: BlockId): void {
  if (s.block[b] === 1) return;
  s.block[b] = 1;
  s.blocks.push(b);
}

function roots(s: State): void {
  const { f, cx, rpo } = s;
  const loops = cx.get(loopForest);
  const busy = bytes(loops.count);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    const block = f.blocks[b];
    if (block === undefined) continue;
    for (let k = 0; k < block.body.length; k++) {
      const v = block.body[k] as ValueId;
      if (!isRemovable(effectOf(cx.module, f.insts[v] as Inst))) need(s, v);
    }
    const { kind } = termOf(f, b).op;
    if (kind !== 'br' && kind !== 'br_if' && kind !== 'switch') need(s, block.term);
    // All loops around it, up to one that is known.
    if (s.block[b] === 0) continue;
    for (let l: number = loops.loopOf(b); l !== -1 && busy[l] === 0; l = loops.parent[l] as number) busy[l] = 1;
  }
  // Where a loop does something, the branches that leave it are needed for that.
  for (let l = 0 as LoopId; l < loops.count; l++) if (busy[l] === 0 && !ends(s, loops, l)) keepLoop(s, loops, l);
}

/** Whether a loop is known to end, if those inside it do. */
function ends(s: State, loops: LoopForest, l: LoopId): boolean {
  return !loops.irreducible(l) && alwaysEnds(exitsOf(evolutionOf(s.f, l)));
}

function keepLoop(s: State, loops: LoopForest, l: LoopId): void {
  const blocks = loops.blocks(l);
  for (let i = 0; i < blocks.length; i++) {
    // Those of loops inside it decide what they decide.
    const b = blocks[i] as BlockId;
    if (loops.loopOf(b) === l) need(s, s.f.blocks[b]?.term as ValueId);
  }
}

function follow(s: State): void {
  const { f, cx, values, blocks } = s;
  const dependence = cx.get(controlDependence);
  while (values.length > 0 || blocks.length > 0) {
    for (let v = values.pop(); v !== undefined; v = values.pop()) {
      const { op, args, blocks: from } = f.insts[v] as Inst;
      for (let k = 0; k < args.length; k++) need(s, args[k] as ValueId);
      // Which input it takes is decided by how its predecessors are reached.
      if (op.kind === 'phi') for (let k = 0; k < from.length; k++) needBlock(s, from[k] as BlockId);
    }
    const fresh = blocks.splice(0);
    if (fresh.length === 0) continue;
    for (const b of dependence.iterated(fresh)) {
      if (b < f.blocks.length && f.blocks[b] !== undefined) need(s, f.blocks[b].term);
    }
  }
}

function cut(s: State): void {
  const { f, cx, rpo, live } = s;
  const { tree, exit } = cx.get(postDomTree);
  const branches: BlockId[] = [];
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    const term = f.blocks[b]?.term as ValueId;
    if (live[term] === 1 || (f.insts[term] as Inst).blocks.length < 2) continue;
    // A branch between ways that never meet decides how the function is left.
    if (tree.idom[b] === exit) return;
    branches.push(b);
  }
  if (branches.length === 0) return;
  if (!cx.rewrite('removed branches that decide nothing', f.blocks[branches[0] as number]?.term)) return;
  const { edit } = cx;
  for (let i = 0; i < rpo.length; i++) {
    const block = f.blocks[rpo[i] as number];
    if (block === undefined) continue;
    for (const v of block.phis) if (live[v] === 0) edit.remove(v);
    for (const v of block.body) if (live[v] === 0) edit.remove(v);
  }
  for (const b of branches) edit.setTerm(b, jumpTo(cx.ops, tree.idom[b] as BlockId, termOf(f, b)));
  removeUnreachable(cx);
}
