/**
 * Reads one function of the text form (`func @f(...) -> i32 { ... }`).
 *
 * Ids are given in the order of definition: parameters, then instructions as they stand; blocks likewise. Uses before
 * the definition are noted and filled in at the end, so that one pass over the text suffices. Names that are not
 * numbers are kept. Checked here: syntax, names, the number of operands, the form of immediates. A phi behind a
 * body instruction, a type that does not fit and the like are read as written, for the verifier to refuse.
 */

import { Memo } from '../analysis/memo.ts';
import type { Span } from '../diag.ts';
import * as codes from '../diag-codes.ts';
import type { Block, BlockId, Func, Inst, ValueId } from '../func.ts';
import { none } from '../inst.ts';
import { type Imm, isTerminator, type OpDef, type OpTable } from '../op.ts';
import { coreOps } from '../ops/core.ts';
import { isTrapKind } from '../trap.ts';
import { isType, type ResultType, type Type } from '../type.ts';
import type { Lexer } from './lex.ts';
import { readI32 } from './literals.ts';
import { isNumeric } from './names.ts';
import { parseConst, parseCount, parseResults, parseSignature, parseType } from './parse-parts.ts';

/** Most values or blocks of a function. */
const idLimit = 1 << 24;
/** Most parameters, results or slots of a function. */
const listLimit = 1 << 16;

/** Largest index (slot, tuple element, lane, segment) and offset. */
const maxIndex = 2 ** 31 - 1;
const maxOffset = 2 ** 32 - 1;

/** A use before its definition: `list[at]` waits for the id of `name`. */
interface Forward {
  readonly list: number[];
  readonly at: number;
  readonly name: string;
  readonly start: number;
}

interface State {
  readonly lex: Lexer;
  readonly ops: OpTable;
  readonly insts: Inst[];
  readonly blocks: Block[];
  readonly values: Map<string, ValueId>;
  readonly labels: Map<string, BlockId>;
  readonly valueNames: Map<ValueId, string>;
  readonly blockNames: Map<BlockId, string>;
  readonly forwardValues: Forward[];
  readonly forwardBlocks: Forward[];
}

/** Reads a function; the current token is `func`. Throws `DiagnosticError`. */
export function parseFunc(lex: Lexer, ops: OpTable): Func {
  lex.next();
  const at = lex.span();
  const name = lex.take('symbol', "the function's name (@name)");
  const s: State = {
    lex,
    ops,
    insts: [],
    blocks: [],
    values: new Map(),
    labels: new Map(),
    valueNames: new Map(),
    blockNames: new Map(),
    forwardValues: [],
    forwardBlocks: [],
  };
  const params = parseParams(s);
  const results = lex.accept('arrow') ? parseResults(lex) : [];
  lex.take('{', "'{'");
  const slots = parseSlots(lex);
  while (lex.kind !== '}') parseBlock(s);
  lex.next();
  if (s.blocks.length === 0) lex.fail(codes.noBlocks(at, name));
  resolve(s);
  return {
    name,
    sig: { params: params.map((v) => s.insts[v]?.type as Type), results },
    params,
    insts: s.insts,
    blocks: s.blocks,
    order: s.blocks.map((_, b) => b as BlockId),
    slots,
    valueNames: s.valueNames,
    blockNames: s.blockNames,
    shape: { cache: new Memo() },
    cache: new Memo(),
  };
}

function parseParams(s: State): readonly ValueId[] {
  const lex: Lexer = s.lex;
  const param = coreOps[0];
  const params: ValueId[] = [];
  lex.take('(', "'('");
  while (lex.kind !== ')') {
    if (params.length > 0) lex.take(',', "',' or ')'");
    if (params.length >= listLimit) lex.fail(codes.tooMany(lex.span(), 'parameters', listLimit));
    const loc = lex.span();
    const start = lex.start;
    const name = lex.take('value', 'a parameter (%name: type)');
    lex.take(':', "':'");
    const inst: Inst = { op: param, type: parseType(lex), args: none, imm: params.length, blocks: none, loc };
    params.push(define(s, name, start, inst));
  }
  lex.next();
  return params;
}

function parseSlots(lex: Lexer): readonly Type[] {
  const slots: Type[] = [];
  if (!lex.acceptWord('slots')) return slots;
  do {
    if (slots.length >= listLimit) lex.fail(codes.tooMany(lex.span(), 'slots', listLimit));
    slots.push(parseType(lex));
  } while (lex.accept(','));
  return slots;
}

// A label, then instructions up to the terminator.
function parseBlock(s: State): void {
  const lex: Lexer = s.lex;
  const at = lex.span();
  if (atInst(lex)) lex.fail(codes.outsideBlock(at));
  const name = lex.take('block', "a block's label (^name:) or '}'");
  lex.take(':', "':'");
  const id = s.blocks.length as BlockId;
  if (s.labels.has(name)) lex.fail(codes.blockTwice(at, name));
  if (id >= idLimit) lex.fail(codes.tooMany(at, 'blocks', idLimit));
  s.labels.set(name, id);
  if (!isNumeric(name)) s.blockNames.set(id, name);
  const phis: ValueId[] = [];
  const body: ValueId[] = [];
  for (;;) {
    if (!atInst(lex)) {
      if (lex.kind === '}' || lex.kind === 'block' || lex.kind === 'eof') lex.fail(codes.openBlock(at, name));
      lex.expected('an instruction');
    }
    const v = parseInst(s);
    const op = (s.insts[v] as Inst).op;
    if (isTerminator(op)) {
      s.blocks.push({ phis, body, term: v });
      return;
    }
    (op.kind === 'phi' && body.length === 0 ? phis : body).push(v);
  }
}

function atInst(lex: Lexer): boolean {
  return lex.kind === 'value' || lex.kind === 'word';
}

function parseInst(s: State): ValueId {
  const lex: Lexer = s.lex;
  const loc = lex.span();
  const start = lex.start;
  let name: string | null = null;
  if (lex.kind === 'value') {
    name = lex.text;
    lex.next();
    lex.take('=', "'='");
  }
  const opAt = lex.start;
  const word = lex.take('word', 'an op');
  const op = s.ops.get(word);
  if (op === undefined) lex.fail(codes.unknownOp(lex.spanAt(opAt), word));
  const type = parseResultType(lex, op, loc);
  if ((type === 'void') !== (name === null)) lex.fail(codes.resultName(loc, op.name, type !== 'void'));
  const inst = parseRest(s, op, type, loc);
  if (!lex.newline && lex.kind !== '}') lex.fail(codes.notAtEnd(lex.span(), lex.describe()));
  return define(s, name, start, inst);
}

function define(s: State, name: string | null, start: number, inst: Inst): ValueId {
  const id = s.insts.length as ValueId;
  if (id >= idLimit) s.lex.fail(codes.tooMany(s.lex.spanAt(start), 'instructions', idLimit));
  s.insts.push(inst);
  if (name !== null) {
    if (s.values.has(name)) s.lex.fail(codes.valueTwice(s.lex.spanAt(start), name));
    s.values.set(name, id);
    if (!isNumeric(name)) s.valueNames.set(id, name);
  }
  return id;
}

// Written where the signature leaves it open; calls may be void.
function parseResultType(lex: Lexer, op: OpDef, loc: Span): ResultType {
  if (op.sig.result !== 'T') return op.sig.result;
  if (lex.kind === 'word' && !lex.newline) {
    const word = lex.text;
    if (isType(word) || word === 'tuple') {
      lex.next();
      return word;
    }
    if (op.kind !== 'const') lex.fail(codes.unknownType(lex.span(), word));
  }
  if (op.kind !== 'call' && op.kind !== 'invoke') lex.fail(codes.missingType(loc, op.name));
  return 'void';
}

function parseRest(s: State, op: OpDef, type: ResultType, loc: Span): Inst {
  const lex: Lexer = s.lex;
  let args: number[] = [];
  const targets: number[] = [];
  let imm: Imm;
  switch (op.kind) {
    case 'phi':
      if (lex.kind === '[' && !lex.newline) {
        do parsePhiInput(s, targets, args);
        while (lex.accept(','));
      }
      break;
    case 'call':
    case 'invoke':
      imm = parseImm(s, op, type);
      args = parseCallArgs(s);
      if (op.kind === 'invoke') {
        lex.take(',', "','");
        parseTarget(s, targets);
        lex.take(',', "','");
        parseTarget(s, targets);
      }
      break;
    case 'br':
      parseTarget(s, targets);
      break;
    case 'br_if':
      parseOperand(s, args);
      lex.take(',', "','");
      parseTarget(s, targets);
      lex.take(',', "','");
      parseTarget(s, targets);
      break;
    case 'switch':
      parseOperand(s, args);
      imm = parseCases(s, targets);
      break;
    default:
      imm = parseImm(s, op, type);
      args = parseOperands(s, op, loc);
      imm = parseTrailing(s, op, imm);
  }
  if (lex.kind === '!') loc = parseLoc(lex);
  // The lists stay `number[]` until their forward references are filled in.
  return {
    op,
    type,
    args: (args.length === 0 ? none : args) as readonly number[] as readonly ValueId[],
    imm,
    blocks: (targets.length === 0 ? none : targets) as readonly number[] as readonly BlockId[],
    loc,
  };
}

function parseOperand(s: State, args: number[]): void {
  const lex: Lexer = s.lex;
  const start = lex.start;
  const name = lex.take('value', 'an operand (%name)');
  const known = s.values.get(name);
  if (known === undefined) s.forwardValues.push({ list: args, at: args.length, name, start });
  args.push(known ?? -1);
}

function parseTarget(s: State, targets: number[]): void {
  const lex: Lexer = s.lex;
  const start = lex.start;
  const name = lex.take('block', 'a block (^name)');
  const known = s.labels.get(name);
  if (known === undefined) s.forwardBlocks.push({ list: targets, at: targets.length, name, start });
  targets.push(known ?? -1);
}

function parseOperands(s: State, op: OpDef, loc: Span): number[] {
  const lex: Lexer = s.lex;
  const args: number[] = [];
  if (lex.kind === 'value' && !lex.newline) {
    do parseOperand(s, args);
    while (lex.accept(','));
  }
  const want = op.sig.params.length;
  if (op.sig.variadic ? args.length < want : args.length !== want) {
    const text = op.sig.variadic ? `at least ${want}` : String(want);
    lex.fail(codes.operandCount(loc, op.name, text, args.length));
  }
  return args;
}

function parseCallArgs(s: State): number[] {
  const lex: Lexer = s.lex;
  const args: number[] = [];
  lex.take('(', "'('");
  while (lex.kind !== ')') {
    if (args.length > 0) lex.take(',', "',' or ')'");
    parseOperand(s, args);
  }
  lex.next();
  return args;
}

function parsePhiInput(s: State, targets: number[], args: number[]): void {
  const lex: Lexer = s.lex;
  lex.take('[', "'['");
  parseTarget(s, targets);
  lex.take(':', "':'");
  parseOperand(s, args);
  lex.take(']', "']'");
}

// `[0: ^a, 5: ^b], ^default`
function parseCases(s: State, targets: number[]): readonly number[] {
  const lex: Lexer = s.lex;
  const seen = new Set<number>();
  lex.take('[', "'['");
  while (lex.kind !== ']') {
    if (seen.size > 0) lex.take(',', "',' or ']'");
    const at = lex.span();
    const word = lex.take('word', 'a case value');
    const value = readI32(word);
    if (value === undefined) lex.fail(codes.badNumber(at, word, 'a case value (an i32)'));
    if (seen.has(value)) lex.fail(codes.caseTwice(at, value));
    seen.add(value);
    lex.take(':', "':'");
    parseTarget(s, targets);
  }
  lex.next();
  lex.take(',', "','");
  parseTarget(s, targets);
  return [...seen];
}

// The immediates that stand before the operands.
function parseImm(s: State, op: OpDef, type: ResultType): Imm {
  const lex: Lexer = s.lex;
  switch (op.imm) {
    case 'const':
      if (type === 'void' || type === 'tuple') lex.expected('a constant');
      return parseConst(lex, type);
    case 'index':
      return op.kind === 'result' ? undefined : parseCount(lex, 'index', maxIndex, 'an index (#k)');
    case 'func':
      return lex.take('symbol', 'a function (@name)');
    case 'global':
      return lex.take('symbol', 'a global (@name)');
    case 'table':
      return lex.take('symbol', 'a table (@name)');
    case 'tables': {
      const to = lex.take('symbol', 'a table to copy to (@name)');
      return { to, from: lex.take('symbol', 'a table to copy from (@name)') };
    }
    case 'tableseg': {
      const table = lex.take('symbol', 'a table (@name)');
      return { table, segment: parseCount(lex, 'index', maxIndex, 'a segment (#k)') };
    }
    case 'sig': {
      const table = lex.kind === 'symbol' ? lex.take('symbol', 'a table (@name)') : null;
      lex.take('(', "a signature in parentheses, '((i32) -> i64)'");
      const sig = parseSignature(lex);
      lex.take(')', "')'");
      return table === null ? sig : { ...sig, table };
    }
    case 'trap': {
      const at = lex.span();
      const word = lex.take('word', 'a kind of trap');
      if (!isTrapKind(word)) lex.fail(codes.unknownTrap(at, word));
      return word;
    }
    case 'text':
      return lex.takeText('a text in quotes');
    case 'lane':
      return parseCount(lex, 'index', 15, 'a lane (#k)');
    case 'lanes':
      return parseLanes(lex);
    case 'cases':
    case 'mem':
    case 'memlane':
    case 'none':
      return undefined;
  }
}

// Those that stand behind them: a memory access's offset and alignment, a projection's index.
function parseTrailing(s: State, op: OpDef, imm: Imm): Imm {
  const lex: Lexer = s.lex;
  if (op.kind === 'result') return parseCount(lex, 'index', maxIndex, 'an index (#k)');
  if (op.imm !== 'mem' && op.imm !== 'memlane') return imm;
  const parts = { offset: 0, align: 0 };
  if (lex.kind === 'word' && !lex.newline && lex.text === 'offset') {
    lex.next();
    lex.take('=', "'='");
    parts.offset = parseCount(lex, 'word', maxOffset, 'an offset');
  }
  if (lex.kind === 'word' && !lex.newline && lex.text === 'align') {
    lex.next();
    lex.take('=', "'='");
    parts.align = parseCount(lex, 'word', 31, 'the logarithm of an alignment');
  }
  if (op.imm === 'mem') return parts;
  if (lex.kind !== 'word' || lex.newline || lex.text !== 'lane') lex.expected("a lane, 'lane=0'");
  lex.next();
  lex.take('=', "'='");
  return { ...parts, lane: parseCount(lex, 'word', 15, 'a lane') };
}

function parseLanes(lex: Lexer): readonly number[] {
  const lanes: number[] = [];
  lex.take('[', "'['");
  for (;;) {
    lanes.push(parseCount(lex, 'word', 31, 'a lane of two vectors'));
    if (!lex.accept(',')) break;
  }
  lex.take(']', "',' or ']'");
  return lanes;
}

function parseLoc(lex: Lexer): Span {
  lex.next();
  const file = lex.takeText('a file name in quotes');
  lex.take(':', "':'");
  const line = parseCount(lex, 'word', maxIndex, 'a line');
  lex.take(':', "':'");
  return { file, line, col: parseCount(lex, 'word', maxIndex, 'a column') };
}

function resolve(s: State): void {
  for (const { list, at, name, start } of s.forwardValues) {
    const id = s.values.get(name);
    if (id === undefined) s.lex.fail(codes.undefinedValue(s.lex.spanAt(start), name));
    list[at] = id;
  }
  for (const { list, at, name, start } of s.forwardBlocks) {
    const id = s.labels.get(name);
    if (id === undefined) s.lex.fail(codes.undefinedBlock(s.lex.spanAt(start), name));
    list[at] = id;
  }
}
