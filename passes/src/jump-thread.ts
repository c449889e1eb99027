/**
 * Leads edges past branches that are decided on them: by a phi's constant input, or because the same condition was
 * tested on the way.
 *
 *     ^a: %x = i32.const 1                 ^a: %x = i32.const 1
 *         br ^join                             br ^join'
 *     ^b: br ^join                   =>    ^b: br ^join
 *     ^join: %p = phi [^a: %x], [^b: %y]   ^join': ...            a copy, with %x for %p
 *            ...                               br ^t
 *            br_if %p, ^t, ^e              ^join: ...
 *                                              br_if %y, ^t, ^e
 *
 * Paper:   Frank Mueller, David Whalley, Avoiding Conditional Branches by Code Replication, PLDI 1995.
 * Differs: one edge at a time, one block deep; what a threaded edge meets next is for another run.
 * Phases:  `find` walks the dominator tree with what the branches on the way say about their conditions, and notes
 *          branches that are decided (folded), and edges on which the branch of their target is (threaded); `copyBlock` makes
 *          the copy for one edge; lib/ssa-repair.ts then gives every use of a copied value the definition that reaches it.
 * Legal:   the copied block is no entry of a loop (a second way into a loop would make it irreducible); it defines no tuple.
 * Profit:  its body costs at most `cost`.
 * Needs:   no unreachable blocks.
 * Cost:    linear in blocks, edges and what is copied; repair costs the live ranges of copied values.
 * Not done: conditions that follow from others (`x < 3` from `x = 2`); edges into loop headers.
 */

import {
  type BlockId,
  bytes,
  domTree,
  evalOp,
  type Func,
  type Inst,
  loopForest,
  none,
  orderOf,
  row,
  rowLength,
  Trap,
  type Type,
  type Value,
  type ValueId,
  withArgs,
  withEdges,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { SsaRepair } from './lib/ssa-repair.ts';
import { jumpTo, opOfKind } from './lib/structural.ts';
import { removeUnreachable } from './lib/unreachable.ts';

const options = {
  cost: { doc: 'the largest cost of a body that is copied', default: 8 },
} as const;

type Context = FuncContext<typeof options>;

export default definePass({
  name: 'jump-thread',
  summary: 'lead edges past branches that are decided on them',
  paper: 'Mueller, Whalley, Avoiding Conditional Branches by Code Replication, PLDI 1995',
  scope: 'func',
  after: [{ pass: 'gvn', why: 'equal conditions must be one value to be seen as equal' }],
  options,
  run(f, cx) {
    if (!f.order.some((b) => isBranch(termOf(f, b)))) return;
    const order = cx.get(orderOf);
    if (order.rpo.length !== f.order.length) return cx.declined('there are unreachable blocks');
    const found = find(f, cx);
    if (found.threads.length === 0 && found.folds.size === 0) return;
    if (apply(f, cx, found)) removeUnreachable(cx);
  },
});

/** An edge on which the branch of its target is decided. */
interface Thread {
  readonly from: BlockId;
  readonly through: BlockId;
  readonly to: BlockId;
}

interface Found {
  readonly threads: Thread[];
  /** Branches that go one way, by their block. */
  readonly folds: Map<BlockId, BlockId>;
}

/** What a branch on the way says about a value: that it is this constant, or that it is not zero. */
type Fact = { readonly is: Value } | 'not zero';

interface Walk {
  readonly f: Func;
  readonly cx: Context;
  /** Facts that hold at the end of the block at hand. */
  readonly facts: Map<ValueId, Fact>;
  /** By block: 0 not looked at, 1 may be copied, 2 not. */
  readonly copyable: Uint8Array;
  readonly cases: Map<Inst, Cases>;
  readonly found: Found;
}

function find(f: Func, cx: Context): Found {
  const tree = cx.get(domTree);
  const { preds, succs } = cx.get(orderOf);
  const w: Walk = {
    f,
    cx,
    facts: new Map(),
    copyable: bytes(f.blocks.length),
    cases: new Map(),
    found: { threads: [], folds: new Map() },
  };
  // Facts end with the subtree in which they hold.
  const scopes: { readonly on: ValueId; readonly before: Fact | undefined; readonly last: number }[] = [];
  for (let i = 0; i < tree.preorder.length; i++) {
    const b = tree.preorder[i] as BlockId;
    const at = tree.pre[b] as number;
    for (let top = scopes.at(-1); top !== undefined && top.last < at; top = scopes.at(-1)) {
      if (top.before === undefined) w.facts.delete(top.on);
      else w.facts.set(top.on, top.before);
      scopes.pop();
    }
    if (rowLength(preds, b) === 1) {
      const term = termOf(f, preds.items[preds.start[b] as number] as BlockId);
      const fact = factOnEdge(w, term, b);
      const on = term.args[0] as ValueId;
      if (fact !== undefined) {
        scopes.push({ on, before: w.facts.get(on), last: tree.last[b] as number });
        w.facts.set(on, fact);
      }
    }
    const term = termOf(f, b);
    const only = isBranch(term) ? decided(w, term, knownOf(w, term.args[0] as ValueId)) : undefined;
    if (only !== undefined) w.found.folds.set(b, only);
    else
      for (let e = succs.start[b] as number; e < (succs.start[b + 1] as number); e++)
        noteThread(w, b, succs.items[e] as BlockId);
  }
  return w.found;
}

function termOf(f: Func, b: BlockId): Inst {
  return f.insts[f.blocks[b]?.term as ValueId] as Inst;
}

function isBranch({ op, blocks }: Inst): boolean {
  return (op.kind === 'br_if' || op.kind === 'switch') && blocks.some((b) => b !== blocks[0]);
}

/** What is known about the operand of a branch on the edge to a target. */
function factOnEdge(w: Walk, term: Inst, target: BlockId): Fact | undefined {
  if (!isBranch(term)) return undefined;
  if (term.op.kind === 'br_if') return term.blocks[0] === target ? 'not zero' : { is: 0 };
  const value = casesOf(w, term).valueAt.get(target);
  return value === undefined ? undefined : { is: value };
}

/** The cases of a switch, for look-up from either side. */
interface Cases {
  readonly targetOf: ReadonlyMap<number, BlockId>;
  /** Only of targets that one case alone leads to. */
  readonly valueAt: ReadonlyMap<BlockId, number>;
}

function casesOf(w: Walk, term: Inst): Cases {
  const known = w.cases.get(term);
  if (known !== undefined) return known;
  const targetOf = new Map<number, BlockId>();
  const valueAt = new Map<BlockId, number>();
  const several = new Set<BlockId | undefined>([term.blocks.at(-1)]);
  (term.imm as readonly number[]).forEach((value, i) => {
    const target = term.blocks[i] as BlockId;
    targetOf.set(value, target);
    if (valueAt.has(target)) several.add(target);
    valueAt.set(target, value);
  });
  for (const target of several) if (target !== undefined) valueAt.delete(target);
  const cases = { targetOf, valueAt };
  w.cases.set(term, cases);
  return cases;
}

function knownOf(w: Walk, v: ValueId): Fact | undefined {
  const inst = w.f.insts[v] as Inst;
  return inst.op.kind === 'const' ? { is: inst.imm as Value } : w.facts.get(v);
}

/** Where a branch goes, given what is known about its operand. */
function decided(w: Walk, term: Inst, fact: Fact | undefined): BlockId | undefined {
  if (fact === undefined) return undefined;
  if (term.op.kind === 'br_if') return term.blocks[fact === 'not zero' || fact.is !== 0 ? 0 : 1];
  if (fact === 'not zero') return undefined;
  return casesOf(w, term).targetOf.get(fact.is as number) ?? term.blocks.at(-1);
}

/** Notes the edge if the branch of its target is decided on it, and the target may be copied and is worth it. */
function noteThread(w: Walk, from: BlockId, through: BlockId): void {
  const term = termOf(w.f, through);
  // With one predecessor the branch is folded, by this pass or by sccp.
  if (!isBranch(term) || rowLength(w.cx.get(orderOf).preds, through) === 1) return;
  const to = decided(w, term, onEdge(w, from, through, term.args[0] as ValueId));
  if (to === undefined || to === through) return;
  if (!mayCopy(w, through)) return w.cx.declined('the block is an entry of a loop', w.f.blocks[through]?.term);
  if (!w.cx.choose('jump-thread.copy', worthCopying(w, through))) return;
  w.found.threads.push({ from, through, to });
}

/** What is known about a value of block `through`, or above it, when that block is entered from `from`. */
function onEdge(w: Walk, from: BlockId, through: BlockId, v: ValueId): Fact | undefined {
  const { f } = w;
  const { phis, body } = f.blocks[through] as NonNullable<(typeof f.blocks)[number]>;
  const inst = f.insts[v] as Inst;
  const enters = (value: ValueId): Fact | undefined => {
    const fact = knownOf(w, value);
    if (fact !== undefined) return fact;
    const term = termOf(f, from);
    return term.args[0] === value ? factOnEdge(w, term, through) : undefined;
  };
  if (inst.op.kind === 'phi' && phis.includes(v)) return enters(inputFrom(inst, from));
  if (inst.op.eval === null || !worthCopying(w, through) || !body.includes(v)) return enters(v);
  // Computed in the block itself: evaluate what can be.
  const computed = new Map<ValueId, Value>();
  const known = (arg: ValueId): Value | typeof unknown => {
    if (computed.has(arg)) return computed.get(arg);
    const def = f.insts[arg] as Inst;
    const fact = enters(def.op.kind === 'phi' && phis.includes(arg) ? inputFrom(def, from) : arg);
    return fact === undefined || fact === 'not zero' ? unknown : fact.is;
  };
  for (const u of body) {
    const { op, args, type } = f.insts[u] as Inst;
    if (op.eval === null || !args.every((arg) => known(arg) !== unknown)) continue;
    const types = args.map((arg) => (f.insts[arg] as Inst).type);
    const result = evalOp(op, type, types, args.map(known) as readonly Value[]);
    if (!(result instanceof Trap)) computed.set(u, result);
    if (u === v) break;
  }
  return computed.has(v) ? { is: computed.get(v) } : undefined;
}

const unknown: unique symbol = Symbol('unknown');

function inputFrom(phi: Inst, from: BlockId): ValueId {
  return phi.args[phi.blocks.indexOf(from)] as ValueId;
}

// Legality. A copy of a loop's entry would be a second way into the loop.
function mayCopy({ f, cx, copyable }: Walk, b: BlockId): boolean {
  if (copyable[b] === 0) {
    const loops = cx.get(loopForest);
    const l = loops.loopOf(b);
    const entry = l !== -1 && (loops.isHeader(b) || row(loops.entries, l).includes(b));
    const tuple = f.blocks[b]?.body.some((v) => f.insts[v]?.type === 'tuple') ?? false;
    copyable[b] = entry || tuple || b === f.order[0] ? 2 : 1;
  }
  return copyable[b] === 1;
}

// Profit. Few and cheap instructions: they are there once for each threaded edge.
function worthCopying({ f, cx }: Walk, b: BlockId): boolean {
  const body = f.blocks[b]?.body ?? none;
  let cost = 0;
  for (let i = 0; i < body.length && cost <= cx.options.cost; i++) {
    cost += Math.max(1, f.insts[body[i] as ValueId]?.op.cost ?? 1);
  }
  return cost <= cx.options.cost;
}

/** What the copies have brought. */
interface Copied {
  /** By value, its copies by their block. */
  readonly values: Map<ValueId, Map<BlockId, ValueId>>;
  /** By target of copies: the copies, and what they are copies of. */
  readonly edges: Map<BlockId, Copy[]>;
  /** Phis to be looked at in the end: those of copies have one input. */
  readonly phis: ValueId[];
}

interface Copy {
  readonly block: BlockId;
  readonly of: BlockId;
  readonly values: ReadonlyMap<ValueId, ValueId>;
}

/** Folds and threads what was found, as far as the budget goes; whether anything was done. */
function apply(f: Func, cx: Context, { threads, folds }: Found): boolean {
  let done = false;
  for (const [b, to] of folds) {
    if (!cx.rewrite('folded a branch on a condition that was tested before', f.blocks[b]?.term)) return done;
    cx.edit.setTerm(b, jumpTo(cx.ops, to, termOf(f, b)));
    done = true;
  }
  const copied: Copied = { values: new Map(), edges: new Map(), phis: [] };
  for (const [through, group] of byBlock(threads)) {
    // A branch that goes one way now needs no copy.
    if (!folds.has(through) && threadGroup(f, cx, copied, through, group)) done = true;
  }
  if (copied.edges.size === 0) return done;
  fillPhis(f, cx, copied);
  const repair = new SsaRepair(cx.edit, opOfKind(cx.ops, 'phi'));
  for (const [v, copies] of copied.values) repair.repair(v, copies);
  for (const phi of copied.phis) repair.consider(phi);
  repair.finish();
  return done;
}

/** Threads edges through one block; false when the budget is spent. */
function threadGroup(f: Func, cx: Context, copied: Copied, through: BlockId, group: readonly Thread[]): boolean {
  const granted = group.filter(
    ({ from }) => cx.edit.term(from).blocks.includes(through) && cx.rewrite('threaded an edge', f.blocks[from]?.term),
  );
  if (granted.length === 0) return false;
  dropInputs(cx, through, new Set(granted.map(({ from }) => from)));
  for (const phi of cx.edit.phis(through)) copied.phis.push(phi);
  for (const thread of granted) {
    const copy = copyBlock(f, cx, thread, copied.phis);
    for (const [v, made] of copy.values) {
      const known = copied.values.get(v);
      if (known === undefined) copied.values.set(v, new Map([[copy.block, made]]));
      else known.set(copy.block, made);
    }
    const list = copied.edges.get(thread.to);
    if (list === undefined) copied.edges.set(thread.to, [copy]);
    else list.push(copy);
  }
  return true;
}

/** Phis of the targets take for each copy what they took for the block, or the copy of it. */
function fillPhis(f: Func, { edit }: Context, { edges }: Copied): void {
  for (const [target, copies] of edges) {
    for (const phi of edit.phis(target)) {
      // The phi as it was: the edge from the block may be gone. Phis of copies are new, and no target of copies is one.
      const was = f.insts[phi] as Inst;
      const input = new Map(was.blocks.map((b, i) => [b, was.args[i] as ValueId]));
      const args = copies.map(({ of, values }) => {
        const v = input.get(of) as ValueId;
        return values.get(v) ?? v;
      });
      const inst = edit.inst(phi);
      const blocks = copies.map(({ block }) => block);
      edit.setInst(phi, withEdges(inst, inst.args.concat(args), inst.blocks.concat(blocks)));
    }
  }
}

function byBlock(threads: readonly Thread[]): Map<BlockId, Thread[]> {
  const groups = new Map<BlockId, Thread[]>();
  for (const thread of threads) {
    const group = groups.get(thread.through);
    if (group === undefined) groups.set(thread.through, [thread]);
    else group.push(thread);
  }
  return groups;
}

/** Takes predecessors out of the phis of a block, all at once. */
function dropInputs({ edit }: Context, b: BlockId, preds: ReadonlySet<BlockId>): void {
  for (const phi of edit.phis(b)) {
    const inst = edit.inst(phi);
    const stays = (_: unknown, i: number): boolean => !preds.has(inst.blocks[i] as BlockId);
    edit.setInst(phi, withEdges(inst, inst.args.filter(stays), inst.blocks.filter(stays)));
  }
}

/** A copy of a block for one edge, which then leads to it. */
function copyBlock(f: Func, { edit, ops }: Context, { from, through, to }: Thread, phis: ValueId[]): Copy {
  const source = f.blocks[through] as NonNullable<(typeof f.blocks)[number]>;
  const block = edit.addBlock(jumpTo(ops, to, f.insts[source.term]), from);
  const values = new Map<ValueId, ValueId>();
  for (const phi of source.phis) {
    const inst = f.insts[phi] as Inst;
    const copy = edit.addPhi(block, inst.type as Type, inst.op, [from], [inputFrom(inst, from)]);
    values.set(phi, copy);
    phis.push(copy);
  }
  for (const v of source.body) {
    const inst = f.insts[v] as Inst;
    const copy = withArgs(
      inst,
      inst.args.map((arg) => values.get(arg) ?? arg),
    );
    const made = edit.append(block, copy);
    if (inst.type !== 'void') values.set(v, made);
  }
  edit.redirect(from, through, block);
  return { block, of: through, values };
}
