/**
 * Decides at which points each node is in a register, so that nowhere there are more than registers; where it is not, it is in
 * its slot. A node may so live in a register here and in a slot there: its range is split, at best around a loop.
 *
 * Each block is walked forwards with the nodes that are in registers. Where one is needed that is not, it is loaded; where
 * there is no room, the one whose next use is farthest away goes, and is stored before if its slot does not hold it yet.
 *
 *     entry of a loop      what is used in it, nearest use first; what passes through it only as far as the loop leaves room
 *     of another join      what all predecessors have in registers, then what some have, nearest use first
 *     edges                loads and stores that make the ends of the predecessors fit, at the end of the predecessor
 *
 * A node that is stored where it goes may be stored more often than it is defined. So both are added up, each as often as its
 * block is guessed to run, and it is stored behind each definition where that costs less.
 *
 *   constants      are not stored, and made anew instead of loaded (remake.ts)
 *   parameters     that arrived in a slot are in it
 *   calls, returns read slots themselves: nothing is loaded for them
 *   copies         from a slot are the load; to a node that would have to go at once, the store
 *
 * Papers:  Matthias Braun, Sebastian Hack, Register Spilling and Live-Range Splitting for SSA-Form Programs, CC 2009; Laszlo
 *          Belady, A Study of Replacement Algorithms, 1966.
 * Differs: phi webs are one node, and so in one slot; stores behind definitions.
 */

import {
  type Block,
  type BlockId,
  blockFrequency,
  type Func,
  type Inst,
  instOf,
  type LoopForest,
  loopForest,
  orderOf,
  type ValueId,
} from '@sluice/ir';
import type { Arrivals } from './arrive.ts';
import { action, Events } from './events.ts';
import { dead, LookAhead } from './look-ahead.ts';
import { type NextUses, nextUses } from './next-use.ts';
import type { Nodes } from './nodes.ts';
import { canRemake, readsSlots } from './remake.ts';
import { entryOfJoin, entryOfLoop, Standing } from './standing.ts';

/** Where nodes are in registers. */
export interface Residence {
  /** What has to be put in, by block. */
  readonly events: Events;
  /** By block: the nodes in registers at its start, and behind what stands at its end. */
  readonly entry: readonly (readonly number[])[];
  readonly exit: readonly (readonly number[])[];
  /** By node: 1 when it may have several values: when it is loaded somewhere, or a web that is stored. */
  readonly split: Uint8Array;
  /** By node: 1 when it is in a slot somewhere. */
  readonly inSlot: Uint8Array;
  /** By node: 1 when it is made anew and has no slot. */
  readonly remade: Uint8Array;
  /** By node: 1 when it is stored behind its definitions, and nowhere else. */
  readonly storedAtDefinitions: Uint8Array;
}

/** Decides for a function with `limits` registers by file; null when there are enough everywhere. */
export function residenceOf(f: Func, nodes: Nodes, limits: readonly number[], arrivals: Arrivals): Residence | null {
  // Parameters that arrived in slots are as many as there were too few registers for; they are loaded where they are used.
  const next = nextUses(f, nodes, arrivals.size > 0 ? limits.map(() => -1) : limits);
  if (next === null) return null;
  return new Simulation(f, nodes, limits, arrivals, next).run();
}

class Simulation {
  readonly #f: Func;
  readonly #nodes: Nodes;
  readonly #limits: readonly number[];
  readonly #arrivals: Arrivals;
  readonly #uses: NextUses;
  readonly #ahead: LookAhead;
  readonly #loops: LoopForest;
  readonly #frequency: Float64Array;
  readonly #events: Events;
  /** By file: the nodes that are in registers now. */
  readonly #here: readonly number[][];
  readonly #isHere: Uint8Array;
  readonly #standing: Standing;
  /** By node: the last block at whose start it was found live. */
  readonly #liveAt: Int32Array;
  readonly #entry: (readonly number[])[] = [];
  readonly #entryClean: (ReadonlySet<number> | undefined)[] = [];
  readonly #exit: (readonly number[])[] = [];
  readonly #exitClean: (ReadonlySet<number> | undefined)[] = [];
  readonly #split: Uint8Array;
  readonly #inSlot: Uint8Array;
  /** By node: what stores cost where it goes, and behind its definitions. */
  readonly #leaveCost: Float64Array;
  readonly #defCost: Float64Array;
  #weight = 0;

  constructor(f: Func, nodes: Nodes, limits: readonly number[], arrivals: Arrivals, uses: NextUses) {
    const count = f.insts.length;
    this.#f = f;
    this.#nodes = nodes;
    this.#limits = limits;
    this.#arrivals = arrivals;
    this.#uses = uses;
    this.#loops = loopForest(f);
    this.#ahead = new LookAhead(f, nodes, uses, this.#loops);
    this.#frequency = blockFrequency(f);
    this.#events = new Events();
    this.#here = limits.map(() => []);
    this.#isHere = new Uint8Array(count);
    this.#standing = new Standing(count, nodes, limits);
    this.#liveAt = new Int32Array(count).fill(-1);
    this.#split = new Uint8Array(count);
    this.#inSlot = new Uint8Array(count);
    this.#leaveCost = new Float64Array(count);
    this.#defCost = new Float64Array(count);
  }

  run(): Residence {
    const f = this.#f;
    const { of } = this.#nodes;
    for (let v = 0; v < of.length; v++) {
      if (of[v] === v && canRemake(f, this.#nodes, v as ValueId)) this.#standing.remade[v] = 1;
    }
    const { rpo } = orderOf(f);
    for (let k = 0; k < rpo.length; k++) this.#block(rpo[k] as BlockId);
    for (let k = 0; k < rpo.length; k++) this.#edges(rpo[k] as BlockId);
    // Which value of a web is stored has to be known, too.
    for (let node = 0; node < of.length; node++) {
      if (this.#inSlot[node] === 1 && this.#nodes.joint[node] === 1) this.#split[node] = 1;
    }
    return {
      events: this.#events,
      entry: this.#entry,
      exit: this.#exit,
      split: this.#split,
      inSlot: this.#inSlot,
      remade: this.#standing.remade,
      storedAtDefinitions: this.#inSlot.map((is, node) =>
        is === 1 && (this.#defCost[node] as number) <= (this.#leaveCost[node] as number) ? 1 : 0,
      ),
    };
  }

  #fileOf(node: number): number {
    return this.#nodes.file[node] as number;
  }

  // Entries of blocks.

  #block(b: BlockId): void {
    const { preds } = orderOf(this.#f);
    const first = preds.start[b] as number;
    const count = (preds.start[b + 1] as number) - first;
    this.#weight = this.#frequency[b] as number;
    for (const list of this.#here) {
      for (const node of list) this.#isHere[node] = 0;
      list.length = 0;
    }
    const { nodes, distance } = this.#uses;
    for (let i = nodes.start[b] as number; i < (nodes.start[b + 1] as number); i++) {
      const node = nodes.items[i] as number;
      this.#standing.next[node] = distance[i] as number;
      this.#liveAt[node] = b;
    }
    if (count === 0) this.#arrive();
    else if (count === 1) {
      const pred = preds.items[first] as BlockId;
      const clean = this.#exitClean[pred];
      for (const node of this.#exit[pred] ?? []) {
        if (this.#liveAt[node] === b) this.#put(node, clean?.has(node) === true ? 1 : 0);
      }
    } else {
      this.#standing.position = 0;
      for (let i = nodes.start[b] as number; i < (nodes.start[b + 1] as number); i++)
        this.#standing.clean[nodes.items[i] as number] = 1;
      this.#join(b);
    }
    this.#entry[b] = this.#here.flat();
    this.#entryClean[b] = this.#cleanNow();
    this.#walk(b);
    this.#exit[b] = this.#here.flat();
    this.#exitClean[b] = this.#cleanNow();
  }

  /** Parameters in registers; all that the entry does with them is to take them in. */
  #arrive(): void {
    for (const v of this.#f.params) {
      const node = this.#nodes.of[v] as number;
      if (node < 0 || (this.#nodes.fixed[node] as number) < 0) continue;
      this.#standing.next[node] = 0;
      this.#put(node, 0);
    }
  }

  #cleanNow(): ReadonlySet<number> {
    const clean = new Set<number>();
    for (const list of this.#here) for (const node of list) if (this.#standing.clean[node] === 1) clean.add(node);
    return clean;
  }

  #put(node: number, clean: number): void {
    (this.#here[this.#fileOf(node)] as number[]).push(node);
    this.#isHere[node] = 1;
    this.#standing.clean[node] = clean;
  }

  #remove(node: number): void {
    if (this.#isHere[node] === 0) return;
    const list = this.#here[this.#fileOf(node)] as number[];
    list.splice(list.indexOf(node), 1);
    this.#isHere[node] = 0;
  }

  #join(b: BlockId): void {
    const { preds } = orderOf(this.#f);
    /** By node: how many predecessors have it in a register. */
    const having = new Map<number, number>();
    const dirty = new Set<number>();
    let known = 0;
    let back = false;
    for (let i = preds.start[b] as number; i < (preds.start[b + 1] as number); i++) {
      const exit = this.#exit[preds.items[i] as number];
      if (exit === undefined) {
        back = true;
        continue;
      }
      known++;
      const clean = this.#exitClean[preds.items[i] as number];
      for (const node of exit) {
        if (this.#liveAt[node] !== b) continue;
        having.set(node, (having.get(node) ?? 0) + 1);
        if (clean?.has(node) !== true) dirty.add(node);
      }
    }
    // A phi at the head of a loop is defined anew inside: its slot would have to be written on each turn.
    if (back) for (const phi of (this.#f.blocks[b] as Block).phis) dirty.add(this.#nodes.of[phi] as number);
    for (const node of dirty) this.#standing.clean[node] = 0;
    const chosen = back
      ? entryOfLoop(b, this.#standing, this.#uses, this.#loops, having, known)
      : entryOfJoin(this.#standing, having, known);
    for (const node of chosen) this.#put(node, dirty.has(node) ? 0 : 1);
  }

  // Instructions.

  #walk(b: BlockId): void {
    const { body, term } = this.#f.blocks[b] as Block;
    const ahead = this.#ahead;
    ahead.enter(b);
    for (let i = 0; i <= body.length; i++) {
      const v = i === body.length ? term : (body[i] as ValueId);
      const inst = instOf(this.#f, v);
      const { args } = inst;
      this.#events.at(b, i);
      this.#standing.position = i;
      const fromSlot = this.#operands(inst);
      for (let k = 0; k < args.length; k++) {
        const node = this.#nodes.of[args[k] as number] as number;
        const next = ahead.operand();
        if (node < 0) continue;
        this.#standing.next[node] = next;
        if (next === dead) this.#remove(node);
      }
      if ((this.#nodes.of[v] as number) >= 0) this.#define(v, inst, fromSlot, ahead.defined(i));
    }
  }

  /** Brings operands to registers; whether it is a copy whose operand is left in its slot, which makes it the load. */
  #operands(inst: Inst): boolean {
    const { of } = this.#nodes;
    const { args } = inst;
    const folds = readsSlots(inst);
    const isCopy = inst.op.name === 'copy';
    const wanted: number[] = [];
    for (let k = 0; k < args.length; k++) {
      const node = of[args[k] as number] as number;
      if (node < 0 || this.#isHere[node] === 1 || wanted.includes(node)) continue;
      if (this.#standing.remade[node] === 0) this.#inSlot[node] = 1;
      if (isCopy) {
        this.#events.add(action.loadCopy, node);
        return true;
      }
      if (folds) this.#events.add(action.fold, node);
      else wanted.push(node);
    }
    for (let i = 0; i < wanted.length; i++) {
      const node = wanted[i] as number;
      this.#makeRoom(this.#fileOf(node), inst, true);
      this.#load(node);
      this.#put(node, 1);
    }
    return false;
  }

  #load(node: number): void {
    this.#events.add(action.load, node);
    this.#split[node] = 1;
  }

  #define(v: ValueId, inst: Inst, fromSlot: boolean, next: number): void {
    const node = this.#nodes.of[v] as number;
    const file = this.#fileOf(node);
    if (this.#arrivals.has(v)) {
      this.#inSlot[node] = 1;
      this.#events.add(action.drop, node);
      return;
    }
    const here = this.#here[file] as number[];
    const isCopy = inst.op.name === 'copy' && !fromSlot;
    if ((isCopy || this.#standing.remade[node] === 1) && here.length >= (this.#limits[file] as number)) {
      let farthest = 0;
      for (const other of here) farthest = Math.max(farthest, this.#standing.next[other] as number);
      if (next >= farthest) {
        if (isCopy) this.#inSlot[node] = 1;
        this.#events.add(isCopy ? action.storeCopy : action.drop, node);
        return;
      }
    }
    this.#makeRoom(file, inst, false);
    if (next === dead) return;
    this.#standing.next[node] = next;
    this.#defCost[node] = (this.#defCost[node] as number) + this.#weight;
    this.#put(node, 0);
  }

  /** Room for one more; the operands of the instruction stay where they are if they are still to be read. */
  #makeRoom(file: number, inst: Inst, reads: boolean): void {
    const here = this.#here[file] as number[];
    if (here.length < (this.#limits[file] as number)) return;
    let victim = -1;
    for (const node of here) {
      if (reads && inst.args.some((arg) => this.#nodes.of[arg] === node)) continue;
      if (victim === -1 || this.#standing.goesBefore(node, victim)) victim = node;
    }
    if (victim === -1) throw new Error(`@${this.#f.name}: '${inst.op.name}' needs more than ${here.length} registers`);
    if (this.#standing.remade[victim] === 0 && this.#standing.clean[victim] === 0) {
      this.#inSlot[victim] = 1;
      this.#events.add(action.store, victim);
      this.#leaveCost[victim] = (this.#leaveCost[victim] as number) + this.#weight;
    }
    this.#remove(victim);
  }

  // Edges.

  #edges(b: BlockId): void {
    const { preds } = orderOf(this.#f);
    const first = preds.start[b] as number;
    const count = (preds.start[b + 1] as number) - first;
    if (count < 2) return;
    const { nodes } = this.#uses;
    for (let i = nodes.start[b] as number; i < (nodes.start[b + 1] as number); i++) {
      this.#liveAt[nodes.items[i] as number] = b;
    }
    const entry = this.#entry[b] as readonly number[];
    const entryClean = this.#entryClean[b] as ReadonlySet<number>;
    const entering = new Set(entry);
    for (let i = 0; i < count; i++) {
      const pred = preds.items[first + i] as BlockId;
      const exit = this.#exit[pred] as readonly number[];
      const clean = this.#exitClean[pred] as ReadonlySet<number>;
      for (const node of exit) {
        if (this.#liveAt[node] !== b || clean.has(node) || this.#standing.remade[node] === 1) continue;
        if (entering.has(node) && !entryClean.has(node)) continue;
        this.#inSlot[node] = 1;
        this.#events.addAtEnd(pred, action.store, node);
        this.#leaveCost[node] = (this.#leaveCost[node] as number) + (this.#frequency[pred] as number);
      }
      for (const node of entry) {
        if (exit.includes(node)) continue;
        this.#split[node] = 1;
        if (this.#standing.remade[node] === 0) this.#inSlot[node] = 1;
        this.#events.addAtEnd(pred, action.load, node);
      }
    }
  }
}
