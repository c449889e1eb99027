/** The integer ops that make recurrences and tests of them: what scalar evolution, unrolling and strength reduction ask. */

import { coreOp, type OpDef, type OpName, type ResultType } from '@sluice/ir';

const sums: Readonly<Record<string, OpDef>> = { i32: coreOp('i32.add'), i64: coreOp('i64.add') };
const differences: Readonly<Record<string, OpDef>> = { i32: coreOp('i32.sub'), i64: coreOp('i64.sub') };
const masks: Readonly<Record<string, OpDef>> = { i32: coreOp('i32.and'), i64: coreOp('i64.and') };
const products: Readonly<Record<string, OpDef>> = { i32: coreOp('i32.mul'), i64: coreOp('i64.mul') };

/** The op of phis. */
export const phiOp: OpDef = coreOp('phi');

/** The op that chooses between two values. */
export const selectOp: OpDef = coreOp('select');

/** The sum of a type, if sums of it wrap. */
export function sumOf(type: ResultType): OpDef | null {
  return sums[type] ?? null;
}

/** The difference of a type, if differences of it wrap. */
export function differenceOf(type: ResultType): OpDef | null {
  return differences[type] ?? null;
}

/** The op that keeps the bits of a mask, of an integer type. */
export function maskOf(type: ResultType): OpDef | null {
  return masks[type] ?? null;
}

/** The op that sets bits, of an integer type. */
export function unionOf(type: 'i32' | 'i64'): OpDef {
  return coreOp(`${type}.or`);
}

/** The op that shifts to the right without regard to the sign, of an integer type. */
export function shiftOf(type: 'i32' | 'i64'): OpDef {
  return coreOp(`${type}.shr_u`);
}

/** The product of a type, if products of it wrap. */
export function productOf(type: ResultType): OpDef | null {
  return products[type] ?? null;
}

/** What an op makes of its two operands, modulo 2^bits. */
export type Linear = 'sum' | 'difference' | 'product' | 'shift';

/** How a comparison orders its operands: as numbers with a sign or without. `eq` and `ne` have no order. */
export type Relation = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/** What an op tests; `zero`: whether its one operand is 0. */
export interface Comparison {
  readonly relation: Relation | 'zero';
  readonly signed: boolean;
  readonly type: 'i32' | 'i64';
}

const linears = new Map<OpDef, Linear>();
const comparisons = new Map<OpDef, Comparison>();
const byComparison = new Map<string, OpDef>();

for (const type of ['i32', 'i64'] as const) {
  const op = (name: string): OpDef => coreOp(`${type}.${name}` as OpName);
  linears.set(op('add'), 'sum').set(op('sub'), 'difference').set(op('mul'), 'product').set(op('shl'), 'shift');
  comparisons.set(op('eqz'), { relation: 'zero', signed: false, type });
  const add = (name: string, relation: Relation, signed: boolean): void => {
    comparisons.set(op(name), { relation, signed, type });
    byComparison.set(`${type} ${relation} ${signed}`, op(name));
  };
  for (const relation of ['eq', 'ne'] as const) add(relation, relation, false);
  for (const relation of ['lt', 'le', 'gt', 'ge'] as const) {
    add(`${relation}_s`, relation, true);
    add(`${relation}_u`, relation, false);
  }
}

/** How an op combines its operands linearly; undefined: not at all. */
export function linearOf(op: OpDef): Linear | undefined {
  return linears.get(op);
}

/** What an op compares; undefined: nothing. */
export function comparisonOf(op: OpDef): Comparison | undefined {
  return comparisons.get(op);
}

/** The op of a comparison. */
export function comparing(type: 'i32' | 'i64', relation: Relation, signed: boolean): OpDef {
  const ordered = relation !== 'eq' && relation !== 'ne';
  return byComparison.get(`${type} ${relation} ${ordered && signed}`) as OpDef;
}
