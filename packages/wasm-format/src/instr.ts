/**
 * The instructions of Wasm 2.0 by number: what follows the opcode, and which op of the IR it is. Derived from the op table
 * of `@sluice/ir`, its `wasm` column and form of immediate; only what is no op there (control, variables, references) and
 * what the binary form has beyond the op's immediate (indices of memories) is written here.
 *
 * Numbers are dense, for tables and switches: a byte stands for itself, sub-opcodes follow from 0x100 (prefix 0xfc) and 0x200
 * (prefix 0xfd).
 */

import { coreTable, type OpDef } from '@sluice/ir';
import { opcode } from './opcode.ts';

/** What follows an opcode. */
export type InstrForm =
  | 'none'
  | 'block'
  | 'label'
  | 'label-table'
  | 'func'
  | 'call-indirect'
  | 'types'
  | 'ref-type'
  | 'local'
  | 'global'
  | 'table'
  | 'table-copy'
  | 'table-init'
  | 'element'
  | 'data'
  | 'memory'
  | 'memory-copy'
  | 'memory-init'
  | 'access'
  | 'access-lane'
  | 'lane'
  | 'lanes'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'v128';

/** An instruction. */
export interface Instr {
  /** As the text form has it. */
  readonly name: string;
  /** Its number; see the head of the file. */
  readonly number: number;
  /** Opcode bytes: one, or a prefix and the sub-opcode in LEB128. */
  readonly bytes: readonly number[];
  readonly form: InstrForm;
  /** The op of the IR that means the same; null: control, variables. */
  readonly op: OpDef | null;
}

/** How many numbers there are. */
export const instrNumbers = 0x400;

const structural: readonly (readonly [string, number, InstrForm])[] = [
  ['unreachable', opcode.unreachable, 'none'],
  ['nop', opcode.nop, 'none'],
  ['block', opcode.block, 'block'],
  ['loop', opcode.loop, 'block'],
  ['if', opcode.if, 'block'],
  ['else', opcode.else, 'none'],
  ['end', opcode.end, 'none'],
  ['br', opcode.br, 'label'],
  ['br_if', opcode.br_if, 'label'],
  ['br_table', opcode.br_table, 'label-table'],
  ['return', opcode.return, 'none'],
  ['call', opcode.call, 'func'],
  ['call_indirect', opcode.call_indirect, 'call-indirect'],
  ['drop', opcode.drop, 'none'],
  ['select', opcode.select, 'none'],
  ['select', opcode.select_typed, 'types'],
  ['local.get', opcode.local_get, 'local'],
  ['local.set', opcode.local_set, 'local'],
  ['local.tee', opcode.local_tee, 'local'],
  ['global.get', opcode.global_get, 'global'],
  ['global.set', opcode.global_set, 'global'],
  ['table.get', opcode.table_get, 'table'],
  ['table.set', opcode.table_set, 'table'],
  ['i32.const', opcode.i32_const, 'i32'],
  ['i64.const', opcode.i64_const, 'i64'],
  ['f32.const', opcode.f32_const, 'f32'],
  ['f64.const', opcode.f64_const, 'f64'],
  ['ref.null', opcode.ref_null, 'ref-type'],
  ['ref.is_null', opcode.ref_is_null, 'none'],
  ['ref.func', opcode.ref_func, 'func'],
];

/** Those with a prefix: number of the sub-opcode with 0x100 or 0x200 added. */
const prefixed: readonly (readonly [string, number, InstrForm])[] = [
  ['memory.init', 0x108, 'memory-init'],
  ['data.drop', 0x109, 'data'],
  ['memory.copy', 0x10a, 'memory-copy'],
  ['memory.fill', 0x10b, 'memory'],
  ['table.init', 0x10c, 'table-init'],
  ['elem.drop', 0x10d, 'element'],
  ['table.copy', 0x10e, 'table-copy'],
  ['table.grow', 0x10f, 'table'],
  ['table.size', 0x110, 'table'],
  ['table.fill', 0x111, 'table'],
  ['v128.const', 0x20c, 'v128'],
];

/** What the op's own immediate does not say: these take the index of a memory. */
const ofMemory: ReadonlySet<string> = new Set(['memory.size', 'memory.grow']);

function formOf(op: OpDef): InstrForm {
  if (ofMemory.has(op.name)) return 'memory';
  const imm: string = op.imm;
  if (imm === 'none') return 'none';
  if (imm === 'mem') return 'access';
  if (imm === 'memlane') return 'access-lane';
  if (imm === 'lane' || imm === 'lanes') return imm;
  throw new Error(`${op.name}: no binary form of its immediate '${imm}' is known`);
}

function numberOf(bytes: readonly number[]): number {
  const [first = 0, ...rest] = bytes;
  if (rest.length === 0) return first;
  const sub = rest.reduce((sum, byte, k) => sum + (byte & 0x7f) * 128 ** k, 0);
  return (first === 0xfc ? 0x100 : 0x200) + sub;
}

function bytesOf(number: number): readonly number[] {
  if (number < 0x100) return [number];
  const sub = number < 0x200 ? number - 0x100 : number - 0x200;
  return [number < 0x200 ? 0xfc : 0xfd, ...(sub < 0x80 ? [sub] : [(sub & 0x7f) | 0x80, sub >> 7])];
}

function makeTable(): readonly (Instr | null)[] {
  const table: (Instr | null)[] = new Array<null>(instrNumbers).fill(null);
  for (const [name, number, form] of [...structural, ...prefixed]) {
    table[number] = { name, number, bytes: bytesOf(number), form, op: null };
  }
  for (const op of coreTable.values()) {
    if (op.wasm === null) continue;
    const number = numberOf(op.wasm);
    const known = table[number] ?? null;
    if (known !== null && known.name !== op.name) throw new Error(`${op.name} and ${known.name} have one opcode`);
    table[number] = { name: op.name, number, bytes: op.wasm, form: known?.form ?? formOf(op), op };
  }
  return table;
}

/** By number: the instruction; null: there is none. */
export const instrs: readonly (Instr | null)[] = makeTable();

const byName: ReadonlyMap<string, Instr> = new Map(
  [...instrs].reverse().flatMap((instr) => (instr === null ? [] : [[instr.name, instr] as const])),
);

/** The instruction of a name (of the two `select`, the one without types). */
export function instrNamed(name: string): Instr {
  const instr = byName.get(name);
  if (instr === undefined) throw new Error(`Wasm has no instruction '${name}'`);
  return instr;
}
