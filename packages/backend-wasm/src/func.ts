/**
 * One function: its list of code (stackify), locals for it, structured control flow around it, and bytes.
 *
 * What is decided here is how each event is written; what stands between them region-writer.ts writes.
 */

import { type StructureEvent, structure } from '@sluice/codegen';
import { type BlockId, type Func, type Inst, instOf, orderOf, termOf, type ValueId } from '@sluice/ir';
import { type CodeHooks, opcode, type WasmFunc } from '@sluice/wasm-format';
import { type CodeList, edgeKey, Workspace } from './code-list.ts';
import { type EarlyMoves, earlyMoves } from './early-moves.ts';
import { FuncWriter } from './hook-writer.ts';
import { RangeScratch } from './live-ranges.ts';
import { assignLocals, type Locals } from './locals.ts';
import { type CodePlace, RegionWriter } from './region-writer.ts';
import { type Leave, planResults } from './results.ts';
import { stackify } from './stackify.ts';
import type { Symbols } from './symbols.ts';

/** Working memory of one function after the other: emission neither nests nor waits. */
const workspace = new Workspace();
const rangeScratch = new RangeScratch();

/** Emits functions one after the other. */
export class FuncEmitter {
  readonly symbols: Symbols;
  readonly hooks: CodeHooks;
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
    const list = stackify(f, workspace, (call) => this.#resultCount(call));
    const locals = assignLocals(list, rangeScratch);
    return new BodyWriter(this, f, list, locals).write();
  }

  #resultCount({ imm }: Inst): number {
    if (typeof imm === 'string') return this.symbols.results.get(imm) ?? 0;
    return (imm as { readonly results: readonly unknown[] }).results.length;
  }
}

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
  readonly #regions: RegionWriter;

  constructor(emitter: FuncEmitter, f: Func, list: CodeList, locals: Locals) {
    this.#emitter = emitter;
    this.#f = f;
    this.#list = list;
    this.#locals = locals;
    this.#hooks = emitter.hooks;
    this.#w.begin(locals.count);
    this.#regions = new RegionWriter(emitter, list, locals, this.#w);
    this.#early = earlyMoves(list, locals, (region) => this.#regions.writes(region));
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
    this.#regions.region(this.#list.regionOf[b] as number);
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
        return (
          region !== undefined && this.#early.get(from)?.includes(region) !== true && this.#regions.hasCode(region)
        );
      },
      testCost: (b, negate) => (negate ? this.#regions.negationCost(regionOf[b] as number) : 0),
      empty: (b) => termOf(f, b).op.kind === 'br' && !this.#regions.hasCode(regionOf[b] as number),
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
      if (pushed !== undefined) w.localGet(this.#regions.local(pushed));
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
          this.#regions.region(regionOf[event.block] as number, tested, plan?.leaves.get(i), arrived);
          arrived = null;
          for (const region of this.#early.get(event.block) ?? []) this.#regions.region(region);
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
    this.#w.localSet(this.#regions.local(arrival.phi));
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
    if (region !== undefined && this.#early.get(from)?.includes(region) !== true)
      this.#regions.region(region, null, leave);
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
