/**
 * Computes what is known on some of the ways into a block on the others too, so that nothing is computed there twice: partial
 * redundancies, around loops as well.
 *
 *     ^a:    %3 = i32.mul %0, %1                  ^a:    %3 = i32.mul %0, %1
 *            br ^join                                    br ^join
 *     ^b:    br ^join                      =>     ^b:    %6 = i32.mul %0, %1
 *     ^join: %4 = i32.mul %0, %1                         br ^join
 *                                                 ^join: %4 = phi [^a: %3], [^b: %6]
 *
 * Paper:   Thomas VanDrunen, Antony Hosking, Value-Based Partial Redundancy Elimination, CC 2004; translation of operands
 *          through phis as there.
 * Differs: one block at a time instead of sets of available and anticipated values: what stands in a block is anticipated at
 *          its start if nothing before it in the block is asked. At most one predecessor lacks the value.
 * Phases:  a table of pure computations by their key, which is gvn's (gvn/key.ts); then blocks where ways meet, in reverse
 *          postorder; operands that the pass has made phis of are translated too.
 * Legal:   only what neither traps nor reads; on the way where it is put it was computed before as well, in the block behind.
 * Profit:  a way is never longer than it was, but for the jump of an edge that must be split: that is only done where the
 *          value is at hand on a way back, or the other ways are more frequent.
 * Needs:   gvn before it: equal values have one name.
 * Cost:    linear: a look at the table for each computation and predecessor, where ways of at most `ways` meet.
 * Not done: loads and checks (load-elim); what several ways lack; invariants of loops (licm).
 */

import {
  type BlockId,
  blockFrequency,
  blockOfValue,
  cfgOf,
  type DominatorTree,
  domTree,
  type Func,
  type Ids,
  type Inst,
  isPure,
  orderOf,
  rowLength,
  scratchInts,
  type Type,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { hashOf, says } from './gvn/key.ts';
import { opOfKind } from './lib/structural.ts';
import { phiOp } from './rules/recurrence.ts';

const options = {
  ways: { doc: 'the largest number of predecessors of blocks that are looked at', default: 4 },
} as const;

type Context = FuncContext<typeof options>;

export default definePass({
  name: 'gvn-pre',
  summary: 'compute on one way what the other ways know, so that it is not computed twice',
  paper: 'VanDrunen, Hosking, Value-Based Partial Redundancy Elimination, CC 2004',
  scope: 'func',
  after: [{ pass: 'gvn', why: 'values are looked up by name, so that equal ones must have one' }],
  options,
  run(f, cx) {
    const order = cx.get(orderOf);
    const joins: BlockId[] = [];
    for (let i = 0; i < order.rpo.length; i++) {
      const b = order.rpo[i] as BlockId;
      const ways = (order.preds.start[b + 1] as number) - (order.preds.start[b] as number);
      // A phi would need inputs from what is not reached, too.
      if (ways !== rowLength(cx.get(cfgOf).preds, b)) continue;
      if (ways > 1 && ways <= cx.options.ways && hasCandidate(f, b)) joins.push(b);
    }
    if (joins.length === 0) return;
    const s = newState(f, cx);
    for (let i = 0; i < joins.length; i++) if (!visit(s, joins[i] as BlockId)) return;
  },
});

interface State {
  readonly f: Func;
  readonly cx: Context;
  readonly tree: DominatorTree<BlockId>;
  readonly home: Ids<BlockId>;
  /** Computations by hash: `first` by the hash's low bits, `next` by value; -1 ends a list. */
  readonly mask: number;
  readonly first: Int32Array;
  readonly next: Int32Array;
  /** Each value for itself, as the key asks for it. */
  readonly same: Int32Array;
  /** Of values that the pass made, and of edges that it split. */
  readonly made: Map<ValueId, BlockId>;
  readonly split: Map<string, BlockId>;
}

const firstOf = scratchInts();
const nextOf = scratchInts();
const sameOf = scratchInts();

/** What may be computed on another way: it depends on its operands alone, and costs something. */
function isCandidate({ op, args, type }: Inst): boolean {
  return (
    args.length > 0 && op.kind === 'value' && op.cost > 0 && type !== 'void' && type !== 'tuple' && isPure(op.effect)
  );
}

function hasCandidate(f: Func, b: BlockId): boolean {
  const body = f.blocks[b]?.body ?? [];
  for (let i = 0; i < body.length; i++) if (isCandidate(f.insts[body[i] as number] as Inst)) return true;
  return false;
}

function newState(f: Func, cx: Context): State {
  const count = f.insts.length;
  // Room for what the pass adds; it stops when that is full.
  const room = count + (count >> 1) + 64;
  let size = 64;
  while (size < count) size *= 2;
  const same = sameOf(room);
  for (let v = 0; v < room; v++) same[v] = v;
  const s: State = {
    f,
    cx,
    tree: cx.get(domTree),
    home: cx.get(blockOfValue),
    mask: size - 1,
    first: firstOf(size).fill(-1, 0, size),
    next: nextOf(room),
    same: same.length === room ? same : same.subarray(0, room),
    made: new Map(),
    split: new Map(),
  };
  const { rpo } = cx.get(orderOf);
  for (let i = rpo.length - 1; i >= 0; i--) {
    const body = f.blocks[rpo[i] as number]?.body ?? [];
    for (let k = body.length - 1; k >= 0; k--) {
      const v = body[k] as ValueId;
      const inst = f.insts[v] as Inst;
      if (isCandidate(inst)) enter(s, v, inst);
    }
  }
  return s;
}

function enter(s: State, v: ValueId, inst: Inst): void {
  const at = hashOf(s.same, inst, 0) & s.mask;
  s.next[v] = s.first[at] as number;
  s.first[at] = v;
}

/** Looks at one block; false when the budget is spent, or the room. */
function visit(s: State, b: BlockId): boolean {
  const { f, cx } = s;
  const { start, items } = cx.get(orderOf).preds;
  const preds: BlockId[] = [];
  for (let e = start[b] as number; e < (start[b + 1] as number); e++) preds.push(items[e] as BlockId);
  // By value of this block that the pass made a phi: what it is on each way.
  const inputs = new Map<ValueId, readonly ValueId[]>();
  const body = f.blocks[b]?.body ?? [];
  for (let i = 0; i < body.length; i++) {
    const v = body[i] as ValueId;
    const inst = f.insts[v] as Inst;
    if (!isCandidate(inst)) continue;
    const ways = waysOf(s, v, inst, b, preds, inputs);
    if (ways === null) continue;
    const missing = ways.values.indexOf(-1);
    if (!cx.choose('gvn-pre', missing === -1 || pays(s, b, preds, missing))) {
      cx.declined('the edge would have to be split', v);
      continue;
    }
    if (cx.edit.valueCount + 8 > s.same.length || !cx.rewrite('computed on one way only', v)) return false;
    if (missing !== -1) ways.values[missing] = insert(s, b, preds[missing] as BlockId, ways.missing as Inst);
    const values = ways.values as readonly ValueId[];
    inputs.set(v, values);
    const now = preds.map((p) => s.split.get(`${p} ${b}`) ?? p);
    const phi = cx.edit.addPhi(b, inst.type as Type, phiOp, now, values);
    s.made.set(phi, b);
    cx.edit.replaceWith(v, phi);
  }
  return true;
}

interface Ways {
  /** By predecessor: the value, -1 on the one way that lacks it. */
  readonly values: (ValueId | -1)[];
  /** What is to be computed there. */
  readonly missing: Inst | null;
}

/** Where the value of an instruction is at hand; null unless on all ways but one, and on one at least. */
function waysOf(
  s: State,
  v: ValueId,
  inst: Inst,
  b: BlockId,
  preds: readonly BlockId[],
  inputs: ReadonlyMap<ValueId, readonly ValueId[]>,
): Ways | null {
  const values: (ValueId | -1)[] = [];
  let missing: Inst | null = null;
  let found = 0;
  for (let i = 0; i < preds.length; i++) {
    const p = preds[i] as BlockId;
    const there = translated(s, inst, b, p, i, inputs);
    if (there === null) return null;
    const leader = lookUp(s, there, p, v);
    if (leader !== -1) found++;
    else if (missing !== null) return null;
    else missing = there;
    values.push(leader);
  }
  return found === 0 ? null : { values, missing };
}

/** The instruction with the operands that it has on the way from `p`; null when one of them is only made in the block. */
function translated(
  { f, cx, home }: State,
  inst: Inst,
  b: BlockId,
  p: BlockId,
  way: number,
  inputs: ReadonlyMap<ValueId, readonly ValueId[]>,
): Inst | null {
  const args: ValueId[] = [];
  for (let k = 0; k < inst.args.length; k++) {
    const arg = inst.args[k] as ValueId;
    let value: ValueId | undefined = arg;
    if (home[arg] === b) {
      const made = inputs.get(arg);
      const phi = f.insts[arg] as Inst;
      value = made !== undefined ? made[way] : phi.op.kind === 'phi' ? phi.args[phi.blocks.indexOf(p)] : undefined;
    }
    if (value === undefined) return null;
    args.push(cx.edit.resolve(value));
  }
  return withArgs(inst, args);
}

/** The value of an instruction where block `p` ends; -1 when it isn't there. */
function lookUp(s: State, inst: Inst, p: BlockId, self: ValueId): ValueId | -1 {
  const { cx, tree } = s;
  let tried = 0;
  for (
    let l = s.first[hashOf(s.same, inst, 0) & s.mask] as number;
    l !== -1 && tried < 32;
    l = s.next[l] as number, tried++
  ) {
    const leader = l as ValueId;
    // Itself, a turn before: that is for licm.
    if (leader === self || !cx.edit.has(leader)) continue;
    const at = cx.edit.blockOf(leader);
    const known = at < s.f.blocks.length ? at : -1;
    if (known === -1 ? at !== p : !tree.dominates(known as BlockId, p)) continue;
    if (says(s.same, inst, cx.edit.inst(leader))) return leader;
  }
  return -1;
}

/** Whether the value may be computed on a way: always where its block leads nowhere else. */
function pays({ cx }: State, b: BlockId, preds: readonly BlockId[], missing: number): boolean {
  const p = preds[missing] as BlockId;
  const order = cx.get(orderOf);
  const single = (order.succs.start[p + 1] as number) - (order.succs.start[p] as number) === 1;
  if (single) return true;
  if (order.isBackEdge(p, b)) return false;
  const frequency = cx.get(blockFrequency);
  let others = 0;
  for (let i = 0; i < preds.length; i++) if (i !== missing) others += frequency[preds[i] as number] as number;
  return others > 1.5 * (frequency[p] as number);
}

/** Computes an instruction on an edge. */
function insert(s: State, b: BlockId, p: BlockId, inst: Inst): ValueId {
  const { cx } = s;
  const { edit } = cx;
  const key = `${p} ${b}`;
  let at = s.split.get(key) ?? p;
  if (at === p && edit.term(p).op.kind !== 'br') {
    at = edit.splitEdge(p, b, opOfKind(cx.ops, 'br'));
    s.split.set(key, at);
  }
  const v = edit.append(at, inst);
  enter(s, v, inst);
  return v;
}
