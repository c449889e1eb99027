/** Operands of instructions, by their kinds. */

import type { Instr, InstrDef } from '@sluice/bytecode';
import type { Type } from '@sluice/ir';

/** Positions of operands by kind, once for each definition. */
export interface OperandInfo {
  readonly def: number;
  readonly uses: readonly number[];
  readonly type: number;
}

const infos = new WeakMap<InstrDef, OperandInfo>();

/** Where an instruction has its destination, its sources and its type; -1: not at all. */
export function operandInfo(def: InstrDef): OperandInfo {
  let info = infos.get(def);
  if (info === undefined) {
    const uses = def.operands.flatMap((kind, i) => (kind === 'use' ? [i] : []));
    info = { def: def.operands.indexOf('def'), uses, type: def.operands.indexOf('type') };
    infos.set(def, info);
  }
  return info;
}

/** The instruction's type operand, or null. */
export function typeOf(instr: Instr): Type | null {
  const at = operandInfo(instr.def).type;
  return at < 0 ? null : (instr.operands[at] as Type);
}

/** An operand that is a list of numbers: registers, labels, cases. */
export function listAt(instr: Instr, index: number): readonly number[] {
  return instr.operands[index] as readonly number[];
}

/** The label of a jump: always the last operand. */
export function labelOf(instr: Instr): number {
  return instr.operands[instr.operands.length - 1] as number;
}
