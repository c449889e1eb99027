/**
 * Instructions one by one: operands and results against the op's signature, immediates, calls, returns, projections.
 * Needs a sound structure (structure.ts).
 */

import * as codes from '../diag-codes.ts';
import { findFunc, findImport, type Inst, type ValueId } from '../func.ts';
import type { CallSig, OpDef } from '../op.ts';
import { isType, printSignature, type Signature, type Type } from '../type.ts';
import { eachPlaced, type FuncCheck } from './check.ts';
import { checkImmediate } from './immediate.ts';
import { soundInst } from './structure.ts';

/** Checks every instruction in blocks by itself. */
export function checkInstructions(c: FuncCheck): void {
  eachPlaced(c, (v, inst) => {
    const open = checkOperands(c, v, inst);
    const formed = checkImmediate(c, v, inst, open);
    checkResult(c, v, inst);
    if (!formed) return;
    switch (inst.op.kind) {
      case 'call':
      case 'invoke':
        checkCall(c, v, inst);
        break;
      case 'result':
        checkProjection(c, v, inst);
        break;
      case 'ret':
        checkReturn(c, v, inst);
        break;
      case 'phi':
        for (const k of inst.args.keys()) expectOperand(c, v, inst, k, inst.type);
        break;
      default:
    }
  });
}

function typeOfOperand(c: FuncCheck, inst: Inst, k: number): string {
  return soundInst(c.f, inst.args[k] as ValueId).type;
}

function expectOperand(c: FuncCheck, v: ValueId, inst: Inst, k: number, want: string): void {
  const got = typeOfOperand(c, inst, k);
  if (got !== want && isType(got)) c.report((on) => codes.wrongOperand(on, k, want, got), v);
}

// Operands against the signature. Gives the type that stands for `T`: the result's where the result is `T`, else the
// first such operand's.
function checkOperands(c: FuncCheck, v: ValueId, inst: Inst): Type | null {
  const { op, args } = inst;
  const { params, result, variadic } = op.sig;
  const few = args.length < params.length;
  if (few || (!variadic && args.length > params.length)) {
    c.report(
      (on) => codes.wrongArity(on, variadic ? `at least ${params.length}` : String(params.length), args.length),
      v,
    );
  }
  let open: Type | null = result === 'T' && isType(inst.type) ? inst.type : null;
  for (const k of args.keys()) {
    const got = typeOfOperand(c, inst, k);
    if (!isType(got)) {
      if (op.kind !== 'result') c.report((on) => codes.noValue(on, k, got), v);
      continue;
    }
    let want = params[k];
    if (want === 'T') {
      open ??= got;
      want = open;
    }
    if (want !== undefined && want !== got) expectOperand(c, v, inst, k, want);
  }
  if (op.dialect === 'ref' && open !== null && open !== 'funcref' && open !== 'externref') {
    const found = open;
    if (result === 'T') c.report((on) => codes.wrongResult(on, 'a reference', found), v);
    else c.report((on) => codes.wrongOperand(on, 0, 'a reference', found), v);
  }
  return open;
}

// Calls are held against their callee instead.
function checkResult(c: FuncCheck, v: ValueId, inst: Inst): void {
  const { op, type } = inst;
  if (op.kind === 'call' || op.kind === 'invoke') return;
  const want = op.sig.result;
  if (want === 'T' ? !isType(type) : type !== want) {
    c.report((on) => codes.wrongResult(on, want === 'T' ? 'a type of values' : want, type), v);
  }
}

/** The signature of what a call calls; undefined when it is not known, which is reported elsewhere. */
function calleeSignature(c: FuncCheck, { op, imm }: Inst): Signature | undefined {
  if (op.imm === 'sig') return imm as CallSig;
  if (op.imm !== 'func' || typeof imm !== 'string') return undefined;
  return findFunc(c.m, imm)?.sig ?? findImport(c.m, imm)?.sig;
}

function checkCall(c: FuncCheck, v: ValueId, inst: Inst): void {
  const { op, args, type, imm } = inst;
  if (op.imm === 'func') checkCallee(c, v, op, imm as string);
  const sig = calleeSignature(c, inst);
  if (sig === undefined) return;
  // The index into the table follows the arguments.
  const wants: readonly string[] = op.imm === 'sig' ? [...sig.params, 'i32'] : sig.params;
  if (args.length !== wants.length) {
    const text = printSignature(sig);
    c.report((on) => codes.badCall(on, `${args.length} operands instead of ${wants.length}, for ${text}`), v);
  } else {
    for (const [k, want] of wants.entries()) expectOperand(c, v, inst, k, want);
  }
  const want = callType(sig);
  if (type !== want) c.report((on) => codes.badCall(on, `the result is ${type}, the callee gives ${want}`), v);
}

function callType({ results }: Signature): string {
  return results.length === 0 ? 'void' : results.length === 1 ? String(results[0]) : 'tuple';
}

function checkCallee(c: FuncCheck, v: ValueId, op: OpDef, name: string): void {
  const func = findFunc(c.m, name) !== undefined;
  const host = findImport(c.m, name) !== undefined;
  if (!func && !host) c.report((on) => codes.unknownName(on, 'function or import', name), v);
  else if (op.name === 'call_host' && !host) c.report((on) => codes.wrongCallee(on, `@${name} is no import`), v);
  else if ((op.name === 'call' || op.name === 'invoke') && !func) {
    c.report((on) => codes.wrongCallee(on, `@${name} is an import`), v);
  }
}

function checkProjection(c: FuncCheck, v: ValueId, inst: Inst): void {
  const { args, imm, type } = inst;
  if (args.length !== 1) {
    c.report((on) => codes.wrongArity(on, '1', args.length), v);
    return;
  }
  const tuple = soundInst(c.f, args[0] as ValueId);
  const results = tuple.type === 'tuple' ? calleeSignature(c, tuple)?.results : undefined;
  if (tuple.type !== 'tuple') {
    c.report((on) => codes.badProjection(on, `the operand is ${tuple.type}, not a tuple`), v);
  } else if (results !== undefined) {
    const want = results[imm as number];
    if (want === undefined) {
      c.report((on) => codes.badProjection(on, `the tuple has ${results.length} elements`), v);
    } else if (want !== type) {
      c.report((on) => codes.badProjection(on, `element ${String(imm)} is ${want}, not ${type}`), v);
    }
  }
}

function checkReturn(c: FuncCheck, v: ValueId, inst: Inst): void {
  const { results } = c.f.sig;
  if (inst.args.length !== results.length) {
    c.report((on) => codes.badReturn(on, `${inst.args.length} values instead of ${results.length}`), v);
    return;
  }
  for (const [k, want] of results.entries()) {
    const got = typeOfOperand(c, inst, k);
    if (got !== want && isType(got)) {
      c.report((on) => codes.badReturn(on, `value ${k} is ${got}, the function gives ${want}`), v);
    }
  }
}
