/**
 * Rules of conditions: what a branch tests is only whether a value is zero, so that less may be computed than a proper
 * 0 or 1. Each looks through one instruction.
 */

import { coreOp, type Inst, type OpDef, type Value, type ValueId } from '@sluice/ir';
import type { Reader } from '@sluice/pipeline';

/** Another value that is zero in the same cases, or (`negated`) in the opposite ones. */
export interface Condition {
  readonly rule: string;
  readonly value: ValueId;
  readonly negated: boolean;
}

const eqz: OpDef = coreOp('i32.eqz');
const ne: OpDef = coreOp('i32.ne');
const select: OpDef = coreOp('select');

/** What to test in place of the value that this instruction gives; null: the value itself. */
export function simplerCondition(inst: Inst, read: Reader): Condition | null {
  const { op } = inst;
  if (op !== eqz && op !== ne && op !== select) return null;
  const [a, b, c] = inst.args as readonly [ValueId, ValueId, ValueId];
  if (op === eqz) return { rule: 'branch-on-not', value: a, negated: true };
  const right = read.inst(b);
  if (op === ne) return isZero(right) ? { rule: 'branch-on-not-zero', value: a, negated: false } : null;
  const left = read.inst(a);
  if (left.op.kind !== 'const' || right.op.kind !== 'const' || isZero(left) === isZero(right)) return null;
  return { rule: 'branch-on-select', value: c, negated: isZero(left) };
}

function isZero({ op, imm }: Inst): boolean {
  return op.kind === 'const' && (imm as Value) === 0;
}
