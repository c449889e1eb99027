/**
 * Register bytecode as an input: assembly (`.srasm`) and binary (`.srbc`). Its registers have no types, so that it is not
 * lifted: the register machine executes it as it is.
 */

import {
  assembleRegister,
  decodeProgram,
  machineOf,
  type Program,
  programParts,
  type RegisterProgram,
  validateRegister,
} from '@sluice/bytecode';
import { brilHost } from '@sluice/frontend-bril';
import { type Func, FuncBuilder, makeModule, type OpTable, ok, type Result, type Signature } from '@sluice/ir';
import { loadedModule } from '../modules.ts';
import type { ReadyProgram } from '../toolchain.ts';

/** Reads and validates; null: it is no register bytecode. */
export function readRegisterProgram(bytes: Uint8Array, file: string, ops: OpTable): Result<ReadyProgram> | null {
  const read = readProgram(bytes, file, ops);
  if (read === null || !read.ok) return read;
  const program = read.value as RegisterProgram;
  const valid = validateRegister(program, { file });
  if (!valid.ok) return valid;
  const funcs = program.funcs.map((f) => head(f.name, f.sig));
  const module = makeModule({ ...programParts(program), funcs });
  const loaded = loadedModule(module, file);
  // What was made of Bril prints as Bril does.
  const host = (out: (text: string) => void) => new Map([...loaded.host(out), ...brilHost(module, out)]);
  return ok({ engine: 'register', program, loaded: { ...loaded, host } });
}

function readProgram(bytes: Uint8Array, file: string, ops: OpTable): Result<Program> | null {
  const machine = machineOf(bytes);
  if (machine !== null) return machine === 'register' ? decodeProgram(bytes, { file, ops }) : null;
  const text = new TextDecoder().decode(bytes);
  return /^\s*(;[^\n]*\s*)*\.machine\s+register\b/.test(text.slice(0, 4096))
    ? assembleRegister(text, { file, ops })
    : null;
}

/** A function that has a signature and no code. */
function head(name: string, sig: Signature): Func {
  const b = new FuncBuilder(name, sig);
  b.trap('unreachable');
  return b.finish();
}
