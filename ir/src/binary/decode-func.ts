/** Functions of the binary form: ids are given in the order of the text, parameters first. */

import { Memo } from '../analysis/memo.ts';
import type { Block, BlockId, Func, Inst, ValueId } from '../func.ts';
import { none } from '../inst.ts';
import { type Imm, isTerminator, type OpDef } from '../op.ts';
import { coreOps } from '../ops/core.ts';
import { isTrapKind } from '../trap.ts';
import type { ResultType, Type } from '../type.ts';
import { readConst, readSignature, readTypes } from './decode-const.ts';
import { fixedTargets, resultTypes } from './layout.ts';
import type { Reader } from './reader.ts';

interface State {
  readonly r: Reader;
  readonly strings: readonly string[];
  readonly ops: readonly OpDef[];
  readonly insts: Inst[];
  readonly blockCount: number;
  /** The largest place that an operand names, and the offset where it does: checked when all places are known. */
  top: number;
  topAt: number;
}

/** Reads a function. Throws `DiagnosticError`. */
export function readFunc(r: Reader, strings: readonly string[], ops: readonly OpDef[]): Func {
  const name = strings[r.index("a function's name", strings.length)] as string;
  const sig = readSignature(r);
  const slots = readTypes(r);
  const at = r.at;
  const blockCount = r.count('blocks', 3);
  if (blockCount === 0) r.wrong('a function without blocks', at);
  const insts: Inst[] = [];
  for (const [k, type] of sig.params.entries()) {
    insts.push({ op: coreOps[0], type, args: none, imm: k, blocks: none, loc: null });
  }
  const params = insts.map((_, k) => k as ValueId);
  const s: State = { r, strings, ops, insts, blockCount, top: -1, topAt: 0 };
  const blocks: Block[] = [];
  const order: BlockId[] = [];
  for (let b = 0; b < blockCount; b++) {
    blocks.push(readBlock(s));
    order.push(b as BlockId);
  }
  if (s.top >= insts.length) r.wrong(`an operand names instruction ${s.top} of ${insts.length}`, s.topAt);
  const shape = { cache: new Memo() };
  const names = { valueNames: new Map(), blockNames: new Map() };
  return { name, sig, params, insts, blocks, order, slots, ...names, shape, cache: new Memo() };
}

function readBlock(s: State): Block {
  const { r } = s;
  const phiCount = r.count('phis', 2);
  const bodyCount = r.count('instructions');
  const phis: ValueId[] = [];
  const body: ValueId[] = [];
  for (let k = 0; k < phiCount; k++) phis.push(readInst(s, 'phi'));
  for (let k = 0; k < bodyCount; k++) body.push(readInst(s, 'body'));
  return { phis, body, term: readInst(s, 'term') };
}

function readInst(s: State, where: 'phi' | 'body' | 'term'): ValueId {
  const { r } = s;
  const id = s.insts.length as ValueId;
  const at = r.at;
  const op = s.ops[r.index('an op', s.ops.length)] as OpDef;
  if (isTerminator(op) !== (where === 'term') || (where === 'phi' && op.kind !== 'phi')) {
    r.wrong(`'${op.name}' stands in the wrong part of its block`, at);
  }
  const type = op.sig.result === 'T' ? readResultType(r, op) : op.sig.result;
  const imm = readImm(s, op, type);
  const args = readArgs(s, op, id);
  const targets = op.kind === 'switch' ? (imm as readonly number[]).length + 1 : fixedTargets(op.kind);
  const blocks = readTargets(s, op.kind === 'phi' ? args.length : targets);
  s.insts.push({ op, type, args, imm, blocks, loc: null });
  return id;
}

function readResultType(r: Reader, op: OpDef): ResultType {
  const at = r.at;
  const type = resultTypes[r.u8('a type')];
  const mayBeVoid = op.kind === 'call' || op.kind === 'invoke';
  if (type === undefined || (type === 'void' && !mayBeVoid)) r.wrong(`no result type of '${op.name}'`, at);
  return type;
}

function readArgs(s: State, op: OpDef, id: ValueId): readonly ValueId[] {
  const { r } = s;
  const at = r.at;
  const count = op.sig.variadic ? r.count('operands') : op.sig.params.length;
  if (count < op.sig.params.length) r.wrong(`'${op.name}' has too few operands`, at);
  if (count === 0) return none;
  const args: ValueId[] = [];
  for (let k = 0; k < count; k++) {
    const from = r.at;
    const target = id - r.i32('an operand');
    if (target < 0) r.wrong('an operand names nothing', from);
    if (target > s.top) {
      s.top = target;
      s.topAt = from;
    }
    args.push(target as ValueId);
  }
  return args;
}

function readTargets(s: State, count: number): readonly BlockId[] {
  if (count === 0) return none;
  const targets: BlockId[] = [];
  for (let k = 0; k < count; k++) targets.push(s.r.index('a block', s.blockCount) as BlockId);
  return targets;
}

function readImm(s: State, op: OpDef, type: ResultType): Imm {
  const { r, strings } = s;
  const text = (what: string): string => strings[r.index(what, strings.length)] as string;
  const at = r.at;
  switch (op.imm) {
    case 'none':
      return undefined;
    case 'const':
      if (type === 'void' || type === 'tuple') return r.wrong('a constant without a type', at);
      return readConst(r, type satisfies Type, strings);
    case 'mem': {
      const offset = r.u32('an offset');
      return { offset, align: r.index('an alignment', 32) };
    }
    case 'memlane': {
      const offset = r.u32('an offset');
      const align = r.index('an alignment', 32);
      return { offset, align, lane: r.index('a lane', 16) };
    }
    case 'lane':
      return r.index('a lane', 16);
    case 'lanes':
      return Array.from({ length: 16 }, () => r.index('a lane of two vectors', 32));
    case 'index':
      return r.index('an index', 2 ** 31);
    case 'func':
      return text("a function's name");
    case 'global':
      return text("a global's name");
    case 'text':
      return text('a text');
    case 'trap': {
      const kind = text('a kind of trap');
      return isTrapKind(kind) ? kind : r.wrong('no kind of trap', at);
    }
    case 'table':
      return text("a table's name");
    case 'tables': {
      const to = text("a table's name");
      return { to, from: text("a table's name") };
    }
    case 'tableseg': {
      const table = text("a table's name");
      return { table, segment: r.index('a segment', 2 ** 31) };
    }
    case 'sig': {
      const sig = readSignature(r);
      const table = r.index("a table's name", strings.length + 1);
      return table === 0 ? sig : { ...sig, table: strings[table - 1] as string };
    }
    case 'cases': {
      const count = r.count('cases', 2);
      const cases: number[] = [];
      for (let k = 0; k < count; k++) cases.push(r.i32('a case'));
      return cases;
    }
  }
}
