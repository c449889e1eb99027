/**
 * Reads instructions one after the other from bytes that nobody vouches for: nothing is allocated for an instruction, its
 * immediates stand in fields until the next one is read. It checks what the binary format itself demands (form of numbers,
 * known opcodes, `end` for each block); types and indices are the validator's.
 */

import * as codes from './diag-codes.ts';
import { type InstrForm, instrNumbers, instrs } from './instr.ts';
import { valueTypeOf, type WasmType } from './module.ts';
import { opcode } from './opcode.ts';
import { ByteReader } from './reader.ts';

/** In the alignment field: an index of the memory follows (multi-memory). */
const hasMemoryIndex = 0x40;

/** `blockType` of blocks without parameters and results. */
export const emptyBlockType = -64;

const forms: readonly InstrForm[] = [
  'none',
  'block',
  'label',
  'label-table',
  'func',
  'call-indirect',
  'types',
  'ref-type',
  'local',
  'global',
  'table',
  'table-copy',
  'table-init',
  'element',
  'data',
  'memory',
  'memory-copy',
  'memory-init',
  'access',
  'access-lane',
  'lane',
  'lanes',
  'i32',
  'i64',
  'f32',
  'f64',
  'v128',
];
const unknown = 255;
const formOf = Uint8Array.from({ length: instrNumbers }, (_, number) => {
  const instr = instrs[number] ?? null;
  return instr === null ? unknown : forms.indexOf(instr.form);
});

/** Streams instructions; `next` moves on, fields describe the present one. Failures are thrown as `DiagnosticError`. */
export class InstrReader extends ByteReader {
  /** Number of the instruction (see instr.ts). */
  number = 0;
  /** Where it begins, from the start of `bytes`; `offset` is the same in the file. */
  start = 0;
  /** First index: local, global, function, type of call_indirect, label, table, segment, memory, lane. Target of a copy. */
  index = 0;
  /** Second index: table of call_indirect and table.init, memory of memory.init, source of a copy. */
  second = 0;
  /** Exponent of the promised alignment, and the offset, of an access; `second` is its memory, `index` the lane. */
  align = 0;
  memoryOffset = 0;
  /** Type index of a block, or the negative code of its result; `emptyBlockType`. */
  blockType = 0;
  /** Of `br_table` (the last label is the default), typed `select`: how many items `list` holds. */
  count = 0;
  /** Labels of `br_table`; codes of types of typed `select`. Grown as needed, valid up to `count`. */
  list = new Uint32Array(16);
  /** Blocks that are open. */
  depth = 0;
  /** Whether a data count section allows `memory.init` and `data.drop`. */
  readonly dataCount: boolean;

  constructor(bytes: Uint8Array, file: string, base = 0, dataCount = true) {
    super(bytes, file, base);
    this.dataCount = dataCount;
  }

  /** Offset of the instruction in the file. */
  get offset(): number {
    return this.base + this.start;
  }

  /** Value of `i32.const`. */
  get i32(): number {
    return this.lo;
  }

  /** Value of `i64.const`, signed; bits of `f64.const`. */
  get i64(): bigint {
    return (BigInt(this.hi) << 32n) | BigInt(this.lo >>> 0);
  }

  /** The 16 bytes of `v128.const` and `i8x16.shuffle`. */
  get bytes16(): Uint8Array {
    return this.bytes.subarray(this.at - 16, this.at);
  }

  /** Result of a block of which `blockType` is negative; null: none. */
  get blockResult(): WasmType | null {
    return this.blockType === emptyBlockType ? null : valueTypeOf(this.blockType & 0x7f);
  }

  /** Reads the next instruction; false: there is none. */
  next(): boolean {
    if (this.at >= this.end) {
      if (this.depth > 0) this.wrong('END opcode expected');
      return false;
    }
    this.start = this.at;
    let number = this.bytes[this.at++] as number;
    if (number === 0xfc || number === 0xfd) number = this.#prefixed(number);
    this.number = number;
    const form = formOf[number] as number;
    if (form !== 0) this.#immediates(form);
    else if (number === opcode.end && this.depth-- === 0)
      this.wrong('section size mismatch: code after the end', this.at);
    return true;
  }

  #prefixed(prefix: number): number {
    const sub = this.u32('an opcode');
    const limit = prefix === 0xfc ? 0x100 : 0x200;
    return sub < limit ? limit + sub : this.#illegal();
  }

  #illegal(): never {
    const bytes = [...this.bytes.subarray(this.start, this.at)].map((byte) => byte.toString(16).padStart(2, '0'));
    return this.fail((span) => codes.illegalOpcode(span, bytes.join(' ')), this.start);
  }

  #immediates(form: number): void {
    switch (forms[form]) {
      case 'block':
        this.depth++;
        this.#blockType();
        return;
      case 'label':
      case 'func':
      case 'local':
      case 'global':
      case 'table':
      case 'element':
        this.index = this.u32('an index');
        return;
      case 'memory':
        this.index = this.u32('an index of a memory');
        return;
      case 'call-indirect':
      case 'table-copy':
      case 'memory-copy':
      case 'table-init':
        this.index = this.u32('an index');
        this.second = this.u32('an index');
        return;
      case 'data':
        this.#needDataCount();
        this.index = this.u32('an index of a data segment');
        return;
      case 'memory-init':
        this.#needDataCount();
        this.index = this.u32('an index of a data segment');
        this.second = this.u32('an index of a memory');
        return;
      case 'label-table':
        this.#list(1);
        return;
      case 'types':
        this.#list(0);
        return;
      case 'ref-type':
        this.index = this.u8('a type');
        if (this.index !== 0x70 && this.index !== 0x6f) this.wrong('malformed reference type', this.at - 1);
        return;
      case 'access':
        this.#access();
        return;
      case 'access-lane':
        this.#access();
        this.index = this.u8('a lane');
        return;
      case 'lane':
        this.index = this.u8('a lane');
        return;
      case 'lanes':
      case 'v128':
        this.skip(16, 'a vector');
        return;
      case 'i32':
        this.lo = this.s32('an i32');
        return;
      case 'i64':
        this.s64('an i64');
        return;
      case 'f32':
        this.lo = this.fixed32('an f32');
        return;
      case 'f64':
        this.lo = this.fixed32('an f64');
        this.hi = this.fixed32('an f64');
        return;
      default:
        this.#illegal();
    }
  }

  #blockType(): void {
    const from = this.at;
    this.blockType = this.s33('the type of a block');
    if (this.blockType >= 0 || this.blockType === emptyBlockType) return;
    if (this.blockType < -64 || valueTypeOf(this.blockType & 0x7f) === null) this.wrong('malformed block type', from);
  }

  #needDataCount(): void {
    if (!this.dataCount) this.wrong('data count section required', this.start);
  }

  #access(): void {
    const from = this.at;
    const flags = this.u32('an alignment');
    if (flags >= 2 * hasMemoryIndex) this.wrong('malformed memop flags', from);
    this.align = flags % hasMemoryIndex;
    this.second = flags >= hasMemoryIndex ? this.u32('an index of a memory') : 0;
    this.memoryOffset = this.u32('an offset');
  }

  /** A vector of labels with `more` behind it, or of types. */
  #list(more: 0 | 1): void {
    const from = this.at;
    const count = this.u32('a count');
    if (count > this.end - this.at) this.fail((span) => codes.unexpectedEnd(span, 'a list', true), from);
    this.count = count + more;
    if (this.list.length < this.count) this.list = new Uint32Array(Math.max(this.count, 2 * this.list.length));
    for (let k = 0; k < this.count; k++) {
      if (more === 1) this.list[k] = this.u32('a label');
      else {
        const code = this.u8('a type');
        if (valueTypeOf(code) === null) this.wrong('malformed value type', this.at - 1);
        this.list[k] = code;
      }
    }
  }
}
