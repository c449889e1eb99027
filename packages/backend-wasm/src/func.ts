/**
 * One function: its list of code (stackify), locals for it, structured control flow around it, and bytes.
 *
 * What is decided here is how each event is written: a condition takes its negation with it (`i32.eqz` goes, a comparison becomes
 * its opposite by its law), what returns at the end needs no `return`, moves within one local are none.
 */

import { type StructureEvent, structure } from '@sluice/codegen';
import {
  type BlockId,
  coreTable,
  DiagnosticError,
  type Func,
  type Inst,
  instOf,
  orderOf,
  termOf,
  type ValueId,
} from '@sluice/ir';
import { type CodeHooks, opcode, type WasmFunc } from '@sluice/wasm-format';
import { type CodeList, edgeKey, item, Workspace } from './code-list.ts';
import { noWasmFor } from './diag-codes.ts';
import { type EarlyMoves, earlyMoves } from './early-moves.ts';
import { FuncWriter } from './hook-writer.ts';
import { writeConstant, writeInstr } from './instr.ts';
import { RangeScratch } from './live-ranges.ts';
import { assignLocals, type Locals } from './locals.ts';
import { factsOf, type OpFacts } from './op-facts.ts';
import { type Leave, planResults } from './results.ts';
import { stackify } from './stackify.ts';
import { stayingMoves } from './stays.ts';
import type { Symbols } from './symbols.ts';

/** Where an instruction's code begins in a function's code, for maps to the source. */
export interface CodePlace {
  readonly offset: number;
  readonly inst: Inst;
}

/** Emits functions one after the other; its working memory is used again. */
export class FuncEmitter {
  readonly symbols: Symbols;
  readonly hooks: CodeHooks;
  readonly #ws = new Workspace();
  readonly #scratch = new RangeScratch();
  /** Places of the last function, where asked for. */
  readonly places: CodePlace[] | null;

  constructor(symbols: Symbols, hooks: CodeHooks, withPlaces: boolean) {
    this.symbols = symbols;
    this.hooks = hooks;
    this.places = withPlaces ? [] : null;
  }

  /** The function's code. */
  emit(f: Func): WasmFunc {
    if (this.places !== null) this.places.length = 0;
    const list = stackify(f, this.#ws, (call) => this.#resultCount(call));
    const locals = assignLocals(list, this.#scratch);
    return new BodyWriter(this, f, list, locals).write();
  }

  #resultCount({ imm }: Inst): number {
    if (typeof imm === 'string') return this.symbols.results.get(imm) ?? 0;
    return (imm as { readonly results: readonly unknown[] }).results.length;
  }
}

const eqz = 0x45;

class BodyWriter {
  readonly #emitter: FuncEmitter;
  readonly #f: Func;
  readonly #list: CodeList;
  readonly #locals: Locals;
  readonly #hooks: CodeHooks;
  readonly #w = new FuncWriter(512);
  /** Labels of what is open. */
  readonly #open: number[] = [];
  readonly #height = new Map<number, number>();
  #state = -1;
  readonly #early: EarlyMoves;
  /** By move: see `stayingMoves`. */
  #stays: Uint8Array | null = null;

  constructor(emitter: FuncEmitter, f: Func, list: CodeList, locals: Locals) {
    this.#emitter = emitter;
    this.#f = f;
    this.#list = list;
    this.#locals = locals;
    this.#hooks = emitter.hooks;
    this.#w.begin(locals.count);
    this.#early = earlyMoves(list, locals, (region) => this.#writes(region));
  }

  /** The locals that the moves of a region change. */
  #writes(region: number): readonly number[] {
    const { items, regionStart, movePhi } = this.#list;
    const found: number[] = [];
    for (let i = regionStart[region] as number; i < (regionStart[region + 1] as number); i++) {
      const code = items[i] as number;
      const move = code >> 3;
      if ((code & 7) === item.moveSet && !this.#staysPut(move)) found.push(this.#local(movePhi[move] as number));
    }
    return found;
  }

  write(): WasmFunc {
    const f = this.#f;
    const w = this.#w;
    this.#hooks.enter?.(w, f);
    const { rpo } = orderOf(f);
    if (rpo.length === 1) this.#single(rpo[0] as BlockId);
    else this.#structured();
    return {
      type: this.#emitter.symbols.type(f.sig),
      locals: [...this.#locals.declared, ...w.added],
      code: w.take(),
    };
  }

  #single(b: BlockId): void {
    this.#region(this.#list.regionOf[b] as number);
    const { op } = termOf(this.#f, b);
    if (op.kind === 'ret') this.#hooks.leave?.(this.#w, this.#f);
    else this.#trap(b);
  }

  #structured(): void {
    const f = this.#f;
    const { regionOf, regionStart } = this.#list;
    const events = structure(f, {
      busy: (from, to) => {
        if (this.#hooks.busy?.(f, from, to) === true) return true;
        const region = this.#list.edgeRegion.get(edgeKey(f, from, to));
        return region !== undefined && this.#early.get(from)?.includes(region) !== true && this.#hasCode(region);
      },
      testCost: (b, negate) => (negate ? this.#negationCost(regionOf[b] as number) : 0),
      empty: (b) => termOf(f, b).op.kind === 'br' && !this.#hasCode(regionOf[b] as number),
      size: (b) => {
        const region = regionOf[b] as number;
        return 2 * ((regionStart[region + 1] as number) - (regionStart[region] as number)) + 3;
      },
    });
    const tail = tailOf(events);
    const plan =
      this.#hooks.busy === undefined
        ? planResults(events, this.#list, this.#locals, (b, region) => this.#early.get(b)?.includes(region) === true)
        : null;
    const typeAt = (i: number): 'i32' | null => {
      const phi = plan?.types.get(i);
      return phi === undefined ? null : (instOf(f, phi).type as 'i32');
    };
    let arrived: ValueId | null = null;
    const { results } = f.sig;
    const w = this.#w;
    const typedLoops = results.length === 1 && tail.onlyLoops;
    const fallsOut = tail.ends === 0 || results.length === 0 || typedLoops;
    for (let i = 0; i < events.length; i++) {
      const event = events[i] as StructureEvent;
      const pushed = plan?.pushes.get(i);
      if (pushed !== undefined) w.localGet(this.#local(pushed));
      switch (event.kind) {
        case 'block':
          w.block(typeAt(i));
          this.#opened(event.label);
          break;
        case 'loop':
          w.loop(typedLoops && tail.openers.has(i) ? (results[0] as 'i32') : typeAt(i));
          this.#opened(event.label);
          break;
        case 'if':
          w.if(typeAt(i));
          this.#opened(-1);
          break;
        case 'else':
          w.else();
          break;
        case 'end':
          w.end();
          this.#open.pop();
          arrived = this.#arrive(plan?.arrives.get(i));
          break;
        case 'code': {
          const next = events[i + 1];
          const tested = (next?.kind === 'if' || next?.kind === 'br_if') && next.from === event.block ? next : null;
          this.#region(regionOf[event.block] as number, tested, plan?.leaves.get(i), arrived);
          arrived = null;
          for (const region of this.#early.get(event.block) ?? []) this.#region(region);
          break;
        }
        case 'edge':
          this.#edge(event.from, event.to, plan?.leaves.get(i));
          break;
        case 'br':
          w.br(this.#depth(event.label));
          break;
        case 'br_if':
          w.brIf(this.#depth(event.label));
          break;
        case 'switch':
          this.#switch(event.from, event.labels);
          break;
        case 'ret':
          this.#hooks.leave?.(w, f);
          if (i !== tail.last || !fallsOut) w.byte(opcode.return);
          break;
        case 'trap':
          this.#trap(event.block);
          break;
        case 'set_state':
          w.i32Const(event.value).localSet(this.#stateLocal());
          break;
        case 'dispatch': {
          const labels = event.labels.map((label) => this.#depth(label));
          w.localGet(this.#stateLocal()).brTable(labels.slice(0, -1), labels.at(-1) as number);
        }
      }
    }
    // Nobody gets here, but the type asks for results.
    if (!fallsOut) w.byte(opcode.unreachable);
  }

  /** A phi is on the stack: it is used at once (given back), or goes to its local. */
  #arrive(arrival: { readonly phi: ValueId; readonly taken: boolean } | undefined): ValueId | null {
    if (arrival === undefined) return null;
    if (arrival.taken) return arrival.phi;
    this.#w.localSet(this.#local(arrival.phi));
    return null;
  }

  #opened(label: number): void {
    this.#height.set(label, this.#open.length);
    this.#open.push(label);
  }

  #depth(label: number): number {
    return this.#open.length - 1 - (this.#height.get(label) as number);
  }

  /** Of scratch locals, one that no hook asks for. */
  #stateLocal(): number {
    if (this.#state < 0) this.#state = this.#w.scratch('i32', 64);
    return this.#state;
  }

  #trap(b: BlockId): void {
    this.#hooks.trap?.(this.#w, termOf(this.#f, b).imm as Parameters<NonNullable<CodeHooks['trap']>>[1]);
    this.#w.byte(opcode.unreachable);
  }

  #edge(from: BlockId, to: BlockId, leave: Leave | undefined): void {
    const f = this.#f;
    if (this.#hooks.busy?.(f, from, to) === true) this.#hooks.edge?.(this.#w, f, from, to);
    const region = this.#list.edgeRegion.get(edgeKey(f, from, to));
    if (region !== undefined && this.#early.get(from)?.includes(region) !== true) this.#region(region, null, leave);
  }

  /** A table from the smallest case on, where that is small or negative numbers occur. */
  #switch(from: BlockId, labels: readonly number[]): void {
    const cases = termOf(this.#f, from).imm as readonly number[];
    const w = this.#w;
    const otherwise = this.#depth(labels.at(-1) as number);
    if (cases.length === 0) {
      w.byte(opcode.drop);
      w.br(otherwise);
      return;
    }
    let low = cases[0] as number;
    let high = low;
    for (const value of cases) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    // Up to so many labels cost what the subtraction costs.
    if (low > 0 && low <= 3) low = 0;
    if (low !== 0) w.i32Const(low).byte(opcode.i32_sub);
    const table = new Array<number>(high - low + 1).fill(otherwise);
    cases.forEach((value, k) => {
      table[value - low] = this.#depth(labels[k] as number);
    });
    w.brTable(table, otherwise);
  }

  // Code.

  #local(v: number): number {
    return this.#locals.localOf[v] as number;
  }

  /** Whether a move is none. */
  #staysPut(move: number): boolean {
    this.#stays ??= stayingMoves(this.#list, this.#locals.localOf);
    return this.#stays[move] === 1;
  }

  /** Whether a region has items that make code. */
  #hasCode(region: number): boolean {
    const { items, regionStart } = this.#list;
    const end = regionStart[region + 1] as number;
    for (let i = regionStart[region] as number; i < end; i++) {
      const code = items[i] as number;
      if ((code & 7) < item.moveGet || !this.#staysPut(code >> 3)) return true;
    }
    return false;
  }

  /** Writes a region's items; the last one is a condition where it is tested. */
  #region(
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
      if ((this.#list.uses[arrived] as number) > 1) w.localTee(this.#local(arrived));
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
          w.localGet(this.#local(about));
          break;
        case item.set: {
          const next = items[i + 1] as number;
          const local = this.#local(about);
          if (i + 1 < end && (next & 7) === item.get && this.#local(next >> 3) === local) {
            w.localTee(local);
            i++;
          } else w.localSet(local);
          break;
        }
        case item.tee:
          w.localTee(this.#local(about));
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
          if (!this.#staysPut(about)) w.localGet(this.#local(this.#list.moveArg[about] as number));
          break;
        default:
          if (!this.#staysPut(about)) w.localSet(this.#local(this.#list.movePhi[about] as number));
      }
    }
    if (last !== null) this.#instr(-1, last);
    else if (negate) w.byte(opcode.i32_eqz);
  }

  /** Pushes what a move takes: a constant, or a value from its local. */
  #push(code: number): void {
    const about = code >> 3;
    if ((code & 7) === item.moveGet) this.#w.localGet(this.#local(this.#list.moveArg[about] as number));
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
  #negationCost(region: number): number {
    const { items, regionStart } = this.#list;
    const code = items[(regionStart[region + 1] as number) - 1] as number;
    if (this.#isEqz(code)) return -1;
    return (code & 7) === item.op && this.#negated(code >> 3) !== null ? 0 : 1;
  }

  /** The instruction that gives the opposite of a comparison; null: there is none. */
  #negated(v: number): Inst | null {
    const inst = this.#asWritten(v, instOf(this.#f, v as ValueId));
    const op = inst.op.laws.negation === undefined ? undefined : coreTable.get(inst.op.laws.negation);
    return op === undefined || this.#hooks.instr !== undefined ? null : { ...inst, op };
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
    if (this.#hooks.instr?.(this.#w, this.#f, inst) === true) return;
    if (isUnknown(facts)) throw new DiagnosticError(noWasmFor(this.#f.name, `'${inst.op.name}'`, inst.loc));
    writeInstr(this.#w, inst, facts, this.#emitter.symbols, this.#locals.slots);
  }
}

function isUnknown({ form, bytes }: OpFacts): boolean {
  return bytes.length === 0 && !['nothing', 'func', 'indirect', 'slot', 'global'].includes(form);
}

interface Tail {
  /** The last event that is no `end`. */
  readonly last: number;
  /** How many ends follow it; the events that opened them; whether all are loops. */
  readonly ends: number;
  readonly openers: ReadonlySet<number>;
  readonly onlyLoops: boolean;
}

function tailOf(events: readonly StructureEvent[]): Tail {
  let last = events.length - 1;
  while (events[last]?.kind === 'end') last--;
  const ends = events.length - 1 - last;
  const openers = new Set<number>();
  let onlyLoops = true;
  let depth = 0;
  for (let i = last; i >= 0 && openers.size < ends; i--) {
    const { kind } = events[i] as StructureEvent;
    if (kind === 'end') depth++;
    else if (kind === 'block' || kind === 'loop' || kind === 'if') {
      if (depth > 0) depth--;
      else {
        openers.add(i);
        onlyLoops &&= kind === 'loop';
      }
    }
  }
  return { last, ends, openers, onlyLoops };
}
