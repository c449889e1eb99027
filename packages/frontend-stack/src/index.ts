/** Lifts stack bytecode into the IR. */

import {
  assembleStack,
  decodeProgram,
  expandProgram,
  machineOf,
  programParts,
  type StackInfo,
  type StackProgram,
  validateStack,
} from '@sluice/bytecode';
import { coreTable, type Module, makeModule, type OpTable, ok, type Result, type Signature } from '@sluice/ir';
import { liftFunc } from './lift-func.ts';

/** Where a program stands, and the ops that its instructions are made of. */
export interface LiftOptions {
  /** Its name in diagnostics. */
  readonly file: string;
  /** Default: the core table. */
  readonly ops?: OpTable;
}

/** Whether the bytes look like stack bytecode: the binary form, or assembly for this machine. */
export function isStackBytecode(bytes: Uint8Array): boolean {
  if (machineOf(bytes) === 'stack') return true;
  return /^\s*(;[^\n]*\s*)*\.machine\s+stack\b/.test(new TextDecoder().decode(bytes.subarray(0, 4096)));
}

/** Reads a program of the stack machine, binary or assembly; it is not validated. */
export function readStack(bytes: Uint8Array, options: LiftOptions): Result<StackProgram> {
  if (machineOf(bytes) === null) return assembleStack(new TextDecoder().decode(bytes), options);
  const decoded = decodeProgram(bytes, options);
  return decoded.ok ? ok(decoded.value as StackProgram) : decoded;
}

/** Lifts a program to a module. Fails with the validator's diagnostics; any program that passes it lifts. */
export function liftStack(program: StackProgram, options: LiftOptions): Result<Module> {
  const given = validateStack(program, options);
  if (!given.ok) return given;
  const plain = expandProgram(program);
  const validated = plain === program ? given : validateStack(plain, options);
  if (!validated.ok) return validated;
  const { imports } = program;
  const sigs = new Map(program.funcs.map((f) => [f.name, f.sig]));
  const hosts = new Map(imports.map((item) => [item.name, item.sig]));
  const names = {
    ops: options.ops ?? coreTable,
    func: (callee: string) => sigs.get(callee) as Signature,
    host: (callee: string) => hosts.get(callee) as Signature,
    firstTable: program.tables[0]?.name,
  };
  const funcs = plain.funcs.map((f, i) => liftFunc(f, validated.value[i] as StackInfo, names));
  return ok(makeModule({ ...programParts(program), funcs }));
}
