/** Between the immediate of an op and the operands that it becomes (derive.ts). */

import type { Imm, MemImm, MemLaneImm, OpDef, TableInit, TablePair } from '@sluice/ir';
import { immediateOperands } from './derive.ts';
import type { Instr, InstrDef, Operand } from './instr.ts';

/** Operand `k` of an instruction that stands for an op with an immediate. */
export function operandOf(def: InstrDef, k: number, op: OpDef, imm: Imm): Operand {
  const kind = def.operands[k];
  if (kind === 'offset' || kind === 'align') return (imm as MemImm)[kind];
  if (op.imm === 'memlane') return (imm as MemLaneImm).lane;
  if (op.imm === 'tables') return (imm as TablePair)[def.operands.indexOf('table') === k ? 'to' : 'from'];
  if (op.imm === 'tableseg') return (imm as TableInit)[kind === 'table' ? 'table' : 'segment'];
  return imm as Operand;
}

/** The immediate of an op of an instruction, as `run` takes it. */
export function immediateOf(op: OpDef, { def: { operands: kinds }, operands }: Pick<Instr, 'def' | 'operands'>): Imm {
  const at = (kind: InstrDef['operands'][number]): Operand => operands[kinds.indexOf(kind)] as Operand;
  const mem = (): MemImm => ({ offset: at('offset') as number, align: at('align') as number });
  switch (op.imm) {
    case 'mem':
      return mem();
    case 'memlane':
      return { ...mem(), lane: at('lane') as number };
    case 'tables':
      return { to: at('table') as string, from: operands[kinds.lastIndexOf('table')] as string };
    case 'tableseg':
      return { table: at('table') as string, segment: at('index') as number };
    default: {
      const [kind] = immediateOperands(op);
      return kind === undefined ? undefined : (at(kind) as Imm);
    }
  }
}
