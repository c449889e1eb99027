/**
 * Checks of single instructions by the kinds of their operands, for both machines: each operand has the form of its
 * kind, names and indices lead somewhere, what the instruction needs (memory, table) exists, and a type that is written
 * agrees with what it describes. What an instruction needs is told by its op's effects, never by its name.
 */

import { type Diagnostic, isTrapKind, isType, type OpDef, regionSet, type Signature, type Span } from '@sluice/ir';
import { constType, maxCount } from './asm-operand.ts';
import {
  badCases,
  badIndex,
  badLabel,
  badOperand,
  badValue,
  immutable,
  lacks,
  tooMany,
  unknownName,
  wrongCallee,
  wrongType,
} from './diag-codes.ts';
import type { Instr, InstrDef, Operand, OperandKind } from './instr.ts';
import { ownerOf } from './sequence.ts';
import { type FuncContext, limits } from './validate-context.ts';
import { isConst, isCount, isI32 } from './validate-items.ts';

/** What an instruction needs of the program; the same for all instructions of a name. */
interface Needs {
  readonly memory: boolean;
  readonly table: boolean;
  /** Its index names a data segment. */
  readonly data: boolean;
  /** Its index names an element segment. */
  readonly segment: boolean;
  /** It sets the global that it names. */
  readonly sets: boolean;
}

const memoryRegion = regionSet('memory');
const tableRegion = regionSet('table');
const globalsRegion = regionSet('globals');
/** Indices that name nothing in the program (lanes, tags) are a byte. */
const maxPlainIndex = 255;
const maxAlign = 31;

function needsOf(def: InstrDef): Needs {
  const ops: readonly OpDef[] = def.op === null ? def.parts : [def.op, ...def.parts];
  const memory = ops.some(({ effect }) => effect.grows || ((effect.reads | effect.writes) & memoryRegion) !== 0);
  const table = ops.some(({ effect }) => ((effect.reads | effect.writes) & tableRegion) !== 0);
  return {
    memory,
    table: table || def.role === 'call-indirect',
    data: memory && def.op?.imm === 'index',
    segment: table && (def.op?.imm === 'index' || def.op?.imm === 'tableseg'),
    sets: ops.some(({ effect }) => (effect.writes & globalsRegion) !== 0),
  };
}

/** How many cells an instruction of this function may name. */
export interface Cells {
  /** Registers, or locals with parameters. */
  readonly registers: number;
  readonly slots: number;
}

/** Checks the operands of every instruction of a function. */
export function checkOperands(fx: FuncContext, cells: Cells): void {
  const needs = new Map<InstrDef, Needs>();
  const { code } = fx.f;
  for (let index = 0; index < code.length; index++) {
    const instr = code[index] as Instr;
    const { def, operands } = instr;
    let need = needs.get(def);
    if (need === undefined) {
      need = needsOf(def);
      needs.set(def, need);
    }
    const report = (finding: (at: Span) => Diagnostic): void => fx.at(index, finding);
    if (operands.length !== def.operands.length) {
      report((at) => badOperand(at, def.name, `${operands.length} of ${def.operands.length}`));
      continue;
    }
    if (need.memory && fx.cx.program.memory === null) report((at) => lacks(at, def.name, 'memory'));
    if (need.table && !need.segment && fx.cx.tables.size === 0) report((at) => lacks(at, def.name, 'table'));
    if (def.role === 'call-indirect' && !def.operands.includes('table')) {
      const [first] = fx.cx.program.tables;
      if (first !== undefined && first.type !== 'funcref') {
        report((at) => wrongType(at, `table @${first.name}`, first.type, 'funcref'));
      }
    }
    for (let k = 0; k < operands.length; k++) {
      const wrong = checkOperand(fx, cells, need, instr, k);
      if (wrong !== null) report(wrong);
    }
  }
}

type Finding = ((at: Span) => Diagnostic) | null;

function checkOperand(fx: FuncContext, cells: Cells, need: Needs, { def, operands }: Instr, k: number): Finding {
  const kind = def.operands[k] as OperandKind;
  const operand = operands[k];
  const bad = (at: Span): Diagnostic => badOperand(at, def.name, kind);
  switch (kind) {
    case 'def':
    case 'use':
    case 'local':
      return checkCell(cells.registers, kind === 'local' ? 'local' : 'register', operand, bad);
    case 'defs':
    case 'uses':
      if (!Array.isArray(operand)) return bad;
      return firstFinding(operand, (cell) => checkCell(cells.registers, 'register', cell, bad));
    case 'label':
      return checkLabel(fx, operand, bad);
    case 'labels':
      return Array.isArray(operand) ? firstFinding(operand, (label) => checkLabel(fx, label, bad)) : bad;
    case 'cases':
      return checkCases(operand, operands[def.operands.indexOf('labels')]);
    case 'value': {
      const type = constType(def, k);
      return isConst(type, operand as never) ? null : (at) => badValue(at, type);
    }
    case 'imm32':
      return isI32(operand) ? null : (at) => badValue(at, 'i32');
    case 'offset':
      return isCount(operand, maxCount) ? null : bad;
    case 'align':
      return isCount(operand, maxAlign) ? null : bad;
    case 'lane':
      return isCount(operand, (ownerOf(def, k).op?.lanes ?? 0) - 1) ? null : bad;
    case 'lanes':
      return areLanes(operand) ? null : bad;
    case 'func':
    case 'import':
      return typeof operand === 'string' ? checkCallee(fx, def, kind, operand) : bad;
    case 'global':
      return typeof operand === 'string' ? checkGlobal(fx, def, operands, operand, need) : bad;
    case 'table':
      return typeof operand === 'string' ? checkTable(fx, def, operands, operand) : bad;
    case 'sig':
      return checkSignature(operand, bad);
    case 'index':
      return checkIndex(fx, cells, def, need, operand, bad);
    case 'trap':
      return typeof operand === 'string' && isTrapKind(operand) ? null : bad;
    case 'type':
      return typeof operand === 'string' && isType(operand) ? null : bad;
  }
}

function areLanes(operand: unknown): boolean {
  return Array.isArray(operand) && operand.length === 16 && operand.every((lane) => isCount(lane, 31));
}

function firstFinding(list: readonly unknown[], check: (element: unknown) => Finding): Finding {
  for (const element of list) {
    const wrong = check(element);
    if (wrong !== null) return wrong;
  }
  return null;
}

function checkCell(count: number, what: string, operand: unknown, bad: Finding): Finding {
  if (!isCount(operand, maxCount)) return bad;
  return operand < count ? null : (at) => badIndex(at, what, operand, count);
}

function checkLabel(fx: FuncContext, operand: unknown, bad: Finding): Finding {
  const { length } = fx.f.code;
  if (!isCount(operand, maxCount)) return bad;
  return operand < length ? null : (at) => badLabel(at, operand, length);
}

function checkCases(cases: Operand | undefined, labels: Operand | undefined): Finding {
  if (!Array.isArray(cases) || !Array.isArray(labels) || labels.length !== cases.length + 1) {
    return (at) => badCases(at, 'cases and labels do not match');
  }
  const seen = new Set<number>();
  for (const value of cases as readonly unknown[]) {
    if (!isI32(value)) return (at) => badCases(at, 'a case is not an i32');
    if (seen.has(value)) return (at) => badCases(at, `the case ${value} occurs twice`);
    seen.add(value);
  }
  return null;
}

function checkCallee({ cx }: FuncContext, def: InstrDef, kind: 'func' | 'import', name: string): Finding {
  const isFunc = cx.funcs.has(name);
  const isImport = cx.imports.has(name);
  // What is not a call (a reference to a function) may name either.
  if (def.role !== 'call' && def.role !== 'call-host') {
    return isFunc || isImport ? null : (at) => unknownName(at, 'function', name);
  }
  if (kind === 'func') {
    if (isFunc) return null;
    return (at) => (isImport ? wrongCallee(at, name, 'call_host') : unknownName(at, 'function', name));
  }
  if (isImport) return null;
  return (at) => (isFunc ? wrongCallee(at, name, 'call') : unknownName(at, 'import', name));
}

function checkGlobal(
  { cx }: FuncContext,
  def: InstrDef,
  operands: readonly Operand[],
  name: string,
  need: Needs,
): Finding {
  const global = cx.globals.get(name);
  if (global === undefined) return (at) => unknownName(at, 'global', name);
  if (need.sets && !global.mutable) return (at) => immutable(at, name);
  const type = operands[def.operands.indexOf('type')];
  if (type === undefined || type === global.type) return null;
  return (at) => wrongType(at, `global @${name}`, global.type, String(type));
}

// Of two tables, or a table and a segment, the first table says the type.
function checkTable({ cx }: FuncContext, def: InstrDef, operands: readonly Operand[], name: string): Finding {
  const table = cx.tables.get(name);
  if (table === undefined) return (at) => unknownName(at, 'table', name);
  const segment =
    def.op?.imm === 'tableseg' ? cx.program.segments[operands[def.operands.indexOf('index')] as number] : undefined;
  const first = cx.tables.get(operands[def.operands.indexOf('table')] as string);
  const type = operands[def.operands.indexOf('type')];
  const want = def.role === 'call-indirect' ? 'funcref' : (type ?? segment?.type ?? first?.type ?? table.type);
  return want === table.type ? null : (at) => wrongType(at, `table @${name}`, table.type, String(want));
}

function checkSignature(operand: Operand | undefined, bad: Finding): Finding {
  if (typeof operand !== 'object' || operand === null) return bad;
  const { params, results } = operand as Partial<Signature>;
  for (const types of [params, results]) {
    if (!Array.isArray(types) || !types.every((type) => isType(type))) return bad;
    if (types.length > limits.signature) return (at) => tooMany(at, 'parameters or results', limits.signature);
  }
  return null;
}

function checkIndex(
  { cx }: FuncContext,
  cells: Cells,
  def: InstrDef,
  need: Needs,
  operand: unknown,
  bad: Finding,
): Finding {
  if (!isCount(operand, maxCount)) return bad;
  const check = (what: string, count: number): Finding =>
    operand < count ? null : (at) => badIndex(at, what, operand, count);
  if (def.role === 'spill' || def.role === 'reload') return check('slot', cells.slots);
  if (need.data) return check('data segment', cx.program.data.length);
  if (need.segment) return check('element segment', cx.program.segments.length);
  return operand <= maxPlainIndex ? null : bad;
}
