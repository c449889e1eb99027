/**
 * The stack machine: typed operand stack, locals, unstructured jumps. Jumps may carry values on the stack as long as
 * the stack has one shape at each label (validate.ts). Frequent rows of instructions are instructions too: which ones is
 * measured (stack-sequences.ts), what they do follows from their parts (sequence.ts).
 */

import type { OpTable } from '@sluice/ir';
import { constOps, entry, immediateOperands, machineOps, needsType, perOps } from './derive.ts';
import { type InstrDef, type InstrTable, instrTable } from './instr.ts';
import { sequencesOf } from './sequence.ts';
import { stackSequences } from './stack-sequences.ts';

const control: readonly InstrDef[] = [
  entry({ name: 'local.get', doc: 'Pushes a local.', role: 'local-get', operands: ['local'] }),
  entry({ name: 'local.set', doc: 'Pops into a local.', role: 'local-set', operands: ['local'] }),
  entry({ name: 'local.tee', doc: 'Copies the top into a local.', role: 'local-tee', operands: ['local'] }),
  entry({ name: 'drop', doc: 'Pops a value.', role: 'drop', operands: [] }),
  entry({ name: 'dup', doc: 'Pushes the top once more.', role: 'dup', operands: [] }),
  entry({
    name: 'jump',
    doc: 'Goes to the label.',
    role: 'jump',
    operands: ['label'],
    pops: [],
    pushes: [],
    ends: true,
  }),
  entry({
    name: 'jump_if',
    doc: 'Pops an i32; goes to the label if it is not zero.',
    role: 'jump-if',
    operands: ['label'],
    pops: ['i32'],
    pushes: [],
  }),
  entry({
    name: 'jump_unless',
    doc: 'Pops an i32; goes to the label if it is zero.',
    role: 'jump-unless',
    operands: ['label'],
    pops: ['i32'],
    pushes: [],
  }),
  entry({
    name: 'switch',
    doc: 'Pops an i32; goes to the label of the case that equals it, else to the last label.',
    role: 'switch',
    operands: ['cases', 'labels'],
    pops: ['i32'],
    pushes: [],
    ends: true,
  }),
  entry({ name: 'call', doc: 'Calls a function.', role: 'call', operands: ['func'] }),
  entry({ name: 'call_host', doc: 'Calls an import.', role: 'call-host', operands: ['import'] }),
  entry({
    name: 'call_indirect',
    doc: 'Pops an i32 index; calls that element of the first table.',
    role: 'call-indirect',
    operands: ['sig'],
  }),
  entry({
    name: 'call_indirect.table',
    doc: 'Pops an i32 index; calls that element of a table.',
    role: 'call-indirect',
    operands: ['sig', 'table'],
  }),
  entry({ name: 'return', doc: 'Returns the results on the stack.', role: 'return', operands: [], ends: true }),
  entry({ name: 'trap', doc: 'Traps.', role: 'trap', operands: ['trap'], pops: [], pushes: [], ends: true }),
];

/** The instructions of the stack machine over a table of ops; the same object for the same table. */
export const stackTable: (ops?: OpTable) => InstrTable = perOps(build);

function build(ops: OpTable): InstrTable {
  const consts = constOps(ops).map((op) =>
    entry({
      name: op.name,
      doc: op.doc,
      role: 'const',
      op,
      operands: ['value'],
      pops: [],
      pushes: op.sig.result === 'void' ? [] : [op.sig.result],
    }),
  );
  const plain = machineOps(ops).map((op) =>
    entry({
      name: op.name,
      doc: op.doc,
      role: 'op',
      op,
      operands: needsType(op) ? [...immediateOperands(op), 'type'] : immediateOperands(op),
      pops: op.sig.params,
      pushes: op.sig.result === 'void' ? [] : [op.sig.result],
    }),
  );
  const single = [...control, ...consts, ...plain];
  return instrTable('stack', [...single, ...sequencesOf(stackSequences, single)]);
}
