/** Translates the instructions that are ops. */

import { type Instr, immediateOf } from '@sluice/bytecode';
import { coreTable, type OpDef, type Type } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { type Emitter, sourceCell } from './emitter.ts';
import { readsBits } from './fast-ops.ts';
import { cellWord, externalForm, form, type SourceKind, sourceText } from './form.ts';
import { branchForm, hasForm, opForm } from './op-form.ts';
import { named, typeOperand } from './shape.ts';
import type { Source } from './virtual-stack.ts';

/** Translates an op; gives the number of instructions after it that went into its step. */
export function translateOp(e: Emitter, instr: Instr): number {
  const { def } = instr;
  const { op } = def;
  if (op === null) throw new Error(`the loop does not know the instruction '${def.name}'`);
  const type = typeOperand(instr);
  const pops = def.pops ?? [];
  const sources: Source[] = [];
  for (let i = 0; i < pops.length; i++) sources.push(e.stack.pop());
  sources.reverse();
  if (op.dialect === 'global' && coreTable.get(op.name) === op) {
    return global(e, op, instr.operands[0] as string, type as Type, sources[0]);
  }
  if (!e.link.called.has(op) && fuseBranch(e, op, sources)) return 1;
  const word = def.pushes?.[0];
  const result = word === undefined ? null : named(word, type);
  if (e.link.called.has(op) || !hasForm(op, type)) return external(e, op, type, instr, sources, result);
  const base = e.stack.height;
  const { found, operands } = formFor(e, op, type, sources, base);
  const words = operands.map((operand) => operand.word);
  if (found.offset) words.push((instr.operands[0] as number) | 0);
  return e.finishOp(result, (to, late) => {
    if (result !== null) words.push(cellWord(result, to));
    e.emitOp(op, found.form, words, { late });
  });
}

/** A comparison and the conditional jump after it. */
function fuseBranch(e: Emitter, op: OpDef, sources: readonly Source[]): boolean {
  const next = e.next();
  if (next?.def.role !== 'jump-if' && next?.def.role !== 'jump-unless') return false;
  const target = next.operands[0] as number;
  const operands = sources.map((source) => e.operand(source, op.bits));
  const back = target <= e.at + 1;
  const found = branchForm(op, operands.map(kindOf), next.def.role === 'jump-unless', back);
  if (found === null) return false;
  e.flush();
  e.weight += e.weightOf(e.at + 1);
  e.emitOp(op, found, [...operands.map((operand) => operand.word), target], { labels: operands.length });
  return true;
}

/** The op's form for these operands; constants that it does not take go to their own cells. */
function formFor(e: Emitter, op: OpDef, type: Type | null, sources: Source[], base: number) {
  const describe = () => sources.map((source) => e.operand(source, readsBits(op)));
  let operands = describe();
  let found = opForm(op, type, operands.map(kindOf));
  for (let i = sources.length - 1; found === null && i >= 0; i--) {
    const source = sources[i] as Source;
    if (source.kind !== 'const') continue;
    const cell = e.stack.cellAt(base + i);
    e.move(cell, source);
    sources[i] = { kind: 'cell', type: source.type, cell };
    operands = describe();
    found = opForm(op, type, operands.map(kindOf));
  }
  if (found === null) throw new Error(`op '${op.name}' has no form for operands in cells`);
  return { found, operands };
}

function external(
  e: Emitter,
  op: OpDef,
  type: Type | null,
  instr: Instr,
  sources: readonly Source[],
  result: Type | null,
): number {
  const traps = op.effect.traps.length > 0 || op.effect.diverges;
  const reload = op.effect.grows || op.effect.writes !== 0;
  return e.finishOp(result, (to, late) => {
    const site = e.site({ kind: 'op', op, type, imm: immediateOf(op, instr), sources, result, to });
    e.emit(externalForm(traps, reload), [site], { late });
  });
}

function global(e: Emitter, op: OpDef, name: string, type: Type, value: Source | undefined): number {
  const cell = e.link.globalCell(name);
  const file = bitsType(type) ? 'L' : 'R';
  if (op.name === 'global.get') {
    return e.finishOp(type, (to, late) => {
      e.emit(form(`${file}[fp+@2]=${file}[@1];`, 2), [cell, to], { late });
    });
  }
  if (value === undefined) throw new Error('global.set takes an operand');
  const { kind, word } = e.operand(value, true);
  if (kind === 'inline') e.emit(form('I[@1]=@2;', 2), [cell * 2, word]);
  else {
    const from = kind === 'cell' ? sourceCell(value) : word;
    const text = kind === 'cell' ? `${file}[fp+@2]` : sourceText(kind, type, true, 2);
    e.emit(form(`${file}[@1]=${text};`, 2), [cell, from]);
  }
  return 0;
}

function kindOf(operand: { readonly kind: SourceKind }): SourceKind {
  return operand.kind;
}
