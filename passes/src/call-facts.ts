/**
 * Uses what is known of called functions where control depends on it: nothing follows a call that never returns, and what
 * never throws needs no handler.
 *
 *     ^0: %1 = call i32 @fail(%0)            ^0: %1 = call i32 @fail(%0)
 *         %2 = i32.add %1, %0          =>        trap unreachable
 *         ret %2
 *
 *     ^0: %1 = invoke i32 @add(%0), ^1, ^2   ^0: %1 = call i32 @add(%0)
 *                                      =>        br ^1
 *
 * Paper:   folklore; what functions do is found as in lib/summaries.ts.
 * Legal:   the trap is never reached; a call in place of an invoke passes the same other traps through.
 * Cost:    one look at the calls of a function, which the call graph remembers.
 * Not done: the first target of an invoke whose function never returns: an invoke has two.
 */

import { type BlockId, callSites, coreOp, type Inst, type Module, makeInst, type ValueId } from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { jumpTo, trapOf } from './lib/structural.ts';
import { effectOf, neverReturns } from './lib/summaries.ts';
import { removeUnreachable } from './lib/unreachable.ts';

const br = coreOp('br');

export default definePass({
  name: 'call-facts',
  summary: 'end blocks at calls that never return; make calls of invokes that never throw',
  paper: 'folklore',
  scope: 'func',
  before: [{ pass: 'simplify-cfg', why: 'blocks that nothing leads to any more, and jumps, are left' }],
  run(f, cx) {
    const { direct } = callSites(f);
    let cut = false;
    for (let i = 0; i < direct.length; i++) {
      const v = direct[i] as ValueId;
      const inst = f.insts[v] as Inst;
      if (inst.op.kind === 'invoke') cut = withoutHandler(cx, v, inst) || cut;
      else if (neverReturns(cx.module, inst)) cut = endAfter(cx, v) || cut;
    }
    if (cut) removeUnreachable(cx);
  },
});

function mayThrow(m: Module, inst: Inst): boolean {
  return effectOf(m, inst).traps.includes('throw');
}

/** A call and a jump in place of an invoke. */
function withoutHandler(cx: FuncContext, v: ValueId, inst: Inst): boolean {
  const { edit, ops } = cx;
  if (mayThrow(cx.module, inst)) {
    cx.declined('it may throw', v);
    return false;
  }
  if (!cx.rewrite('an invoke that never throws', v)) return false;
  const b = edit.blockOf(v);
  const now = edit.inst(v);
  const call = edit.append(b, makeInst(coreOp('call'), now.args, { imm: now.imm, type: now.type, loc: now.loc }));
  if (now.type !== 'void') edit.replaceAllUses(v, call);
  const returns = !neverReturns(cx.module, inst);
  edit.setTerm(b, returns ? jumpTo(ops, now.blocks[0] as BlockId, now) : trapOf(ops, 'unreachable', now));
  return true;
}

/** Ends a block with a trap after one of its instructions. */
function endAfter(cx: FuncContext, v: ValueId): boolean {
  const { edit, ops } = cx;
  const b = edit.blockOf(v);
  const body = edit.body(b);
  const next = body[body.indexOf(v) + 1] ?? edit.termId(b);
  if (next === edit.termId(b) && edit.inst(next).op.kind === 'trap') return false;
  if (!cx.rewrite('nothing follows a call that never returns', v)) return false;
  const rest = edit.splitBlock(b, next, br);
  edit.setTerm(b, trapOf(ops, 'unreachable', edit.term(rest)));
  return true;
}
