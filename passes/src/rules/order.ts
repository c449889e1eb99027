/** Signed comparisons of i64 as facts, and sums with constants: what a proof that an index is within bounds asks of ops. */

import { coreOp, type OpDef, type ValueId } from '@sluice/ir';
import type { Reader } from '@sluice/pipeline';

/** `left` is less than `right` plus this: 0 for "less", 1 for "at most". */
export interface Less {
  readonly left: ValueId;
  readonly right: ValueId;
  readonly slack: 0 | 1;
}

interface Form {
  readonly swap: boolean;
  readonly slack: 0 | 1;
}

const forms: ReadonlyMap<OpDef, Form> = new Map([
  [coreOp('i64.lt_s'), { swap: false, slack: 0 }],
  [coreOp('i64.le_s'), { swap: false, slack: 1 }],
  [coreOp('i64.gt_s'), { swap: true, slack: 0 }],
  [coreOp('i64.ge_s'), { swap: true, slack: 1 }],
] as const);
const add = coreOp('i64.add');

/** What a condition says when it holds, or (`holds` false) when it does not. */
export function lessOf(condition: ValueId, holds: boolean, read: Reader): Less | null {
  const { op, args } = read.inst(condition);
  const form = forms.get(op);
  if (form === undefined) return null;
  const [a, b] = args as readonly [ValueId, ValueId];
  const [left, right] = form.swap ? [b, a] : [a, b];
  // Not `left < right` is `right <= left`.
  return holds ? { left, right, slack: form.slack } : { left: right, right: left, slack: form.slack === 0 ? 1 : 0 };
}

/** A value as a sum of another one and a constant, if it is one: the sum wraps. */
export function sumOf(v: ValueId, read: Reader): { readonly of: ValueId; readonly plus: bigint } | null {
  const { op, args } = read.inst(v);
  if (op !== add) return null;
  const plus = constantOf64(args[1] as ValueId, read);
  return plus === null ? null : { of: args[0] as ValueId, plus };
}

/** The value of an i64 constant. */
export function constantOf64(v: ValueId, read: Reader): bigint | null {
  const { op, imm, type } = read.inst(v);
  return op.kind === 'const' && type === 'i64' ? (imm as bigint) : null;
}
