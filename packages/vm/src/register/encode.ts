/** The words of instructions: how many a handler reads, and what they are. Shapes are described in handler.ts. */

import type { Instr } from '@sluice/bytecode';
import { f32Bits, f64Bits, printSignature, type Signature, type TrapKind, trapKinds, type Value } from '@sluice/ir';
import { type Handler, isDense, labelOf, listAt, operandInfo, rangeOf } from './handler.ts';
import type { LoadedFunc } from './loaded.ts';

/** Words of a slot. */
export const slotWords = 4;

/** How operands are written for a loop. */
export interface Geometry {
  /** Cell `index` of a frame, relative to the frame pointer. */
  readonly cell: (index: number) => number;
  /** A place in the code, counted in slots. */
  readonly place: (slot: number) => number;
  /** A global by position. */
  readonly global: (index: number) => number;
  /** A table by position. */
  readonly table: (index: number) => number;
  /** The limit of an import's calls in the log (call-log.ts). */
  readonly logLimit: (index: number) => number;
  /** From a frame's pointer to that of a callee, for a frame of so many cells. */
  readonly delta: (cells: number) => number;
}

/** Numbers trap kinds for the code. */
export function trapNumber(kind: TrapKind): number {
  return trapKinds.indexOf(kind);
}

/** The number of slots that an instruction takes. */
export function slotsOf(handler: Handler, instr: Instr): number {
  return Math.ceil((1 + wordsOf(handler, instr)) / slotWords);
}

/** The number of words behind word 0. */
export function wordsOf(handler: Handler, instr: Instr): number {
  switch (handler.shape) {
    case 'halt':
    case 'fall':
    case 'slow':
    case 'call-host':
      return 0;
    case 'const64':
    case 'load':
    case 'store':
      return 3;
    case 'const128':
      return 5;
    case 'const32':
    case 'move':
    case 'clear':
    case 'global-get':
    case 'global-set':
    case 'jump-if':
    case 'jump-unless':
      return 2;
    case 'op':
    case 'op-imm':
    case 'heap':
    case 'heap-imm':
      return instr.def.operands.length - (operandInfo(instr.def).type < 0 ? 0 : 1);
    case 'jump':
    case 'trap':
      return 1;
    case 'jump-op':
    case 'jump-op-imm':
      return 3;
    case 'call-host-log':
      return 2 + handler.argc;
    case 'switch-table': {
      const { min, max } = rangeOf(listAt(instr, 1));
      return 3 + (max - min + 1) + 1;
    }
    case 'switch-search':
      return 3 + 2 * listAt(instr, 1).length;
    case 'call':
      return 3 + handler.argc;
    case 'call-n':
      return 4 + listAt(instr, 2).length;
    case 'call-multi':
      return 4 + listAt(instr, 2).length + listAt(instr, 0).length;
    case 'call-indirect':
      return 5 + listAt(instr, 2).length;
    case 'call-indirect-multi':
      return 6 + listAt(instr, 2).length + listAt(instr, 0).length;
    case 'return':
      return handler.argc;
    case 'return-multi':
      return 1 + listAt(instr, 0).length;
    case 'sequence':
      throw new Error('a sequence has no words of its own');
  }
}

/** What names stand for. */
export interface Names {
  readonly funcByName: ReadonlyMap<string, LoadedFunc>;
  readonly globalIndex: ReadonlyMap<string, number>;
  readonly importIndex: ReadonlyMap<string, number>;
  readonly tableIndex: ReadonlyMap<string, number>;
}

/** The table that a `call_indirect` looks into, by position. */
export function tableIndexOf(instr: Instr, { tableIndex }: Pick<Names, 'tableIndex'>): number {
  return tableIndex.get(instr.operands[3] as string) ?? 0;
}

/** Gives equal signatures equal numbers. */
export class SignatureNumbers {
  readonly #numbers = new Map<string, number>();

  numberOf(sig: Signature): number {
    const text = printSignature(sig);
    let found = this.#numbers.get(text);
    if (found === undefined) {
      found = this.#numbers.size;
      this.#numbers.set(text, found);
    }
    return found;
  }
}

/** Writes the words of a function's instructions. */
export class Encoder {
  readonly #geometry: Geometry;
  readonly #loaded: LoadedFunc;
  readonly #places: Int32Array;
  readonly #names: Names;
  readonly #funcs: readonly LoadedFunc[];
  readonly #sigs: SignatureNumbers;

  constructor(
    geometry: Geometry,
    loaded: LoadedFunc,
    places: Int32Array,
    names: Names,
    funcs: readonly LoadedFunc[],
    sigs: SignatureNumbers,
  ) {
    this.#geometry = geometry;
    this.#loaded = loaded;
    this.#places = places;
    this.#names = names;
    this.#funcs = funcs;
    this.#sigs = sigs;
  }

  /** Appends the words behind word 0. */
  encode(handler: Handler, instr: Instr, out: number[]): void {
    const { operands } = instr;
    switch (handler.shape) {
      case 'halt':
      case 'fall':
      case 'clear':
      case 'slow':
      case 'call-host':
      case 'sequence':
        return;
      case 'const32': {
        const value = operands[1] as Value;
        out.push(this.#cell(operands[0]), instr.def.name === 'f32.const' ? f32Bits(value) : (value as number));
        return;
      }
      case 'const64': {
        const value = operands[1] as Value;
        const bits = instr.def.name === 'f64.const' ? f64Bits(value) : (value as bigint);
        out.push(this.#cell(operands[0]), Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n)));
        return;
      }
      case 'const128':
        out.push(this.#cell(operands[0]));
        for (let at = 0n; at < 128n; at += 32n) out.push(Number(BigInt.asIntN(32, (operands[1] as bigint) >> at)));
        return;
      case 'move':
        this.#encodeMove(instr, out);
        return;
      case 'op':
      case 'heap':
        this.#cells(instr, out);
        return;
      case 'op-imm':
      case 'heap-imm':
        this.#cells(instr, out);
        out.push(operands[operands.length - 1] as number);
        return;
      case 'load':
      case 'store':
        out.push(this.#cell(operands[0]), this.#cell(operands[1]), (operands[2] as number) | 0);
        return;
      case 'global-get':
      case 'global-set':
        out.push(this.#cell(operands[0]), this.#global(operands[1] as string));
        return;
      case 'jump':
        out.push(this.#target(labelOf(instr)));
        return;
      case 'jump-if':
      case 'jump-unless':
        out.push(this.#cell(operands[0]), this.#target(labelOf(instr)));
        return;
      case 'jump-op':
        out.push(this.#cell(operands[0]), this.#cell(operands[1]), this.#target(labelOf(instr)));
        return;
      case 'jump-op-imm':
        out.push(this.#cell(operands[0]), operands[1] as number, this.#target(labelOf(instr)));
        return;
      case 'switch-table':
      case 'switch-search':
        this.#encodeSwitch(instr, out);
        return;
      case 'call':
      case 'call-n':
      case 'call-multi':
      case 'call-indirect':
      case 'call-indirect-multi':
        this.#encodeCall(handler, instr, out);
        return;
      case 'call-host-log': {
        const index = this.#names.importIndex.get(operands[1] as string) ?? 0;
        out.push(this.#geometry.logLimit(index), index);
        this.#list(listAt(instr, 2), out);
        return;
      }
      case 'return-multi':
        out.push(listAt(instr, 0).length);
        this.#list(listAt(instr, 0), out);
        return;
      case 'return':
        this.#list(listAt(instr, 0), out);
        return;
      case 'trap':
        out.push(trapNumber(operands[0] as TrapKind));
        return;
    }
  }

  #encodeMove(instr: Instr, out: number[]): void {
    const [first, second] = instr.operands as readonly number[];
    const slot = this.#loaded.func.registers;
    const toSlot = instr.def.role === 'spill' ? slot : 0;
    const fromSlot = instr.def.role === 'reload' ? slot : 0;
    out.push(this.#cell((first ?? 0) + toSlot), this.#cell((second ?? 0) + fromSlot));
  }

  #encodeSwitch(instr: Instr, out: number[]): void {
    const cases = listAt(instr, 1);
    const labels = listAt(instr, 2);
    const otherwise = this.#target(labels[cases.length] ?? 0);
    out.push(this.#cell(instr.operands[0]));
    if (isDense(cases)) {
      const { min, max } = rangeOf(cases);
      const targets = new Int32Array(max - min + 1).fill(otherwise);
      for (const [i, value] of cases.entries()) targets[value - min] = this.#target(labels[i] ?? 0);
      out.push(min, targets.length);
      for (const target of targets) out.push(target);
      out.push(otherwise);
      return;
    }
    const pairs = cases.map((value, i) => ({ value, target: this.#target(labels[i] ?? 0) }));
    pairs.sort((a, b) => a.value - b.value);
    out.push(pairs.length, otherwise);
    for (const { value, target } of pairs) out.push(value, target);
  }

  #encodeCall(handler: Handler, instr: Instr, out: number[]): void {
    const defs = listAt(instr, 0);
    const uses = listAt(instr, 2);
    const delta = this.#geometry.delta(this.#loaded.cells);
    const result = () => (defs.length === 0 ? 0 : this.#cell(defs[0]));
    switch (handler.shape) {
      case 'call':
        out.push(this.#entry(instr), delta, result());
        this.#list(uses, out);
        return;
      case 'call-n':
        out.push(this.#entry(instr), delta, result(), uses.length);
        this.#list(uses, out);
        return;
      case 'call-multi':
        out.push(this.#entry(instr), delta, uses.length);
        this.#list(uses, out);
        break;
      default: {
        const args = uses.slice(0, -1);
        out.push(this.#sigs.numberOf(instr.operands[1] as Signature), delta);
        out.push(handler.shape === 'call-indirect' ? result() : 0, this.#cell(uses[uses.length - 1]), args.length);
        out.push(this.#geometry.table(tableIndexOf(instr, this.#names)));
        this.#list(args, out);
        if (handler.shape === 'call-indirect') return;
      }
    }
    out.push(defs.length);
    this.#list(defs, out);
  }

  #entry(instr: Instr): number {
    const callee = this.#names.funcByName.get(instr.operands[1] as string);
    if (callee === undefined) throw new Error(`no function @${String(instr.operands[1])}`);
    return this.#geometry.place(this.#funcs[callee.index]?.slot ?? 0);
  }

  #cells(instr: Instr, out: number[]): void {
    const { def, uses } = operandInfo(instr.def);
    if (def >= 0) out.push(this.#cell(instr.operands[def]));
    for (const use of uses) out.push(this.#cell(instr.operands[use]));
  }

  #list(registers: readonly number[], out: number[]): void {
    for (const register of registers) out.push(this.#geometry.cell(register));
  }

  #cell(operand: unknown): number {
    return this.#geometry.cell(operand as number);
  }

  #target(label: number): number {
    return this.#geometry.place(this.#places[label] ?? 0);
  }

  #global(name: string): number {
    return this.#geometry.global(this.#names.globalIndex.get(name) ?? 0);
  }
}
