/**
 * Writes the code of a function body. Thin: one method for each form of immediate; the stack discipline is the
 * caller's, the Wasm engine validates what comes out.
 */

import { ByteWriter } from './bytes.ts';
import { opcode } from './opcode.ts';

/** The value types of Wasm, with their binary codes. */
export const valueTypeCode = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const;

/** A value type of Wasm. */
export type WasmType = keyof typeof valueTypeCode;

const emptyBlock = 0x40;
/** In the alignment field: an index of the memory follows (multi-memory). */
const hasMemoryIndex = 0x40;

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

  /** A load or store: opcode bytes, constant offset (u32), index of the memory; no alignment is promised. */
  access(bytes: readonly number[], offset: number, memory = 0): this {
    this.bytes(bytes);
    this.u32(memory === 0 ? 0 : hasMemoryIndex);
    if (memory !== 0) this.u32(memory);
    this.u32(offset);
    return this;
  }

  /** `block`, with at most one result; branches to it lead behind its `end`. */
  block(result: WasmType | null = null): this {
    return this.#opens(opcode.block, result);
  }

  /** `loop`, with at most one result; branches to it lead to its start. */
  loop(result: WasmType | null = null): this {
    return this.#opens(opcode.loop, result);
  }

  /** `if`, with at most one result; takes an i32. */
  if(result: WasmType | null = null): this {
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

  #opens(code: number, result: WasmType | null): this {
    this.byte(code);
    this.byte(result === null ? emptyBlock : valueTypeCode[result]);
    return this;
  }
}
