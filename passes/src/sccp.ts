/**
 * Finds values that are the same constant on every path that can be taken, and branches that can go one way only;
 * both at once, so that a branch which is never taken can't spoil the constant that decides it.
 *
 *     ^0: %1 = i32.const 1             unknown        not executed so far
 *         br_if %1, ^2, ^1                |
 *     ^1: br ^2                       constants       ... -1   0   1 ...
 *     ^2: %3 = phi [^0: %1], ...          |
 *         ret %3       =>  ret 1        varies
 *
 * Paper:   Mark Wegman, Kenneth Zadeck, Constant Propagation with Conditional Branches, TOPLAS 1991.
 * Differs: blocks are first visited in reverse postorder, so that each definition is seen before its uses and users are
 *          only looked up for values that fall from a constant to `varies` later. An instruction that always traps ends
 *          its block: what comes after it is not executed. A law `a . k = k` decides with one operand known.
 * Phases:  `propagate` finds levels, edges and traps; `replace` turns values into constants where they stand, folds
 *          terminators and cuts blocks; `removeUnreachable` takes out what is left without a path.
 * Keeps:   the op that traps is not folded away: the block ends with a trap of its kind instead.
 * Cost:    linear in instructions and operands; a value is looked at again at most twice for each operand.
 * Not done: what a branch says about its condition and operands on either side; see jump-thread and value-range.
 */

import {
  type BlockId,
  evalOp,
  type Func,
  type Inst,
  lawConstant,
  orderOf,
  type ResultType,
  sameValue,
  scratchInts,
  Trap,
  type TrapKind,
  type Type,
  usesOf,
  type Value,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { constantOf, constantTypes, jumpTo, opOfKind, trapOf } from './lib/structural.ts';
import { removeUnreachable } from './lib/unreachable.ts';

const UNKNOWN = 0;
const CONSTANT = 1;
const VARIES = 2;

// What leaves a block, in `takes`: nothing so far, every target, or (from 0 up) one target alone.
const NOTHING = -2;
const ALL = -1;

export default definePass({
  name: 'sccp',
  summary: 'propagate constants along the paths that can be taken',
  paper: 'Wegman, Zadeck, Constant Propagation with Conditional Branches, TOPLAS 1991',
  scope: 'func',
  idempotent: true,
  run(f, cx) {
    const s = propagate(f, cx);
    const reached = cx.get(orderOf).rpo.length;
    if (s.constants === 0 && s.decided === 0 && trapCount(s) === 0 && reached === f.order.length) return;
    replace(s, cx);
    if (s.decided > 0 || trapCount(s) > 0 || reached < f.order.length) removeUnreachable(cx);
  },
});

/** The number of blocks that always trap. */
function trapCount({ traps }: State): number {
  return traps === null ? 0 : traps.size;
}

interface State {
  readonly f: Func;
  readonly cx: FuncContext;
  readonly types: ReadonlySet<ResultType>;
  /** By value: UNKNOWN, CONSTANT or VARIES; it only ever rises. */
  readonly level: Int32Array;
  /** By value: the constant where the level says so. */
  readonly constant: Value[];
  /** By block: where execution goes on. */
  readonly takes: Int32Array;
  /** By block: whether its body has been looked at. */
  readonly visited: Int32Array;
  /** By block: whether it waits in `blocks`. */
  readonly waiting: Int32Array;
  readonly blocks: BlockId[];
  /** Values to be looked at again. */
  readonly values: ValueId[];
  /** Blocks that always trap: at which instruction, and how. */
  traps: Map<BlockId, { readonly at: ValueId; readonly kind: TrapKind }> | null;
  /** By value: its block plus one, once it was looked at. */
  readonly home: Int32Array;
  /** Values that were constant at some time, constants by definition aside. */
  readonly candidates: ValueId[];
  /** Values, constants by definition aside, that are constant now; terminators that go one way. */
  constants: number;
  decided: number;
}

const levelOf = scratchInts();
const takesOf = scratchInts();
const visitedOf = scratchInts();
const waitingOf = scratchInts();
const homeOf = scratchInts();

function propagate(f: Func, cx: FuncContext): State {
  const { rpo } = cx.get(orderOf);
  const values = f.insts.length;
  const blocks = f.blocks.length;
  const s: State = {
    f,
    cx,
    types: constantTypes(cx.ops),
    level: levelOf(values).fill(UNKNOWN, 0, values),
    constant: new Array<Value>(values),
    takes: takesOf(blocks).fill(NOTHING, 0, blocks),
    visited: visitedOf(blocks).fill(0, 0, blocks),
    waiting: waitingOf(blocks).fill(0, 0, blocks),
    blocks: [],
    values: [],
    traps: null,
    home: homeOf(values).fill(0, 0, values),
    candidates: [],
    constants: 0,
    decided: 0,
  };
  for (const v of f.params) s.level[v] = VARIES;
  s.waiting[rpo[0] as number] = 1;
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    if (s.waiting[b] === 1) visitBlock(s, b);
    drain(s);
  }
  // What is left came over back-edges. It ends: edges are only added and levels only rise.
  for (let at = 0; at < s.blocks.length; at++) {
    const b = s.blocks[at] as BlockId;
    if (s.waiting[b] === 1) visitBlock(s, b);
    drain(s);
  }
  return s;
}

function drain(s: State): void {
  for (let v = s.values.pop(); v !== undefined; v = s.values.pop()) visitAgain(s, v);
}

/** A block that has got a new edge, or goes on behind an instruction that always trapped. */
function visitBlock(s: State, b: BlockId): void {
  const { f } = s;
  s.waiting[b] = 0;
  const block = f.blocks[b];
  if (block === undefined) return;
  const { phis } = block;
  for (let i = 0; i < phis.length; i++) {
    const v = phis[i] as ValueId;
    s.home[v] = b + 1;
    visitPhi(s, v, b);
  }
  if (s.visited[b] === 1 && s.takes[b] !== NOTHING) return;
  s.visited[b] = 1;
  s.traps?.delete(b);
  const { body } = block;
  for (let i = 0; i < body.length; i++) {
    const v = body[i] as ValueId;
    s.home[v] = b + 1;
    if (!visitValue(s, v, f.insts[v] as Inst, b)) return;
  }
  s.home[block.term] = b + 1;
  visitTerm(s, b, block.term);
}

function visitAgain(s: State, v: ValueId): void {
  const { f } = s;
  const b = ((s.home[v] as number) - 1) as BlockId;
  if (b < 0) return;
  const inst = f.insts[v] as Inst;
  const trapped = s.traps?.get(b);
  if (inst.op.kind === 'phi') visitPhi(s, v, b);
  else if (inst.op.effect.control) {
    if (trapped === undefined) visitTerm(s, b, v);
  } else if (trapped === undefined) visitValue(s, v, inst, b);
  // Whether the block goes on depends on an instruction of it: look at all of them again.
  else visitBlock(s, b);
}

function visitPhi(s: State, v: ValueId, b: BlockId): void {
  const { level, constant, takes } = s;
  if (level[v] === VARIES) return;
  const { args, blocks, type } = s.f.insts[v] as Inst;
  let found = false;
  let value: Value;
  for (let i = 0; i < args.length; i++) {
    const way = takes[blocks[i] as number] as number;
    if (way !== ALL && way !== b) continue;
    const arg = args[i] as number;
    if (level[arg] === UNKNOWN) continue;
    if (level[arg] === VARIES || (found && !sameValue(value, constant[arg]))) return rise(s, v, VARIES, undefined);
    value = constant[arg];
    found = true;
  }
  if (!found) return;
  if (!s.types.has(type)) rise(s, v, VARIES, undefined);
  else rise(s, v, CONSTANT, value);
}

/** Gives an instruction of a body its level; false when it always traps. */
function visitValue(s: State, v: ValueId, inst: Inst, b: BlockId): boolean {
  const { level, constant } = s;
  const { op, args } = inst;
  if (op.kind === 'const') {
    level[v] = CONSTANT;
    constant[v] = inst.imm as Value;
    return true;
  }
  if (level[v] === VARIES) return true;
  if (op.eval === null) {
    level[v] = VARIES;
    return true;
  }
  for (let i = 0; i < args.length; i++) {
    if (level[args[i] as number] === CONSTANT) continue;
    const decided = decidedByLaw(s, inst);
    rise(s, v, decided === undefined ? VARIES : CONSTANT, decided);
    return true;
  }
  return fold(s, v, inst, b);
}

/** All operands are constants. */
function fold(s: State, v: ValueId, inst: Inst, b: BlockId): boolean {
  const { op, args, type } = inst;
  if (!s.types.has(type)) {
    rise(s, v, VARIES, undefined);
    return true;
  }
  const types = new Array<ResultType>(args.length);
  const values = new Array<Value>(args.length);
  for (let i = 0; i < args.length; i++) {
    types[i] = (s.f.insts[args[i] as ValueId] as Inst).type;
    values[i] = s.constant[args[i] as ValueId];
  }
  const result = evalOp(op, type, types, values);
  if (!(result instanceof Trap)) {
    rise(s, v, CONSTANT, result);
    return true;
  }
  s.traps ??= new Map();
  s.traps.set(b, { at: v, kind: result.kind });
  return false;
}

/** `a . k = k`, whatever `a` is; undefined when no law says so. */
function decidedByLaw(s: State, inst: Inst): Value | undefined {
  const { laws, effect } = inst.op;
  if (laws.rightZero === undefined || effect.traps.length > 0) return undefined;
  const zero = lawConstant(inst.type as Type, laws.rightZero);
  const [left, right] = inst.args;
  const is = (arg: ValueId | undefined): boolean =>
    arg !== undefined && s.level[arg] === CONSTANT && sameValue(s.constant[arg], zero);
  return is(right) || (laws.commutative === true && is(left)) ? zero : undefined;
}

function visitTerm(s: State, b: BlockId, v: ValueId): void {
  const { op, args, blocks, imm } = s.f.insts[v] as Inst;
  const before = s.takes[b] as number;
  s.level[v] = VARIES;
  let way = ALL;
  const on = args.length > 0 ? (args[0] as ValueId) : undefined;
  if (on !== undefined && s.level[on] === CONSTANT) {
    const value = s.constant[on];
    if (op.kind === 'br_if') way = blocks[value !== 0 ? 0 : 1] as number;
    else if (op.kind === 'switch') {
      const at = (imm as readonly number[]).indexOf(value as number);
      way = (at >= 0 ? blocks[at] : blocks.at(-1)) as number;
    }
  }
  if (way === before) return;
  if (before >= 0) s.decided--;
  if (way >= 0) s.decided++;
  s.takes[b] = way;
  for (let i = 0; i < blocks.length; i++) {
    const target = blocks[i] as BlockId;
    if (way !== ALL && target !== way) continue;
    if (s.waiting[target] === 1) continue;
    s.waiting[target] = 1;
    // The sweep comes by those that were never visited, unless it has passed them.
    s.blocks.push(target);
  }
}

function rise(s: State, v: ValueId, to: number, value: Value): void {
  const from = s.level[v] as number;
  if (from === VARIES || (from === CONSTANT && to === CONSTANT && sameValue(s.constant[v], value))) return;
  if (from === CONSTANT) s.constants--;
  // An instruction that gave another constant before varies: levels must not go round in circles.
  const next = from === CONSTANT ? VARIES : to;
  if (next === CONSTANT) {
    s.constants++;
    s.candidates.push(v);
  }
  s.level[v] = next;
  s.constant[v] = value;
  if (from === UNKNOWN) return;
  const { start, items } = s.cx.get(usesOf);
  for (let i = start[v] as number; i < (start[v + 1] as number); i++) s.values.push(items[i] as ValueId);
}

function replace(s: State, cx: FuncContext): void {
  const { f, level } = s;
  if (s.constants > 0) {
    for (const v of s.candidates) if (level[v] === CONSTANT && !replaceValue(s, cx, v)) return;
  }
  if (s.decided === 0 && trapCount(s) === 0) return;
  for (const b of f.order) {
    const block = f.blocks[b];
    if (block === undefined || s.visited[b] === 0) continue;
    const trapped = s.traps?.get(b);
    if (trapped !== undefined) {
      if (!cx.rewrite('ended a block where it always traps', trapped.at)) return;
      cx.edit.splitBlock(b, trapped.at, opOfKind(cx.ops, 'br'));
      cx.edit.setTerm(b, trapOf(cx.ops, trapped.kind, f.insts[trapped.at]));
    } else if ((s.takes[b] as number) >= 0) {
      if (!cx.rewrite('folded a branch', block.term)) return;
      cx.edit.setTerm(b, jumpTo(cx.ops, s.takes[b] as BlockId, f.insts[block.term]));
    }
  }
}

function replaceValue(s: State, cx: FuncContext, v: ValueId): boolean {
  if (!cx.rewrite('folded to a constant', v)) return false;
  const inst = s.f.insts[v] as Inst;
  const constant = constantOf(cx.ops, inst.type, s.constant[v], inst);
  if (inst.op.kind !== 'phi') cx.edit.setInst(v, constant);
  else cx.edit.replaceWith(v, cx.edit.prepend(((s.home[v] as number) - 1) as BlockId, constant));
  return true;
}
