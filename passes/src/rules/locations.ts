/**
 * What instructions touch, as places that can be told apart: the facts about ops that an alias analysis needs and that
 * effects, which know regions only, cannot give. See README.md for why ops are named here.
 */

import { coreOp, type Inst, type OpDef, type ValueId } from '@sluice/ir';
import type { Reader } from '@sluice/pipeline';

/** What an op does with a place. */
export type Role =
  | 'global-get'
  | 'global-set'
  | 'load'
  | 'store'
  | 'heap-load'
  | 'heap-store'
  | 'heap-check'
  | 'heap-check-init'
  | 'heap-alloc'
  | 'heap-free';

const roles: ReadonlyMap<OpDef, Role> = new Map([
  [coreOp('global.get'), 'global-get'],
  [coreOp('global.set'), 'global-set'],
  [coreOp('heap.load'), 'heap-load'],
  [coreOp('heap.store'), 'heap-store'],
  [coreOp('heap.check'), 'heap-check'],
  [coreOp('heap.check_init'), 'heap-check-init'],
  [coreOp('heap.alloc'), 'heap-alloc'],
  [coreOp('heap.free'), 'heap-free'],
]);

const alloc = coreOp('heap.alloc');
const move = coreOp('heap.offset');
const add = coreOp('i32.add');

/** What an op does with places; null: nothing that is known. */
export function roleOf(op: OpDef): Role | null {
  if (op.access !== null) return op.access.store ? 'store' : 'load';
  return roles.get(op) ?? null;
}

/** A number of bytes or elements from a value; `base` -1: from 0. */
export interface Place {
  readonly base: ValueId | -1;
  readonly offset: number;
}

/** The address of a load or store: constants are places from 0. The offset may be 2^32 and more. */
export function addressOf(inst: Inst, read: Reader): Place {
  const base = inst.args[0] as ValueId;
  const { offset } = inst.imm as { readonly offset: number };
  const { op, imm } = read.inst(base);
  return op.kind === 'const' ? { base: -1, offset: ((imm as number) >>> 0) + offset } : { base, offset };
}

/** Takes a sum with a constant apart: the place that it is, which wraps modulo 2^32. */
export function summand(base: ValueId | -1, read: Reader): Place {
  if (base === -1) return { base, offset: 0 };
  const { op, args } = read.inst(base);
  if (op !== add) return { base, offset: 0 };
  const constant = read.inst(args[1] as ValueId);
  if (constant.op.kind !== 'const') return { base, offset: 0 };
  return { base: args[0] as ValueId, offset: constant.imm as number };
}

/** How many moves by a constant are followed from a pointer to the start of its object. */
const movesFollowed = 8;

/** The pointer that a heap pointer was made of by constant moves, and how far it was moved. Moves never wrap. */
export function elementOf(pointer: ValueId, read: Reader): Place & { readonly base: ValueId } {
  let base = pointer;
  let offset = 0;
  for (let k = 0; k < movesFollowed; k++) {
    const { op, args } = read.inst(base);
    if (op !== move) break;
    const by = read.inst(args[1] as ValueId);
    if (by.op.kind !== 'const') break;
    offset += Number(by.imm as bigint);
    base = args[0] as ValueId;
  }
  return { base, offset };
}

/** Whether a value is a pointer to an object of its own. */
export function isAllocation(v: ValueId, read: Reader): boolean {
  return read.inst(v).op === alloc;
}

/** Whether the object that a value was allocated as surely has this element, as long as it lives. */
export function hasElement(v: ValueId, element: number, read: Reader): boolean {
  const { op, args } = read.inst(v);
  if (op !== alloc) return false;
  const count = read.inst(args[0] as ValueId);
  return count.op.kind === 'const' && element >= 0 && BigInt(element) < (count.imm as bigint);
}
