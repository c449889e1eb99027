/** Immediates: whether they have the form that the op says, and name what exists. */

import * as codes from '../diag-codes.ts';
import { anyTagLimit, anyTagType } from '../dynamic.ts';
import { regionSet } from '../effect.ts';
import {
  type ElementSegment,
  findFunc,
  findGlobal,
  findImport,
  findTable,
  type Inst,
  type Module,
  type Table,
  type ValueId,
} from '../func.ts';
import type { CallSig, MemImm, MemLaneImm, TableInit, TablePair } from '../op.ts';
import { isTrapKind } from '../trap.ts';
import { isType, type Type } from '../type.ts';
import { fromBits, sameValue, toBits, type Value } from '../value.ts';
import { areTypes, type FuncCheck, isCount } from './check.ts';

const slots = regionSet('slots');
const memory = regionSet('memory');
const table = regionSet('table');

/**
 * Checks the immediate of an instruction; false when it has not even the right form, so that nothing may be derived
 * from it. `open` is the type that stands for `T`, where the op has one and it is known.
 */
export function checkImmediate(c: FuncCheck, v: ValueId, inst: Inst, open: Type | null): boolean {
  const { op, imm } = inst;
  const bad = (want: string): false => {
    c.report((on) => codes.badImmediate(on, want), v);
    return false;
  };
  const touched = op.effect.reads | op.effect.writes;
  if (op.kind === 'value' && (touched & memory) !== 0 && c.m.memory === null) {
    c.report((on) => codes.noSuchState(on, 'memory'), v);
  }
  switch (op.imm) {
    case 'none':
      return imm === undefined || imm === null || bad('absent');
    case 'const':
      if (!isConstant(c.m, inst.type, imm as Value)) c.report((on) => codes.badConstant(on, inst.type), v);
      return true;
    case 'mem':
      return isMemImm(imm) ? checkAlignment(c, v, inst, imm) : bad('{ offset, align }');
    case 'memlane':
      if (!isMemImm(imm) || !isCount((imm as Partial<MemLaneImm>).lane, op.lanes - 1)) {
        return bad(`{ offset, align, lane } with a lane from 0 to ${op.lanes - 1}`);
      }
      return checkAlignment(c, v, inst, imm);
    case 'lane':
      return isCount(imm, op.lanes - 1) || bad(`a lane from 0 to ${op.lanes - 1}`);
    case 'lanes':
      return areLanes(imm) || bad('16 lanes from 0 to 31');
    case 'index':
      if (!isCount(imm, 2 ** 31 - 1)) return bad('an index from 0 up');
      checkIndex(c, v, inst, imm, open);
      return true;
    case 'func':
      if (typeof imm !== 'string') return bad("a function's name");
      return op.kind !== 'value' || checkFunction(c, v, imm);
    case 'global':
      return typeof imm === 'string' ? checkGlobal(c, v, inst, imm, open) : bad("a global's name");
    case 'sig':
      if (!isSignature(imm)) return bad('a signature');
      if ((touched & table) !== 0) checkCallTable(c, v, imm);
      return true;
    case 'table':
      return typeof imm === 'string' ? checkTable(c, v, inst, imm, open) : bad("a table's name");
    case 'tables': {
      const { to, from } = (imm ?? {}) as Partial<TablePair>;
      return typeof to === 'string' && typeof from === 'string' ? checkPair(c, v, to, from) : bad('{ to, from }');
    }
    case 'tableseg': {
      const { table: name, segment } = (imm ?? {}) as Partial<TableInit>;
      if (typeof name !== 'string' || !isCount(segment, 2 ** 31 - 1)) return bad('{ table, segment }');
      return checkTableInit(c, v, name, segment);
    }
    case 'cases':
      return areCases(imm) || bad('a list of distinct i32 values');
    case 'trap':
      return (typeof imm === 'string' && isTrapKind(imm)) || bad('a kind of trap');
    case 'text':
      if (typeof imm !== 'string') return bad('a text');
      if (!imm.isWellFormed()) c.report(codes.badText, v);
      return true;
  }
}

/** Whether a value is a constant of its type, in the one form that value.ts gives it. */
export function isConstant(m: Module, type: string, value: Value): boolean {
  switch (type) {
    case 'i32':
      return Number.isInteger(value) && sameValue((value as number) | 0, value);
    case 'i64':
      return typeof value === 'bigint' && value === BigInt.asIntN(64, value);
    case 'f32':
    case 'f64':
      if (typeof value !== 'number' && typeof value !== 'bigint') return false;
      return sameValue(fromBits(type, toBits(type, value)), value);
    case 'v128':
      return typeof value === 'bigint' && value === BigInt.asUintN(128, value);
    case 'funcref':
      if (value === null) return true;
      return typeof value === 'string' && (findFunc(m, value) ?? findImport(m, value)) !== undefined;
    case 'externref':
      return value === null;
    case 'any':
      if (typeof value === 'string') return value.isWellFormed();
      if (typeof value === 'bigint') return value === BigInt.asIntN(64, value);
      return value === null || typeof value !== 'object';
    default:
      return false;
  }
}

function isMemImm(imm: unknown): imm is MemImm {
  if (typeof imm !== 'object' || imm === null) return false;
  const { offset, align } = imm as Partial<MemImm>;
  return isCount(offset, 2 ** 32 - 1) && isCount(align, 31);
}

function checkAlignment(c: FuncCheck, v: ValueId, { op }: Inst, { align }: MemImm): true {
  const bytes = op.access?.bytes ?? 16;
  if (2 ** align > bytes) c.report((on) => codes.badAlignment(on, align, bytes), v);
  return true;
}

function isSignature(imm: unknown): imm is CallSig {
  if (typeof imm !== 'object' || imm === null) return false;
  const { params, results, table: name } = imm as Partial<CallSig>;
  return areTypes(params) && areTypes(results) && (name === undefined || typeof name === 'string');
}

function areCases(imm: unknown): boolean {
  if (!Array.isArray(imm)) return false;
  return imm.every((k) => Number.isInteger(k) && Object.is(k | 0, k)) && new Set(imm).size === imm.length;
}

function areLanes(imm: unknown): boolean {
  return Array.isArray(imm) && imm.length === 16 && imm.every((lane) => isCount(lane, 31));
}

function checkIndex(c: FuncCheck, v: ValueId, inst: Inst, index: number, open: Type | null): void {
  const { op } = inst;
  const touched = op.effect.reads | op.effect.writes;
  if (op.kind !== 'value') return;
  if ((touched & slots) !== 0) {
    const want = c.f.slots[index];
    if (want === undefined) c.report((on) => codes.noSuchIndex(on, 'slot', index, c.f.slots.length), v);
    else if (open !== null && open !== want) wrongOpen(c, v, inst, want, open);
  } else if ((touched & memory) !== 0) {
    const count = c.m.data.length;
    if (index >= count) c.report((on) => codes.noSuchIndex(on, 'data segment', index, count), v);
  } else if ((touched & table) !== 0) {
    checkSegment(c, v, index);
  } else if (op.dialect === 'any') {
    const want = anyTagType(index);
    if (want === undefined) c.report((on) => codes.badImmediate(on, `a tag below ${anyTagLimit}`), v);
    else if (open !== null && open !== want) wrongOpen(c, v, inst, want, open);
  }
}

// `T` is the type of what the immediate names: the result's where the signature says so, else an operand's.
function wrongOpen(c: FuncCheck, v: ValueId, { op }: Inst, want: Type, got: Type): void {
  if (op.sig.result === 'T') c.report((on) => codes.wrongResult(on, want, got), v);
  else c.report((on) => codes.wrongOperand(on, op.sig.params.indexOf('T'), want, got), v);
}

function tableOf(c: FuncCheck, v: ValueId, name: string): Table | undefined {
  const found = findTable(c.m, name);
  if (found === undefined) c.report((on) => codes.unknownName(on, 'table', name), v);
  return found;
}

// The first table has no name in calls, so that there is one form of each.
function checkCallTable(c: FuncCheck, v: ValueId, { table: name }: CallSig): void {
  const [first] = c.m.tables;
  const found = name === undefined ? first : tableOf(c, v, name);
  if (first === undefined) c.report((on) => codes.noSuchState(on, 'table'), v);
  else if (name === first.name) c.report((on) => codes.badImmediate(on, 'without the name of the first table'), v);
  if (found !== undefined && found.type !== 'funcref') c.report((on) => codes.tableType(on, 'funcref', found.type), v);
}

function checkTable(c: FuncCheck, v: ValueId, inst: Inst, name: string, open: Type | null): true {
  const found = tableOf(c, v, name);
  if (found !== undefined && open !== null && open !== found.type) wrongOpen(c, v, inst, found.type, open);
  return true;
}

function checkPair(c: FuncCheck, v: ValueId, to: string, from: string): true {
  const target = tableOf(c, v, to);
  const source = tableOf(c, v, from);
  if (target !== undefined && source !== undefined && target.type !== source.type) {
    c.report((on) => codes.tableType(on, target.type, source.type), v);
  }
  return true;
}

function checkTableInit(c: FuncCheck, v: ValueId, name: string, index: number): true {
  const found = tableOf(c, v, name);
  const segment = checkSegment(c, v, index);
  if (found !== undefined && segment !== undefined && segment.type !== found.type) {
    c.report((on) => codes.tableType(on, found.type, segment.type), v);
  }
  return true;
}

function checkSegment(c: FuncCheck, v: ValueId, index: number): ElementSegment | undefined {
  const { segments } = c.m;
  if (index >= segments.length) c.report((on) => codes.noSuchIndex(on, 'element segment', index, segments.length), v);
  return segments[index];
}

function checkFunction(c: FuncCheck, v: ValueId, name: string): true {
  if ((findFunc(c.m, name) ?? findImport(c.m, name)) === undefined) {
    c.report((on) => codes.unknownName(on, 'function or import', name), v);
  }
  return true;
}

function checkGlobal(c: FuncCheck, v: ValueId, inst: Inst, name: string, open: Type | null): true {
  const global = findGlobal(c.m, name);
  if (global === undefined) {
    c.report((on) => codes.unknownName(on, 'global', name), v);
    return true;
  }
  if (inst.op.effect.writes !== 0 && !global.mutable) c.report((on) => codes.immutableGlobal(on, name), v);
  if (open !== null && isType(global.type) && open !== global.type) wrongOpen(c, v, inst, global.type, open);
  return true;
}
