/**
 * From a program to the words that a loop runs: handlers chosen, labels and functions resolved to places, registers to
 * cells. The Wasm loop and the JavaScript loop differ only in the geometry: how a cell and a place are written.
 *
 * Instructions that stand for several are replaced by their parts.
 *
 * Place 0 holds `halt`, where calls from the host return to. A function with spill slots starts with `clear`, since
 * slots start as zero; each function ends with `fall`, which nothing reaches in a valid program.
 */

import { expandCode, expandProgram, type Instr, type RegisterProgram } from '@sluice/bytecode';
import { Encoder, type Geometry, SignatureNumbers, slotsOf, slotWords, wordsOf } from './encode.ts';
import { chooseSequences } from './fuse.ts';
import { type Abilities, type Handler, HandlerSet } from './handler.ts';
import type { Loaded, LoadedFunc } from './loaded.ts';

/** Loads a program that the validator accepts. */
export function loadProgram(given: RegisterProgram, can: Abilities, geometry: Geometry): Loaded {
  const origins = given.funcs.map(({ code }) => expandCode(code).origin);
  const program = expandProgram(given);
  const set = new HandlerSet(can);
  const plans: Handler[][] = [];
  const funcs: LoadedFunc[] = [];
  const halt = set.internal('halt');
  const clear = set.internal('clear');
  const fall = set.internal('fall');
  let slot = 1;
  let largestFrame = 0;
  for (const [index, func] of program.funcs.entries()) {
    const cells = func.registers + func.slots;
    largestFrame = Math.max(largestFrame, cells);
    funcs.push({ func, index, slot, cells });
    if (func.slots > 0) slot++;
    const plan: Handler[] = [];
    for (const [at, instr] of func.code.entries()) {
      const origin = origins[index];
      const free = origin != null && at > 0 && origin[at] === origin[at - 1];
      const handler = set.choose(instr, at, free);
      plan.push(handler);
      slot += slotsOf(handler, instr);
    }
    slot++;
    plans.push(plan);
  }
  const sequences = can.sequences ? chooseSequences(program, plans) : [];
  const chosen = plans.map((plan, index) => numbered(plan, sequences[index], fall));
  const handlers = [...new Set([halt, clear, fall, ...chosen.flat()])];
  const numbers = new Map(handlers.map((handler, i) => [handler, i]));
  const names = {
    funcByName: new Map(funcs.map((f) => [f.func.name, f])),
    importIndex: new Map(program.imports.map((item, i) => [item.name, i])),
    globalIndex: new Map(program.globals.map((item, i) => [item.name, i])),
    tableIndex: new Map(program.tables.map((item, i) => [item.name, i])),
  };
  const sigs = new SignatureNumbers();
  const code = new Int32Array(slot * slotWords);
  const instrs: (Instr | null)[] = new Array<Instr | null>(slot).fill(null);
  const positions = new Int32Array(slot).fill(-1);
  const numberOf = (handler: Handler): number => numbers.get(handler) ?? 0;
  code[0] = numberOf(halt);
  const words: number[] = [];
  for (const [index, loaded] of funcs.entries()) {
    const { func } = loaded;
    const plan = plans[index] ?? [];
    const places = new Int32Array(func.code.length);
    let at = loaded.slot;
    if (func.slots > 0) {
      code.set([numberOf(clear), geometry.cell(func.registers), func.slots], at * slotWords);
      at++;
    }
    for (const [i, instr] of func.code.entries()) {
      places[i] = at;
      at += slotsOf(plan[i] as Handler, instr);
    }
    code[at * slotWords] = numberOf(fall);
    const encoder = new Encoder(geometry, loaded, places, names, funcs, sigs);
    for (const [i, instr] of func.code.entries()) {
      const start = places[i] ?? 0;
      const handler = plan[i] as Handler;
      words.length = 0;
      encoder.encode(handler, instr, words);
      if (words.length !== wordsOf(handler, instr)) throw new Error(`'${handler.key}' has a wrong number of words`);
      code[start * slotWords] = numberOf(chosen[index]?.[i] ?? handler);
      code.set(words, start * slotWords + 1);
      instrs[start] = instr;
      positions[start] = origins[index]?.[i] ?? i;
    }
  }
  return { program, handlers, code, funcs, ...names, sigs, instrs, positions, largestFrame };
}

/**
 * The handlers that instructions name: of those inside a sequence only calls are ever entered, when there was no room for
 * the callee's frame; the others need none of their own.
 */
function numbered(
  plan: readonly Handler[],
  sequences: ReadonlyMap<number, Handler> | undefined,
  unused: Handler,
): readonly Handler[] {
  const numbers = [...plan];
  for (const [start, sequence] of sequences ?? []) {
    numbers[start] = sequence;
    for (let i = 1; i < sequence.sequence.length; i++) {
      if (plan[start + i]?.shape !== 'call') numbers[start + i] = unused;
    }
  }
  return numbers;
}
