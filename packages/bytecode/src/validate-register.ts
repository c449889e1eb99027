/**
 * Validator of the register machine: after it, the VM may run the code without checks of its own.
 *
 * Checked: every register, slot, label and name exists; calls and returns name as many registers as signatures want;
 * the last instruction does not go on; parameters fit the frame, frames are of bounded size. All of it instruction by
 * instruction, in linear time.
 *
 * Registers have no types, and no register is known to be written before it is read: a frame begins with its parameters
 * and otherwise with whatever the cells held before. What a program computes from such a register is unspecified but
 * deterministic, and harmless: every operation is total on 64 bits, memory accesses check their addresses, and the
 * file of host values holds valid values (or undefined) only.
 */

import { fail, ok, type Result, type Type } from '@sluice/ir';
import { defTwice, smallFrame, wrongArity } from './diag-codes.ts';
import type { Instr } from './instr.ts';
import type { RegisterFunc, RegisterProgram } from './program.ts';
import { partsOf } from './sequence.ts';
import { checkFrame, contextOf, type FuncContext, funcContext, isFull, maxDiagnostics } from './validate-context.ts';
import { checkItems, isCount } from './validate-items.ts';
import { checkOperands } from './validate-operands.ts';

/** What the validator found out about a valid program. */
export interface RegisterInfo {
  /** The types of values that the program may compute with: with `any` or references, host values are needed. */
  readonly types: ReadonlySet<Type>;
}

/** Validates a program of the register machine. `file` is named where a finding has no place of its own. */
export function validateRegister(program: RegisterProgram, options: { readonly file: string }): Result<RegisterInfo> {
  const cx = contextOf(program, options.file);
  checkItems(cx);
  for (const f of program.funcs) {
    if (isFull(cx)) break;
    checkFunc(funcContext(cx, f), f);
  }
  if (cx.diagnostics.length > 0) return fail(...cx.diagnostics.slice(0, maxDiagnostics));
  return ok({ types: typesOf(program) });
}

function checkFunc(fx: FuncContext, f: RegisterFunc): void {
  const params = f.sig.params.length;
  const registers = isCount(f.registers, Number.MAX_SAFE_INTEGER) ? f.registers : 0;
  const slots = isCount(f.slots, Number.MAX_SAFE_INTEGER) ? f.slots : 0;
  checkFrame(fx, registers + slots);
  if (params > registers) fx.at(0, (at) => smallFrame(at, params, registers));
  checkOperands(fx, { registers, slots });
  if (fx.found() > 0) return;
  for (let index = 0; index < f.code.length; index++)
    for (const part of partsOf(f.code[index] as Instr)) checkArity(fx, index, part);
}

function checkArity(fx: FuncContext, index: number, { def, operands }: Instr): void {
  const { cx, f } = fx;
  const uses = (): number => (operands[def.operands.indexOf('uses')] as readonly number[]).length;
  const match = (what: string, want: number, got: number): void => {
    if (want !== got) fx.at(index, (at) => wrongArity(at, what, want, got));
  };
  if (def.role === 'return') {
    match('results', f.sig.results.length, uses());
    return;
  }
  const callee =
    def.role === 'call'
      ? cx.funcs.get(String(operands[1]))
      : def.role === 'call-host'
        ? cx.imports.get(String(operands[1]))
        : def.role === 'call-indirect'
          ? (operands[1] as RegisterFunc['sig'])
          : undefined;
  if (callee === undefined) return;
  const indirect = def.role === 'call-indirect' ? 1 : 0;
  match(indirect === 1 ? 'arguments and an index' : 'arguments', callee.params.length + indirect, uses());
  const defs = operands[0] as readonly number[];
  match('registers for results', callee.results.length, defs.length);
  const seen = new Set<number>();
  for (const register of defs) {
    if (seen.has(register)) fx.at(index, (at) => defTwice(at, register));
    seen.add(register);
  }
}

// Values come from constants, ops and calls; what only moves them adds no type.
function typesOf({ funcs, imports, globals }: RegisterProgram): ReadonlySet<Type> {
  const types = new Set<Type>();
  const add = (type: string | null | undefined): void => {
    if (type !== null && type !== undefined && type !== 'T' && type !== 'void') types.add(type as Type);
  };
  for (const { sig } of [...funcs, ...imports]) for (const type of [...sig.params, ...sig.results]) add(type);
  for (const { type } of globals) add(type);
  const defs = new Set<Instr['def']>();
  for (const { code } of funcs) {
    for (const { def, operands } of code) {
      defs.add(def);
      const type = def.operands.indexOf('type');
      if (type >= 0) add(operands[type] as string);
      if (def.role === 'call-indirect') {
        const sig = operands[1] as RegisterFunc['sig'];
        for (const type of [...sig.params, ...sig.results]) add(type);
      }
    }
  }
  for (const def of defs) {
    for (const op of def.op === null ? def.parts : [def.op])
      for (const type of [...op.sig.params, op.sig.result]) add(type);
  }
  return types;
}
