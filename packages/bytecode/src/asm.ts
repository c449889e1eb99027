/**
 * Text assembly to programs. The syntax is in asm-parse.ts; `disassemble` (disasm.ts) writes it. What is read is
 * well-formed; whether it may run is for the validator to say (validate.ts).
 */

import { coreTable, fail, type OpTable, ok, type Result } from '@sluice/ir';
import type { AsmFunc } from './asm-func.ts';
import { type AsmProgram, maxDiagnostics, parseAssembly } from './asm-parse.ts';
import type { InstrTable } from './instr.ts';
import type { RegisterFunc, RegisterProgram, StackFunc, StackProgram } from './program.ts';
import { registerTable } from './register.ts';
import { stackTable } from './stack.ts';

/** Where a text stands, and the ops that its instructions are made of. */
export interface AssembleOptions {
  /** Its name in diagnostics and locations. */
  readonly file: string;
  /** Default: the core table. */
  readonly ops?: OpTable;
}

/** Assembles a program of the stack machine (`.sasm`). */
export function assembleStack(text: string, options: AssembleOptions): Result<StackProgram> {
  return assemble(text, options, stackTable(options.ops ?? coreTable), (parts, spans) => ({
    ...parts,
    machine: 'stack',
    funcs: parts.funcs.map((f) => placed(f, stackFunc(f), spans)),
    spans,
  }));
}

/** Assembles a program of the register machine (`.srasm`). */
export function assembleRegister(text: string, options: AssembleOptions): Result<RegisterProgram> {
  return assemble(text, options, registerTable(options.ops ?? coreTable), (parts, spans) => ({
    ...parts,
    machine: 'register',
    funcs: parts.funcs.map((f) => placed(f, registerFunc(f), spans)),
    spans,
  }));
}

type Spans = Map<object | string, AsmFunc['at']>;

function assemble<P>(
  text: string,
  { file }: AssembleOptions,
  table: InstrTable,
  finish: (parts: AsmProgram, spans: Spans) => P,
): Result<P> {
  const { program, diagnostics } = parseAssembly(text, file, table);
  if (diagnostics.length > 0) return fail(...diagnostics.slice(0, maxDiagnostics));
  return ok(finish(program, new Map(program.spans)));
}

function placed<F extends object>(from: AsmFunc, f: F, spans: Spans): F {
  spans.delete(from);
  spans.set(f, from.at);
  return f;
}

function stackFunc({ name, sig, locals, names, code }: AsmFunc): StackFunc {
  return { name, sig, locals, localNames: byIndex(names), code };
}

function registerFunc({ name, sig, names, code, registers, slots, used }: AsmFunc): RegisterFunc {
  return { name, sig, registers: registers ?? used, slots: slots ?? 0, registerNames: byIndex(names), code };
}

// A register may be given several names, for it holds several values; the first is kept.
function byIndex(names: ReadonlyMap<string, number>): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [name, index] of names) if (!found.has(index)) found.set(index, name);
  return found;
}
