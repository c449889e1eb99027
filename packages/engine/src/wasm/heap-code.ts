/**
 * Code for the dialect `heap` over the two memories of `CheckedHeap`: a pointer is checked by two comparisons, whatever its
 * bits (see heap.ts of `@sluice/vm`). What fails a check is told to the host, which knows why.
 */

import type { Inst, Type } from '@sluice/ir';
import { type BitsType, bitsType } from '@sluice/vm';
import { type HookWriter, instrNamed, opcode } from '@sluice/wasm-format';

/** What the code calls, by function index, and the indices of the two memories. */
export interface HeapImports {
  /** (count: i64) -> pointer: i64 */
  readonly alloc: number;
  /** (pointer: i64) */
  readonly free: number;
  /** (pointer: i64): raises the trap of `heap.check`. */
  readonly badPointer: number;
  /** Raises `heap-bounds`, `heap-uninitialised`. */
  readonly raiseBounds: (w: HookWriter) => void;
  readonly raiseUninitialised: (w: HookWriter) => void;
  readonly cells: number;
  readonly table: number;
}

const load: Readonly<Record<BitsType, number>> = {
  i32: opcode.i32_load,
  i64: opcode.i64_load,
  f32: opcode.f32_load,
  f64: opcode.f64_load,
};
const store: Readonly<Record<BitsType, number>> = {
  i32: opcode.i32_store,
  i64: opcode.i64_store,
  f32: opcode.f32_store,
  f64: opcode.f64_store,
};
const i64Extend32 = instrNamed('i64.extend32_s').bytes;
const f32Reinterpret = instrNamed('f32.reinterpret_i32').bytes;
const f64Reinterpret = instrNamed('f64.reinterpret_i64').bytes;

/** Whether code can be made for it: elements of a type without bits are the host's. */
export function hasHeapCode(inst: Inst, valueType: Type): boolean {
  return inst.op.dialect === 'heap' && (/^heap\.(load|store)$/.test(inst.op.name) ? bitsType(valueType) : true);
}

/** Writes an op of the dialect, its operands on the stack. `valueType`: of the element that is loaded or stored. */
export function writeHeapOp(w: HookWriter, name: string, valueType: Type, heap: HeapImports): void {
  switch (name) {
    case 'heap.alloc':
      w.call(heap.alloc);
      return;
    case 'heap.free':
      w.call(heap.free);
      return;
    case 'heap.offset':
      writeOffset(w, heap);
      return;
    case 'heap.check':
      writeCheck(w, heap);
      return;
    case 'heap.check_init':
      writeCheckInit(w, heap);
      return;
    case 'heap.load':
      writeLoad(w, valueType as BitsType, heap);
      return;
    case 'heap.store':
      writeStore(w, valueType as BitsType, heap);
      return;
    default:
      throw new Error(`no code for ${name}`);
  }
}

/** Moves the low half of the pointer; the high half stays. */
function writeOffset(w: HookWriter, heap: HeapImports): void {
  const pointer = w.scratch('i64', 0);
  const moved = w.scratch('i64', 1);
  w.localSet(moved)
    .localTee(pointer)
    .op(...i64Extend32)
    .localGet(moved)
    .op(opcode.i64_add)
    .localTee(moved);
  // A sum that left 64 bits is not near 32 bits either.
  w.localGet(moved)
    .op(...i64Extend32)
    .op(opcode.i64_ne)
    .if();
  heap.raiseBounds(w);
  w.end();
  w.localGet(pointer).i64Const(-4294967296n).op(opcode.i64_and);
  w.localGet(moved).i64Const(0xffffffffn).op(opcode.i64_and).op(opcode.i64_or);
}

/**
 * Takes the pointer apart and leaves the innermost block where it fails the check. Behind it: `id` is the address of its
 * entry in the table, `offset` the element's number.
 */
function takeApart(
  w: HookWriter,
  heap: HeapImports,
  pointer: number,
): { readonly entry: number; readonly offset: number } {
  const entry = w.scratch('i32', 0);
  const offset = w.scratch('i32', 1);
  w.localGet(pointer).i64Const(32n).op(opcode.i64_shr_u).op(opcode.i32_wrap_i64).localTee(entry);
  w.i32Const(0).access([opcode.i32_load], 0, heap.table, 2).op(opcode.i32_ge_u).brIf(0);
  w.localGet(pointer).op(opcode.i32_wrap_i64).localTee(offset);
  w.localGet(entry).i32Const(3).op(opcode.i32_shl).localTee(entry);
  w.access([opcode.i32_load], 4, heap.table, 2).op(opcode.i32_ge_u).brIf(0);
  return { entry, offset };
}

/** The address in `cells` of the element. */
function pushAddress(w: HookWriter, heap: HeapImports, entry: number, offset: number): void {
  w.localGet(entry).access([opcode.i32_load], 0, heap.table, 2);
  w.localGet(offset).i32Const(3).op(opcode.i32_shl).op(opcode.i32_add);
}

/** The address in `cells` of the byte that says whether the element was stored to. */
function pushFlag(w: HookWriter, heap: HeapImports, entry: number, offset: number): void {
  w.localGet(entry).access([opcode.i32_load], 0, heap.table, 2);
  w.localGet(entry).access([opcode.i32_load], 4, heap.table, 2).i32Const(3).op(opcode.i32_shl).op(opcode.i32_add);
  w.localGet(offset).op(opcode.i32_add);
}

function writeCheck(w: HookWriter, heap: HeapImports): void {
  const pointer = w.scratch('i64', 0);
  w.localSet(pointer).block().block();
  takeApart(w, heap, pointer);
  w.br(1).end();
  w.localGet(pointer).call(heap.badPointer).end();
}

function writeCheckInit(w: HookWriter, heap: HeapImports): void {
  const pointer = w.scratch('i64', 0);
  w.localSet(pointer).block().block();
  const { entry, offset } = takeApart(w, heap, pointer);
  pushFlag(w, heap, entry, offset);
  w.access([opcode.i32_load8_u], 0, heap.cells).brIf(1).end();
  heap.raiseUninitialised(w);
  w.end();
}

function writeLoad(w: HookWriter, type: BitsType, heap: HeapImports): void {
  const pointer = w.scratch('i64', 0);
  w.localSet(pointer).block(type).block();
  const { entry, offset } = takeApart(w, heap, pointer);
  pushAddress(w, heap, entry, offset);
  w.access([load[type]], 0, heap.cells, type === 'i64' || type === 'f64' ? 3 : 2)
    .br(1)
    .end();
  if (type === 'i32' || type === 'f32') w.i32Const(0);
  else w.i64Const(0n);
  if (type === 'f32') w.op(...f32Reinterpret);
  if (type === 'f64') w.op(...f64Reinterpret);
  w.end();
}

function writeStore(w: HookWriter, type: BitsType, heap: HeapImports): void {
  const value = w.scratch(type, 2);
  const pointer = w.scratch('i64', 0);
  w.localSet(value).localSet(pointer).block();
  const { entry, offset } = takeApart(w, heap, pointer);
  pushAddress(w, heap, entry, offset);
  w.localGet(value).access([store[type]], 0, heap.cells, type === 'i64' || type === 'f64' ? 3 : 2);
  pushFlag(w, heap, entry, offset);
  w.i32Const(1).access([opcode.i32_store8], 0, heap.cells).end();
}
