/**
 * Dialect `heap`: checked objects of elements, for languages whose allocations are not bytes (SPEC.md §6). A pointer
 * is an i64: allocation id in the high, element offset (signed) in the low 32 bits. Checks are ops of their own, so
 * that passes remove them as they remove anything else; `heap.load` and `heap.store` check nothing.
 */

import { effect } from '../effect.ts';
import type { Machine } from '../machine.ts';
import { i64 } from '../num.ts';
import { defineOp, type OpDef } from '../op.ts';
import { trap } from '../trap.ts';
import type { Type } from '../type.ts';
import type { Value } from '../value.ts';

const bounds = trap('heap-bounds');
const moved = '(BigInt.asIntN(32, $0) + $1)';

/** The ops of dialect `heap`. */
export const heapOps = [
  defineOp('heap.alloc', {
    doc: 'A pointer to the first of so many new elements, none initialised. Traps when the count is not positive.',
    sig: '(i64) -> i64',
    effect: effect({ reads: ['objects'], writes: ['objects'], traps: ['heap-bounds'] }),
    cost: 20,
    run: (m: Machine, _imm: undefined, elements: bigint) => m.heap.alloc(elements),
  }),
  defineOp('heap.free', {
    doc: 'Ends an allocation. Traps unless it is alive and the pointer is to its first element.',
    sig: '(i64) -> void',
    effect: effect({ reads: ['objects'], writes: ['objects', 'heap'], traps: ['heap-dead', 'heap-bounds'] }),
    cost: 10,
    run: (m: Machine, _imm: undefined, pointer: bigint) => m.heap.free(pointer),
  }),
  defineOp('heap.offset', {
    doc: 'The pointer moved by so many elements; it may lie outside. Traps when the offset leaves signed 32 bits.',
    sig: '(i64, i64) -> i64',
    effect: effect({ traps: ['heap-bounds'] }),
    laws: { rightIdentity: 0 },
    cost: 2,
    eval: (pointer: bigint, n: bigint) => {
      const offset = BigInt.asIntN(32, pointer) + n;
      if (BigInt.asIntN(32, offset) !== offset) return bounds;
      return i64((pointer & -4294967296n) | BigInt.asUintN(32, offset));
    },
    js: `BigInt.asIntN(64, ($0 & -4294967296n) | BigInt.asUintN(32, ${moved}))`,
    jsTrap: `(BigInt.asIntN(32, ${moved}) === ${moved} ? '' : 'heap-bounds')`,
    smt: '(concat ((_ extract 63 32) $0) (bvadd ((_ extract 31 0) $0) ((_ extract 31 0) $1)))',
  }),
  defineOp('heap.check', {
    doc: 'Traps unless the allocation is alive and the element exists.',
    sig: '(i64) -> void',
    effect: effect({ reads: ['objects'], traps: ['heap-dead', 'heap-bounds'] }),
    cost: 4,
    run: (m: Machine, _imm: undefined, pointer: bigint) => m.heap.checkBounds(pointer),
  }),
  defineOp('heap.check_init', {
    doc: 'Traps unless the element was stored to; comes after heap.check.',
    sig: '(i64) -> void',
    effect: effect({ reads: ['heap', 'objects'], traps: ['heap-uninitialised'] }),
    cost: 3,
    run: (m: Machine, _imm: undefined, pointer: bigint) => m.heap.checkInitialised(pointer),
  }),
  defineOp('heap.load', {
    doc: 'The value of an element; zero where a check would trap.',
    sig: '(i64) -> T',
    effect: effect({ reads: ['heap', 'objects'] }),
    cost: 3,
    run: (m: Machine, _imm: undefined, pointer: bigint, type: Type) => m.heap.load(type, pointer),
  }),
  defineOp('heap.store', {
    doc: 'Sets an element; nothing happens where heap.check would trap.',
    sig: '(i64, T) -> void',
    effect: effect({ reads: ['objects'], writes: ['heap'] }),
    cost: 3,
    run: (m: Machine, _imm: undefined, pointer: bigint, value: Value, type: Type) =>
      void m.heap.store(type, pointer, value),
  }),
] as const satisfies readonly OpDef[];
