/**
 * Copies of the turns of a loop, for passes that peel, unroll and unswitch.
 *
 *     ^pre: br ^h                        ^pre: br ^h1
 *     ^h:  %i = phi [^pre: %a],          ^h1: ... %j1 = %a + 1, br ^h       a turn: %i is %a in it
 *                   [^h: %j]      =>     ^h:  %i = phi [^h1: %j1], [^h: %j]
 *          %j = %i + 1 ...                    %j = %i + 1 ...
 *
 * The loop itself stays the last of its turns, so that what is used behind it stays as well. Where a copy may leave the loop,
 * several definitions reach what is behind; `finish` repairs that once for all loops, when all edges are final.
 *
 * Needs:   loops that are reducible, with a preheader and one latch, none of whose blocks was edited before; they are taken
 *          from the last of the forest to the first.
 * Cost:    linear in what is copied; `finish` in the live ranges of values that are used behind loops which copies leave.
 */

import {
  type BlockId,
  blockOf,
  type Edge,
  type Editor,
  type Func,
  filledInts,
  type Inst,
  instOf,
  type LoopForest,
  type LoopId,
  loopForest,
  makeInst,
  none,
  type OpTable,
  orderOf,
  type Type,
  type ValueId,
  withEdges,
} from '@sluice/ir';
import { SsaRepair } from './ssa-repair.ts';
import { opOfKind } from './structural.ts';

/** Inputs of phis behind a loop: each copy that may leave adds one. */
const widest = 64;

/** A loop that can be copied. */
export interface PlainLoop {
  readonly id: LoopId;
  readonly preheader: BlockId;
  readonly header: BlockId;
  readonly latch: BlockId;
  /** All its blocks, those of inner loops included, in reverse postorder. */
  readonly blocks: readonly BlockId[];
  /** The number of its instructions. */
  readonly size: number;
}

/** The loop, if it can be copied and has at most `limit` instructions. */
export function plainLoop(f: Func, id: LoopId, limit: number): PlainLoop | null {
  const loops = loopForest(f);
  if (loops.irreducible(id)) return null;
  const preheader = loops.preheader(id);
  const latches = loops.latches(id);
  if (preheader === -1 || latches.length !== 1) return null;
  const members = loops.blocks(id);
  if (members.length > limit) return null;
  let size = 0;
  const blocks: BlockId[] = [];
  for (let i = 0; i < members.length; i++) {
    const b = members[i] as BlockId;
    const { phis, body } = blockOf(f, b);
    size += phis.length + body.length + 1;
    if (size > limit) return null;
    blocks.push(b);
  }
  const { index } = orderOf(f);
  blocks.sort((a, b) => (index[a] as number) - (index[b] as number));
  return { id, preheader, header: loops.header[id] as BlockId, latch: latches[0] as BlockId, blocks, size };
}

/** A copy of the blocks of a loop. */
export interface TurnCopy {
  readonly header: BlockId;
  readonly latch: BlockId;
  /** The last of its blocks in the layout. */
  readonly last: BlockId;
  /** What the phis of the header are on the next turn, in their order. */
  readonly next: readonly ValueId[];
}

/** A value and what it is at the end of some blocks. */
interface Repair {
  readonly value: ValueId;
  readonly copies: (readonly [BlockId, ValueId])[];
}

/** Copies turns of the loops of one function. */
export class LoopCopier {
  readonly #edit: Editor;
  readonly #f: Func;
  readonly #loops: LoopForest;
  readonly #ops: OpTable;
  /** By value and by block: the copy at hand; -1: none, it stands for itself. */
  readonly #values: Int32Array;
  readonly #blocks: Int32Array;
  readonly #repairs: Repair[] = [];
  readonly #phis: ValueId[] = [];
  #outside: ReadonlyMap<ValueId, Repair> = new Map();

  constructor(f: Func, edit: Editor, ops: OpTable) {
    this.#f = f;
    this.#edit = edit;
    this.#ops = ops;
    this.#loops = loopForest(f);
    this.#values = filledInts(f.insts.length, -1);
    this.#blocks = filledInts(f.blocks.length, -1);
  }

  /**
   * Makes ready to copy a loop: its constants go to the preheader, where all copies reach them. `leaves`: some copy keeps
   * a way out.
   */
  begin(loop: PlainLoop, leaves: boolean): void {
    for (const b of loop.blocks) {
      for (const v of blockOf(this.#f, b).body) {
        if (instOf(this.#f, v).op.kind === 'const') this.#edit.moveToEnd(v, loop.preheader);
      }
    }
    const outside = new Map<ValueId, Repair>();
    if (leaves) {
      for (const b of loop.blocks) {
        const { phis, body, term } = blockOf(this.#f, b);
        for (const v of [...phis, ...body, term]) {
          if (instOf(this.#f, v).op.kind !== 'const' && this.#usedBehind(loop, v)) {
            outside.set(v, { value: v, copies: [] });
          }
        }
      }
    }
    this.#outside = outside;
    for (const repair of outside.values()) this.#repairs.push(repair);
  }

  /** Whether copies may leave the loop: a tuple that is used behind it cannot become a phi. */
  mayLeave(loop: PlainLoop): boolean {
    for (const b of loop.blocks) {
      const { body, term } = blockOf(this.#f, b);
      for (const v of [...body, term]) {
        if (instOf(this.#f, v).type === 'tuple' && this.#usedBehind(loop, v)) return false;
      }
    }
    return exitsAreNarrow(this.#f, this.#loops.exitEdges(loop.id));
  }

  /** Looks, in the end, whether this phi is a choice still. */
  consider(phi: ValueId): void {
    this.#phis.push(phi);
  }

  /** Whether a value is used outside of the loop other than by a phi for an edge that leaves it. */
  #usedBehind({ id }: PlainLoop, v: ValueId): boolean {
    // As it stands now: formulas of later loops use what they did not use before.
    for (const user of this.#edit.users(v)) {
      const { op, args, blocks } = this.#edit.inst(user);
      if (op.kind !== 'phi') {
        if (!this.#loops.contains(id, this.#edit.blockOf(user))) return true;
      } else if (args.some((arg, k) => arg === v && !this.#loops.contains(id, blocks[k] as BlockId))) {
        return true;
      }
    }
    return false;
  }

  /**
   * One more copy, behind block `after` in the layout. `incoming`: what the phis of the header are, in their order; null:
   * the copy gets phis of its own, without inputs, for the caller to fill (`copyOf`). `goes`: where a branch of
   * the loop goes for certain on this turn; -1: it stays a branch. The copy's latch leads to the header of the loop itself,
   * whose phis are the caller's to fill.
   */
  copy(
    loop: PlainLoop,
    after: BlockId,
    incoming: readonly ValueId[] | null,
    goes: (from: BlockId) => BlockId | -1,
  ): TurnCopy {
    const { header, latch } = loop;
    const last = this.#addBlocks(loop, after, incoming);
    this.#fillBodies(loop, goes);
    this.#fillPhis(loop);
    this.#leave(loop);
    const made = {
      header: this.#blocks[header] as BlockId,
      latch: this.#blocks[latch] as BlockId,
      last,
      next: blockOf(this.#f, header).phis.map((phi) => this.copyOf(inputFrom(instOf(this.#f, phi), latch))),
    };
    for (const [v, repair] of this.#outside) {
      const home = this.#homeOf(v, loop);
      repair.copies.push([this.#blocks[home] as BlockId, this.copyOf(v)]);
    }
    return made;
  }

  /** What stands for a value in the copy that was made last. */
  copyOf(v: ValueId): ValueId {
    const copy = this.#values[v] as number;
    return copy === -1 ? v : (copy as ValueId);
  }

  /** What stands for a block of the loop in the copy that was made last. */
  blockCopy(b: BlockId): BlockId {
    return this.#blocks[b] as BlockId;
  }

  /** Ends the copying of a loop. */
  end(loop: PlainLoop): void {
    for (const b of loop.blocks) {
      const { phis, body, term } = blockOf(this.#f, b);
      for (let i = 0; i < phis.length; i++) this.#values[phis[i] as ValueId] = -1;
      for (let i = 0; i < body.length; i++) this.#values[body[i] as ValueId] = -1;
      this.#values[term] = -1;
      this.#blocks[b] = -1;
    }
  }

  /** Leads what is used behind the loops to the copies that reach it. Once, when all edges are final. */
  finish(): void {
    if (this.#repairs.length === 0 && this.#phis.length === 0) return;
    const edit = this.#edit;
    const ssa = new SsaRepair(edit, opOfKind(this.#ops, 'phi'));
    // Later loops come first: what one of them starts with may be the value of an earlier one, to be looked up in turn.
    for (const { value, copies } of this.#repairs) {
      ssa.repair(value, copies);
      if (edit.inst(value).op.kind === 'phi') ssa.consider(value);
    }
    for (const phi of this.#phis) ssa.consider(phi);
    ssa.finish();
  }

  #homeOf(v: ValueId, loop: PlainLoop): BlockId {
    const home = this.#edit.blockOf(v);
    return this.#loops.contains(loop.id, home) ? home : loop.header;
  }

  #addBlocks(loop: PlainLoop, after: BlockId, incoming: readonly ValueId[] | null): BlockId {
    const edit = this.#edit;
    const br = opOfKind(this.#ops, 'br');
    let last = after;
    for (const b of loop.blocks) {
      const { phis, term } = blockOf(this.#f, b);
      last = edit.addBlock(makeInst(br, none, { loc: instOf(this.#f, term).loc }), last);
      this.#blocks[b] = last;
      this.#values[term] = edit.termId(last);
      for (let i = 0; i < phis.length; i++) {
        const phi = phis[i] as ValueId;
        const { op, type } = instOf(this.#f, phi);
        this.#values[phi] =
          b === loop.header && incoming !== null
            ? (incoming[i] as ValueId)
            : edit.addPhi(last, type as Type, op, none, none);
      }
    }
    return last;
  }

  #fillBodies(loop: PlainLoop, goes: (from: BlockId) => BlockId | -1): void {
    const edit = this.#edit;
    for (const b of loop.blocks) {
      const to = this.#blocks[b] as BlockId;
      const { body, term } = blockOf(this.#f, b);
      for (let i = 0; i < body.length; i++) {
        const v = body[i] as ValueId;
        const inst = instOf(this.#f, v);
        if (inst.op.kind !== 'const') this.#values[v] = edit.append(to, this.#renamed(inst, loop));
      }
      const inst = instOf(this.#f, term);
      const only = goes(b);
      if (only === -1) edit.setTerm(to, this.#renamed(inst, loop));
      else {
        const br = opOfKind(this.#ops, 'br');
        edit.setTerm(to, makeInst(br, none, { blocks: [this.#targetOf(only, loop)], loc: inst.loc }));
      }
    }
  }

  #targetOf(b: BlockId, { header }: PlainLoop): BlockId {
    const copy = this.#blocks[b] as number;
    return copy === -1 || b === header ? b : (copy as BlockId);
  }

  #renamed({ op, type, args, imm, blocks, loc }: Inst, loop: PlainLoop): Inst {
    return {
      op,
      type,
      args: args.length === 0 ? none : args.map((v) => this.copyOf(v)),
      imm,
      blocks: blocks.length === 0 ? none : blocks.map((b) => this.#targetOf(b, loop)),
      loc,
    };
  }

  #fillPhis(loop: PlainLoop): void {
    const edit = this.#edit;
    for (const b of loop.blocks) {
      // Those of the header are known, or the caller's to fill.
      if (b === loop.header) continue;
      const to = this.#blocks[b] as BlockId;
      for (const phi of blockOf(this.#f, b).phis) {
        const inst = instOf(this.#f, phi);
        const args: ValueId[] = [];
        const blocks: BlockId[] = [];
        for (let k = 0; k < inst.args.length; k++) {
          const from = this.#blocks[inst.blocks[k] as BlockId] as BlockId;
          // A branch that is decided may not lead here any more.
          if (!edit.term(from).blocks.includes(to)) continue;
          args.push(this.copyOf(inst.args[k] as ValueId));
          blocks.push(from);
        }
        edit.setInst(this.copyOf(phi), withEdges(inst, args, blocks));
      }
    }
  }

  /** Phis behind the loop take from the copy what they took from the loop. */
  #leave(loop: PlainLoop): void {
    const edit = this.#edit;
    for (const { from, to } of this.#loops.exitEdges(loop.id)) {
      const copy = this.#blocks[from] as BlockId;
      if (!edit.term(copy).blocks.includes(to)) continue;
      for (const phi of blockOf(this.#f, to).phis) {
        const arg = inputFrom(instOf(this.#f, phi), from);
        if (edit.has(phi)) edit.setPhiInput(phi, copy, this.copyOf(arg));
      }
    }
  }
}

/** What a phi takes from a predecessor. */
export function inputFrom(phi: Inst, from: BlockId): ValueId {
  return phi.args[phi.blocks.indexOf(from)] as ValueId;
}

/** Whether the phis behind a loop may get one more input for each copy without much ado. */
function exitsAreNarrow(f: Func, exits: readonly Edge[]): boolean {
  for (const { to } of exits) {
    for (const phi of blockOf(f, to).phis) if (instOf(f, phi).blocks.length > widest) return false;
  }
  return true;
}
