/** The ops of sums and products that wrap, by type: what `strength-reduce` makes recurrences of. */

import { coreOp, type OpDef, type ResultType } from '@sluice/ir';

const sums: Readonly<Record<string, OpDef>> = { i32: coreOp('i32.add'), i64: coreOp('i64.add') };
const products: Readonly<Record<string, OpDef>> = { i32: coreOp('i32.mul'), i64: coreOp('i64.mul') };

/** The op of phis. */
export const phiOp: OpDef = coreOp('phi');

/** The sum of a type, if sums of it wrap. */
export function sumOf(type: ResultType): OpDef | null {
  return sums[type] ?? null;
}

/** The product of a type, if products of it wrap. */
export function productOf(type: ResultType): OpDef | null {
  return products[type] ?? null;
}
