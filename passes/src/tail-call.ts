/**
 * A function whose last act is to call itself runs its body again instead. So does one that only combines what that call
 * gives with something it knows before, by an exact operation that is commutative and associative: that part is accumulated.
 *
 *     func @fact(%n: i32) -> i32 {                func @fact(%n: i32) -> i32 {
 *     ^0:                                         ^0: br ^1
 *       br_if %n, ^1, ^2                          ^1: %i = phi [^0: %n], [^2: %m]
 *     ^1:                                             %acc = phi [^0: 1], [^2: %next]
 *       %m = i32.sub %n, 1                  =>        br_if %i, ^2, ^3
 *       %r = call i32 @fact(%m)                   ^2: %m = i32.sub %i, 1
 *       %p = i32.mul %r, %n                           %next = i32.mul %acc, %i
 *       ret %p                                        br ^1
 *     ^2:                                         ^3: %p = i32.mul %acc, 1
 *       ret 1                                         ret %p
 *     }                                           }
 *
 * Paper:   Friedman, Wise, Unwinding Stylized Recursions into Iterations, Indiana TR 19, 1975; the accumulator is that of
 *          Burstall, Darlington, A Transformation System for Developing Recursive Programs, JACM 1977.
 * Differs: of `f(a) + f(b)` the second call becomes the loop, the first one stays.
 * Phases:  `findSite` looks at the end of each block that returns, through empty blocks whose phis hand the value on;
 *          `loopBack` splits the entry, which gets phis for the parameters, and leads the sites there.
 * Legal:   nothing after the call can be seen: no effects, no traps, no reads. Integers only, whose sums and products are
 *          exact modulo 2^n. Depth of calls is no part of the meaning (SPEC §9): a recursion that never ends would have met
 *          the limit of depth, and now meets that of fuel.
 * Breaks:  blocks that only returned what a site gave may get no predecessor; they are removed.
 * Cost:    linear; a function that does not call itself costs one look at the ends of its blocks.
 * Not done: calls of others in tail position; `a - f(b)`; results of which some are not the call's.
 */

import {
  type BlockId,
  blockOf,
  coreOp,
  type Func,
  filledInts,
  type Inst,
  isPure,
  lawConstant,
  makeInst,
  none,
  type OpDef,
  type Type,
  termOf,
  usesOf,
  type ValueId,
  withArgs,
  withEdges,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { constantOf, jumpTo } from './lib/structural.ts';
import { removeUnreachable } from './lib/unreachable.ts';
import { clearSlots } from './lib/zero-slots.ts';

/** Empty blocks between the call and the return that are looked through. */
const farthest = 4;

const phi = coreOp('phi');
const br = coreOp('br');

/** A call of the function itself that may become a jump. */
interface Site {
  readonly block: BlockId;
  readonly call: ValueId;
  /** What combines the result with others, first to last; all by `op`. Empty: what the call gives is returned. */
  readonly chain: readonly ValueId[];
  readonly op: OpDef | null;
  /** Projections of the call's tuple. */
  readonly results: readonly ValueId[];
}

export default definePass({
  name: 'tail-call',
  summary: 'turn recursion at the end of a function into a loop',
  paper: 'Friedman, Wise, Unwinding Stylized Recursions into Iterations, 1975',
  scope: 'func',
  idempotent: true,
  run(f, cx) {
    const sites: Site[] = [];
    let op: OpDef | null = null;
    for (const b of f.order) {
      const call = lastOwnCall(f, b);
      if (call === -1) continue;
      const site = findSite(f, cx, b, call, op);
      if (site === null || !cx.rewrite(site.op === null ? 'jumped back' : 'accumulated', call)) continue;
      op ??= site.op;
      sites.push(site);
    }
    if (sites.length > 0) loopBack(f, cx, sites, op);
  },
});

/** The last call of the function by itself in a block that goes one way; -1 for none. */
function lastOwnCall(f: Func, b: BlockId): ValueId | -1 {
  const { body, term } = blockOf(f, b);
  const { kind } = (f.insts[term] as Inst).op;
  if (kind !== 'ret' && kind !== 'br') return -1;
  for (let i = body.length - 1; i >= 0; i--) {
    const { op, imm } = f.insts[body[i] as ValueId] as Inst;
    if (op.kind === 'call') return op.imm === 'func' && imm === f.name ? (body[i] as ValueId) : -1;
  }
  return -1;
}

/** What is returned when a block has run to its end; null where that is not all that happens. */
function returned(f: Func, from: BlockId): readonly ValueId[] | null {
  const path: BlockId[] = [from];
  for (let steps = 0; steps <= farthest; steps++) {
    const at = path.at(-1) as BlockId;
    const term = termOf(f, at);
    if (term.op.kind === 'ret') return term.args.map((v) => handedOn(f, path, v));
    const next = term.blocks[0];
    if (term.op.kind !== 'br' || next === undefined || blockOf(f, next).body.length > 0) return null;
    path.push(next);
  }
  return null;
}

/** The value that a phi on the way stands for. */
function handedOn(f: Func, path: readonly BlockId[], v: ValueId): ValueId {
  let value = v;
  for (let i = path.length - 1; i > 0; i--) {
    const { phis } = blockOf(f, path[i] as BlockId);
    if (!phis.includes(value)) continue;
    const { args, blocks } = f.insts[value] as Inst;
    value = args[blocks.indexOf(path[i - 1] as BlockId)] as ValueId;
  }
  return value;
}

// Legality: between the call and the return there is only what nobody sees, and the chain.
function findSite(f: Func, cx: FuncContext, b: BlockId, call: ValueId, op: OpDef | null): Site | null {
  const values = returned(f, b);
  if (values === null) return null;
  const { body } = blockOf(f, b);
  const after = new Set(body.slice(body.indexOf(call) + 1));
  const inst = f.insts[call] as Inst;
  const uses = cx.get(usesOf);
  const mine = new Set<ValueId>();
  if (inst.type === 'tuple') {
    // Every use is a projection, which is returned in its place and nowhere else.
    for (const user of uses.of(call)) {
      const { op: projects, imm } = f.insts[user] as Inst;
      if (projects.kind !== 'result' || values[imm as number] !== user || uses.count(user) !== 1)
        return no(cx, 'other things are done with its results', call);
      mine.add(user);
    }
    if (mine.size !== values.length) return no(cx, 'other things than its results are returned', call);
  }
  const chain = inst.type === 'void' || inst.type === 'tuple' ? none : chainOf(f, cx, call, values[0], op);
  if (chain === null) return null;
  for (const v of chain) mine.add(v);
  for (const v of after) {
    if (mine.has(v) || isPure((f.insts[v] as Inst).op.effect)) continue;
    return no(cx, 'what follows it has effects or may trap', v);
  }
  for (const v of mine) if (!after.has(v)) return no(cx, 'its result is used in another block', call);
  const chainOp = chain.length === 0 ? null : (f.insts[chain[0] as ValueId] as Inst).op;
  return { block: b, call, chain, op: chainOp, results: inst.type === 'tuple' ? [...mine] : none };
}

/** From the result of a call to the value that is returned: each step used by the next one alone. */
function chainOf(
  f: Func,
  cx: FuncContext,
  call: ValueId,
  end: ValueId | undefined,
  op: OpDef | null,
): readonly ValueId[] | null {
  const uses = cx.get(usesOf);
  const chain: ValueId[] = [];
  let wanted = op;
  for (let v = call; v !== end; ) {
    const [user] = uses.of(v);
    if (user === undefined || uses.count(v) !== 1) return no(cx, 'its result is used, and not only returned', call);
    const inst = f.insts[user] as Inst;
    wanted ??= inst.op;
    if (inst.op !== wanted || !accumulates(inst))
      return no(cx, 'its result goes into what cannot be accumulated', user);
    chain.push(user);
    v = user;
  }
  return uses.count(end as ValueId) === 1 ? chain : no(cx, 'its result is used, and not only returned', call);
}

function accumulates({ op, type, args }: Inst): boolean {
  const { commutative, associative, rightIdentity } = op.laws;
  const exact = (type === 'i32' || type === 'i64') && args.length === 2 && isPure(op.effect);
  return exact && commutative === true && associative === true && rightIdentity !== undefined;
}

function no(cx: FuncContext, why: string, at: ValueId): null {
  cx.declined(why, at);
  return null;
}

function loopBack(f: Func, cx: FuncContext, sites: readonly Site[], op: OpDef | null): void {
  const { edit, ops } = cx;
  const entry = edit.entry;
  // Constants at the start stay in the entry: they run once.
  const { body, term } = blockOf(f, entry);
  const first = body.find((v) => (f.insts[v] as Inst).op.kind !== 'const') ?? term;
  const header = edit.splitBlock(entry, first, br);
  const phis = paramPhis(f, cx, header, sites);
  const acc = op === null ? -1 : edit.addPhi(header, f.sig.results[0] as Type, phi, none, none);
  const sums: ValueId[] = [];
  const latches = sites.map(({ call }) => edit.blockOf(call));
  const inputs = sites.map(({ call }) => edit.inst(call).args);
  for (let i = 0; i < sites.length; i++) {
    const { call, chain, results } = sites[i] as Site;
    const latch = latches[i] as BlockId;
    if (op !== null) sums.push(accumulated(cx, acc as ValueId, call, chain, latch));
    edit.setTerm(latch, jumpTo(ops, header, edit.term(latch)));
    for (let k = chain.length - 1; k >= 0; k--) edit.remove(chain[k] as ValueId);
    for (const v of results) edit.remove(v);
    edit.remove(call);
    clearSlots(edit, ops, latch, f.slots, 0);
  }
  const from = [entry, ...latches];
  for (let k = 0; k < phis.length; k++) {
    const v = phis[k] as ValueId | -1;
    if (v === -1) continue;
    edit.setInst(
      v,
      withEdges(edit.inst(v), [f.params[k] as ValueId, ...inputs.map((args) => args[k] as ValueId)], from),
    );
  }
  if (op !== null) {
    const identity = lawConstant(f.sig.results[0] as Type, op.laws.rightIdentity as number | bigint);
    const start = edit.append(entry, constantOf(ops, f.sig.results[0] as Type, identity));
    edit.setInst(acc as ValueId, withEdges(edit.inst(acc as ValueId), [start, ...sums], from));
    combineReturns(cx, op, acc as ValueId);
  }
  removeUnreachable(cx);
}

/** By parameter: its phi, -1 where each turn hands it on as it is. Uses in the body are uses of the phi. */
function paramPhis(f: Func, { edit }: FuncContext, header: BlockId, sites: readonly Site[]): Int32Array {
  const phis = filledInts(f.params.length, -1);
  for (let k = 0; k < phis.length; k++) {
    const param = f.params[k] as ValueId;
    if (sites.every(({ call }) => (f.insts[call] as Inst).args[k] === param)) continue;
    phis[k] = edit.addPhi(header, f.sig.params[k] as Type, phi, none, none);
    let last = -1;
    for (const user of usesOf(f).of(param)) {
      if (user === last) continue;
      last = user;
      const inst = edit.inst(user);
      edit.setInst(
        user,
        withArgs(
          inst,
          inst.args.map((v) => (v === param ? (phis[k] as ValueId) : v)),
        ),
      );
    }
  }
  return phis;
}

/** The accumulator after a turn: the other operands of the chain, one after the other. */
function accumulated(
  { edit }: FuncContext,
  acc: ValueId,
  call: ValueId,
  chain: readonly ValueId[],
  latch: BlockId,
): ValueId {
  let sum = acc;
  let before = call;
  for (const v of chain) {
    const { op, args, type, loc } = edit.inst(v);
    const other = (args[0] === before ? args[1] : args[0]) as ValueId;
    sum = edit.append(latch, makeInst(op, [sum, other], { type, loc }));
    before = v;
  }
  return sum;
}

/** Every return combines what it gave with what was accumulated. */
function combineReturns({ edit }: FuncContext, op: OpDef, acc: ValueId): void {
  for (const b of edit.order) {
    const term = edit.term(b);
    if (term.op.kind !== 'ret') continue;
    const value = edit.append(b, makeInst(op, [acc, term.args[0] as ValueId], { loc: term.loc }));
    edit.setTerm(b, withArgs(term, [value]));
  }
}
