/**
 * Puts spilled nodes into slots: everywhere, so that no register holds them for longer than an instruction takes.
 *
 *     %a = i32.add %x, %y               %a = i32.add %x, %y
 *                                       slot.set #0 %a
 *     ...                     =>        ...
 *                                       %r = slot.get i32 #0
 *     %b = i32.mul %a, %z               %b = i32.mul %r, %z
 *
 *   phi webs       one slot for the whole web, for its values never live at one time: each definition is stored, and the
 *                  phis go, since what they would move is in the slot already
 *   constants      are made anew at each use (remake.ts)
 *   parameters     that arrived in a slot stay in it
 *   copies         to a slot store their source, copies from a slot are the load; between two slots of one number nothing
 *   calls, returns read the slot themselves: the load has no register (`folded`)
 *   neighbours     a value that is in a register already, since the instruction before defined or loaded it, is used from there
 *
 * Slots are shared (slots.ts).
 */

import {
  type Block,
  type BlockId,
  coreOp,
  Editor,
  type Func,
  type Inst,
  instOf,
  makeInst,
  none,
  orderOf,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import { type Arrivals, withSlots } from './arrive.ts';
import type { Nodes } from './nodes.ts';
import { canRemake, readsSlots } from './remake.ts';
import { slotsOf } from './slots.ts';

/** The function with spill code. */
export interface Spilled {
  readonly func: Func;
  /** Loads that calls and returns do themselves. */
  readonly folded: readonly ValueId[];
  /** Values whose lives are as short as can be, besides all new ones. */
  readonly short: readonly ValueId[];
  /** Values that were loaded, with their slots, which hold them for as long as they live. */
  readonly loads: ReadonlyMap<ValueId, number>;
  /** The number of nodes. */
  readonly count: number;
}

/** Spills nodes. */
export function spillNodes(f: Func, nodes: Nodes, spilled: ReadonlySet<number>, arrivals: Arrivals): Spilled {
  return new Spiller(f, nodes, spilled, arrivals).run();
}

/** The slot of a node that needs none: its value is made anew. */
const remade = -1;

class Spiller {
  readonly #f: Func;
  readonly #nodes: Nodes;
  readonly #spilled: ReadonlySet<number>;
  readonly #arrivals: Arrivals;
  readonly #slotOf: Map<number, number>;
  readonly #edit: Editor;
  readonly #folded: ValueId[] = [];
  readonly #short: ValueId[] = [];
  /** By node: the value that the instruction before had in a register. */
  #atHand = new Map<number, ValueId>();

  constructor(f: Func, nodes: Nodes, spilled: ReadonlySet<number>, arrivals: Arrivals) {
    this.#f = f;
    this.#nodes = nodes;
    this.#spilled = spilled;
    this.#arrivals = arrivals;
    const isRemade = (node: number): boolean => canRemake(f, nodes, node as ValueId);
    const slots = slotsOf(f, nodes, (node) => spilled.has(node) && !isRemade(node), arrivals);
    this.#slotOf = slots.of;
    for (const node of spilled) if (!this.#slotOf.has(node)) this.#slotOf.set(node, remade);
    this.#edit = new Editor(withSlots(f, [], slots.added));
  }

  run(): Spilled {
    for (const b of orderOf(this.#f).rpo) {
      const block = this.#f.blocks[b] as Block;
      for (const phi of block.phis) {
        // By the operands too: a phi that nobody uses belongs to no node, and its operands go all the same.
        if ([phi, ...instOf(this.#f, phi).args].some((v) => this.#slot(v) !== undefined)) this.#edit.remove(phi);
      }
      this.#atHand.clear();
      block.body.forEach((v, i) => {
        this.#visit(v, block.body[i + 1] ?? block.term);
      });
      this.#visit(block.term, block.term);
    }
    return {
      func: this.#edit.finish(),
      folded: this.#folded,
      short: this.#short,
      loads: new Map(),
      count: this.#spilled.size,
    };
  }

  #slot(v: ValueId): number | undefined {
    const node = this.#nodes.of[v] as number;
    return node < 0 ? undefined : this.#slotOf.get(node);
  }

  #visit(v: ValueId, next: ValueId): void {
    const inst = instOf(this.#f, v);
    const slot = this.#slot(v);
    if (inst.op.name === 'copy') {
      this.#copy(v, inst, slot);
      this.#atHand.clear();
      return;
    }
    if (slot === remade || (slot !== undefined && this.#arrivals.get(v) === slot)) {
      this.#edit.remove(v);
      return;
    }
    if (inst.args.some((arg) => this.#slot(arg) !== undefined)) this.#reload(v, inst);
    else this.#atHand.clear();
    if (slot === undefined) return;
    // Only the value itself is at hand from here: what was loaded besides may be one register too many.
    this.#atHand = new Map([[this.#nodes.of[v] as number, v]]);
    this.#short.push(v);
    const store = makeInst(coreOp('slot.set'), [v], { imm: slot, loc: inst.loc });
    if (inst.op.kind === 'invoke') this.#edit.prepend(inst.blocks[0] as BlockId, store);
    else this.#edit.insertBefore(next, store);
  }

  #reload(v: ValueId, inst: Inst): void {
    const folds = readsSlots(inst);
    const loaded = new Map<number, ValueId>();
    const args = inst.args.map((arg) => {
      if (this.#slot(arg) === undefined) return arg;
      const node = this.#nodes.of[arg] as number;
      let value = loaded.get(node) ?? (folds ? undefined : this.#atHand.get(node));
      if (value === undefined) {
        value = this.#edit.insertBefore(v, this.#load(arg, inst));
        if (folds) this.#folded.push(value);
      }
      loaded.set(node, value);
      return value;
    });
    this.#atHand = folds ? new Map() : loaded;
    const next = withArgs(inst, args);
    if (inst.op.effect.control) this.#edit.setTerm(this.#edit.blockOf(v), next);
    else this.#edit.setInst(v, next);
  }

  /** What gives a spilled value again. */
  #load(v: ValueId, { loc }: Inst): Inst {
    const slot = this.#slot(v) as number;
    const { op, imm, type } = instOf(this.#f, v);
    if (slot === remade) return makeInst(op, none, { imm, type, loc });
    return makeInst(coreOp('slot.get'), none, { imm: slot, type, loc });
  }

  #copy(v: ValueId, inst: Inst, to: number | undefined): void {
    const source = inst.args[0] as ValueId;
    const from = this.#slot(source);
    if (to === undefined) {
      if (from === undefined) return;
      this.#edit.setInst(v, this.#load(source, inst));
      return;
    }
    if (to !== from) {
      const value = from === undefined ? source : this.#edit.insertBefore(v, this.#load(source, inst));
      this.#edit.insertBefore(v, makeInst(coreOp('slot.set'), [value], { imm: to, loc: inst.loc }));
    }
    this.#edit.remove(v);
  }
}
