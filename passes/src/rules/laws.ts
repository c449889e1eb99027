/**
 * Simplifications that the op table states itself: folding by `eval`, and the algebraic laws. An op that declares a law
 * gets them for free; no op is named here.
 *
 * Constants of a commutative op or of a comparison go to the right, so that every other rule looks for them there only.
 * Constants are compared with `sameValue`: the identity of a float addition is -0, and 0 is another value.
 */

import {
  evalOp,
  type Inst,
  lawConstant,
  makeInst,
  none,
  type OpDef,
  type OpTable,
  type ResultType,
  sameValue,
  Trap,
  type Type,
  type Value,
  withArgs,
} from '@sluice/ir';
import type { Reader, Replacement, Simplifier } from '@sluice/pipeline';

/** A constant that a law names. */
type Law = number | bigint;

const isUnary = (op: OpDef): boolean => op.sig.params.length === 1;
const isBinary = (op: OpDef): boolean => op.sig.params.length === 2;

/** Operand `i`, and whether it is this constant. */
const operand = (inst: Inst, i: number, read: Reader): Inst => read.inst(inst.args[i] as Inst['args'][number]);
const isLaw = (inst: Inst, k: Law): boolean =>
  inst.op.kind === 'const' && sameValue(inst.imm as Value, lawConstant(inst.type as Type, k));

/** The instruction of a constant; null for types that have no constants. */
function constantInst(ops: OpTable, type: ResultType, value: Value): Inst | null {
  const op = ops.get(`${type}.const`);
  return op === undefined ? null : makeInst(op, none, { imm: value });
}

function fold(inst: Inst, read: Reader): Replacement | null {
  for (let i = 0; i < inst.args.length; i++) if (operand(inst, i, read).op.kind !== 'const') return null;
  const args = inst.args.map((arg) => read.inst(arg));
  const result = evalOp(
    inst.op,
    inst.type,
    args.map(({ type }) => type),
    args.map(({ imm }) => imm as Value),
  );
  return result instanceof Trap ? null : constantInst(read.ops, inst.type, result);
}

function constantRight(inst: Inst, read: Reader): Replacement | null {
  if (operand(inst, 0, read).op.kind !== 'const' || operand(inst, 1, read).op.kind === 'const') return null;
  const { laws } = inst.op;
  const op = laws.commutative === true ? inst.op : read.ops.get(laws.swapped as string);
  const [a, b] = inst.args;
  if (op === undefined || a === undefined || b === undefined) return null;
  return { op, type: inst.type, args: [b, a], imm: inst.imm, blocks: inst.blocks, loc: inst.loc };
}

function associate(inst: Inst, read: Reader): Replacement | null {
  const outer = operand(inst, 1, read);
  const inner = operand(inst, 0, read);
  if (outer.op.kind !== 'const' || inner.op !== inst.op) return null;
  const middle = operand(inner, 1, read);
  if (middle.op.kind !== 'const') return null;
  const joined = evalOp(inst.op, inst.type, [middle.type, outer.type], [middle.imm as Value, outer.imm as Value]);
  if (joined instanceof Trap) return null;
  const x = inner.args[0] as Inst['args'][number];
  return (b) => withArgs(inst, [x, b.constant(outer.type as Type, joined)]);
}

/** The laws as simplifiers, in the order in which they are tried. */
export const laws: readonly Simplifier[] = [
  {
    name: 'fold-constants',
    accepts: (op) => {
      if (op.eval === null || op.kind !== 'value' || op.sig.params.length === 0 || op.sig.result === 'void')
        return null;
      return isUnary(op) ? { left: 'constant' } : { left: 'constant', right: 'constant' };
    },
    apply: fold,
  },
  {
    name: 'constant-right',
    accepts: (op) =>
      isBinary(op) && (op.laws.commutative === true || op.laws.swapped !== undefined) ? { left: 'constant' } : null,
    apply: constantRight,
  },
  {
    name: 'right-identity',
    accepts: ({ laws: { rightIdentity } }) => (rightIdentity === undefined ? null : { right: 'constant' }),
    apply: (inst, read) =>
      isLaw(operand(inst, 1, read), inst.op.laws.rightIdentity as Law) ? (inst.args[0] ?? null) : null,
  },
  {
    name: 'left-identity',
    accepts: ({ laws: { leftIdentity } }) => (leftIdentity === undefined ? null : { left: 'constant' }),
    apply: (inst, read) =>
      isLaw(operand(inst, 0, read), inst.op.laws.leftIdentity as Law) ? (inst.args[1] ?? null) : null,
  },
  {
    name: 'right-zero',
    accepts: ({ laws: { rightZero } }) => (rightZero === undefined ? null : { right: 'constant' }),
    apply: (inst, read) =>
      isLaw(operand(inst, 1, read), inst.op.laws.rightZero as Law) ? (inst.args[1] ?? null) : null,
  },
  {
    name: 'same-operands',
    accepts: ({ laws: { selfGives } }) => (selfGives === undefined ? null : { same: true }),
    apply: (inst, read) =>
      inst.args[0] === inst.args[1]
        ? constantInst(read.ops, inst.type, lawConstant(inst.type as Type, inst.op.laws.selfGives as Law))
        : null,
  },
  {
    name: 'idempotent',
    accepts: (op) => {
      if (op.laws.idempotent !== true || !(isBinary(op) || isUnary(op))) return null;
      return isBinary(op) ? { same: true } : { left: op };
    },
    apply: (inst, read) => {
      const repeats = isBinary(inst.op) ? inst.args[0] === inst.args[1] : operand(inst, 0, read).op === inst.op;
      return repeats ? (inst.args[0] ?? null) : null;
    },
  },
  {
    name: 'involution',
    accepts: (op) => (op.laws.involution === true ? { left: op } : null),
    apply: (inst, read) => {
      const inner = operand(inst, 0, read);
      return inner.op === inst.op ? (inner.args[0] ?? null) : null;
    },
  },
  {
    name: 'associate-constants',
    accepts: (op) =>
      op.laws.associative === true && op.laws.commutative === true && op.eval !== null
        ? { left: op, right: 'constant' }
        : null,
    apply: associate,
  },
];
