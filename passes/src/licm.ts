/**
 * Moves computations whose inputs do not change in a loop to the loop's preheader.
 *
 *     ^pre:                              ^pre:
 *       br ^loop                           %3 = i32.mul %1, %2
 *     ^loop:                        =>     br ^loop
 *       %3 = i32.mul %1, %2              ^loop:
 *       %4 = i32.add %9, %3                %4 = i32.add %9, %3
 *
 * Paper:   Aho, Lam, Sethi, Ullman, Compilers, 2nd ed., 9.5 (code motion), 9.1.7 (loop invariants).
 * Differs: what may trap moves only if it runs on every entry of the loop, before anything that could be seen.
 * Phases:  `writersOf`; then blocks in reverse postorder, so that operands move before what uses them. Each
 *          instruction goes at once to the outermost loop in which it is invariant (`outermost`), or, where it may
 *          trap, from loop to loop as far as it is certain to run (`certain`).
 * Certain: the `Start` of a loop is the chain of blocks that each entry runs, from the header until control may go two
 *          ways. What stands there runs on every entry; it stays behind whatever else stays there and may trap.
 * Needs:   loops have preheaders (simplify-cfg); without one a loop is left alone.
 * Keeps:   the blocks.
 * Cost:    O(instructions · log depth), and a step for each loop that something that may trap leaves.
 * Alias:   licm/writers.ts; checks whether an element is initialised may pass stores on later turns, which only add to that.
 * Not done: stores (loop-promote); sinking back
 *          when registers are short. Constants move too: machines with immediates fold them where they are used.
 */

import {
  type BlockId,
  blockOf,
  type Effect,
  type Func,
  filledInts,
  type Inst,
  instOf,
  ints,
  isSpeculatable,
  type LoopForest,
  type LoopId,
  loopForest,
  orderOf,
  type RegionSet,
  seenAfter,
  termOf,
  trapKinds,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { placeRole } from './lib/places.ts';
import { effectOf } from './lib/summaries.ts';
import { type Writers, writersOf } from './licm/writers.ts';

/** Loops whose preheaders are looked at, from the outermost one in which something is invariant. */
const loopsTried = 8;

const throwBit = 1 << trapKinds.indexOf('throw');

/** What can be seen of writes after a trap that nobody catches. */
const seenAfterTrap: RegionSet = seenAfter([]);

/** What the pass knows of the start of each loop: see the head, `Certain`. Arrays by `LoopId`. */
interface Starts {
  /** The block that continues the chain; -1: it has ended. */
  readonly next: Int32Array;
  /** The last block of the chain so far; -1: none. */
  readonly last: Int32Array;
  /** Kinds of traps that what stays on the chain may raise, a bit each; -1: something there could be seen. */
  readonly traps: Int32Array;
  /** Regions that what stays on the chain writes. */
  readonly writes: Int32Array;
}

const options = {
  loads: { doc: 'also move loads and checks of state that nothing in the loop writes', default: true },
  speculate: { doc: 'also move loads that the loop might not have reached', default: true },
} as const;

type Context = FuncContext<typeof options>;

interface State {
  readonly f: Func;
  readonly cx: Context;
  readonly loops: LoopForest;
  readonly writers: Writers;
  readonly starts: Starts;
  /** By `ValueId`: the innermost loop around its definition as it stands now, -1 for none. */
  readonly defLoop: Int32Array;
  /** The loops around the block at hand by depth, from 1; `depth` is the innermost one's. */
  readonly chain: Int32Array;
  depth: number;
  /** By `LoopId`: its preheader, -1 for none, -2 for not asked yet. */
  readonly preheaders: Int32Array;
}

export default definePass({
  name: 'licm',
  summary: 'move loop-invariant computations to the preheader',
  paper: 'Aho, Lam, Sethi, Ullman, Compilers, 2nd ed., 9.5',
  scope: 'func',
  idempotent: true,
  after: [
    { pass: 'simplify-cfg', why: 'makes the preheaders that this pass moves to' },
    { pass: 'gvn', why: 'of equal computations one is left, which moves once' },
    { pass: 'loop-rotate', why: 'the body of a rotated loop is certain to run, so that what may trap can move' },
  ],
  options,
  run(f, cx) {
    const loops = cx.get(loopForest);
    if (loops.count === 0) return;
    const state = newState(f, cx, loops);
    const rpo = cx.get(orderOf).rpo;
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      const loop = loops.loopOf(b);
      if (loop === -1) continue;
      enter(state, loop);
      visitBlock(state, b, loop);
    }
  },
});

function newState(f: Func, cx: Context, loops: LoopForest): State {
  let deepest = 0;
  for (let l = 0; l < loops.count; l++) deepest = Math.max(deepest, loops.depth[l] as number);
  const next = ints(loops.count);
  // An irreducible loop can be entered past its header, so that nothing is certain there.
  for (let l = 0; l < loops.count; l++) next[l] = loops.irreducible(l as LoopId) ? -1 : (loops.header[l] as number);
  return {
    f,
    cx,
    loops,
    writers: writersOf(f, cx, loops),
    starts: { next, last: filledInts(loops.count, -1), traps: ints(loops.count), writes: ints(loops.count) },
    defLoop: filledInts(f.insts.length, -1),
    chain: filledInts(deepest + 1, -1),
    depth: 0,
    preheaders: filledInts(loops.count, -2),
  };
}

/** Makes `chain` that of a loop. Stops at what is right already: neighbours in the order share most of it. */
function enter(state: State, loop: LoopId): void {
  const { loops, chain } = state;
  const depth = loops.depth[loop] as number;
  let l: number = loop;
  for (let at = depth; at > 0 && (at > state.depth || chain[at] !== l); at--) {
    chain[at] = l;
    l = loops.parent[l] as number;
  }
  state.depth = depth;
}

function visitBlock(state: State, b: BlockId, loop: LoopId): void {
  const { f, cx, loops, starts, defLoop } = state;
  const block = blockOf(f, b);
  if (starts.next[loop] === b) starts.last[loop] = b;
  const { phis, body } = block;
  for (let i = 0; i < phis.length; i++) defLoop[phis[i] as number] = loop;
  for (let i = 0; i < body.length; i++) {
    const v = body[i] as ValueId;
    const inst = instOf(f, v);
    const to = target(state, v, inst, b, loop);
    if (to === -1 || !cx.choose('licm.profit', worthHoisting(inst)) || !cx.rewrite('hoisted', v)) {
      defLoop[v] = loop;
      if (starts.last[loop] === b) remain(starts, loop, effectOf(cx.module, inst));
      continue;
    }
    cx.edit.moveToEnd(v, to);
    const outer = loops.loopOf(to);
    defLoop[v] = outer;
    if (outer !== -1 && starts.last[outer] === to) remain(starts, outer, effectOf(cx.module, inst));
  }
  defLoop[block.term] = loop;
  if (starts.last[loop] === b) starts.next[loop] = continuation(state, b, loop);
}

/** Something stays on the chain of a loop: what may trap cannot pass it unless nobody sees the difference. */
function remain({ traps, writes }: Starts, loop: LoopId, effect: Effect): void {
  writes[loop] = (writes[loop] as number) | effect.writes;
  if (traps[loop] === -1) return;
  const seen = effect.diverges || (effect.writes & seenAfterTrap) !== 0;
  traps[loop] = seen ? -1 : (traps[loop] as number) | trapBits(effect);
}

/** The block that each entry of the loop runs after this one; -1 when that is not certain. */
function continuation({ f, loops }: State, b: BlockId, loop: LoopId): BlockId | -1 {
  const term = termOf(f, b);
  const [to] = term.blocks;
  if (term.op.kind !== 'br' || to === undefined) return -1;
  // An inner loop might never end, and the header is where the chain began.
  return loops.loopOf(to) === loop && loops.header[loop] !== to ? to : -1;
}

/** Where the instruction may go: the preheader of the outermost loop that allows it; -1: nowhere. */
function target(state: State, v: ValueId, inst: Inst, b: BlockId, loop: LoopId): BlockId | -1 {
  const effect = effectOf(state.cx.module, inst);
  if (effect.writes !== 0 || effect.diverges) return -1;
  if (effect.reads !== 0 && !state.cx.options.loads) return -1;
  const invariant = 1 + deepestOperand(state, inst, loop);
  if (invariant > state.depth) return -1;
  const depth = effect.reads === 0 ? invariant : outermostUnwritten(state, inst, effect, invariant);
  if (depth > state.depth) {
    state.cx.declined('reads what the loop writes', v);
    return -1;
  }
  // A target whose loads check, and so trap, wants none where none was.
  const speculatable = isSpeculatable(effect) && (effect.reads === 0 || state.cx.options.speculate);
  const to = speculatable ? outermostPreheader(state, depth) : certainPreheader(state, inst, b, loop, depth);
  if (to === -1) state.cx.declined(speculatable ? 'the loop has no preheader' : 'might trap too early', v);
  return to;
}

/** The depth of the innermost loop around the block at hand in which an operand is defined; 0 for none. */
function deepestOperand(state: State, inst: Inst, loop: LoopId): number {
  const { loops, defLoop } = state;
  let deepest = 0;
  for (let i = 0; i < inst.args.length; i++) {
    const home = defLoop[inst.args[i] as ValueId] as LoopId | -1;
    if (home === -1) continue;
    const depth = loops.encloses(home, loop) ? (loops.depth[home] as number) : commonDepth(state, home);
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}

/** The depth of the innermost loop of `chain` that encloses a loop. */
function commonDepth({ loops, chain, depth }: State, loop: LoopId): number {
  let low = 0;
  let high = depth;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (loops.encloses(chain[middle] as LoopId, loop)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The depth of the outermost loop, from `depth` on, that writes nothing of what is read: inner loops write no more. */
function outermostUnwritten(state: State, inst: Inst, effect: Effect, depth: number): number {
  let low = depth;
  let high = state.depth + 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (!state.writers.conflicts(state.chain[middle] as LoopId, inst, effect)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Legality of what cannot trap: it may run where it did not run before. An inner loop's preheader is good as well,
// but far inside it is hardly worth the search.
function outermostPreheader(state: State, depth: number): BlockId | -1 {
  const last = Math.min(state.depth, depth + loopsTried - 1);
  for (let at = depth; at <= last; at++) {
    const found = preheaderOf(state, state.chain[at] as LoopId);
    if (found !== -1) return found;
  }
  return -1;
}

// Legality of what may trap: from loop to loop as far as each entry runs it anyway, with nothing before it that could
// be seen. Speculation is no way here, for a loop may run zero times.
function certainPreheader(state: State, inst: Inst, b: BlockId, loop: LoopId, depth: number): BlockId | -1 {
  const { loops, starts, cx } = state;
  const effect = effectOf(cx.module, inst);
  const growing = placeRole(inst.op) === 'heap-check-init';
  const bits = trapBits(effect);
  let to: BlockId | -1 = -1;
  let at = b;
  let l: LoopId | -1 = loop;
  while (l !== -1 && (loops.depth[l] as number) >= depth) {
    const before = starts.traps[l] as number;
    if (starts.last[l] !== at || before === -1 || !mayPass(before, bits)) return to;
    // What the loop stores only adds to what is initialised, but it must not have come first.
    if (growing && ((starts.writes[l] as number) & effect.reads) !== 0) return to;
    // What does not trap itself stays behind all that may.
    if (bits === 0 && before !== 0) return to;
    const preheader = preheaderOf(state, l);
    if (preheader === -1) return to;
    to = preheader;
    at = preheader;
    l = loops.loopOf(preheader);
  }
  return to;
}

/** Whether traps may be raised before others that came first: only when all of them are of one kind. */
function mayPass(before: number, bits: number): boolean {
  const all = before | bits;
  return (bits & throwBit) === 0 && (before === 0 || (all & (all - 1)) === 0);
}

function preheaderOf({ loops, preheaders }: State, loop: LoopId): BlockId | -1 {
  let found = preheaders[loop] as BlockId | -1 | -2;
  if (found === -2) {
    // The header of an irreducible loop does not dominate it, nor do operands dominate what leads to the header.
    found = loops.irreducible(loop) ? -1 : loops.preheader(loop);
    preheaders[loop] = found;
  }
  return found;
}

function trapBits({ traps }: Effect): number {
  let bits = 0;
  for (const kind of traps) bits |= 1 << trapKinds.indexOf(kind);
  return bits;
}

// Profit. Whatever costs nothing where it stands costs nothing in the loop either.
function worthHoisting({ op }: Inst): boolean {
  return op.cost > 0 || op.kind === 'const';
}
