/** Handlers of the Wasm loop that compute: constants, moves, ops, memory, globals, heap. */

import type { OpDef, SigType, Type } from '@sluice/ir';
import { opcode } from '@sluice/wasm-format';
import { type BitsType, bitsType } from '../runtime/cells.ts';
import type { Abilities, Handler } from './handler.ts';
import { passedBase, status } from './layout.ts';
import { type CellType, type HandlerWriter, imported, loadOf, local, memoryIndex, storeOf } from './writer.ts';

/** Sign extension of the low word, as Wasm has it since 2.0. */
const i64Extend32 = 0xc4;
const log8 = 3;
const i64Sub = 0x7d;
const i64GeU = 0x5a;

/** How many memory indices follow the opcodes of the ops `memory.*`, all of them the guest's memory. */
const memoryOperands: ReadonlyMap<string, number> = new Map([
  ['63', 1],
  ['252.10', 2],
  ['252.11', 1],
]);

/** What the Wasm loop has fast forms for: ops that are one Wasm instruction on numbers. */
export const wasmAbilities: Abilities = {
  op: (op, type) => {
    if (op.wasm === null || op.effect.grows) return false;
    if (op.imm !== 'none' && op.imm !== 'lane' && op.imm !== 'lanes') return false;
    return [...op.sig.params, op.sig.result].every((word) => {
      if (word === 'void' || word === 'v128') return true;
      const own = word === 'T' ? (type ?? 'any') : word;
      return own === 'v128' || bitsType(own);
    });
  },
  access: (op) => op.wasm !== null && op.access?.region === 'memory',
  heap: true,
  typed: false,
  log: true,
  sequences: true,
  vectors: true,
};

/** Writes a handler that computes. */
export function emitOp(w: HandlerWriter, handler: Handler): void {
  switch (handler.shape) {
    case 'const32':
      w.cell(1).word(2).put('i32').advance(1);
      return;
    case 'const64':
      w.cell(1).wideWord(2).put('i64').advance(1);
      return;
    case 'const128':
      w.cell(1).vectorWord(2).put('v128').advance(2);
      return;
    case 'move':
    case 'global-get':
    case 'global-set': {
      const type = handler.type === 'v128' ? 'v128' : 'i64';
      if (handler.shape === 'move') w.cell(1).value(2, type);
      else if (handler.shape === 'global-get') w.cell(1).word(2).access(loadOf[type], 0);
      else w.word(2).value(1, type);
      w.put(type).advance(1);
      return;
    }
    case 'move-both':
      w.cell(1).value(2, 'i64').put('i64').cell(3).value(4, 'v128').put('v128').advance(2);
      return;
    case 'pass':
    case 'take':
      emitPassing(w, handler);
      return;
    case 'load':
    case 'load-lane':
    case 'store':
      emitAccess(w, handler);
      return;
    case 'heap':
    case 'heap-imm':
      emitHeap(w, handler);
      return;
    case 'slow':
      w.save().here().localGet(local.fp).call(imported.slow).exitIf(status.trapped);
      w.advance(1);
      return;
    default:
      emitPlain(w, handler);
  }
}

/**
 * The type of an operand in a cell; `own` is what `T` stands for where that matters. The Wasm instructions that take any type of
 * number (`select`) move 64 bits.
 */
export function cellType(word: SigType, own: Type | null = null): CellType {
  if (word === 'v128' || (word === 'T' && own === 'v128')) return 'v128';
  return bitsType(word as BitsType) ? (word as BitsType) : 'i64';
}

/** Copies vectors between the frame and the area that calls share. Neither is an instruction of the program. */
function emitPassing(w: HandlerWriter, { shape, argc }: Handler): void {
  w.addCount(-1n);
  for (let k = 0; k < argc; k++) {
    const at = passedBase + k * 16;
    if (shape === 'pass') {
      w.i32Const(0)
        .value(k + 1, 'v128')
        .access(storeOf.v128, at);
    } else {
      w.cell(k + 1)
        .i32Const(0)
        .access(loadOf.v128, at)
        .access(storeOf.v128, 0);
    }
  }
  w.advance(Math.ceil((1 + argc) / 4));
}

/** Pushes the operands of an op from word `first` on; with `imm` the last one is in the instruction. */
export function emitOperands(w: HandlerWriter, op: OpDef, first: number, imm: boolean, own: Type | null = null): void {
  const { params } = op.sig;
  for (const [i, word] of params.entries()) {
    if (imm && i === params.length - 1) {
      w.word(first + i);
      if (word === 'i64') w.op(opcode.i64_extend_i32_s);
    } else w.value(first + i, cellType(word, own));
  }
}

/** Pushes the opcode bytes with their memory indices. */
function emitOpcode(w: HandlerWriter, op: OpDef): void {
  const bytes = op.wasm ?? [];
  w.op(...bytes);
  for (let i = memoryOperands.get(bytes.join('.')) ?? 0; i > 0; i--) w.byte(memoryIndex.guest);
}

function emitPlain(w: HandlerWriter, handler: Handler): void {
  const op = handler.op as OpDef;
  if (op.effect.traps.length > 0) w.save();
  const { result, params } = op.sig;
  const first = result === 'void' ? 1 : 2;
  if (result !== 'void') w.cell(1);
  emitOperands(w, op, first, handler.shape === 'op-imm', handler.type);
  emitOpcode(w, op);
  w.op(...handler.lanes);
  if (result !== 'void') w.put(cellType(result, handler.type));
  w.advance(Math.ceil((first + params.length) / 4));
}

/** Loads and stores of the guest. Address and offset are added without wrapping, as Wasm does with static offsets. */
function emitAccess(w: HandlerWriter, handler: Handler): void {
  const op = handler.op as OpDef;
  const store = handler.shape === 'store';
  w.save();
  const addressWord = store ? 1 : 2;
  if (handler.argc === 1) {
    w.value(addressWord, 'i32').word(3).op(opcode.i32_add).localTee(local.a);
    w.word(3).op(opcode.i32_lt_u).exitIf(status.trap);
  }
  const address = () => (handler.argc === 1 ? w.localGet(local.a) : w.value(addressWord, 'i32'));
  if (store) {
    address();
    w.value(2, cellType(op.sig.params[1] ?? 'i32'))
      .access(op.wasm ?? [], 0, memoryIndex.guest)
      .op(...handler.lanes);
  } else {
    w.cell(1);
    address();
    if (handler.shape === 'load-lane') w.value(4, 'v128');
    w.access(op.wasm ?? [], 0, memoryIndex.guest)
      .op(...handler.lanes)
      .put(cellType(op.sig.result as SigType));
  }
  w.advance(handler.shape === 'load-lane' ? 2 : 1);
}

function emitHeap(w: HandlerWriter, handler: Handler): void {
  const [last] = handler.parts.slice(-1);
  switch (last?.name) {
    case 'heap.alloc':
      emitAlloc(w);
      break;
    case 'heap.free':
      emitFree(w);
      break;
    case 'heap.offset':
      emitOffset(w, handler.shape === 'heap-imm');
      break;
    case 'heap.check':
      pointer(w, 1);
      findElement(w);
      bad(w, status.trap);
      break;
    case 'heap.check_init':
      pointer(w, 1);
      findElement(w);
      bad(w, status.trap);
      flag(w);
      w.access([opcode.i32_load8_u], 0, memoryIndex.cells).op(opcode.i32_eqz).exitIf(status.trap);
      break;
    case 'heap.load':
      emitHeapLoad(w, handler.parts.length > 1);
      break;
    case 'heap.store':
      emitHeapStore(w, handler.parts.length > 1);
      break;
    default:
      throw new Error(`no handler for '${handler.key}'`);
  }
  w.advance(1);
}

/** a := id, b := offset of the pointer in the cell of word `k`. */
function pointer(w: HandlerWriter, k: number): void {
  w.value(k, 'i64').localTee(local.x).i64Const(32n).op(opcode.i64_shr_u, opcode.i32_wrap_i64).localSet(local.a);
  w.localGet(local.x).op(opcode.i32_wrap_i64).localSet(local.b);
}

/**
 * From id a and offset b: pushes whether the element is missing; else c := size and a := address of the table entry.
 * The word 1 of the table is 0, and it is what an id out of range reads: the entry of id 0.
 */
function findElement(w: HandlerWriter): void {
  w.localGet(local.a).i32Const(0).access([opcode.i32_load], 0, memoryIndex.table).op(opcode.i32_lt_u);
  w.if('i32');
  w.localGet(local.a).i32Const(log8).op(opcode.i32_shl).localTee(local.a);
  w.access([opcode.i32_load], 4, memoryIndex.table);
  w.else().i32Const(0).end();
  w.localSet(local.c);
  w.localGet(local.b).localGet(local.c).op(opcode.i32_ge_u);
}

function bad(w: HandlerWriter, why: number): void {
  w.exitIf(why);
}

/** Pushes the address of the element's byte in the second part of its block. */
function flag(w: HandlerWriter): void {
  w.localGet(local.a).access([opcode.i32_load], 0, memoryIndex.table);
  w.localGet(local.c).i32Const(log8).op(opcode.i32_shl, opcode.i32_add).localGet(local.b).op(opcode.i32_add);
}

/** Pushes the address of the element's cell. */
function element(w: HandlerWriter): void {
  w.localGet(local.a).access([opcode.i32_load], 0, memoryIndex.table);
  w.localGet(local.b).i32Const(log8).op(opcode.i32_shl, opcode.i32_add);
}

/** `heap.load` gives zero where there is no element; with its checks it traps there. */
function emitHeapLoad(w: HandlerWriter, checked: boolean): void {
  pointer(w, 2);
  findElement(w);
  if (checked) {
    bad(w, status.trap);
    flag(w);
    w.access([opcode.i32_load8_u], 0, memoryIndex.cells).op(opcode.i32_eqz).exitIf(status.trap);
    w.cell(1);
    element(w);
    w.access([opcode.i64_load], 0, memoryIndex.cells).put('i64');
    return;
  }
  w.if();
  w.cell(1).i64Const(0n).put('i64');
  w.else().cell(1);
  element(w);
  w.access([opcode.i64_load], 0, memoryIndex.cells).put('i64');
  w.end();
}

/** `heap.store` does nothing where there is no element; with its check it traps there. */
function emitHeapStore(w: HandlerWriter, checked: boolean): void {
  pointer(w, 1);
  findElement(w);
  if (checked) bad(w, status.trap);
  else w.op(opcode.i32_eqz).if();
  element(w);
  w.value(2, 'i64').access([opcode.i64_store], 0, memoryIndex.cells);
  flag(w);
  w.i32Const(1).access([opcode.i32_store8], 0, memoryIndex.cells);
  if (!checked) w.end();
}

/** Counts from 1 to 2^31-1 go to the host's allocator; the rest is for it to judge by the op's meaning. */
function emitAlloc(w: HandlerWriter): void {
  w.save().value(2, 'i64').localTee(local.x).i64Const(1n).op(i64Sub).i64Const(0x7fffffffn).op(i64GeU).if();
  w.here().localGet(local.fp).call(imported.slow).exitIf(status.trapped);
  w.else().cell(1).localGet(local.x).op(opcode.i32_wrap_i64).call(imported.allocate);
  w.op(opcode.i64_extend_i32_u).i64Const(32n).op(opcode.i64_shl).put('i64').end();
}

function emitFree(w: HandlerWriter): void {
  w.save();
  pointer(w, 1);
  w.localGet(local.a).localGet(local.b).call(imported.release).exitIf(status.trap);
}

/** x := pointer, y := moved offset; traps unless that fits 32 bits. */
function emitOffset(w: HandlerWriter, imm: boolean): void {
  w.value(2, 'i64').localTee(local.x).op(i64Extend32);
  if (imm) w.word(3).op(opcode.i64_extend_i32_s);
  else w.value(3, 'i64');
  w.op(opcode.i64_add).localTee(local.y).localGet(local.y).op(i64Extend32, opcode.i64_ne).exitIf(status.trap);
  w.cell(1).localGet(local.x).i64Const(-4294967296n).op(opcode.i64_and);
  w.localGet(local.y).i64Const(4294967295n).op(opcode.i64_and, opcode.i64_or).put('i64');
}
