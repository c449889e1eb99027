/**
 * An instruction as the host sees it: to carry out what a loop has no fast form for, to call imports, and to say which
 * trap a fast form ran into. Works for both loops: they give access to the cells of the frame.
 */

import { type Instr, immediateOf } from '@sluice/bytecode';
import {
  acceptResults,
  type Callable,
  type HostFunction,
  type Machine,
  type OpDef,
  Trap,
  type TrapKind,
  type Type,
  trap,
  type Value,
} from '@sluice/ir';
import { applyOp, resolve } from '../runtime/apply.ts';
import { listAt, operandInfo, typeOf } from './operands.ts';
import type { Tables } from './tables.ts';

/** Cells of the frame of the instruction, by register number. */
export interface FrameCells {
  readonly read: (type: Type, register: number) => Value;
  readonly write: (type: Type, register: number, value: Value) => void;
}

/** Carries out the op (or fused ops) of an instruction and writes the result; gives the trap if there is one. */
export function performOp(instr: Instr, machine: Machine, cells: FrameCells): Trap | undefined {
  const { def, operands } = instr;
  const info = operandInfo(def);
  const type = typeOf(instr);
  const parts = def.parts.length > 0 ? def.parts : [def.op as OpDef];
  let result: Value | Trap;
  for (const op of parts) {
    const args = op.sig.params.map((word, i) => {
      const wordType = resolve(word, type);
      const at = info.uses[i];
      if (at !== undefined) return cells.read(wordType, operands[at] as number);
      const imm = operands[operands.length - 1] as number;
      return wordType === 'i64' ? BigInt(imm) : imm;
    });
    result = applyOp(op, type, machine, immediateOf(op, instr), args);
    if (result instanceof Trap) return result;
    if (info.def >= 0 && op.sig.result !== 'void') {
      cells.write(resolve(op.sig.result, type), operands[info.def] as number, result);
    }
  }
  return undefined;
}

/** Calls the import of a `call_host`, or what a `call_indirect` finds that is the host's, and writes its results. */
export function performHostCall(instr: Instr, item: Callable, host: HostFunction, cells: FrameCells): void {
  const defs = listAt(instr, 0);
  const uses = listAt(instr, 2);
  const { params } = item.sig;
  const args: Value[] = [];
  for (let i = 0; i < params.length; i++) args.push(cells.read(params[i] as Type, uses[i] ?? 0));
  const results = acceptResults(item.sig, host(...args), `host function @${item.name}`);
  for (const [i, type] of item.sig.results.entries()) {
    const def = defs[i];
    if (def !== undefined) cells.write(type, def, results[i]);
  }
}

/** The trap that an instruction raised which a loop gave up on; throws when it raises none (a bug of the loop). */
export function trapOf(tables: Tables, instr: Instr | null, machine: Machine, cells: FrameCells): Trap {
  if (instr === null) return trap('unreachable');
  const { def } = instr;
  if (def.role === 'trap') return trap(instr.operands[0] as TrapKind);
  if (def.role === 'call-indirect') {
    const uses = listAt(instr, 2);
    const index = (cells.read('i32', uses[uses.length - 1] ?? 0) as number) >>> 0;
    const target = tables.targetOf(instr, index);
    if (target === undefined) return trap('out-of-bounds');
    return trap(target === null ? 'null-reference' : 'indirect-call-type');
  }
  const found = performOp(instr, machine, cells);
  if (found === undefined) throw new Error(`'${def.name}' trapped in the loop, but not by its own meaning`);
  return found;
}
