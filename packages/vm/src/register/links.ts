/**
 * Which operands of a sequence's parts are results of parts before: these stay in a local of the loop, since to read a cell
 * that was written just now takes the processor four or five cycles.
 *
 *     i64.add.i r2, r2, 1
 *     jump.i64.lt_s r2, r3, again        word 1 is what part 0 gave
 *
 * The cell is written all the same: others read it, and traps look at cells.
 */

import type { Instr } from '@sluice/bytecode';
import type { Handler, Links } from './handler.ts';
import { listAt, operandInfo } from './operands.ts';

const none: Links = new Map();
const spillBit = 0x4000_0000;

/** Cells that an instruction reads, by word, and the one that it writes; -1: none that a part may take over. */
interface Access {
  readonly reads: readonly (readonly [word: number, cell: number])[];
  readonly write: number;
}

/** The links of a row of instructions with these handlers. */
export function linksOf(handlers: readonly Handler[], instrs: readonly Instr[]): readonly Links[] {
  const writer = new Map<number, number>();
  return handlers.map((handler, part) => {
    const { reads, write } = accessOf(handler, instrs[part] as Instr);
    let links: Map<number, number> | null = null;
    for (const [word, cell] of reads) {
      const from = writer.get(cell);
      if (from === undefined) continue;
      links ??= new Map();
      links.set(word, from);
    }
    if (write >= 0) writer.set(write, part);
    return links ?? none;
  });
}

/** What makes two rows of links the same. */
export function linksKey(links: readonly Links[]): string {
  return links.map((each) => [...each].map(([word, part]) => `${word}<${part}`).join(',')).join(';');
}

function accessOf(handler: Handler, instr: Instr): Access {
  const { operands } = instr;
  const at = (k: number): number => operands[k] as number;
  switch (handler.shape) {
    case 'const32':
    case 'const64':
    case 'const128':
    case 'global-get':
      return { reads: [], write: at(0) };
    case 'global-set':
    case 'jump-if':
    case 'jump-unless':
      return { reads: [[1, at(0)]], write: -1 };
    case 'move': {
      const { role } = instr.def;
      const from = role === 'reload' ? at(1) | spillBit : at(1);
      return { reads: [[2, from]], write: role === 'spill' ? at(0) | spillBit : at(0) };
    }
    case 'load':
      return { reads: [[2, at(1)]], write: at(0) };
    case 'load-lane':
      return {
        reads: [
          [2, at(1)],
          [4, at(2)],
        ],
        write: at(0),
      };
    case 'store':
      return {
        reads: [
          [1, at(0)],
          [2, at(1)],
        ],
        write: -1,
      };
    case 'op':
    case 'op-imm':
    case 'heap':
    case 'heap-imm': {
      const { def, uses } = operandInfo(instr.def);
      const first = def < 0 ? 1 : 2;
      return { reads: uses.map((use, i) => [first + i, at(use)]), write: def < 0 ? -1 : at(def) };
    }
    case 'jump-op':
    case 'jump-op-imm':
      return { reads: operandInfo(instr.def).uses.map((use, i) => [1 + i, at(use)]), write: -1 };
    case 'call':
      return { reads: listAt(instr, 2).map((cell, i) => [4 + i, cell]), write: -1 };
    case 'call-host-log':
      return { reads: listAt(instr, 2).map((cell, i) => [3 + i, cell]), write: -1 };
    case 'return':
      return { reads: listAt(instr, 0).map((cell, i) => [1 + i, cell]), write: -1 };
    default:
      return { reads: [], write: -1 };
  }
}
