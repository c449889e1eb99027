/** The laws that ops state in the op table as instances, by the name of the simplifier that uses them. */

import { coreOp, coreTable, lawConstant, type OpDef, type Type } from '@sluice/ir';
import type { Instance, Term } from './terms.ts';

type Made = Instance | null;

const open = (name: string, type: Type): Term => ({ kind: 'open', name, type });
const constant = (type: Type, k: number | bigint | undefined): Term | null =>
  k === undefined ? null : { kind: 'constant', value: lawConstant(type, k), type };
const apply = (op: OpDef, ...args: readonly Term[]): Term => ({ kind: 'op', op, args, type: resultOf(op) });
const resultOf = (op: OpDef): Type => (op.sig.result === 'T' || op.sig.result === 'void' ? 'i32' : op.sig.result);
const typeOf = (op: OpDef, i: number): Type => (op.sig.params[i] === 'T' ? 'i32' : (op.sig.params[i] as Type));
const equal = (left: Term, right: Term | null): Made => (right === null ? null : { left, right });

const laws: Readonly<Record<string, (op: OpDef) => Made>> = {
  'constant-right': (op) => {
    const swapped = op.laws.commutative === true ? op : coreTable.get(op.laws.swapped ?? '');
    if (swapped === undefined || op.sig.params.length !== 2) return null;
    const [x, y] = [open('x', typeOf(op, 0)), open('y', typeOf(op, 1))];
    return equal(apply(op, x, y), apply(swapped, y, x));
  },
  'right-identity': (op) => {
    const k = constant(typeOf(op, 1), op.laws.rightIdentity);
    const x = open('x', typeOf(op, 0));
    return k === null ? null : equal(apply(op, x, k), x);
  },
  'left-identity': (op) => {
    const k = constant(typeOf(op, 0), op.laws.leftIdentity);
    const x = open('x', typeOf(op, 1));
    return k === null ? null : equal(apply(op, k, x), x);
  },
  'right-zero': (op) => {
    const k = constant(typeOf(op, 1), op.laws.rightZero);
    return k === null ? null : equal(apply(op, open('x', typeOf(op, 0)), k), k);
  },
  'same-operands': (op) => {
    const x = open('x', typeOf(op, 0));
    return equal(apply(op, x, x), constant(resultOf(op), op.laws.selfGives));
  },
  idempotent: (op) => {
    if (op.laws.idempotent !== true) return null;
    const x = open('x', typeOf(op, 0));
    return op.sig.params.length === 2 ? equal(apply(op, x, x), x) : equal(apply(op, apply(op, x)), apply(op, x));
  },
  involution: (op) => {
    const x = open('x', typeOf(op, 0));
    return op.laws.involution === true ? equal(apply(op, apply(op, x)), x) : null;
  },
  'associate-constants': (op) => {
    if (op.laws.associative !== true || op.laws.commutative !== true) return null;
    const [x, y, z] = ['x', 'y', 'z'].map((name) => open(name, typeOf(op, 0))) as [Term, Term, Term];
    return equal(apply(op, apply(op, x, y), z), apply(op, x, apply(op, y, z)));
  },
  'negated-comparison': (op) => {
    const negation = coreTable.get(op.laws.negation ?? '');
    if (negation === undefined) return null;
    const args = op.sig.params.map((_, i) => open(`x${i}`, typeOf(op, i)));
    return equal(apply(coreOp('i32.eqz'), apply(op, ...args)), apply(negation, ...args));
  },
};

/** What a law says of every op that states it. */
export function lawInstances(): ReadonlyMap<string, readonly Instance[]> {
  const ops = [...coreTable.values()];
  return new Map(Object.entries(laws).map(([name, of]) => [name, ops.map(of).filter((instance) => instance !== null)]));
}
