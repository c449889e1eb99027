/**
 * What instructions touch, as places that can be told apart: the facts about ops that an alias analysis needs and that
 * effects, which know regions only, cannot give. See README.md for why ops are named here.
 */

import { coreOp, type Inst, makeInst, none, type OpDef, type OpName, type ResultType, type ValueId } from '@sluice/ir';
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
const add64 = coreOp('i64.add');

/** What an op does with places; null: nothing that is known. What loads or stores one lane depends on a vector as well. */
export function roleOf(op: OpDef): Role | null {
  if (op.access?.part === 'lane') return null;
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

/** How many sums or moves by a constant are followed from an address to where it comes from. */
const stepsFollowed = 8;

/** Takes sums with constants apart: the place that it is, which wraps modulo 2^32. */
export function summand(base: ValueId | -1, read: Reader): Place {
  let root = base;
  let offset = 0;
  for (let k = 0; k < stepsFollowed && root !== -1; k++) {
    const { op, args } = read.inst(root);
    if (op !== add) break;
    const constant = read.inst(args[1] as ValueId);
    if (constant.op.kind !== 'const') break;
    offset = (offset + (constant.imm as number)) | 0;
    root = args[0] as ValueId;
  }
  return { base: root, offset };
}

/** An element of a heap object: so many elements behind a pointer, and as many more as `index` says. */
export interface Element {
  readonly base: ValueId;
  /** An i64 that counts elements; -1: none. */
  readonly index: ValueId | -1;
  readonly offset: number;
}

/** How many moves of a heap pointer are followed: rows of elements are often filled by moving from one to the next. */
const movesFollowed = 64;

/** Constants above this are not taken out of an index: sums of them stay exact. */
const largeOffset = 2 ** 40;

/**
 * The element that a heap pointer is to, as far back as moves by constants, one other move, and moves by constants before
 * that are followed. Moves never wrap, so that two elements of one base and index are one if their offsets are equal.
 */
export function elementOf(pointer: ValueId, read: Reader): Element {
  let base = pointer;
  let index: ValueId | -1 = -1;
  let offset = 0;
  for (let k = 0; k < movesFollowed; k++) {
    const { op, args } = read.inst(base);
    if (op !== move) break;
    const by = args[1] as ValueId;
    const constant = smallConstant(by, read);
    if (constant !== null) offset += constant;
    else if (index === -1) {
      const sum = read.inst(by);
      const more = sum.op === add64 ? smallConstant(sum.args[1] as ValueId, read) : null;
      index = more === null ? by : (sum.args[0] as ValueId);
      offset += more ?? 0;
    } else break;
    base = args[0] as ValueId;
  }
  return { base, index, offset };
}

function smallConstant(v: ValueId, read: Reader): number | null {
  const { op, imm } = read.inst(v);
  if (op.kind !== 'const') return null;
  const value = Number(imm as bigint);
  return Math.abs(value) < largeOffset ? value : null;
}

/**
 * What an operand of an instruction has to do with the object that it is a pointer to: the result is another pointer to it
 * (`derive`), the object is looked at or changed (`access`), the pointer is compared, or it goes somewhere else (`escape`).
 */
export type PointerUse = 'derive' | 'access' | 'compare' | 'escape';

const pointerUses: ReadonlyMap<OpDef, readonly PointerUse[]> = new Map<OpDef, readonly PointerUse[]>([
  [coreOp('copy'), ['derive']],
  [coreOp('select'), ['derive', 'derive']],
  [move, ['derive']],
  [coreOp('heap.load'), ['access']],
  [coreOp('heap.store'), ['access']],
  [coreOp('heap.check'), ['access']],
  [coreOp('heap.check_init'), ['access']],
  [coreOp('heap.free'), ['access']],
  [coreOp('i64.eq'), ['compare', 'compare']],
  [coreOp('i64.ne'), ['compare', 'compare']],
]);

/** What becomes of a pointer that is operand number `k` of an op. */
export function pointerUse(op: OpDef, k: number): PointerUse {
  return op.kind === 'phi' ? 'derive' : (pointerUses.get(op)?.[k] ?? 'escape');
}

/** The op that makes objects. */
export function isAllocating(op: OpDef): boolean {
  return op === alloc;
}

/** Whether a value is a pointer to an object of its own. */
export function isAllocation(v: ValueId, read: Reader): boolean {
  return read.inst(v).op === alloc;
}

/** Whether the object that a value was allocated as surely has this element, as long as it lives. No object is empty. */
export function hasElement(v: ValueId, element: number, read: Reader): boolean {
  const { op, args } = read.inst(v);
  if (op !== alloc) return false;
  if (element === 0) return true;
  const count = read.inst(args[0] as ValueId);
  return count.op.kind === 'const' && element >= 0 && BigInt(element) < (count.imm as bigint);
}

/** The instruction that loads what a store, or a load, of a whole place accesses; the type is the value's. */
export function loadOf(access: Inst, role: Role, type: ResultType): Inst {
  if (role === 'load' || role === 'global-get' || role === 'heap-load') return access;
  if (role === 'global-set') return makeInst(coreOp('global.get'), none, { type, imm: access.imm });
  const address = [access.args[0] as ValueId];
  if (role === 'heap-store') return makeInst(coreOp('heap.load'), address, { type });
  return makeInst(coreOp(`${type}.load` as OpName), address, { type, imm: access.imm });
}

/** The instruction that stores a value to what a load, or a store, of a whole place accesses. */
export function storeOf(access: Inst, role: Role, type: ResultType, value: ValueId): Inst {
  if (role === 'global-get' || role === 'global-set') {
    return makeInst(coreOp('global.set'), [value], { type: 'void', imm: access.imm });
  }
  const operands = [access.args[0] as ValueId, value];
  if (role === 'heap-load' || role === 'heap-store') return makeInst(coreOp('heap.store'), operands, { type: 'void' });
  return makeInst(coreOp(`${type}.store` as OpName), operands, { type: 'void', imm: access.imm });
}
