/**
 * Phis that come on the operand stack, as results of the `block` or `if` in front of them, instead of in a local.
 *
 *     if; ..; local.set 3; else; ..; local.set 3; end; local.get 3     =>     if (result i32); ..; else; ..; end
 *
 * For each place behind an `end` where a block's code begins: all ways there are listed (branches to the label, and the ends of
 * arms, which may lie in other `if`s). Each leaves one phi's value on the stack: by leaving out the write of its local, where
 * that is the last thing that happens, else by reading the local. Then the value is used at once, or written once.
 *
 * Done where it makes the code shorter. Ways over `br_if` and tables, which would have to take the value off again, forbid it.
 */

import type { StructureEvent } from '@sluice/codegen';
import { type BlockId, blockOf, termOf, type ValueId } from '@sluice/ir';
import { type CodeList, edgeKey, item } from './code-list.ts';
import type { Locals } from './locals.ts';

/** How a region leaves a phi's value on the stack: which of its items are left out, and what is pushed where. */
export interface Leave {
  readonly phi: ValueId;
  /** Item of the write that is left out; -1: none. */
  readonly write: number;
  /** Item that pushes the value; it is written in front of item `at` and not where it stands; -1: it stands right. */
  readonly push: number;
  readonly at: number;
}

/** What is written otherwise, by number of the event. */
export interface ResultPlan {
  /** Types of what opens there. */
  readonly types: ReadonlyMap<number, ValueId>;
  /** Of `code` and `edge`: how their region leaves a value. */
  readonly leaves: ReadonlyMap<number, Leave>;
  /** Of other events: a phi whose local is pushed before it. */
  readonly pushes: ReadonlyMap<number, ValueId>;
  /** Of an `end`: the phi that is on the stack behind it, and whether the code takes it as its first item. */
  readonly arrives: ReadonlyMap<number, { readonly phi: ValueId; readonly taken: boolean }>;
}

/** A way to a place: an event whose region ends there, or (`quiet`) one before which the local is pushed. */
interface Arrival {
  readonly event: number;
  readonly quiet: boolean;
}

const write = 2;

/** Decides where phis come on the stack. `early` says of which edges the moves are made before. */
export function planResults(
  events: readonly StructureEvent[],
  list: CodeList,
  locals: Locals,
  isEarly: (from: BlockId, region: number) => boolean,
): ResultPlan {
  return new Planner(events, list, locals, isEarly).run();
}

class Planner {
  readonly #events: readonly StructureEvent[];
  readonly #list: CodeList;
  readonly #locals: Locals;
  readonly #isEarly: (from: BlockId, region: number) => boolean;
  /** By event: where what ends there was opened; its `else`; -1: none. */
  readonly #opened: Int32Array;
  readonly #else: Int32Array;
  /** By label: events that branch there. */
  readonly #branches = new Map<number, number[]>();
  /** Labels that conditional branches or tables lead to. */
  readonly #refused = new Set<number>();
  /** Regions whose first item is on the stack already. */
  readonly #begun = new Set<number>();
  readonly #types = new Map<number, ValueId>();
  readonly #leaves = new Map<number, Leave>();
  readonly #pushes = new Map<number, ValueId>();
  readonly #arrives = new Map<number, { phi: ValueId; taken: boolean }>();

  constructor(
    events: readonly StructureEvent[],
    list: CodeList,
    locals: Locals,
    isEarly: (from: BlockId, region: number) => boolean,
  ) {
    this.#events = events;
    this.#list = list;
    this.#locals = locals;
    this.#isEarly = isEarly;
    this.#opened = new Int32Array(events.length).fill(-1);
    this.#else = new Int32Array(events.length).fill(-1);
    const open: number[] = [];
    for (let i = 0; i < events.length; i++) {
      const event = events[i] as StructureEvent;
      if (event.kind === 'block' || event.kind === 'loop' || event.kind === 'if') open.push(i);
      else if (event.kind === 'else') this.#else[open.at(-1) as number] = i;
      else if (event.kind === 'end') this.#opened[i] = open.pop() as number;
      else if (event.kind === 'br') {
        const known = this.#branches.get(event.label);
        if (known === undefined) this.#branches.set(event.label, [i]);
        else known.push(i);
      } else if (event.kind === 'br_if') this.#refused.add(event.label);
      else if (event.kind === 'switch' || event.kind === 'dispatch')
        for (const label of event.labels) this.#refused.add(label);
    }
  }

  run(): ResultPlan {
    const events = this.#events;
    for (let i = 1; i < events.length; i++) {
      const event = events[i] as StructureEvent;
      if (event.kind !== 'code' || blockOf(this.#list.func, event.block).phis.length === 0) continue;
      let end = i - 1;
      while (end > 0 && (events[end]?.kind === 'block' || events[end]?.kind === 'loop')) end--;
      if (events[end]?.kind === 'end') this.#place(event.block, end, i);
    }
    return { types: this.#types, leaves: this.#leaves, pushes: this.#pushes, arrives: this.#arrives };
  }

  #place(b: BlockId, end: number, code: number): void {
    const frames: number[] = [];
    const arrivals: Arrival[] = [];
    if (!this.#collect(end, frames, arrivals) || arrivals.length === 0) return;
    const { func: f } = this.#list;
    let best: { phi: ValueId; gain: number; leaves: readonly (Leave | null)[] } | null = null;
    for (const phi of blockOf(f, b).phis) {
      if (this.#local(phi) === -1) continue;
      let gain = this.#gainAt(phi, b, end + 1 === code);
      const leaves: (Leave | null)[] = [];
      for (const { event, quiet } of arrivals) {
        const leave = quiet ? null : this.#leave(event, b, phi);
        if (leave === undefined) {
          gain = -1;
          break;
        }
        leaves.push(leave);
        gain += leave !== null && leave.write !== -1 ? write : -write;
      }
      if (gain > (best?.gain ?? 0)) best = { phi, gain, leaves };
    }
    if (best === null) return;
    const { phi, leaves } = best;
    for (const frame of frames) this.#types.set(frame, phi);
    arrivals.forEach(({ event, quiet }, k) => {
      const leave = leaves[k] ?? null;
      if (quiet) this.#pushes.set(event, phi);
      else if (leave !== null) this.#leaves.set(event, leave);
      else this.#pushes.set(event + 1, phi);
    });
    const taken = end + 1 === code && this.#isFirst(phi, b);
    if (taken) this.#begun.add(this.#list.regionOf[b] as number);
    this.#arrives.set(end, { phi, taken });
  }

  /** What is gained where the value arrives: a read is left out, or the local is written there. */
  #gainAt(phi: ValueId, b: BlockId, directly: boolean): number {
    if (!directly || !this.#isFirst(phi, b)) return -write;
    return this.#list.uses[phi] === 1 ? write : 0;
  }

  /** Whether a block's code begins with reading the phi. */
  #isFirst(phi: ValueId, b: BlockId): boolean {
    const { items, regionStart, regionOf, movePhi, moveArg } = this.#list;
    const region = regionOf[b] as number;
    const first = regionStart[region] as number;
    if (first === (regionStart[region + 1] as number)) return false;
    const code = items[first] as number;
    if ((code & 7) === item.get) return code >> 3 === phi;
    if ((code & 7) !== item.moveGet || moveArg[code >> 3] !== phi) return false;
    // A move to the same local is none.
    return this.#local(phi) !== this.#local(movePhi[code >> 3] as number);
  }

  #local(v: number): number {
    return this.#locals.localOf[v] as number;
  }

  // Ways.

  /** Lists the ways to behind an `end`, and what would have to have a result; false: there is one that cannot bring any. */
  #collect(end: number, frames: number[], arrivals: Arrival[]): boolean {
    const work = [end];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      const open = this.#opened[at] as number;
      const event = this.#events[open] as StructureEvent;
      // A loop that has a result already falls out with the function's.
      if (this.#types.has(open)) return false;
      frames.push(open);
      if (event.kind === 'block') {
        if (this.#refused.has(event.label)) return false;
        for (const branch of this.#branches.get(event.label) ?? []) {
          if (!this.#arrive(branch, arrivals, work)) return false;
        }
      } else if (event.kind === 'if') {
        const other = this.#else[open] as number;
        if (other === -1 || !this.#arrive(other, arrivals, work)) return false;
      }
      if (!this.#arrive(at, arrivals, work)) return false;
    }
    return true;
  }

  /** The way that ends before an event: a branch, an `else`, an `end`. */
  #arrive(before: number, arrivals: Arrival[], work: number[]): boolean {
    const event = this.#events[before - 1] as StructureEvent;
    switch (event.kind) {
      case 'br':
      case 'switch':
      case 'dispatch':
      case 'ret':
      case 'trap':
        return true;
      case 'code':
        arrivals.push({ event: before - 1, quiet: false });
        return true;
      case 'edge':
        arrivals.push({ event: before - 1, quiet: false });
        return true;
      case 'end':
        if (this.#events[before]?.kind === 'br') return false;
        work.push(before - 1);
        return true;
      case 'set_state':
        return false;
      default:
        arrivals.push({ event: before, quiet: true });
        return true;
    }
  }

  /** How a way's region leaves the value: null: the local is pushed behind it; undefined: it cannot be. */
  #leave(at: number, to: BlockId, phi: ValueId): Leave | null | undefined {
    const { func: f, items, regionStart, regionOf, edgeRegion, movePhi, moveArg } = this.#list;
    const event = this.#events[at] as StructureEvent & { kind: 'code' | 'edge' };
    const from = event.kind === 'code' ? event.block : event.from;
    if (event.kind === 'code' && termOf(f, from).op.kind !== 'br') return undefined;
    const target = event.kind === 'code' ? termOf(f, from).blocks[0] : event.to;
    if (target !== to) return null;
    const region = event.kind === 'code' ? (regionOf[from] as number) : edgeRegion.get(edgeKey(f, from, to));
    if (region === undefined || this.#isEarly(from, region)) return null;
    const end = regionStart[region + 1] as number;
    const start = regionStart[region] as number;
    let first = end;
    let set = -1;
    while (first > start && ((items[first - 1] as number) & 7) === item.moveSet) {
      first--;
      if (movePhi[(items[first] as number) >> 3] === phi) set = first;
    }
    if (set === -1) return null;
    const move = (items[set] as number) >> 3;
    const arg = moveArg[move] as number;
    if (arg !== -1 && this.#local(arg) === this.#local(phi)) return null;
    if (set === end - 1) return { phi, write: set, push: -1, at: -1 };
    // Pushed first, where what is pushed is one item for each.
    const count = end - first;
    const pushes = first - count;
    if (pushes < start || this.#begun.has(region)) return null;
    for (let i = pushes; i < first; i++) {
      const kind = (items[i] as number) & 7;
      if (kind !== item.moveGet && kind !== item.constant) return null;
    }
    // What is pushed last is written first.
    return { phi, write: set, push: first - 1 - (set - first), at: pushes };
  }
}
