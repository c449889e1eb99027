/**
 * Vectors on the Wasm loop. A register is a cell of 8 bytes; those that may hold a v128 have a cell of 16 bytes as well,
 * behind the others in the frame, so that one instruction loads, computes and stores it. Which registers these are follows from
 * the code: what ops, calls and parameters write, and what moves copy. A register may hold a number first and a vector later;
 * each instruction knows by its types which of the two cells it means, and a move copies what there may be.
 *
 *   head | cells of 8 bytes: registers, slots | vectors of 16 bytes: of slots, of registers
 *
 * Calls know nothing of vectors: they copy cells. What of arguments and results is a vector goes by an area of the machine's
 * memory that all calls share, written right before a call or return and read right behind it by handlers of their own:
 *
 *   pass r1, r2 | call            take r0, r1 | (the callee's code)
 *   pass r4     | return          (behind the call) take r7
 *
 * Nothing runs in between that could write the area: calls of the host take their arguments from cells.
 *
 * Safe for any program that the validator accepts: a register that nothing wrote holds some vector or other.
 */

import type { Instr, RegisterFunc, RegisterProgram } from '@sluice/bytecode';
import type { Signature, SigType, Type } from '@sluice/ir';
import { listAt, operandInfo, typeOf } from './operands.ts';

/** The most vectors among the parameters or results of a signature: the area has room for these. */
export const mostPassed = 56;

/** Which cells of a frame may hold vectors. Cells are numbered as registers and slots are: slots behind registers. */
export interface FuncVectors {
  /** By cell: the number of its vector; -1: it holds none. */
  readonly numberOf: Int32Array;
  /** Vectors that slots have; they come first. */
  readonly ofSlots: number;
  readonly count: number;
  /** By cell: whether it may hold a number as well. */
  readonly mixed: Uint8Array;
}

/** Whether a program computes with vectors anywhere. */
export function usesVectors(program: RegisterProgram): boolean {
  return program.funcs.some((f) => f.code.some((instr) => mentions(instr, calleeOf(program))) || hasVector(f.sig));
}

/** Whether the Wasm loop has no place for some vector: in objects of the heap, or among very many that are passed. */
export function vectorsElsewhere({ funcs, imports }: RegisterProgram): boolean {
  const many = (types: readonly Type[]) =>
    types.length > mostPassed && types.filter((type) => type === 'v128').length > mostPassed;
  if ([...funcs, ...imports].some(({ sig }) => many(sig.params) || many(sig.results))) return true;
  return funcs.some(({ code }) =>
    code.some((instr) => {
      const op = instr.def.op ?? instr.def.parts[0];
      if (instr.def.role === 'call-indirect') {
        const { params, results } = instr.operands[1] as Signature;
        return many(params) || many(results);
      }
      return op?.dialect === 'heap' && typeOf(instr) === 'v128';
    }),
  );
}

/** Finds the signature that a call instruction calls; null for other instructions. */
export type CalleeOf = (instr: Instr) => Signature | null;

/** The lookup for a program. */
export function calleeOf(program: RegisterProgram): CalleeOf {
  const funcs = new Map(program.funcs.map((f) => [f.name, f.sig]));
  const imports = new Map(program.imports.map((item) => [item.name, item.sig]));
  return ({ def, operands }) => {
    if (def.role === 'call') return funcs.get(operands[1] as string) ?? null;
    if (def.role === 'call-host') return imports.get(operands[1] as string) ?? null;
    return def.role === 'call-indirect' ? (operands[1] as Signature) : null;
  };
}

/** Whether a vector is among parameters or results. */
export function hasVector({ params, results }: Signature): boolean {
  return params.includes('v128') || results.includes('v128');
}

/** The registers of a list whose types say that they are vectors. */
export function vectorsAmong(types: readonly Type[], registers: readonly number[]): readonly number[] {
  return registers.filter((_, i) => types[i] === 'v128');
}

/** What stands around an instruction: registers to pass before it, and to take behind it. */
export function passing(
  f: RegisterFunc,
  instr: Instr,
  callee: CalleeOf,
): { readonly pass: readonly number[]; readonly take: readonly number[] } {
  const { role } = instr.def;
  if (role === 'return') return { pass: vectorsAmong(f.sig.results, listAt(instr, 0)), take: none };
  if (role !== 'call' && role !== 'call-indirect') return { pass: none, take: none };
  const sig = callee(instr);
  if (sig === null || !hasVector(sig)) return { pass: none, take: none };
  return { pass: vectorsAmong(sig.params, listAt(instr, 2)), take: vectorsAmong(sig.results, listAt(instr, 0)) };
}

const none: readonly number[] = [];

/** Whether an operand or result of this type, in an instruction whose own type is `own`, is a vector. */
export function isVector(word: SigType | 'void', own: Type | null): boolean {
  return word === 'v128' || (word === 'T' && own === 'v128');
}

function mentions(instr: Instr, callee: CalleeOf): boolean {
  const own = typeOf(instr);
  const sig = callee(instr);
  if (sig !== null) return hasVector(sig);
  const { op } = instr.def;
  return op !== null && [...op.sig.params, op.sig.result].some((word) => isVector(word, own));
}

/** The cells of a function that may hold vectors; null: none. */
export function vectorsOf(f: RegisterFunc, callee: CalleeOf): FuncVectors | null {
  const cells = f.registers + f.slots;
  const vectors = new Cells(cells);
  const numbers = new Cells(cells);
  const add = (type: SigType | 'void', own: Type | null, cell: number | undefined): void => {
    if (cell !== undefined) (isVector(type, own) ? vectors : numbers).add(cell);
  };
  const moves = new Map<number, number[]>();
  f.sig.params.forEach((type, i) => {
    add(type, null, i);
  });
  for (const instr of f.code) {
    const { def, operands } = instr;
    const sig = callee(instr);
    if (sig !== null) {
      sig.results.forEach((type, i) => {
        add(type, null, listAt(instr, 0)[i]);
      });
      for (const cell of vectorsAmong(sig.params, listAt(instr, 2))) vectors.add(cell);
    } else if (def.role === 'return') {
      for (const cell of vectorsAmong(f.sig.results, listAt(instr, 0))) vectors.add(cell);
    } else if (def.role === 'move' || def.role === 'spill' || def.role === 'reload') {
      const [to, from] = movedCells(f, instr);
      const list = moves.get(from);
      if (list === undefined) moves.set(from, [to]);
      else list.push(to);
    } else if (def.op !== null || def.parts.length > 0) {
      const op = def.op ?? def.parts.at(-1);
      const info = operandInfo(def);
      const own = typeOf(instr);
      if (op === undefined) continue;
      if (info.def >= 0) add(op.sig.result, own, operands[info.def] as number);
      // What is read as a vector has a cell for it, whether something wrote it or not.
      info.uses.forEach((use, i) => {
        if (isVector(op.sig.params[i] ?? 'void', own)) vectors.add(operands[use] as number);
      });
    }
  }
  if (vectors.list.length === 0) return null;
  vectors.follow(moves);
  numbers.follow(moves);
  const numberOf = new Int32Array(cells).fill(-1);
  const sorted = [...vectors.list].sort((a, b) => b - a);
  sorted.forEach((cell, i) => {
    numberOf[cell] = i;
  });
  const ofSlots = sorted.filter((cell) => cell >= f.registers).length;
  return { numberOf, ofSlots, count: sorted.length, mixed: numbers.has };
}

/** The cells that a move, spill or reload writes and reads. */
export function movedCells(f: RegisterFunc, { def, operands }: Instr): readonly [to: number, from: number] {
  const [to, from] = operands as readonly [number, number];
  return [def.role === 'spill' ? to + f.registers : to, def.role === 'reload' ? from + f.registers : from];
}

/** A set of cells. */
class Cells {
  readonly has: Uint8Array;
  readonly list: number[] = [];

  constructor(count: number) {
    this.has = new Uint8Array(count);
  }

  add(cell: number): void {
    if (this.has[cell] === 1) return;
    this.has[cell] = 1;
    this.list.push(cell);
  }

  /** Adds what moves copy from cells of the set. The list grows while it is gone through. */
  follow(moves: ReadonlyMap<number, readonly number[]>): void {
    for (let i = 0; i < this.list.length; i++) for (const to of moves.get(this.list[i] as number) ?? []) this.add(to);
  }
}
