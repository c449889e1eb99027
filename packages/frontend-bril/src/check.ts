/**
 * The static checker: all that is wrong with a program without running it, in the order of the text.
 *
 * It knows what upstream's `brilck` knows and words it alike. A variable has one type in its whole function; whether it is
 * assigned on every path is not checked here but where it is read. The dynamic extension: a value of type `any` may
 * stand where a concrete type is wanted and the reverse; which one it is shows at run time. Inside `ptr<>` types are
 * compared exactly, because a `ptr<int>` seen as `ptr<any>` would let cells of other types in.
 *
 * Stricter than upstream: duplicate functions and parameters and unknown types are found here.
 */

import {
  type BrilFunction,
  type BrilInstr,
  type BrilPos,
  type BrilProgram,
  type BrilType,
  baseType,
  baseTypes,
  formatType,
  isAny,
  pointee,
  pointerTo,
  sameType,
} from '@sluice/bril-format';
import type { Diagnostic, Span } from '@sluice/ir';
import {
  duplicateFunction,
  duplicateLabel,
  duplicateParam,
  mainReturns,
  missingType,
  resultMismatch,
  typeConflict,
  undefinedFunction,
  undefinedLabel,
  undefinedVariable,
  unknownOp,
  unknownType,
  wrongArgType,
  wrongConst,
  wrongCount,
  wrongResultType,
  wrongReturn,
} from './diag-codes.ts';
import { type BrilOp, findBrilOp, type SigType } from './ops.ts';

/** All findings (SL05xx), sorted by position; none where the program may be run. A program without `@main` may pass. */
export function checkBril(program: BrilProgram): readonly Diagnostic[] {
  const findings: Diagnostic[] = [];
  const functions = new Map<string, BrilFunction>();
  for (const func of program.functions) {
    if (functions.has(func.name)) findings.push(duplicateFunction(spanAt(program, func.at), func.name));
    else functions.set(func.name, func);
  }
  for (const func of program.functions) {
    checkFunction({ program, functions, func, vars: new Map(), labels: new Set(), findings });
  }
  return findings.sort((a, b) => a.at.line - b.at.line || a.at.col - b.at.col);
}

/** The type that every variable of a checked function has, parameters first, in the order of their first assignment. */
export function variableTypes(func: BrilFunction): ReadonlyMap<string, BrilType> {
  const types = new Map<string, BrilType>(func.params.map((param) => [param.name, param.type]));
  for (const item of func.items) {
    if (item.kind === 'instr' && item.dest !== null && item.type !== null && !types.has(item.dest)) {
      types.set(item.dest, item.type);
    }
  }
  return types;
}

/** Whether a value of type `from` may stand where `to` is wanted; where the two differ, it is checked at run time. */
export function isAssignable(from: BrilType, to: BrilType): boolean {
  return sameType(from, to) || isAny(from) || isAny(to);
}

interface Checker {
  readonly program: BrilProgram;
  readonly functions: ReadonlyMap<string, BrilFunction>;
  readonly func: BrilFunction;
  readonly vars: Map<string, BrilType>;
  readonly labels: Set<string>;
  readonly findings: Diagnostic[];
}

function spanAt(program: BrilProgram, at: BrilPos): Span {
  return { file: program.file, line: at.line, col: at.col };
}

function checkFunction(c: Checker): void {
  const { func, findings } = c;
  const at = spanAt(c.program, func.at);
  if (func.name === 'main' && func.type !== null) findings.push(mainReturns(at, formatType(func.type)));
  if (func.type !== null) checkType(c, at, func.type);
  for (const param of func.params) {
    if (c.vars.has(param.name)) findings.push(duplicateParam(at, param.name));
    else c.vars.set(param.name, param.type);
    checkType(c, at, param.type);
  }
  for (const item of func.items) {
    if (item.kind === 'label') {
      if (c.labels.has(item.label)) findings.push(duplicateLabel(spanAt(c.program, item.at), item.label));
      c.labels.add(item.label);
    } else if (item.dest !== null) {
      declare(c, spanAt(c.program, item.at), item, item.dest);
    }
  }
  for (const item of func.items) {
    if (item.kind === 'instr') checkInstr(c, item, spanAt(c.program, item.at));
  }
}

function checkType(c: Checker, at: Span, type: BrilType): void {
  if (!baseTypes.includes(type.base)) c.findings.push(unknownType(at, formatType(type)));
}

function declare(c: Checker, at: Span, instr: BrilInstr, dest: string): void {
  if (instr.type === null) {
    c.findings.push(missingType(at, dest));
    return;
  }
  const old = c.vars.get(dest);
  if (old === undefined) c.vars.set(dest, instr.type);
  else if (!sameType(old, instr.type)) {
    c.findings.push(typeConflict(at, dest, formatType(instr.type), formatType(old)));
  }
  checkType(c, at, instr.type);
}

function checkInstr(c: Checker, instr: BrilInstr, at: Span): void {
  const op = findBrilOp(instr.op);
  if (op === undefined) {
    const fix =
      instr.op === 'phi' ? "Bril has 'get' and 'set' instead of phi" : 'see the table of ops in the reference';
    c.findings.push(unknownOp(at, instr.op, fix));
    return;
  }
  if (op.name === 'const') checkConst(c, instr, at);
  else if (op.name === 'print') checkPrint(c, instr, at);
  else if (op.name === 'call') checkCall(c, instr, at);
  else if (op.name === 'ret') checkReturn(c, instr, at);
  else checkBySignature(c, instr, op, at);
}

/** An ordinary op: arguments bind `T` from left to right, then the destination. */
function checkBySignature(c: Checker, instr: BrilInstr, op: BrilOp, at: Span): void {
  // T stands for a type as soon as an argument or the result has shown it.
  let bound: BrilType | null = null;
  const wantedBy = (sig: SigType): BrilType | null => {
    if (sig === 'T') return bound;
    if (sig === 'ptr<T>') return bound === null ? null : pointerTo(bound);
    return baseType(sig);
  };
  const fits = (sig: SigType, type: BrilType): boolean => {
    const wanted = wantedBy(sig);
    if (wanted !== null) return isAssignable(type, wanted);
    if (isAny(type)) return true;
    const inner = sig === 'T' ? type : pointee(type);
    if (inner !== null) bound = inner;
    return inner !== null;
  };
  const show = (sig: SigType): string => {
    const wanted = wantedBy(sig);
    return wanted === null ? sig : formatType(wanted);
  };
  checkCounts(c, instr, op, at);
  const args = op.args ?? [];
  if (instr.args.length !== args.length) {
    c.findings.push(wrongCount(at, instr.op, 'args', args.length, instr.args.length));
  } else {
    for (const [i, name] of instr.args.entries()) {
      // In range: both lists are equally long.
      const sig = args[i]!;
      const type = typeOfArg(c, at, name, i);
      if (type === null || fits(sig, type)) continue;
      c.findings.push(wrongArgType(at, instr.op, name, i, formatType(type), show(sig)));
    }
  }
  if (op.dest === null) {
    if (instr.dest !== null) c.findings.push(resultMismatch(at, instr.op, null));
  } else if (instr.dest === null) {
    c.findings.push(resultMismatch(at, instr.op, show(op.dest)));
  } else if (instr.type !== null && (!fits(op.dest, instr.type) || isUntypedAlloc(op, instr.type))) {
    c.findings.push(wrongResultType(at, instr.op, formatType(instr.type), show(op.dest)));
  }
}

/** Whether the destination hides what `alloc` is to make cells of: only its type can say. */
function isUntypedAlloc(op: BrilOp, type: BrilType): boolean {
  return op.dest === 'ptr<T>' && !op.args?.includes('ptr<T>') && isAny(type);
}

function checkCounts(c: Checker, instr: BrilInstr, op: BrilOp, at: Span): void {
  if (instr.funcs.length !== op.funcs) {
    c.findings.push(wrongCount(at, instr.op, 'functions', op.funcs, instr.funcs.length));
  }
  if (instr.labels.length !== op.labels) {
    c.findings.push(wrongCount(at, instr.op, 'labels', op.labels, instr.labels.length));
    return;
  }
  for (const label of instr.labels) {
    if (!c.labels.has(label)) c.findings.push(undefinedLabel(at, label));
  }
}

/** The type of an argument; null, with a finding, where nothing defines it. */
function typeOfArg(c: Checker, at: Span, name: string, index: number): BrilType | null {
  const type = c.vars.get(name);
  if (type === undefined) c.findings.push(undefinedVariable(at, name, index));
  return type ?? null;
}

function checkConst(c: Checker, instr: BrilInstr, at: Span): void {
  const { type, value } = instr;
  if (value === null || instr.dest === null) {
    c.findings.push(wrongConst(at, 'const has neither destination nor value'));
    return;
  }
  if (type === null || (type.ptr === 0 && !baseTypes.includes(type.base))) return;
  if (type.ptr > 0) {
    c.findings.push(wrongConst(at, `const of non-primitive type ${formatType(type)}`));
    return;
  }
  const fits: Readonly<Record<string, boolean>> = {
    int: typeof value === 'bigint',
    // A whole number is a float where one is wanted.
    float: typeof value === 'number' || typeof value === 'bigint',
    bool: typeof value === 'boolean',
    char: typeof value === 'string',
    any: true,
  };
  if (fits[type.base] === true) return;
  c.findings.push(wrongConst(at, `const value ${String(value)} does not match type ${formatType(type)}`));
}

function checkPrint(c: Checker, instr: BrilInstr, at: Span): void {
  if (instr.dest !== null) c.findings.push(resultMismatch(at, 'print', null));
  // `op` of the table has no labels and functions either.
  if (instr.labels.length > 0) c.findings.push(wrongCount(at, 'print', 'labels', 0, instr.labels.length));
  if (instr.funcs.length > 0) c.findings.push(wrongCount(at, 'print', 'functions', 0, instr.funcs.length));
  for (const [i, name] of instr.args.entries()) typeOfArg(c, at, name, i);
}

function checkCall(c: Checker, instr: BrilInstr, at: Span): void {
  if (instr.labels.length > 0) c.findings.push(wrongCount(at, 'call', 'labels', 0, instr.labels.length));
  const [name] = instr.funcs;
  if (name === undefined || instr.funcs.length !== 1) {
    c.findings.push(wrongCount(at, 'call', 'functions', 1, instr.funcs.length));
    return;
  }
  const callee = c.functions.get(name);
  if (callee === undefined) {
    c.findings.push(undefinedFunction(at, name));
    return;
  }
  const shown = `@${name}`;
  if (instr.args.length !== callee.params.length) {
    c.findings.push(wrongCount(at, shown, 'args', callee.params.length, instr.args.length));
  } else {
    for (const [i, param] of callee.params.entries()) {
      // In range: both lists are equally long.
      const arg = instr.args[i]!;
      const type = typeOfArg(c, at, arg, i);
      if (type === null || isAssignable(type, param.type)) continue;
      c.findings.push(wrongArgType(at, shown, arg, i, formatType(type), formatType(param.type)));
    }
  }
  if (callee.type === null) {
    if (instr.dest !== null) c.findings.push(resultMismatch(at, shown, null));
  } else if (instr.dest === null) {
    c.findings.push(resultMismatch(at, shown, formatType(callee.type)));
  } else if (instr.type !== null && !isAssignable(callee.type, instr.type)) {
    c.findings.push(wrongResultType(at, shown, formatType(instr.type), formatType(callee.type)));
  }
}

function checkReturn(c: Checker, instr: BrilInstr, at: Span): void {
  const { type } = c.func;
  if (instr.dest !== null) c.findings.push(resultMismatch(at, 'ret', null));
  if (instr.labels.length > 0) c.findings.push(wrongCount(at, 'ret', 'labels', 0, instr.labels.length));
  if (instr.funcs.length > 0) c.findings.push(wrongCount(at, 'ret', 'functions', 0, instr.funcs.length));
  const [name] = instr.args;
  if (instr.args.length > 1) {
    c.findings.push(wrongReturn(at, 'cannot return multiple values'));
  } else if (name === undefined) {
    if (type !== null) c.findings.push(wrongReturn(at, 'missing return value in function with return type'));
  } else if (type === null) {
    c.findings.push(wrongReturn(at, 'returning value in function without a return type'));
  } else {
    const found = typeOfArg(c, at, name, 0);
    if (found === null || isAssignable(found, type)) return;
    c.findings.push(wrongArgType(at, 'ret', name, 0, formatType(found), formatType(type)));
  }
}
