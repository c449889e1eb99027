/**
 * The operands of an instruction in text assembly, read by their kinds (instr.ts) alone:
 *
 *   NAME [TYPE] operand, operand ... [offset=N] [align=N] [lane=N]
 *
 *   def, use    r3 or $name               defs, uses  [r1, r2]             local   3 or $name
 *   label       a name                    cases and labels  [0: a, 5: b], default
 *   func, import, global, table  @name    sig         (i32) -> i64         index   #2
 *   lanes       [0, 1, 17 ...]
 *   value, imm32  a constant              trap        its kind             type    behind the instruction's name
 */

import { isTrapKind, isType, type Signature, type Span, type Type, type Value } from '@sluice/ir';
import { readAny, readConst, readCount, readI32, readNaN } from '@sluice/ir/text/literals';
import type { AsmLexer } from './asm-lex.ts';
import { badNumber, missingOperand, unknownTrap, unknownType } from './diag-codes.ts';
import type { InstrDef, Operand, OperandKind } from './instr.ts';
import { ownerOf } from './sequence.ts';

/** Greatest index, offset or size that the text may name. */
export const maxCount = 0xffffffff;

/** What the operands of a function's instructions may name. */
export interface OperandScope {
  /** The index of the current token, a local or register by name. */
  named(lex: AsmLexer): number;
  /** Notes that a register is used. */
  register(index: number): void;
  /** Writes the index of the label of this name to `into[at]`, now or at the end of the function. */
  label(name: string, at: Span, into: unknown[], index: number): void;
}

/** Reads the operands of an instruction, up to the end of the line. */
export function parseOperands(lex: AsmLexer, def: InstrDef, scope: OperandScope): readonly Operand[] {
  const kinds = def.operands;
  if (kinds.length === 0) return none;
  const operands: Operand[] = new Array(kinds.length).fill(0);
  const type = kinds.indexOf('type');
  if (type >= 0) operands[type] = parseType(lex);
  let first = true;
  for (let k = 0; k < kinds.length; k++) {
    const kind = kinds[k] as OperandKind;
    if (kind === 'type' || isKeyword(kind)) continue;
    if (!first && lex.kind === ',') lex.next();
    else if (lex.kind === 'eol' || lex.kind === 'eof') lex.fail(missingOperand(lex.span(), def.name, formOf(def)));
    else if (!first) lex.expected("','");
    first = false;
    if (kind === 'cases' && kinds[k + 1] === 'labels') parseCases(lex, scope, operands, k++);
    else parseOperand(lex, def, kind, scope, operands, k);
  }
  if (kinds.some(isKeyword)) parseKeywords(lex, kinds, operands);
  return operands;
}

const none: readonly Operand[] = [];

/** Operands that stand behind the others under their names, and are 0 where they are left out. */
export function isKeyword(kind: OperandKind): boolean {
  return kind === 'offset' || kind === 'align' || kind === 'lane';
}

/** How an instruction is written, for messages. */
export function formOf(def: InstrDef): string {
  const type = def.operands.includes('type') ? ' TYPE' : '';
  const plain = def.operands.filter((kind) => kind !== 'type' && !isKeyword(kind));
  return `${def.name}${type} ${plain.join(', ')}`.trimEnd();
}

function parseOperand(
  lex: AsmLexer,
  def: InstrDef,
  kind: OperandKind,
  scope: OperandScope,
  operands: Operand[],
  k: number,
): void {
  switch (kind) {
    case 'def':
    case 'use':
      operands[k] = parseRegister(lex, scope);
      return;
    case 'defs':
    case 'uses':
      operands[k] = parseRegisters(lex, scope);
      return;
    case 'local':
      operands[k] = lex.kind === 'local' ? takeNamed(lex, scope) : takeCount(lex, 'the index or $name of a local');
      return;
    case 'label':
      scope.label(lex.text, lex.span(), operands, k);
      lex.take('word', 'a label');
      return;
    case 'value':
      operands[k] = parseValue(lex, constType(def, k));
      return;
    case 'imm32':
      operands[k] = parseI32(lex);
      return;
    case 'func':
    case 'import':
    case 'global':
    case 'table':
      operands[k] = lex.take('symbol', `the @name of a ${kind === 'func' ? 'function' : kind}`);
      return;
    case 'sig':
      operands[k] = parseSignature(lex);
      return;
    case 'index':
      operands[k] = parseIndex(lex);
      return;
    case 'trap':
      operands[k] = parseTrap(lex);
      return;
    case 'lanes':
      operands[k] = parseLanes(lex);
      return;
    case 'cases':
    case 'labels':
    case 'offset':
    case 'align':
    case 'lane':
    case 'type':
      throw new Error(`instruction '${def.name}': an operand '${kind}' in a place that has no text form`);
  }
}

/** The type of the constant that an instruction carries as operand `k`. */
export function constType(def: InstrDef, k: number): Type {
  const type = ownerOf(def, k).op?.sig.result;
  if (type === undefined || type === 'T' || type === 'void') throw new Error(`'${def.name}' has no type of constants`);
  return type;
}

function takeNamed(lex: AsmLexer, scope: OperandScope): number {
  const index = scope.named(lex);
  lex.next();
  return index;
}

function parseRegister(lex: AsmLexer, scope: OperandScope): number {
  const index = lex.kind === 'local' ? takeNamed(lex, scope) : takeRegister(lex);
  scope.register(index);
  return index;
}

/** Reads `r3`. */
export function takeRegister(lex: AsmLexer): number {
  if (lex.kind !== 'word' || !/^r\d/.test(lex.text)) lex.expected('a register such as r0');
  const index = readCount(lex.text.slice(1), maxCount);
  if (index === null) lex.fail(badNumber(lex.span(), lex.text, 'a register'));
  lex.next();
  return index;
}

function parseRegisters(lex: AsmLexer, scope: OperandScope): readonly number[] {
  const list: number[] = [];
  lex.take('[', "'[' and registers");
  if (lex.accept(']')) return list;
  do list.push(parseRegister(lex, scope));
  while (lex.accept(','));
  lex.take(']', "',' or ']'");
  return list;
}

function parseLanes(lex: AsmLexer): readonly number[] {
  const list: number[] = [];
  lex.take('[', "'[' and lanes");
  do list.push(takeCount(lex, 'a lane'));
  while (lex.accept(','));
  lex.take(']', "',' or ']'");
  return list;
}

function parseCases(lex: AsmLexer, scope: OperandScope, operands: Operand[], k: number): void {
  const cases: number[] = [];
  const labels: number[] = [];
  operands[k] = cases;
  operands[k + 1] = labels;
  const label = (): void => {
    scope.label(lex.text, lex.span(), labels, labels.length);
    labels.push(0);
    lex.take('word', 'a label');
  };
  lex.take('[', "'[' and cases such as '0: label'");
  if (!lex.accept(']')) {
    do {
      cases.push(parseI32(lex));
      lex.take(':', "':'");
      label();
    } while (lex.accept(','));
    lex.take(']', "',' or ']'");
  }
  lex.take(',', "',' and the label of all other cases");
  label();
}

function parseKeywords(lex: AsmLexer, kinds: readonly OperandKind[], operands: Operand[]): void {
  const seen = new Set<string>();
  while (lex.kind === 'word' && isKeyword(lex.text as OperandKind) && !seen.has(lex.text)) {
    const { text } = lex;
    const k = kinds.indexOf(text as OperandKind);
    if (k < 0) lex.expected('the end of the line');
    seen.add(text);
    lex.next();
    lex.take('=', "'='");
    operands[k] = takeCount(lex, 'a number');
  }
}

/** Reads a number from 0 to 2^32-1. */
export function takeCount(lex: AsmLexer, what: string): number {
  if (lex.kind !== 'word') lex.expected(what);
  const value = readCount(lex.text, maxCount);
  if (value === null) lex.fail(badNumber(lex.span(), lex.text, `${what} from 0 to ${maxCount}`));
  lex.next();
  return value;
}

function parseI32(lex: AsmLexer): number {
  if (lex.kind !== 'word') lex.expected('a number');
  const value = readI32(lex.text);
  if (value === undefined) lex.fail(badNumber(lex.span(), lex.text, 'an i32'));
  lex.next();
  return value;
}

function parseIndex(lex: AsmLexer): number {
  if (lex.kind !== 'index') lex.expected("an index such as '#0'");
  const value = readCount(lex.text, maxCount);
  if (value === null) lex.fail(badNumber(lex.span(), lex.text, `an index from 0 to ${maxCount}`));
  lex.next();
  return value;
}

function parseTrap(lex: AsmLexer): string {
  if (lex.kind !== 'word') lex.expected('a kind of trap');
  const { text } = lex;
  if (!isTrapKind(text)) lex.fail(unknownTrap(lex.span(), text));
  lex.next();
  return text;
}

/** Reads a type of values. */
export function parseType(lex: AsmLexer): Type {
  if (lex.kind !== 'word') lex.expected('a type');
  const { text } = lex;
  if (!isType(text)) lex.fail(unknownType(lex.span(), text));
  lex.next();
  return text;
}

/** Reads `(i32, i64) -> f64`. With `onName`, parameters may have names (`i32 $n`), which it is told. */
export function parseSignature(lex: AsmLexer, onName?: (lex: AsmLexer, index: number) => void): Signature {
  const params: Type[] = [];
  lex.take('(', "'(' and types");
  if (!lex.accept(')')) {
    do {
      params.push(parseType(lex));
      if (lex.kind === 'local' && onName !== undefined) {
        onName(lex, params.length - 1);
        lex.next();
      }
    } while (lex.accept(','));
    lex.take(')', "',' or ')'");
  }
  lex.take('arrow', "'->'");
  if (lex.kind === 'word') return { params, results: [parseType(lex)] };
  const results: Type[] = [];
  lex.take('(', 'a type, or types in parentheses');
  if (lex.accept(')')) return { params, results };
  do results.push(parseType(lex));
  while (lex.accept(','));
  lex.take(')', "',' or ')'");
  return { params, results };
}

/** Reads a constant of a type in the syntax of the IR's text form. */
export function parseValue(lex: AsmLexer, type: Type): Value {
  if (type === 'any' && lex.kind === 'string') return lex.takeString('a string');
  if (type === 'funcref' && lex.kind === 'symbol') return lex.take('symbol', 'a function');
  if (lex.kind !== 'word') lex.expected(`a constant of type ${type}`);
  const at = lex.span();
  const { text } = lex;
  lex.next();
  if ((type === 'f32' || type === 'f64') && text === 'nan' && lex.accept(':')) {
    const value = readNaN(type, lex.text);
    if (value === undefined) lex.fail(badNumber(at, `nan:${lex.text}`, `the bits of a NaN of type ${type}`));
    lex.take('word', 'the bits of a NaN');
    return value;
  }
  const boxed = type === 'any' ? readAny(text) : null;
  if (boxed !== null) return boxed.value;
  const value = readConst(type, text);
  if (value === undefined) lex.fail(badNumber(at, text, `a constant of type ${type}`));
  return value;
}
