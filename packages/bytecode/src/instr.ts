/**
 * What a bytecode instruction is. The tables of both machines (stack.ts, register.ts) are made of these entries;
 * assembler, disassembler, binary codec and validator are generic over them, and the VMs generate their loops from them.
 *
 * Most instructions are the ops of the IR: they are derived from an op table, so that a new op is an instruction of
 * both machines without an edit here.
 */

import type { OpDef, Signature, SigType, Span, Value } from '@sluice/ir';

/**
 * What an operand is.
 *
 *   def, use      a register that is written, read       defs, uses   lists of them
 *   local         a local variable's index               label        an instruction's index in the function
 *   labels        a label for each case, the default last
 *   cases         distinct i32 values                    value        a constant of the instruction's type (ir value.ts)
 *   imm32         an i32 that stands for a constant of the op's last operand type, sign-extended
 *   offset        u32 added to an address                align        log2 of the alignment hint
 *   func, import, global   a name                        sig          a signature
 *   index         a number >= 0 (segment, tag)            trap         a trap kind
 *   type          a type of values                      table        a table's name
 *   lane          of a vector                           lanes        16 numbers below 32: lanes of two vectors of bytes
 */
export type OperandKind =
  | 'def'
  | 'use'
  | 'defs'
  | 'uses'
  | 'local'
  | 'label'
  | 'labels'
  | 'cases'
  | 'value'
  | 'imm32'
  | 'offset'
  | 'align'
  | 'func'
  | 'import'
  | 'global'
  | 'sig'
  | 'index'
  | 'trap'
  | 'type'
  | 'table'
  | 'lane'
  | 'lanes';

/** An operand; its form follows from its kind. */
export type Operand = Value | readonly number[] | Signature;

/**
 * What a VM does with an instruction. A closed set.
 *
 *   op          the op's meaning on operands            op-imm      ... its last operand is `imm32`
 *   const       a constant                              move        one register (or local) to another
 *   jump        always                                  jump-if     if the operand is not zero
 *   jump-unless if it is zero                           jump-op     if the op (a comparison) gives not zero
 *   jump-op-imm ... with `imm32` as last operand        switch      by case value
 *   call, call-host, call-indirect, return, trap
 *   local-get, local-set, local-tee, drop, dup          stack machine only
 *   spill, reload                                       register machine: to and from the frame's spill slots
 *   fused       several ops at once, in the order of `parts`
 *   sequence    instructions one after the other (`sequence`), their operands side by side; stack machine only
 */
export type Role =
  | 'op'
  | 'op-imm'
  | 'const'
  | 'move'
  | 'jump'
  | 'jump-if'
  | 'jump-unless'
  | 'jump-op'
  | 'jump-op-imm'
  | 'switch'
  | 'call'
  | 'call-host'
  | 'call-indirect'
  | 'return'
  | 'trap'
  | 'local-get'
  | 'local-set'
  | 'local-tee'
  | 'drop'
  | 'dup'
  | 'spill'
  | 'reload'
  | 'fused'
  | 'sequence';

/** One instruction of a machine. */
export interface InstrDef {
  readonly name: string;
  readonly doc: string;
  readonly role: Role;
  /** The op whose meaning this is, where it has one. */
  readonly op: OpDef | null;
  /** For `fused`: the ops that run one after the other on the same operands, each may trap. For `sequence`: all ops. */
  readonly parts: readonly OpDef[];
  /** For `sequence`: the instructions that it stands for; only the last may jump or return. */
  readonly sequence: readonly InstrDef[];
  readonly operands: readonly OperandKind[];
  /** Stack machine: what is popped (top last) and pushed; null where the operands or the callee decide. */
  readonly pops: readonly SigType[] | null;
  readonly pushes: readonly SigType[] | null;
  /** Control does not go on to the next instruction. */
  readonly ends: boolean;
}

/** The instructions of a machine by name. The position in `list` is the opcode inside one process only. */
export interface InstrTable {
  readonly machine: 'stack' | 'register';
  readonly list: readonly InstrDef[];
  readonly byName: ReadonlyMap<string, InstrDef>;
}

/** An instruction in a function's code: operands in the order of `def.operands`. */
export interface Instr {
  readonly def: InstrDef;
  readonly operands: readonly Operand[];
  readonly loc: Span | null;
}

/** Makes a table; throws on a name that occurs twice. */
export function instrTable(machine: InstrTable['machine'], list: readonly InstrDef[]): InstrTable {
  const byName = new Map(list.map((def) => [def.name, def]));
  if (byName.size !== list.length) throw new Error(`the ${machine} machine has two instructions of one name`);
  return { machine, list, byName };
}

/** The instruction of this name; throws when there is none (a bug, never bad input). */
export function instrNamed(table: InstrTable, name: string): InstrDef {
  const def = table.byName.get(name);
  if (def === undefined) throw new Error(`the ${table.machine} machine has no instruction '${name}'`);
  return def;
}
