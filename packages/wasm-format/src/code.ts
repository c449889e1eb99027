/**
 * Writes the code of a function body. Thin: one method for each form of immediate; the stack discipline is the
 * caller's, the Wasm engine validates what comes out.
 */

import { ByteWriter } from './bytes.ts';
import { valueTypeCode, type WasmRefType, type WasmType } from './module.ts';
import { opcode } from './opcode.ts';

const emptyBlock = 0x40;
/** In the alignment field: an index of the memory follows (multi-memory). */
const hasMemoryIndex = 0x40;

/** The type of a block: nothing, one result, or the index of a function type. */
export type BlockType = WasmType | null | number;

/** Writes instructions one after the other. */
export class CodeWriter extends ByteWriter {
  /** Instructions without immediates, by opcode bytes. */
  op(...bytes: readonly number[]): this {
    this.bytes(bytes);
    return this;
  }

  /** `local.get`. */
  localGet(index: number): this {
    return this.#indexed(opcode.local_get, index);
  }

  /** `local.set`. */
  localSet(index: number): this {
    return this.#indexed(opcode.local_set, index);
  }

  /** `local.tee`. */
  localTee(index: number): this {
    return this.#indexed(opcode.local_tee, index);
  }

  /** `call`, by function index, imports first. */
  call(func: number): this {
    return this.#indexed(opcode.call, func);
  }

  /** `global.get`. */
  globalGet(index: number): this {
    return this.#indexed(opcode.global_get, index);
  }

  /** `global.set`. */
  globalSet(index: number): this {
    return this.#indexed(opcode.global_set, index);
  }

  /** `table.get`. */
  tableGet(index: number): this {
    return this.#indexed(opcode.table_get, index);
  }

  /** `table.set`. */
  tableSet(index: number): this {
    return this.#indexed(opcode.table_set, index);
  }

  /** `ref.null`. */
  refNull(type: WasmRefType): this {
    return this.#indexed(opcode.ref_null, valueTypeCode[type]);
  }

  /** `ref.func`. */
  refFunc(func: number): this {
    return this.#indexed(opcode.ref_func, func);
  }

  /** `call_indirect`: index of the type, index of the table. */
  callIndirect(type: number, table: number): this {
    this.#indexed(opcode.call_indirect, type);
    this.u32(table);
    return this;
  }

  /** `i32.const`. */
  i32Const(value: number): this {
    this.byte(opcode.i32_const);
    this.s32(value);
    return this;
  }

  /** `i64.const`. */
  i64Const(value: bigint): this {
    this.byte(opcode.i64_const);
    this.s64(value);
    return this;
  }

  /** `f32.const`, by the bits, so that a NaN keeps its own. */
  f32Bits(bits: number): this {
    this.byte(opcode.f32_const);
    this.fixed32(bits);
    return this;
  }

  /** `f64.const`, by the bits. */
  f64Bits(bits: bigint): this {
    this.byte(opcode.f64_const);
    this.fixed64(bits);
    return this;
  }

  /** A load or store: opcode bytes, constant offset (u32), index of the memory, log2 of the promised alignment. */
  access(bytes: readonly number[], offset: number, memory = 0, align = 0): this {
    this.bytes(bytes);
    this.u32(memory === 0 ? align : align | hasMemoryIndex);
    if (memory !== 0) this.u32(memory);
    this.u32(offset);
    return this;
  }

  /** `block`, with at most one result, or by type index; branches to it lead behind its `end`. */
  block(result: BlockType = null): this {
    return this.#opens(opcode.block, result);
  }

  /** `loop`, with at most one result, or by type index; branches to it lead to its start. */
  loop(result: BlockType = null): this {
    return this.#opens(opcode.loop, result);
  }

  /** `if`, with at most one result, or by type index; takes an i32. */
  if(result: BlockType = null): this {
    return this.#opens(opcode.if, result);
  }

  /** `else`. */
  else(): this {
    return this.op(opcode.else);
  }

  /** `end`. */
  end(): this {
    return this.op(opcode.end);
  }

  /** Labels count outwards from the innermost block, 0. */
  br(label: number): this {
    return this.#indexed(opcode.br, label);
  }

  /** `br_if`; see `br` for labels. */
  brIf(label: number): this {
    return this.#indexed(opcode.br_if, label);
  }

  /** `br_table`: label i for the value i, `otherwise` for all others (unsigned). */
  brTable(labels: readonly number[], otherwise: number): this {
    this.byte(opcode.br_table);
    this.u32(labels.length);
    for (const label of labels) this.u32(label);
    this.u32(otherwise);
    return this;
  }

  #indexed(code: number, index: number): this {
    this.byte(code);
    this.u32(index);
    return this;
  }

  #opens(code: number, type: BlockType): this {
    this.byte(code);
    if (typeof type === 'number') this.s33(type);
    else this.byte(type === null ? emptyBlock : valueTypeCode[type]);
    return this;
  }
}
