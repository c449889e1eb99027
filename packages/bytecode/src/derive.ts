/**
 * From an op to its instruction: what both tables share.
 */

import { coreTable, isTerminator, type OpDef, type OpTable } from '@sluice/ir';
import type { InstrDef, InstrTable, OperandKind } from './instr.ts';

/** An entry with the columns that most instructions leave empty. */
export function entry(parts: Partial<InstrDef> & Pick<InstrDef, 'name' | 'doc' | 'role' | 'operands'>): InstrDef {
  return { op: null, parts: [], sequence: [], pops: null, pushes: null, ends: false, ...parts };
}

/** The ops that are instructions of a machine as they stand: computation, not structure. Slots become locals or
 * spill slots, copies become moves. */
export function machineOps(ops: OpTable): readonly OpDef[] {
  return [...ops.values()].filter(
    (op) => op.kind === 'value' && !isTerminator(op) && op.name !== 'copy' && op.dialect !== 'slot',
  );
}

/** The constants of the table: one instruction each. */
export function constOps(ops: OpTable): readonly OpDef[] {
  return [...ops.values()].filter((op) => op.kind === 'const');
}

/** The operands that an op's immediate becomes. */
export function immediateOperands(op: OpDef): readonly OperandKind[] {
  switch (op.imm) {
    case 'none':
      return [];
    case 'const':
      return ['value'];
    case 'mem':
      return ['offset', 'align'];
    case 'memlane':
      return ['offset', 'align', 'lane'];
    case 'lane':
      return ['lane'];
    case 'lanes':
      return ['lanes'];
    case 'index':
      return ['index'];
    case 'func':
      return ['func'];
    case 'global':
      return ['global'];
    case 'table':
      return ['table'];
    case 'tables':
      return ['table', 'table'];
    case 'tableseg':
      return ['table', 'index'];
    case 'sig':
      return ['sig'];
    case 'cases':
      return ['cases'];
    case 'trap':
      return ['trap'];
    case 'text':
      throw new Error(`op '${op.name}': immediates of form 'text' have no bytecode`);
  }
}

/** Whether the instruction must say its type: its result or an operand is `T` and nothing else tells. */
export function needsType(op: OpDef): boolean {
  return op.sig.result === 'T' || op.sig.params.includes('T');
}

/** Whether the op compares two operands of one type: it may be fused with a conditional jump. */
export function isComparison(op: OpDef): boolean {
  const [a, b] = op.sig.params;
  return op.sig.params.length === 2 && a === b && op.sig.result === 'i32' && op.laws.swapped !== undefined;
}

/** Whether the op's last operand may be a 32-bit constant in the instruction: integer ops of two equal types. */
export function takesImmediate(op: OpDef): boolean {
  const [a, b] = op.sig.params;
  return op.eval !== null && op.sig.params.length === 2 && a === b && (a === 'i32' || a === 'i64') && op.imm === 'none';
}

/** Makes one table for each table of ops, so that an instruction is one object wherever it comes from. */
export function perOps(build: (ops: OpTable) => InstrTable): (ops?: OpTable) => InstrTable {
  const made = new WeakMap<OpTable, InstrTable>();
  return (ops = coreTable) => {
    let table = made.get(ops);
    if (table === undefined) {
      table = build(ops);
      made.set(ops, table);
    }
    return table;
  };
}
