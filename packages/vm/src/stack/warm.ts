/**
 * Executes every case of a new loop on scratch cells. V8 compiles what has been executed; a case that comes up only after
 * the loop was compiled throws the compiled loop away ("insufficient type feedback"), and the next compilation takes
 * another 10 to 20 ms. With every case seen before, the first compilation is the last.
 *
 *     0: [ case | 72 80 88 ... | -1 ]    word k is 64 + 8k: read as a cell, a label, a size or the number of a
 *     72: -1   80: -1   ...              constant it always names something that is there
 *
 * Cells hold 1, whatever the type (a tiny number as a float), so that divisors are not zero; cell 72, where pointers are
 * read, names object 1 of a heap that has it. After each case the loop stops at -1. Where the loop has calls, each
 * case runs once more inside a call, for returns.
 *
 * Not warmed: ends by traps, growth of frames. Cost: about a microsecond for each case.
 */

import { makeModule } from '@sluice/ir';
import { guestState } from '../runtime/state.ts';
import { callForm } from './form.ts';
import { groupText, type Loop, type Variant } from './loop.ts';
import { LoopState } from './state.ts';

const size = 512;
/** The first of the words' values, and of those of a case inside a call. */
const outer = 64;
const inner = 128;
/** Values of words are this far apart: places between them hold labels, as tables of switches do. */
const apart = 8;
/** Rounds: V8 keeps no feedback before a function has run for a while. */
const rounds = 3;

/** Warms a loop up. */
export function warm(loop: Loop, variant: Variant): void {
  const code = new Int32Array(size);
  const constants = new BigInt64Array(size).fill(1n);
  const hosts = Array.from({ length: size }, () => 'unreachable');
  const tables = hosts.map(() => new Map([[1, 0]]));
  const hosted = [...loop.opcodes.keys()].some((text) => /(?<!K)R\[/.test(text));
  const loopCode = { code, weights: new Int32Array(size), constants, hosts, tables };
  const st = new LoopState(loopCode, guestState(makeModule({}), { limits: { depth: size } }), hosted);
  st.entry = outer;
  const call = loop.opcodes.get(groupText([callForm], variant));
  const { guest } = st;
  guest.B = new Uint8Array(size);
  guest.G = new DataView(guest.B.buffer);
  guest.bytes = size;
  guest.HT = Uint32Array.of(2, 0, 0, apart);
  guest.HB = guest.B;
  guest.HI = new Int32Array(guest.B.buffer);
  guest.HL = new BigInt64Array(guest.B.buffer);
  for (let round = 0; round < rounds; round++) {
    // Several functions, so that calls of sites are not taken for calls of one.
    const answer = round % 2 === 0 ? undefined : 1;
    st.sites = Array.from({ length: size }, () => () => answer);
    for (const [text, opcode] of loop.opcodes) {
      prepare(st);
      code.fill(0);
      place(code, 0, opcode, text, outer);
      loop.run(st, 0, 0, 0);
      if (call === undefined) continue;
      prepare(st);
      code.fill(0);
      place(code, 0, call, '', outer);
      code[4] = -1;
      place(code, outer + apart, opcode, text, inner);
      loop.run(st, 0, 0, 0);
    }
  }
}

/** A case with its words at a place, and what the words name; a table of a switch ends before `first * 4`. */
function place(code: Int32Array, at: number, opcode: number, text: string, first: number): void {
  for (let k = first; k < first * 4; k++) code[k] = k % apart === 0 ? -1 : first;
  code[at] = opcode;
  for (let k = 1; k < outer - apart; k++) code[at + k] = first + apart * (1 + ((k - 1) % (apart * 2 - 1)));
  const next = /(?:pc\+=|on=pc\+|\]=pc\+)(\d+)/g;
  for (const match of text.matchAll(next)) code[at + Number(match[1])] = -1;
}

/** Cells as the cases expect them, and every element of the heap's object initialised. */
function prepare(st: LoopState): void {
  st.L.fill(1n, 0, size);
  st.L[outer + apart] = 0x1_0000_0001n;
  st.guest.B.fill(1);
  st.pool = size;
}
