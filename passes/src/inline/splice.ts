/**
 * The surgery of `inline`: one call becomes a copy of the callee's blocks between the two halves of its block.
 *
 *     ^b: ..., call, ...      =>      ^b: ..., zeros to slots, br ^entry'    ^entry' ... ^n'    ^rest: phi of returns, ...
 *
 * A callee's slots become slots of the caller. They are zero at each entry of the callee, so that where the call may
 * run more than once they are set to zero before it.
 */

import {
  type BlockId,
  blockOf,
  coreOp,
  type Editor,
  type Effect,
  type Func,
  filledInts,
  type Inst,
  instOf,
  loopForest,
  makeInst,
  none,
  type OpTable,
  orderOf,
  regionSet,
  type Type,
  termOf,
  type ValueId,
  withEdges,
} from '@sluice/ir';
import { clearSlots, zeroInst } from '../lib/zero-slots.ts';

const slotRegion = regionSet('slots');
const touchesSlots = ({ reads, writes }: Effect): boolean => ((reads | writes) & slotRegion) !== 0;
const br = coreOp('br');
const phi = coreOp('phi');

interface Copy {
  readonly edit: Editor;
  readonly ops: OpTable;
  readonly callee: Func;
  /** By the callee's ids: the caller's. */
  readonly values: Int32Array;
  readonly blocks: Int32Array;
  readonly firstSlot: number;
}

/** Replaces a call, which stands in its block since before any edit, by a copy of the callee. */
export function spliceCall(edit: Editor, call: ValueId, callee: Func, ops: OpTable): void {
  const inst = edit.inst(call);
  const before = edit.blockOf(call);
  const rest = edit.splitBlock(before, call, br);
  const copy = newCopy(edit, callee, ops);
  for (let i = 0; i < callee.params.length; i++) {
    copy.values[callee.params[i] as ValueId] = inst.args[i] as ValueId;
  }
  addBlocks(copy, before);
  copyBodies(copy);
  fillPhis(copy);
  // Slots of an activation are fresh: a block outside of loops runs once in it.
  if (callee.slots.length > 0 && loopForest(edit.base).loopOf(before) !== -1)
    clearSlots(edit, ops, before, callee.slots, copy.firstSlot);
  edit.setTerm(before, makeInst(br, none, { blocks: [blockIn(copy, callee.order[0] as BlockId)], loc: inst.loc }));
  joinReturns(copy, call, inst, rest);
}

function newCopy(edit: Editor, callee: Func, ops: OpTable): Copy {
  const firstSlot = edit.slots.length;
  for (const type of callee.slots) edit.addSlot(type);
  return {
    edit,
    ops,
    callee,
    values: filledInts(callee.insts.length, -1),
    blocks: filledInts(callee.blocks.length, -1),
    firstSlot,
  };
}

const valueIn = (copy: Copy, v: ValueId): ValueId => copy.values[v] as ValueId;
const blockIn = (copy: Copy, b: BlockId): BlockId => copy.blocks[b] as BlockId;

/** Blocks, their phis without inputs yet, and terminators without targets yet: they may define values. */
function addBlocks(copy: Copy, after: BlockId): void {
  const { edit, callee } = copy;
  let last = after;
  const { rpo } = orderOf(callee);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    const term = termOf(callee, b);
    last = edit.addBlock(makeInst(br, none, { loc: term.loc }), last);
    copy.blocks[b] = last;
    copy.values[callee.blocks[b]?.term as ValueId] = edit.termId(last);
    for (const v of callee.blocks[b]?.phis ?? none) {
      copy.values[v] = edit.addPhi(last, instOf(callee, v).type as Type, phi, none, none);
    }
  }
}

/** Bodies and terminators in reverse postorder, so that operands are there before what uses them. */
function copyBodies(copy: Copy): void {
  const { edit, callee, values } = copy;
  const { rpo } = orderOf(callee);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    const to = blockIn(copy, b);
    const { body } = blockOf(callee, b);
    for (let k = 0; k < body.length; k++) {
      const v = body[k] as ValueId;
      values[v] = edit.append(to, renamed(copy, instOf(callee, v)));
    }
    const term = termOf(callee, b);
    if (term.op.kind !== 'ret') edit.setTerm(to, renamed(copy, term));
  }
}

function idsIn<Id extends number>(map: Int32Array, ids: readonly Id[]): Id[] {
  const renamed = ids.slice();
  for (let i = 0; i < renamed.length; i++) renamed[i] = map[renamed[i] as number] as Id;
  return renamed;
}

function renamed(copy: Copy, inst: Inst): Inst {
  const { op, type, args, blocks, loc } = inst;
  const imm = op.imm === 'index' && touchesSlots(op.effect) ? (inst.imm as number) + copy.firstSlot : inst.imm;
  return {
    op,
    type,
    args: args.length === 0 ? none : idsIn(copy.values, args),
    imm,
    blocks: blocks.length === 0 ? none : idsIn(copy.blocks, blocks),
    loc,
  };
}

function fillPhis(copy: Copy): void {
  const { edit, callee } = copy;
  const { rpo } = orderOf(callee);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    for (const v of callee.blocks[b]?.phis ?? none) {
      const inst = instOf(callee, v);
      // Inputs from blocks that are not reached were not copied.
      const live = inst.blocks.map((_, i) => i).filter((i) => blockIn(copy, inst.blocks[i] as BlockId) >= 0);
      const args = live.map((i) => valueIn(copy, inst.args[i] as ValueId));
      const blocks = live.map((i) => blockIn(copy, inst.blocks[i] as BlockId));
      edit.setInst(valueIn(copy, v), withEdges(edit.inst(valueIn(copy, v)), args, blocks));
    }
  }
}

/** Leads every return to `rest`, and what the call gave to what is returned. */
function joinReturns(copy: Copy, call: ValueId, inst: Inst, rest: BlockId): void {
  const { edit, callee } = copy;
  const returns = [...orderOf(callee).rpo].filter((b) => termOf(callee, b).op.kind === 'ret');
  for (const b of returns) {
    edit.setTerm(blockIn(copy, b), makeInst(br, none, { blocks: [rest], loc: termOf(callee, b).loc }));
  }
  const results = callee.sig.results.map((type, k): ValueId => {
    const values = returns.map((b) => valueIn(copy, termOf(callee, b).args[k] as ValueId));
    if (values.length === 1) return values[0] as ValueId;
    // Never returns: the rest is not reached, and still has to be well formed.
    if (values.length === 0) return edit.prepend(rest, zeroInst(type));
    return edit.addPhi(
      rest,
      type,
      phi,
      returns.map((b) => blockIn(copy, b)),
      values,
    );
  });
  if (inst.type === 'tuple') {
    for (const user of edit.users(call)) edit.replaceWith(user, results[edit.inst(user).imm as number] as ValueId);
  } else if (results[0] !== undefined) {
    edit.replaceAllUses(call, results[0]);
  }
  edit.remove(call);
}
