/**
 * Writes the items of regions as instructions: the parts of a function's code between its control flow.
 *
 * A condition takes its negation with it (`i32.eqz` goes, a comparison becomes its opposite by its law); moves within one local
 * are none; a write that is read at once is a `tee`.
 */

import type { StructureEvent } from '@sluice/codegen';
import { coreTable, DiagnosticError, type Func, type Inst, instOf, type ValueId } from '@sluice/ir';
import { type CodeHooks, opcode } from '@sluice/wasm-format';
import { type CodeList, item } from './code-list.ts';
import { noWasmFor } from './diag-codes.ts';
import type { FuncWriter } from './hook-writer.ts';
import { writeConstant, writeInstr } from './instr.ts';
import type { Locals } from './locals.ts';
import { factsOf, type OpFacts } from './op-facts.ts';
import type { Leave } from './results.ts';
import { stayingMoves } from './stays.ts';
import type { Symbols } from './symbols.ts';

const eqz = 0x45;

/** Where an instruction's code begins in a function's code, for maps to the source. */
export interface CodePlace {
  readonly offset: number;
  readonly inst: Inst;
}

/** Who emits: what of it the writer asks for. */
interface Emitter {
  readonly symbols: Symbols;
  readonly hooks: CodeHooks;
  readonly places: CodePlace[] | null;
}

/** Writes regions of one function. */
export class RegionWriter {
  readonly #emitter: Emitter;
  readonly #f: Func;
  readonly #list: CodeList;
  readonly #locals: Locals;
  readonly #w: FuncWriter;
  #stays: Uint8Array | null = null;

  constructor(emitter: Emitter, list: CodeList, locals: Locals, w: FuncWriter) {
    this.#emitter = emitter;
    this.#f = list.func;
    this.#list = list;
    this.#locals = locals;
    this.#w = w;
  }

  /** The locals that the moves of a region change. */
  writes(region: number): readonly number[] {
    const { items, regionStart, movePhi } = this.#list;
    const found: number[] = [];
    for (let i = regionStart[region] as number; i < (regionStart[region + 1] as number); i++) {
      const code = items[i] as number;
      const move = code >> 3;
      if ((code & 7) === item.moveSet && !this.staysPut(move)) found.push(this.local(movePhi[move] as number));
    }
    return found;
  }

  /** The local of a value. */
  local(v: number): number {
    return this.#locals.localOf[v] as number;
  }

  /** Whether a move is none. */
  staysPut(move: number): boolean {
    this.#stays ??= stayingMoves(this.#list, this.#locals.localOf);
    return this.#stays[move] === 1;
  }

  /** Whether a region has items that make code. */
  hasCode(region: number): boolean {
    const { items, regionStart } = this.#list;
    const end = regionStart[region + 1] as number;
    for (let i = regionStart[region] as number; i < end; i++) {
      const code = items[i] as number;
      if ((code & 7) < item.moveGet || !this.staysPut(code >> 3)) return true;
    }
    return false;
  }

  /** Writes a region's items; the last one is a condition where it is tested. */
  region(
    region: number,
    tested: (StructureEvent & { readonly negate: boolean }) | null = null,
    leave: Leave | undefined = undefined,
    arrived: ValueId | null = null,
  ): void {
    const { func: f, items, regionStart } = this.#list;
    const w = this.#w;
    let end = regionStart[region + 1] as number;
    let negate = tested?.negate === true;
    let last: Inst | null = null;
    if (tested !== null) {
      while (this.#isEqz(items[end - 1] as number) && negate) {
        negate = false;
        end--;
      }
      const code = items[end - 1] as number;
      if (negate && (code & 7) === item.op) {
        last = this.#negated(code >> 3);
        if (last !== null) end--;
      }
    }
    let start = regionStart[region] as number;
    if (arrived !== null) {
      if ((this.#list.uses[arrived] as number) > 1) w.localTee(this.local(arrived));
      start++;
    }
    for (let i = start; i < end; i++) {
      if (leave !== undefined) {
        if (i === leave.at) this.#push(items[leave.push] as number);
        if (i === leave.write || i === leave.push) continue;
      }
      const code = items[i] as number;
      const about = code >> 3;
      switch (code & 7) {
        case item.get:
          w.localGet(this.local(about));
          break;
        case item.set: {
          const next = items[i + 1] as number;
          const local = this.local(about);
          if (i + 1 < end && (next & 7) === item.get && this.local(next >> 3) === local) {
            w.localTee(local);
            i++;
          } else w.localSet(local);
          break;
        }
        case item.tee:
          w.localTee(this.local(about));
          break;
        case item.op:
          this.#instr(about, instOf(f, about as ValueId));
          break;
        case item.constant: {
          const { type, imm } = instOf(f, about as ValueId);
          writeConstant(w, type as 'i32', imm);
          break;
        }
        case item.drop:
          w.byte(opcode.drop);
          break;
        case item.moveGet:
          if (!this.staysPut(about)) w.localGet(this.local(this.#list.moveArg[about] as number));
          break;
        default:
          if (!this.staysPut(about)) w.localSet(this.local(this.#list.movePhi[about] as number));
      }
    }
    if (last !== null) this.#instr(-1, last);
    else if (negate) w.byte(opcode.i32_eqz);
  }

  /** Pushes what a move takes: a constant, or a value from its local. */
  #push(code: number): void {
    const about = code >> 3;
    if ((code & 7) === item.moveGet) this.#w.localGet(this.local(this.#list.moveArg[about] as number));
    else {
      const { type, imm } = instOf(this.#f, about as ValueId);
      writeConstant(this.#w, type as 'i32', imm);
    }
  }

  #isEqz(code: number): boolean {
    if ((code & 7) !== item.op) return false;
    const { bytes } = factsOf(instOf(this.#f, (code >> 3) as ValueId).op);
    return bytes.length === 1 && bytes[0] === eqz;
  }

  /** Bytes by which the opposite of a condition is longer. */
  negationCost(region: number): number {
    const { items, regionStart } = this.#list;
    const code = items[(regionStart[region + 1] as number) - 1] as number;
    if (this.#isEqz(code)) return -1;
    return (code & 7) === item.op && this.#negated(code >> 3) !== null ? 0 : 1;
  }

  /** The instruction that gives the opposite of a comparison; null: there is none. */
  #negated(v: number): Inst | null {
    const inst = this.#asWritten(v, instOf(this.#f, v as ValueId));
    const op = inst.op.laws.negation === undefined ? undefined : coreTable.get(inst.op.laws.negation);
    return op === undefined || this.#emitter.hooks.instr !== undefined ? null : { ...inst, op };
  }

  /** The instruction with its operands in the order in which they lie on the stack. */
  #asWritten(v: number, inst: Inst): Inst {
    if (v < 0 || this.#list.swapped[v] !== 1 || inst.op.laws.commutative === true) return inst;
    const op = coreTable.get(inst.op.laws.swapped as string);
    if (op === undefined) throw new Error(`no op '${inst.op.laws.swapped}'`);
    return { ...inst, op };
  }

  #instr(v: number, given: Inst): void {
    const inst = this.#asWritten(v, given);
    const facts = factsOf(inst.op);
    this.#emitter.places?.push({ offset: this.#w.length, inst });
    if (this.#emitter.hooks.instr?.(this.#w, this.#f, inst) === true) return;
    if (isUnknown(facts)) throw new DiagnosticError(noWasmFor(this.#f.name, `'${inst.op.name}'`, inst.loc));
    writeInstr(this.#w, inst, facts, this.#emitter.symbols, this.#locals.slots);
  }
}

function isUnknown({ form, bytes }: OpFacts): boolean {
  return bytes.length === 0 && !['nothing', 'func', 'indirect', 'slot', 'global'].includes(form);
}
