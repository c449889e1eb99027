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
import { Encoder, type Geometry, slotsOf, slotWords, wordsOf } from './encode.ts';
import { chooseSequences } from './fuse.ts';
import { type Abilities, type Handler, HandlerSet } from './handler.ts';
import type { Loaded, LoadedFunc } from './loaded.ts';
import { SignatureNumbers } from './signatures.ts';
import { calleeOf, passing, usesVectors, vectorsAmong, vectorsOf } from './vectors.ts';

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
  const callee = calleeOf(program);
  const withVectors = can.vectors && usesVectors(program);
  for (const [index, func] of program.funcs.entries()) {
    const vectors = withVectors ? vectorsOf(func, callee) : null;
    // Vectors stand at multiples of 16 bytes, so that frames are multiples of two cells.
    const first = withVectors ? evenUp(func.registers + func.slots) : func.registers + func.slots;
    const cells = first + 2 * (vectors?.count ?? 0);
    const around = { f: func, vectors, callee };
    largestFrame = Math.max(largestFrame, cells);
    const found = { func, index, slot, cells, vectors, firstVector: first };
    funcs.push(found);
    slot += opening(found, clear, set, geometry).reduce((n, { words: given }) => n + slotsFor(given.length), 0);
    const plan: Handler[] = [];
    for (const [at, instr] of func.code.entries()) {
      const origin = origins[index];
      const free = origin != null && at > 0 && origin[at] === origin[at - 1];
      const handler = set.choose(instr, at, free, around);
      plan.push(handler);
      slot += slotsOf(handler, instr);
      if (handler.passes) slot += slotsAround(set, passing(func, instr, callee));
    }
    slot++;
    plans.push(plan);
  }
  const sequences = can.sequences ? chooseSequences(program, plans) : [];
  const chosen = plans.map((plan, index) => numbered(plan, sequences[index], fall));
  const handlers = [
    ...new Set([
      halt,
      clear,
      fall,
      ...set.all().filter(({ shape }) => shape === 'pass' || shape === 'take'),
      ...chosen.flat(),
    ]),
  ];
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
  const numberOf = (handler: Handler): number => numbers.get(handler) as number;
  code[0] = numberOf(halt);
  const words: number[] = [];
  for (const [index, loaded] of funcs.entries()) {
    const { func } = loaded;
    const plan = plans[index] ?? [];
    const places = new Int32Array(func.code.length);
    let at = loaded.slot;
    for (const { handler, words: given } of opening(loaded, clear, set, geometry)) {
      code.set([numberOf(handler), ...given], at * slotWords);
      at += slotsFor(given.length);
    }
    const starts = new Int32Array(func.code.length);
    for (const [i, instr] of func.code.entries()) {
      const handler = plan[i] as Handler;
      const around = handler.passes ? passing(func, instr, callee) : null;
      places[i] = at;
      at += around === null || around.pass.length === 0 ? 0 : slotsFor(around.pass.length);
      starts[i] = at;
      at += slotsOf(handler, instr);
      at += around === null || around.take.length === 0 ? 0 : slotsFor(around.take.length);
    }
    code[at * slotWords] = numberOf(fall);
    const encoder = new Encoder(geometry, loaded, places, names, funcs, sigs);
    const transfer = (shape: 'pass' | 'take', registers: readonly number[], to: number): void => {
      if (registers.length === 0) return;
      words.length = 0;
      encoder.vectors(registers, words);
      code.set([numberOf(set.passing(shape, registers.length)), ...words], to * slotWords);
    };
    for (const [i, instr] of func.code.entries()) {
      const start = starts[i] ?? 0;
      const handler = plan[i] as Handler;
      if (handler.passes) {
        const { pass, take } = passing(func, instr, callee);
        transfer('pass', pass, places[i] ?? 0);
        transfer('take', take, start + slotsOf(handler, instr));
        // Where a call of the host goes on may be what is passed to the next instruction.
        positions[places[i] ?? 0] = origins[index]?.[i] ?? i;
      }
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

/** Instructions of the machine's own. */
interface Own {
  readonly handler: Handler;
  readonly words: readonly number[];
}

/** What a function starts with: slots are zero, vectors among its arguments are taken. */
function opening(found: LoadedFunc, clear: Handler, set: HandlerSet, geometry: Geometry): readonly Own[] {
  const { func, vectors, firstVector } = found;
  const list: Own[] = [];
  if (func.slots > 0) list.push({ handler: clear, words: [geometry.cell(func.registers), func.slots] });
  if (vectors === null) return list;
  if (vectors.ofSlots > 0) list.push({ handler: clear, words: [geometry.cell(firstVector), 2 * vectors.ofSlots] });
  const taken = vectorsAmong(func.sig.params, [...func.sig.params.keys()]);
  if (taken.length > 0) {
    const words = taken.map((register) => geometry.cell(firstVector + 2 * (vectors.numberOf[register] as number)));
    list.push({ handler: set.passing('take', taken.length), words });
  }
  return list;
}

/** Slots of an instruction with so many words behind word 0. */
function slotsFor(words: number): number {
  return Math.ceil((1 + words) / slotWords);
}

/** Slots of what stands around an instruction, whose handlers are in the set from now on. */
function slotsAround(
  set: HandlerSet,
  { pass, take }: { readonly pass: readonly number[]; readonly take: readonly number[] },
): number {
  if (pass.length > 0) set.passing('pass', pass.length);
  if (take.length > 0) set.passing('take', take.length);
  return (pass.length > 0 ? slotsFor(pass.length) : 0) + (take.length > 0 ? slotsFor(take.length) : 0);
}

function evenUp(cells: number): number {
  return cells + (cells & 1);
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
