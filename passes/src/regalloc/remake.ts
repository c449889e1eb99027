/** Which spilled values are made anew at each use, and which instructions read slots themselves. */

import { type Func, type Inst, instOf, isPure, usesOf, type ValueId } from '@sluice/ir';
import type { Nodes } from './nodes.ts';

/** Whether an instruction reads operands straight from slots: calls, returns, invokes. They may have any number of them. */
export function readsSlots(inst: Inst): boolean {
  const { kind } = inst.op;
  return kind === 'call' || kind === 'ret' || kind === 'invoke';
}

/** Whether an instruction gives the same wherever it stands: a constant, or a pure op without operands. */
export function isConstant({ op }: Inst): boolean {
  return op.kind === 'const' || (op.kind === 'value' && op.sig.params.length === 0 && isPure(op.effect));
}

/**
 * Whether a value can be made anew where it is needed: a constant outside of phi webs. Not one that a call or return
 * takes: those read slots, while a constant made anew needs a register, of which there may be fewer than arguments.
 */
export function canRemake(f: Func, nodes: Nodes, v: ValueId): boolean {
  if (!isConstant(instOf(f, v)) || nodes.joint[nodes.of[v] as number] === 1) return false;
  for (const user of usesOf(f).of(v)) if (readsSlots(instOf(f, user))) return false;
  return true;
}
