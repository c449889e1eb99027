/**
 * Brings the graph into the form that all other passes like: no unreachable blocks, no branches that go one way, no
 * blocks that only pass on, straight lines as one block, a preheader for each loop.
 *
 *     ^0: br_if %c, ^1, ^2           ^0: br_if %c, ^3, ^2
 *     ^1: br ^3                =>    ^2: %x = ...
 *     ^2: br ^4                          br ^3
 *     ^4: %x = ...
 *         br ^3
 *
 * Paper:   folklore; preheaders as in Aho, Lam, Sethi, Ullman, Compilers, 2nd ed., 9.5.
 * Phases:  rounds of `foldTerms`, `prune`, `simplifyPhis`, `skipEmpty`, `mergeLines` on a draft (simplify-cfg/draft.ts), until
 *          nothing changes; then `makePreheaders`; then the draft is carried over to the Editor.
 * Form:    a preheader is the one block outside of a loop that leads to its header, and leads nowhere else. An empty one
 *          stays, so that a second run changes nothing. An empty latch with several predecessors stays too: its loop
 *          has one latch then. Loops with several entries get no preheader.
 * Cost:    linear in blocks, edges and phi inputs for each round, of which there are two or three; at most `ROUNDS`.
 * Not done: diamonds to `select`; switch cases that go to the default; empty blocks with phis of their own.
 */

import { type BlockId, type Inst, removeRedundantPhis, scratchInts, type ValueId } from '@sluice/ir';
import { definePass } from '@sluice/pipeline';
import { jumpTo } from './lib/structural.ts';
import {
  carryOut,
  draftOf,
  dropPhis,
  join,
  ownerOf,
  rawInputs,
  resolve,
  settleInputs,
  substitute,
} from './simplify-cfg/draft.ts';
import { newGraph, predCount } from './simplify-cfg/graph.ts';
import { makePreheaders } from './simplify-cfg/preheaders.ts';
import { skipEmpty } from './simplify-cfg/skip-empty.ts';
import { ask, graphNow, graphWithLoops, type State, setTerm, termIdOf } from './simplify-cfg/state.ts';

// Enough for all that is not built to need more: each round has seen what the one before it made possible.
const ROUNDS = 8;

// Up to so many, going round until nothing changes costs less than finding out where to begin.
const FEW_PHIS = 16;

/** The arrays of the graph, for one function after the other. */
const workspace = newGraph();

const options = {
  preheaders: { doc: 'make and keep a preheader for each loop', default: true },
} as const;

export default definePass({
  name: 'simplify-cfg',
  summary: 'simplify the control-flow graph; give each loop a preheader',
  paper: 'folklore',
  scope: 'func',
  idempotent: true,
  options,
  run(f, cx) {
    // The entry has no predecessors: no phis, no edges.
    if (f.order.length === 1) return;
    const s: State = { f, cx, d: draftOf(f), graph: workspace, built: false, loops: false, spent: false, rewrites: 0 };
    for (let round = 0; round < ROUNDS && !s.spent; round++) {
      const before = s.rewrites;
      foldTerms(s);
      prune(s);
      settleAll(s);
      simplifyPhis(s);
      skipEmpty(s);
      prune(s);
      const merged = s.rewrites;
      const { same } = s.d;
      mergeLines(s);
      // Merging alone makes nothing else possible, unless it was a phi's value that it found.
      if (merged === before && (s.rewrites === merged || (same === null && s.d.same === null))) break;
    }
    settleAll(s);
    // A phi that merged values from outside, and does not change in the loop, has moved to the preheader.
    if (cx.options.preheaders && makePreheaders(s)) simplifyPhis(s);
    if (s.d.changed) carryOut(s.d, cx);
  },
});

// Branches that go one way.

function foldTerms(s: State): void {
  for (const b of s.f.order) {
    const term = s.d.term[b];
    if (term === undefined || term.blocks.length < 2) continue;
    const only = onlyTarget(s, term);
    if (only === -1) continue;
    if (!ask(s, 'folded a branch', termIdOf(s, b))) return;
    setTerm(s, b, jumpTo(s.cx.ops, only, term));
  }
}

function onlyTarget(s: State, { op, args, blocks, imm }: Inst): BlockId | -1 {
  if (op.kind !== 'br_if' && op.kind !== 'switch') return -1;
  const [first] = blocks;
  if (blocks.every((target) => target === first)) return first as BlockId;
  const on = s.f.insts[resolve(s.d, args[0] as ValueId)] as Inst;
  if (on.op.kind !== 'const') return -1;
  if (op.kind === 'br_if') return blocks[on.imm !== 0 ? 0 : 1] as BlockId;
  const at = (imm as readonly number[]).indexOf(on.imm as number);
  return (at >= 0 ? blocks[at] : blocks.at(-1)) as BlockId;
}

// Unreachable blocks.

function prune(s: State): void {
  // A graph that was made before was pruned then.
  if (s.spent || s.built) return;
  const { number } = graphNow(s);
  const gone: BlockId[] = [];
  for (const b of s.f.order) if (s.d.term[b] !== undefined && number[b] === -1) gone.push(b);
  if (gone.length === 0 || !ask(s, 'removed unreachable blocks', termIdOf(s, gone[0] as BlockId))) return;
  for (const b of gone) s.d.term[b] = undefined;
  s.d.changed = true;
  s.built = false;
}

// Phis that are no choice.

const sourceScratch = scratchInts();

function settleAll(s: State): void {
  if (!s.d.changed) return;
  const graph = graphNow(s);
  const scratch = sourceScratch(s.d.term.length).fill(-1, 0, s.d.term.length);
  for (const b of s.f.order) if (s.d.term[b] !== undefined) settleInputs(s.d, b, graph, scratch);
}

function simplifyPhis(s: State): void {
  if (s.spent) return;
  const { d } = s;
  let trivial = false;
  let some = false;
  for (const b of s.f.order) {
    if (d.term[b] === undefined) continue;
    const phis = d.phis[b] as readonly ValueId[];
    for (let i = 0; i < phis.length && !trivial; i++) trivial = onlyInput(s, phis[i] as ValueId) !== -1;
    some ||= phis.length > 0;
  }
  // Where loops have several entries, phis may be redundant together while none is alone.
  if (!trivial && !(some && hasSeveralEntries(s))) return;
  if (!hasSeveralEntries(s) && simplifyFew(s)) return;
  const phis = s.f.order.flatMap((b) => (d.term[b] === undefined ? [] : (d.phis[b] as readonly ValueId[])));
  const among = new Set(phis);
  removeRedundantPhis(
    phis,
    (v) => (among.has(v) ? rawInputs(d, v).args.map((arg) => resolve(d, arg)) : undefined),
    (phi, by) => {
      if (!ask(s, 'removed a phi that is no choice', phi)) return;
      among.delete(phi);
      substitute(d, phi, by);
    },
  );
  for (const b of s.f.order) if (d.term[b] !== undefined) dropPhis(d, b);
}

function hasSeveralEntries(s: State): boolean {
  return graphWithLoops(s).irregular > 0;
}

/**
 * Where there are few phis: those that are no choice, until none is. That is all of them in graphs whose loops have one entry
 * (Braun et al., CC 2013, section 3.2). False when there are too many to go round.
 */
function simplifyFew(s: State): boolean {
  const { d } = s;
  const phis: ValueId[] = [];
  for (const b of s.f.order) {
    if (d.term[b] === undefined) continue;
    for (const phi of d.phis[b] as readonly ValueId[]) phis.push(phi);
    if (phis.length > FEW_PHIS) return false;
  }
  for (let changed = true; changed && !s.spent; ) {
    changed = false;
    for (const phi of phis) {
      if (resolve(d, phi) !== phi) continue;
      const only = onlyInput(s, phi);
      if (only === -1) continue;
      if (!ask(s, 'removed a phi that is no choice', phi)) break;
      substitute(d, phi, only);
      changed = true;
    }
  }
  for (const b of s.f.order) if (d.term[b] !== undefined) dropPhis(d, b);
  return true;
}

/** The one value, besides the phi itself, that enters a phi; -1 when there are several. */
function onlyInput(s: State, phi: ValueId): ValueId | -1 {
  const { args } = s.d.changed ? rawInputs(s.d, phi) : (s.f.insts[phi] as Inst);
  let only = -1;
  for (let i = 0; i < args.length; i++) {
    const arg = resolve(s.d, args[i] as ValueId);
    if (arg === phi || arg === only) continue;
    if (only !== -1) return -1;
    only = arg;
  }
  return only as ValueId | -1;
}

// Straight lines.

function mergeLines(s: State): void {
  if (s.spent) return;
  const { d } = s;
  const graph = graphNow(s);
  for (const a of s.f.order) {
    for (let term = d.term[a]; term?.op.kind === 'br'; term = d.term[a]) {
      const b = term.blocks[0] as BlockId;
      if (b === a || predCount(graph, b) !== 1) break;
      if (!ask(s, 'merged a block into the one before it', termIdOf(s, b))) return;
      for (const phi of d.phis[b] as readonly ValueId[]) {
        const { args, blocks } = rawInputs(d, phi);
        substitute(d, phi, args[blocks.findIndex((p) => ownerOf(d, p) === a)] as ValueId);
      }
      d.phis[b] = [];
      join(d, a, b);
      s.built = false;
    }
  }
}
