/**
 * One function for `lower-invoke`: calls give a flag that is looked at, an `invoke` becomes a branch on it, and what throws
 * or finds a flag goes to the one block through which an exception leaves the function.
 *
 *     ^b: ..., %1 = call i32 @g(%0), ...        ^b:    ..., %2 = call tuple @g.flagged(%0)
 *                                                      %1 = result i32 %2 #0
 *                                         =>           %3 = result i32 %2 #1
 *                                                      br_if %3, ^leave, ^rest
 *                                               ^rest: ...
 *
 * All calls share that block, so that each costs three instructions and no more; it has no phis, so that blocks on the
 * edges to it stay empty and are jumped through at emission.
 */

import {
  type BlockId,
  callSites,
  coreOp,
  Editor,
  type Func,
  type Inst,
  instOf,
  makeInst,
  none,
  type OpTable,
  orderOf,
  type Signature,
  type Type,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import type { ModuleContext } from '@sluice/pipeline';
import { type Flags, isThrow, withFlag } from './flags.ts';
import { zeroInst } from './zero.ts';

const br = coreOp('br');
const brIf = coreOp('br_if');
const call = coreOp('call');
const project = coreOp('result');

/** A function that changes. */
interface Lowering {
  readonly edit: Editor;
  readonly flags: Flags;
  readonly ops: OpTable;
  /** The results of the function where it gets a flag; null where it traps. */
  readonly results: readonly Type[] | null;
  /** Where an exception leaves; made when first needed. */
  leave: BlockId | null;
}

/** The function without `invoke`, under the old name; the same object where nothing in it changes. */
export function lowerBody(f: Func, flags: Flags, { ops }: Pick<ModuleContext, 'ops'>): Func {
  const moves = flags.moved.has(f.name);
  if (!moves && !asksForFlags(f, flags)) return f;
  const edit = new Editor(f);
  const x: Lowering = { edit, flags, ops, results: moves ? f.sig.results : null, leave: null };
  const order = orderOf(f);
  // They may call what is gone, and nobody lowers them.
  if (order.rpo.length < f.order.length) for (const b of f.order) if (!order.reaches(b)) edit.removeBlock(b);
  for (const b of order.rpo) {
    lowerTerm(x, b);
    const body = f.blocks[b]?.body ?? none;
    // From the last to the first: a split costs what follows it.
    for (let i = body.length - 1; i >= 0; i--) {
      const v = body[i] as ValueId;
      if (givesFlag(instOf(f, v), flags)) lowerCall(x, b, v);
    }
  }
  for (const v of callSites(f).references) {
    if (!edit.has(v)) continue;
    const inst = edit.inst(v);
    const name = flags.versionOf(String(inst.imm));
    if (name !== inst.imm) edit.setInst(v, { ...inst, imm: name });
  }
  return edit.finish();
}

function asksForFlags(f: Func, flags: Flags): boolean {
  const { direct, indirect, references } = callSites(f);
  const asks = (v: ValueId): boolean => instOf(f, v).op.kind === 'invoke' || givesFlag(instOf(f, v), flags);
  const names = (v: ValueId): boolean => flags.versionOf(String(instOf(f, v).imm)) !== instOf(f, v).imm;
  return direct.some(asks) || indirect.some(asks) || references.some(names);
}

/** Whether an instruction calls what returns a flag from now on. */
function givesFlag({ op, imm }: Inst, flags: Flags): boolean {
  if (op.kind !== 'call' && op.kind !== 'invoke') return false;
  return op.imm === 'sig' ? flags.hasSignature(imm as Signature) : flags.moved.has(String(imm));
}

function lowerTerm(x: Lowering, b: BlockId): void {
  const { edit, ops, results } = x;
  const term = edit.term(b);
  if (term.op.kind === 'invoke') {
    lowerInvoke(x, b, term);
  } else if (results !== null && term.op.kind === 'ret') {
    const flag = edit.append(b, zeroInst('i32', ops));
    edit.setTerm(b, withArgs(term, [...term.args, flag]));
  } else if (results !== null && isThrow(term)) {
    edit.setTerm(b, makeInst(br, none, { blocks: [leaveOf(x)], loc: term.loc }));
  }
}

function lowerInvoke(x: Lowering, b: BlockId, invoke: Inst): void {
  const { edit, flags } = x;
  const { args, imm, type, loc, blocks } = invoke;
  const [normal, caught] = blocks as readonly [BlockId, BlockId];
  const v = edit.termId(b);
  let next = makeInst(br, none, { blocks: [normal], loc });
  if (givesFlag(invoke, flags)) {
    const { value, flag } = flaggedCall(x, b, invoke);
    edit.replaceAllUses(v, value);
    if (caught !== normal) next = makeInst(brIf, [flag], { blocks: [caught, normal], loc });
  } else {
    edit.replaceAllUses(v, edit.append(b, makeInst(call, args, { imm, type, loc })));
  }
  edit.setTerm(b, next);
}

function lowerCall(x: Lowering, b: BlockId, v: ValueId): void {
  const { edit } = x;
  const inst = edit.inst(v);
  const rest = edit.splitBlock(b, v, br);
  const { value, flag } = flaggedCall(x, b, inst);
  edit.setTerm(b, makeInst(brIf, [flag], { blocks: [leaveOf(x), rest], loc: inst.loc }));
  edit.replaceWith(v, value);
}

/** A call that gives a flag, at the end of a block: its flag, and what stands for the value, if any, that it defined before. */
function flaggedCall(
  { edit, flags }: Lowering,
  b: BlockId,
  { op, args, imm, type, loc }: Inst,
): { readonly value: ValueId; readonly flag: ValueId } {
  const results = op.imm === 'sig' ? (imm as Signature).results : (flags.moved.get(String(imm))?.results ?? none);
  const callee = op.imm === 'sig' ? withFlag(imm as Signature) : flags.versions.get(String(imm));
  const made = makeInst(op.kind === 'invoke' ? call : op, args, {
    imm: callee,
    type: results.length === 0 ? 'i32' : 'tuple',
    loc,
  });
  const all = edit.append(b, made);
  if (results.length === 0) return { value: all, flag: all };
  const value = type === 'tuple' ? all : edit.append(b, makeInst(project, [all], { imm: 0, type, loc }));
  return { value, flag: edit.append(b, makeInst(project, [all], { imm: results.length, type: 'i32', loc })) };
}

function leaveOf(x: Lowering): BlockId {
  if (x.leave === null) {
    const { edit, ops, results } = x;
    const trap = coreOp('trap');
    const leave = edit.addBlock(makeInst(trap, none, { imm: 'throw' }));
    if (results !== null) {
      const zeros = results.map((type) => edit.append(leave, zeroInst(type, ops)));
      const flag = edit.append(leave, zeroInst('i32', ops, 1));
      edit.setTerm(leave, makeInst(coreOp('ret'), [...zeros, flag]));
    }
    x.leave = leave;
  }
  return x.leave;
}
