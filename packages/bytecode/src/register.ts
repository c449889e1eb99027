/**
 * The register machine: three-address instructions over a frame of registers, fixed width in the VM (MEASURED §2). A
 * register holds a value of any type; the VM keeps vectors and host values of one number in places of their own.
 * Comparisons fuse with conditional jumps; integer ops take a 32-bit constant as last operand; heap accesses fuse with
 * their checks; frequent rows in which each takes the result of the one before are one instruction (sequence.ts). Calls name their arguments' registers and where results go, so that no moves surround them.
 */

import type { OpTable } from '@sluice/ir';
import {
  constOps,
  entry,
  immediateOperands,
  isComparison,
  machineOps,
  needsType,
  perOps,
  takesImmediate,
} from './derive.ts';
import { type InstrDef, type InstrTable, instrTable, type OperandKind } from './instr.ts';
import { registerSequences } from './register-sequences.ts';
import { sequencesOf } from './sequence.ts';

const control: readonly InstrDef[] = [
  entry({ name: 'move', doc: 'Copies a register, whatever it holds.', role: 'move', operands: ['def', 'use'] }),
  entry({ name: 'spill', doc: 'Copies a register to a spill slot.', role: 'spill', operands: ['index', 'use'] }),
  entry({ name: 'reload', doc: 'Copies a spill slot to a register.', role: 'reload', operands: ['def', 'index'] }),
  entry({ name: 'jump', doc: 'Goes to the label.', role: 'jump', operands: ['label'], ends: true }),
  entry({
    name: 'jump_if',
    doc: 'Goes to the label if the i32 is not zero.',
    role: 'jump-if',
    operands: ['use', 'label'],
  }),
  entry({
    name: 'jump_unless',
    doc: 'Goes to the label if the i32 is zero.',
    role: 'jump-unless',
    operands: ['use', 'label'],
  }),
  entry({
    name: 'switch',
    doc: 'Goes to the label of the case that equals the i32, else to the last label.',
    role: 'switch',
    operands: ['use', 'cases', 'labels'],
    ends: true,
  }),
  entry({ name: 'call', doc: 'Calls a function.', role: 'call', operands: ['defs', 'func', 'uses'] }),
  entry({ name: 'call_host', doc: 'Calls an import.', role: 'call-host', operands: ['defs', 'import', 'uses'] }),
  entry({
    name: 'call_indirect',
    doc: 'Calls the element of the first table whose index is the last register.',
    role: 'call-indirect',
    operands: ['defs', 'sig', 'uses'],
  }),
  entry({
    name: 'call_indirect.table',
    doc: 'Calls the element of a table whose index is the last register.',
    role: 'call-indirect',
    operands: ['defs', 'sig', 'uses', 'table'],
  }),
  entry({ name: 'return', doc: 'Returns registers.', role: 'return', operands: ['uses'], ends: true }),
  entry({ name: 'trap', doc: 'Traps.', role: 'trap', operands: ['trap'], ends: true }),
];

/** The instructions of the register machine over a table of ops; the same object for the same table. */
export const registerTable: (ops?: OpTable) => InstrTable = perOps(build);

function build(ops: OpTable): InstrTable {
  const list: InstrDef[] = [...control];
  for (const op of constOps(ops)) {
    list.push(entry({ name: op.name, doc: op.doc, role: 'const', op, operands: ['def', 'value'] }));
  }
  for (const op of machineOps(ops)) {
    const def: readonly OperandKind[] = op.sig.result === 'void' ? [] : ['def'];
    const uses: readonly OperandKind[] = op.sig.params.map(() => 'use');
    const type: readonly OperandKind[] = needsType(op) ? ['type'] : [];
    list.push(
      entry({
        name: op.name,
        doc: op.doc,
        role: 'op',
        op,
        operands: [...def, ...uses, ...immediateOperands(op), ...type],
      }),
    );
    if (takesImmediate(op)) {
      list.push(
        entry({
          name: `${op.name}.i`,
          doc: `${op.name} with a constant as last operand.`,
          role: 'op-imm',
          op,
          operands: [...def, ...uses.slice(0, -1), 'imm32'],
        }),
      );
    }
    if (isComparison(op)) {
      const doc = `Goes to the label if ${op.name} holds.`;
      list.push(entry({ name: `jump.${op.name}`, doc, role: 'jump-op', op, operands: [...uses, 'label'] }));
      if (takesImmediate(op)) {
        const operands: readonly OperandKind[] = ['use', 'imm32', 'label'];
        list.push(entry({ name: `jump.${op.name}.i`, doc, role: 'jump-op-imm', op, operands }));
      }
    }
  }
  const single = [...list, ...fusedHeapAccesses(ops)];
  return instrTable('register', [...single, ...sequencesOf(registerSequences, single)]);
}

/** `heap.load`, `heap.store` with the checks that stand before them on the same pointer. */
function fusedHeapAccesses(ops: OpTable): readonly InstrDef[] {
  const check = ops.get('heap.check');
  const init = ops.get('heap.check_init');
  const load = ops.get('heap.load');
  const store = ops.get('heap.store');
  if (check === undefined || init === undefined || load === undefined || store === undefined) return [];
  return [
    entry({
      name: 'heap.load_checked',
      doc: 'heap.check, heap.check_init and heap.load on one pointer.',
      role: 'fused',
      parts: [check, init, load],
      operands: ['def', 'use', 'type'],
    }),
    entry({
      name: 'heap.load_initialised',
      doc: 'heap.check_init and heap.load on one pointer.',
      role: 'fused',
      parts: [init, load],
      operands: ['def', 'use', 'type'],
    }),
    entry({
      name: 'heap.store_checked',
      doc: 'heap.check and heap.store on one pointer.',
      role: 'fused',
      parts: [check, store],
      operands: ['use', 'use', 'type'],
    }),
  ];
}
