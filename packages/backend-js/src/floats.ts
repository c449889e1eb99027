/**
 * Which f32 and f64 values must keep the bits of a NaN (SPEC.md §3): those that may be a NaN which was made elsewhere, and
 * whose bits something may look at. All others are plain numbers, whatever becomes of their NaNs.
 *
 *     %a = f64.load %p          exotic: any bits          =>  exact: `%a` is a number, or the bits of a NaN as a BigInt
 *     %b = f64.neg %a           moves bits
 *     f64.store %q, %b          looks at them
 *     %c = f64.add %a, %a       arithmetic: no more bits  =>  plain
 *
 * Paper:   folklore: a forward and a backward reachability over the moves of a function.
 * Cost:    linear.
 * Not done: across calls: parameters and results count as seen and as exotic, so that the function stands alone.
 */

import { type Func, type Inst, instOf, type OpDef, usesOf, type ValueId } from '@sluice/ir';
import { plainForms } from './forms.ts';

/** By `ValueId`: 1 where an f32 or f64 must keep its bits. */
export function exactFloats(f: Func, webOf: Int32Array): Uint8Array {
  const exotic = new Uint8Array(f.insts.length);
  const seen = new Uint8Array(f.insts.length);
  const uses = usesOf(f);
  const forward: ValueId[] = [];
  const backward: ValueId[] = [];
  const markExotic = (v: ValueId): void => {
    if (exotic[v] === 1) return;
    exotic[v] = 1;
    forward.push(v);
  };
  const markSeen = (v: ValueId): void => {
    if (seen[v] === 1 || !isFloat(f, v)) return;
    seen[v] = 1;
    backward.push(v);
  };
  f.insts.forEach((inst, v) => {
    if (inst === undefined) return;
    if (isFloat(f, v as ValueId) && makesBits(inst)) markExotic(v as ValueId);
    if (seesBits(inst)) inst.args.forEach(markSeen);
  });
  for (let v = forward.pop(); v !== undefined; v = forward.pop()) {
    for (const user of uses.of(v)) if (movesBits(instOf(f, user).op) && isFloat(f, user)) markExotic(user);
  }
  for (let v = backward.pop(); v !== undefined; v = backward.pop()) {
    const inst = instOf(f, v);
    if (movesBits(inst.op)) inst.args.forEach(markSeen);
  }
  // What shares a variable shares its form.
  const exactWebs = new Uint8Array(f.insts.length);
  const exact = exotic.map((is, v) => is & (seen[v] as number));
  exact.forEach((is, v) => {
    if (is === 1 && (webOf[v] as number) >= 0) exactWebs[webOf[v] as number] = 1;
  });
  return exact.map((is, v) => ((webOf[v] as number) >= 0 ? (exactWebs[webOf[v] as number] as number) : is));
}

function isFloat(f: Func, v: ValueId): boolean {
  const type = f.insts[v]?.type;
  return type === 'f32' || type === 'f64';
}

/** Whether the op gives an operand on as it is, or all but its sign. A `T` may be a reference: there is no other way. */
export function movesBits(op: OpDef): boolean {
  return op.kind === 'phi' || (op.bits && op.sig.result === 'T') || plainForms[op.name] !== undefined;
}

/** Whether an op computes with plain numbers and gives one. */
function isArithmetic(op: OpDef): boolean {
  return op.kind === 'value' && !op.bits && op.run === null && (op.eval !== null || op.js !== null);
}

/** Whether the float that an instruction defines may be a NaN with bits of its own. */
function makesBits({ op, imm }: Inst): boolean {
  if (op.kind === 'const') return typeof imm === 'bigint' || Number.isNaN(imm);
  return !movesBits(op) && !isArithmetic(op);
}

/** Whether an instruction shows the bits of its operands. */
function seesBits({ op }: Inst): boolean {
  return !movesBits(op) && !isArithmetic(op);
}
