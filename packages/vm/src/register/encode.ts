/** The words of instructions: how many a handler reads, and what they are. Shapes are described in handler.ts. */

import type { Instr } from '@sluice/bytecode';
import {
  f32Bits,
  f64Bits,
  type Signature,
  type SigType,
  type TrapKind,
  type Type,
  trapKinds,
  type Value,
} from '@sluice/ir';
import { type Handler, isDense, rangeOf } from './handler.ts';
import type { LoadedFunc } from './loaded.ts';
import { labelOf, listAt, operandInfo, typeOf } from './operands.ts';
import type { SignatureNumbers } from './signatures.ts';
import { isVector, movedCells } from './vectors.ts';

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
    case 'move-both':
    case 'load-lane':
      return 4;
    case 'pass':
    case 'take':
      return handler.argc;
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
      return instr.def.operands.filter((kind) => kind === 'def' || kind === 'use' || kind === 'imm32').length;
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
        out.push(this.#cellOf('v128', operands[0], null));
        for (let at = 0n; at < 128n; at += 32n) out.push(Number(BigInt.asIntN(32, (operands[1] as bigint) >> at)));
        return;
      case 'move':
      case 'move-both':
        this.#encodeMove(handler, instr, out);
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
      case 'load-lane': {
        const offset = (operands[instr.def.operands.indexOf('offset')] as number) | 0;
        this.#cells(instr, out);
        // A vector that is an operand beside the address stands behind the offset.
        const vector = handler.shape === 'load-lane' ? out.pop() : undefined;
        out.push(offset);
        if (vector !== undefined) out.push(vector);
        return;
      }
      case 'global-get':
      case 'global-set':
        out.push(this.#cellOf('T', operands[0], handler.type), this.#global(operands[1] as string));
        return;
      case 'pass':
      case 'take':
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

  #encodeMove(handler: Handler, instr: Instr, out: number[]): void {
    const [to, from] = movedCells(this.#loaded.func, instr);
    if (handler.type !== 'v128') out.push(this.#cell(to), this.#cell(from));
    if (handler.type === 'v128' || handler.shape === 'move-both') out.push(this.#vector(to), this.#vector(from));
  }

  /** Appends the vectors of some registers. */
  vectors(registers: readonly number[], out: number[]): void {
    for (const register of registers) out.push(this.#vector(register));
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
    const op = instr.def.op ?? instr.def.parts.at(-1);
    const own = typeOf(instr);
    if (def >= 0) out.push(this.#cellOf(op?.sig.result ?? 'void', instr.operands[def], own));
    uses.forEach((use, i) => {
      out.push(this.#cellOf(op?.sig.params[i] ?? 'void', instr.operands[use], own));
    });
  }

  /** The cell of a register as a value of a type; `own` is what `T` stands for. */
  #cellOf(word: SigType | 'void', register: unknown, own: Type | null): number {
    return isVector(word, own) && this.#loaded.vectors !== null
      ? this.#vector(register as number)
      : this.#cell(register);
  }

  #vector(register: number): number {
    const { vectors, firstVector } = this.#loaded;
    const number = vectors?.numberOf[register] ?? -1;
    if (number < 0) throw new Error(`no vector in cell ${register} of @${this.#loaded.func.name}`);
    return this.#geometry.cell(firstVector + 2 * number);
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
