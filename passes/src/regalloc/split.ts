/**
 * Puts loads and stores where residence.ts wants them. A node that is loaded has several values from then on, one for each
 * load, so that SSA form is repaired: where paths meet on which it has different ones, it gets a phi.
 *
 *     ^a: %x = ...                     ^a: %x = ...
 *                                          slot.set #0 %x
 *     ^loop: (no use of %x)     =>     ^loop:
 *     ^exit: use %x                    ^exit: %y = slot.get i32 #0
 *                                             use %y
 *
 * All values of a node were one before and are never in registers at the same time, so that the new phis make no webs that
 * interfere. Slots are shared among nodes that are never live together (spill.ts).
 */

import {
  type Block,
  type BlockId,
  cfgOf,
  coreOp,
  Editor,
  type Func,
  type Inst,
  instOf,
  makeInst,
  none,
  orderOf,
  removeRedundantPhis,
  row,
  type Type,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import { type Arrivals, withSlots } from './arrive.ts';
import { type Action, action } from './events.ts';
import type { Nodes } from './nodes.ts';
import type { Residence } from './residence.ts';
import { slotsOf } from './slots.ts';
import type { Spilled } from './spill.ts';

/** The function with its nodes where they are wanted. */
export function splitRanges(f: Func, nodes: Nodes, residence: Residence, arrivals: Arrivals): Spilled {
  return new Splitter(f, nodes, residence, arrivals).run();
}

/** A phi for the values of a node. */
interface PendingPhi {
  readonly b: BlockId;
  readonly phi: ValueId;
  readonly node: number;
}

class Splitter {
  readonly #f: Func;
  readonly #nodes: Nodes;
  readonly #residence: Residence;
  readonly #slotOf: ReadonlyMap<number, number>;
  readonly #edit: Editor;
  /** By node: its value in a register now. */
  readonly #value: Int32Array;
  /** By block: the values of its split nodes at its end, as pairs of node and value. */
  readonly #atEnd: (readonly number[])[] = [];
  /** Phis whose inputs are still to be filled in, block by block. */
  readonly #phis: PendingPhi[] = [];
  readonly #made: ValueId[] = [];
  readonly #folded: ValueId[] = [];
  /** What was put in, each with its node: loads, stores, copies that became loads. */
  readonly #loads: number[] = [];
  readonly #stores: number[] = [];
  readonly #copied: number[] = [];
  readonly #loaded = new Map<ValueId, number>();
  /** Nodes whose slots are read. */
  readonly #isRead = new Set<number>();

  constructor(f: Func, nodes: Nodes, residence: Residence, arrivals: Arrivals) {
    this.#f = f;
    this.#nodes = nodes;
    this.#residence = residence;
    const slots = slotsOf(f, nodes, (node) => residence.inSlot[node] === 1, arrivals);
    this.#slotOf = slots.of;
    this.#edit = new Editor(withSlots(f, [], slots.added));
    this.#value = new Int32Array(f.insts.length).fill(-1);
  }

  run(): Spilled {
    for (const b of orderOf(this.#f).rpo) this.#block(b);
    this.#fillPhis();
    this.#dropUnused();
    let count = this.#isRead.size;
    const { remade, split } = this.#residence;
    for (let node = 0; node < split.length; node++) if (remade[node] === 1 && split[node] === 1) count++;
    return {
      func: this.#edit.finish(),
      folded: this.#folded,
      short: none,
      loads: this.#loaded,
      count,
    };
  }

  #block(b: BlockId): void {
    const { phis, body, term } = this.#f.blocks[b] as Block;
    this.#enter(b, phis);
    const { events, exit } = this.#residence;
    const list = events.of(b);
    const ends = events.atEnd(b);
    let at = 0;
    for (let i = 0; i <= body.length; i++) {
      const v = i === body.length ? term : (body[i] as ValueId);
      const folds: number[] = [];
      let defined: Action | null = null;
      for (; at < list.length && list[at] === i; at += 3) {
        const what = list[at + 1] as Action;
        const node = list[at + 2] as number;
        if (what === action.fold) folds.push(node);
        else if (what === action.load || what === action.store) this.#move(what, node, v);
        else defined = what;
      }
      if (i === body.length) {
        for (let k = 0; k < ends.length; k += 2) this.#move(ends[k] as Action, ends[k + 1] as number, v);
      }
      this.#inst(v, body[i + 1] ?? term, folds, defined);
    }
    const values: number[] = [];
    for (const node of exit[b] ?? none) this.#keep(node, values);
    for (let k = 0; k < ends.length; k += 2) if (ends[k] === action.load) this.#keep(ends[k + 1] as number, values);
    this.#atEnd[b] = values;
  }

  #keep(node: number, values: number[]): void {
    if (this.#residence.split[node] === 1) values.push(node, this.#value[node] as number);
  }

  /** Phis of nodes that are in registers stay or are made; others go, since what they would move is in the slot. */
  #enter(b: BlockId, phis: readonly ValueId[]): void {
    const { entry, split } = this.#residence;
    const here = new Set(entry[b]);
    const own = new Set<number>();
    const from = row(orderOf(this.#f).preds, b);
    if (from.length === 1) {
      const values = this.#atEnd[from[0] as number] as readonly number[];
      for (let k = 0; k < values.length; k += 2) this.#value[values[k] as number] = values[k + 1] as number;
    }
    for (const phi of phis) {
      const node = this.#nodes.of[phi] as number;
      if (!here.has(node)) this.#edit.remove(phi);
      else if (split[node] === 1) {
        own.add(node);
        this.#value[node] = phi;
        this.#phis.push({ b, phi, node });
      }
    }
    if (from.length < 2) return;
    for (const node of here) {
      if (split[node] === 0 || own.has(node)) continue;
      const { type } = instOf(this.#f, node as ValueId);
      const preds = [...row(cfgOf(this.#f).preds, b)];
      const args = preds.map(() => node as ValueId);
      const phi = this.#edit.addPhi(b, type as Type, coreOp('phi'), preds, args);
      this.#made.push(phi);
      this.#value[node] = phi;
      this.#phis.push({ b, phi, node });
    }
  }

  #move(what: Action, node: number, before: ValueId): void {
    const { loc } = instOf(this.#f, before);
    if (what === action.load) {
      const load = this.#edit.insertBefore(before, this.#loadOf(node, loc));
      this.#loads.push(load, node);
      this.#value[node] = load;
    } else if (this.#residence.storedAtDefinitions[node] === 0) {
      // A web may be named by a phi that nobody uses; a single value is its node.
      const value = (this.#residence.split[node] === 1 ? this.#value[node] : node) as ValueId;
      this.#stores.push(this.#edit.insertBefore(before, this.#storeOf(node, value, loc)), node);
    }
  }

  #storeOf(node: number, value: ValueId, loc: Inst['loc']): Inst {
    return makeInst(coreOp('slot.set'), [value], { imm: this.#slotOf.get(node) as number, loc });
  }

  /** What gives the value of a node that is in no register. */
  #loadOf(node: number, loc: Inst['loc']): Inst {
    const { op, imm, type } = instOf(this.#f, node as ValueId);
    if (this.#residence.remade[node] === 1) return makeInst(op, none, { imm, type, loc });
    return makeInst(coreOp('slot.get'), none, { imm: this.#slotOf.get(node) as number, type, loc });
  }

  /** What stands for an operand now. */
  #valueOf(v: ValueId): ValueId {
    const node = this.#nodes.of[v] as number;
    return node >= 0 && this.#residence.split[node] === 1 ? (this.#value[node] as ValueId) : v;
  }

  #inst(v: ValueId, next: ValueId, folds: readonly number[], defined: Action | null): void {
    const { split, storedAtDefinitions } = this.#residence;
    const inst = instOf(this.#f, v);
    const own = this.#nodes.of[v] as number;
    const source = inst.args[0] as ValueId;
    switch (defined) {
      case action.drop:
        this.#edit.remove(v);
        return;
      case action.storeCopy:
        this.#stores.push(this.#edit.insertBefore(v, this.#storeOf(own, this.#valueOf(source), inst.loc)), own);
        this.#edit.remove(v);
        return;
      case action.loadCopy: {
        const node = this.#nodes.of[source] as number;
        this.#edit.setInst(v, this.#loadOf(node, inst.loc));
        this.#copied.push(v, node);
        break;
      }
      default:
        this.#operands(v, inst, folds);
    }
    if (own < 0) return;
    if (split[own] === 1) this.#value[own] = v;
    if (storedAtDefinitions[own] === 0) return;
    const store = this.#storeOf(own, v, inst.loc);
    const id =
      inst.op.kind === 'invoke'
        ? this.#edit.prepend(inst.blocks[0] as BlockId, store)
        : this.#edit.insertBefore(next, store);
    this.#stores.push(id, own);
  }

  #operands(v: ValueId, inst: Inst, folds: readonly number[]): void {
    const { args } = inst;
    let changed: ValueId[] | null = null;
    const loaded = new Map<number, ValueId>();
    for (let k = 0; k < args.length; k++) {
      const arg = args[k] as ValueId;
      const node = this.#nodes.of[arg] as number;
      let value = this.#valueOf(arg);
      if (folds.includes(node)) {
        value = loaded.get(node) ?? this.#edit.insertBefore(v, this.#loadOf(node, inst.loc));
        if (!loaded.has(node)) this.#folded.push(value);
        loaded.set(node, value);
        this.#isRead.add(node);
      }
      if (value === arg) continue;
      changed ??= args.slice();
      changed[k] = value;
    }
    if (changed === null) return;
    const next = withArgs(inst, changed);
    if (inst.op.effect.control) this.#edit.setTerm(this.#edit.blockOf(v), next);
    else this.#edit.setInst(v, next);
  }

  // What is left when all blocks are done.

  #fillPhis(): void {
    const edit = this.#edit;
    const { preds } = orderOf(this.#f);
    for (let first = 0, end = 0; first < this.#phis.length; first = end) {
      const { b } = this.#phis[first] as PendingPhi;
      while (end < this.#phis.length && this.#phis[end]?.b === b) end++;
      const group = this.#phis.slice(first, end);
      const args = group.map(({ phi }) => edit.inst(phi).args.slice());
      for (const pred of row(preds, b)) {
        const values = this.#atEnd[pred] as readonly number[];
        for (let k = 0; k < values.length; k += 2) this.#value[values[k] as number] = values[k + 1] as number;
        for (const [i, { phi, node }] of group.entries()) {
          (args[i] as ValueId[])[edit.inst(phi).blocks.indexOf(pred)] = this.#value[node] as ValueId;
        }
      }
      for (const [i, { phi }] of group.entries()) {
        edit.setInst(phi, withArgs(edit.inst(phi), args[i] as ValueId[]));
      }
    }
    const among = new Set(this.#made);
    removeRedundantPhis(
      this.#made,
      (v) => (among.has(v) ? edit.inst(v).args : undefined),
      (phi, by) => {
        among.delete(phi);
        edit.replaceWith(phi, by);
      },
    );
  }

  /** Loads that only phis read that nobody reads, and stores that nobody reads. */
  #dropUnused(): void {
    const edit = this.#edit;
    const { remade, split } = this.#residence;
    const phis = new Set(this.#made.filter((phi) => edit.has(phi)));
    const needed = new Set<ValueId>();
    const work: ValueId[] = [];
    const need = (v: ValueId): void => {
      if (needed.has(v)) return;
      needed.add(v);
      work.push(v);
    };
    for (const phi of phis) if (edit.users(phi).some((user) => !phis.has(user))) need(phi);
    for (let v = work.pop(); v !== undefined; v = work.pop()) {
      for (const arg of edit.inst(v).args) if (phis.has(arg)) need(arg);
    }
    for (const phi of phis) if (!needed.has(phi)) edit.remove(phi);
    const isUsed = (v: ValueId): boolean => edit.users(v).some((user) => !phis.has(user) || needed.has(user));
    for (let i = 0; i < this.#loads.length; i += 2) {
      const [load, node] = [this.#loads[i] as ValueId, this.#loads[i + 1] as number];
      if (!isUsed(load)) edit.remove(load);
      else if (remade[node] === 0) {
        this.#isRead.add(node);
        this.#loaded.set(load, this.#slotOf.get(node) as number);
      }
    }
    for (let i = 0; i < this.#copied.length; i += 2) {
      const node = this.#copied[i + 1] as number;
      if (remade[node] === 1) continue;
      this.#isRead.add(node);
    }
    for (let i = 0; i < this.#stores.length; i += 2) {
      if (!this.#isRead.has(this.#stores[i + 1] as number)) edit.remove(this.#stores[i] as ValueId);
    }
    for (let node = 0; node < remade.length; node++) {
      if (remade[node] === 1 && split[node] === 1 && edit.has(node as ValueId) && !isUsed(node as ValueId)) {
        edit.remove(node as ValueId);
      }
    }
  }
}
