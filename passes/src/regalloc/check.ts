/**
 * Says whether an allocation computes what the function computes, without knowing how it was made.
 *
 * The frame is executed on symbols. A cell (register or slot) holds a set of symbols, the values of the original function
 * that are in it for certain; where paths meet, what all of them agree on.
 *
 *     definition of %v          %v is in its register and nowhere else (older values of %v are gone)
 *     copy, slot.set, slot.get  the target holds what the source holds
 *     constant                  its register holds every constant of that value; so with any pure op without operands
 *     edge into a block         a cell that holds the operand of a phi holds the phi
 *
 * Then each operand of each original instruction must be read from a cell that holds that operand. Phis of the allocated
 * function are ignored, as backends ignore them.
 *
 * Proves:  every instruction of the original is there, in order, and reads the right values on every path; branches and
 *          their targets are the same; parameters are read from where they arrive; slots of the program are touched by
 *          the program alone; register numbers, types and the number of registers keep to the constraints.
 * Assumes: both functions are well-formed SSA, which the verifier says.
 * Doesn't: accept what is right by accident: a value that is always the same as the one wanted, but computed by another
 *          instruction. Quality is not looked at.
 *
 * Paper:   the symbolic checker of regalloc2 (Chris Fallin, Cranelift, Part 4: A New Register Allocator, 2022); Silvain
 *          Rideau, Xavier Leroy, Validating Register Allocation and Spilling, CC 2010.
 * Cost:    linear in the function and its liveness where loops agree at once; symbols that are not live at the start of
 *          a block are dropped there. Imports nothing from its folder: a shared mistake would go unseen.
 */

import type { Allocation, RegisterConstraints } from '@sluice/codegen';
import {
  type BlockId,
  type Func,
  type Inst,
  instOf,
  isPure,
  liveness,
  none,
  type OpDef,
  orderOf,
  sameIds,
  sameImm,
  type ValueId,
} from '@sluice/ir';
import type { AllocationRule } from '../lib/allocation-rules.ts';
import { SymbolCells } from '../lib/symbol-cells.ts';

/** What is wrong with the allocation of a function, a line each (at most 20), `rule: what`; empty when it is right. */
export function checkAllocation(
  original: Func,
  allocation: Allocation,
  constraints: RegisterConstraints,
): readonly string[] {
  return new Check(original, allocation, constraints).run();
}

const maxProblems = 20;

class Check {
  readonly #old: Func;
  readonly #new: Func;
  readonly #allocation: Allocation;
  readonly #constraints: RegisterConstraints;
  readonly #problems: string[] = [];
  /** By original value: the symbol that stands for it. */
  readonly #symbol: Int32Array;
  readonly #constants = new Map<string, number>();
  /** By call: the symbols of its results. */
  readonly #results = new Map<number, Map<number, number>>();
  /** By block: what cells hold at its start, as `cell * count + symbol`. */
  readonly #entry: (Set<number> | undefined)[] = [];
  readonly #arrivalSlots: number;
  #reporting = false;

  constructor(original: Func, allocation: Allocation, constraints: RegisterConstraints) {
    this.#old = original;
    this.#new = allocation.func;
    this.#allocation = allocation;
    this.#constraints = constraints;
    this.#arrivalSlots = Math.max(0, original.params.length - allocation.registers);
    this.#symbol = new Int32Array(original.insts.length).fill(-1);
  }

  run(): readonly string[] {
    this.#checkFrame();
    this.#checkStructure();
    if (this.#problems.length > 0) return this.#problems;
    this.#nameSymbols();
    this.#solve();
    this.#reporting = true;
    for (const b of orderOf(this.#old).rpo) this.#runBlock(b);
    return this.#problems;
  }

  #report(rule: AllocationRule, problem: string): void {
    if (this.#problems.length < maxProblems) this.#problems.push(`${rule}: ${problem}`);
  }

  // Frame and structure.

  #checkFrame(): void {
    const { registers, registerTypes, registerOf, folded } = this.#allocation;
    const { registers: bound, typed } = this.#constraints;
    const params = this.#old.sig.params;
    if (typed !== (registerTypes !== null))
      this.#report('types', 'types of registers are given exactly when registers are typed');
    if (registerTypes !== null && registerTypes.length !== registers)
      this.#report('types', 'not each register has a type');
    if (bound !== null && !typed && registers > bound)
      this.#report('bound', `${registers} registers, but there are ${bound}`);
    if (bound !== null && registerTypes !== null) {
      for (const type of new Set(registerTypes)) {
        const used = registerTypes.filter((other) => other === type).length;
        const most = Math.max(bound, params.filter((other) => other === type).length);
        if (used > most) this.#report('bound', `${used} registers of type ${type}, but there are ${most}`);
      }
    }
    const arriving = bound === null || typed ? params.length : Math.min(bound, params.length);
    if (registers < arriving)
      this.#report('parameters', `${registers} registers, but ${arriving} parameters arrive in registers`);
    params.forEach((type, i) => {
      if (registerTypes !== null && i < registers && registerTypes[i] !== type)
        this.#report('parameters', `register ${i} is of another type than parameter ${i}`);
    });
    for (let v = 0; v < this.#new.insts.length; v++) {
      const inst = this.#new.insts[v];
      const register = registerOf[v] ?? -1;
      if (inst === undefined) continue;
      if (register >= registers || register < -1)
        this.#report('range', `%${v} is in register ${register} of ${registers}`);
      if (registerTypes !== null && register >= 0 && registerTypes[register] !== inst.type)
        this.#report('register-type', `%${v} is of type ${inst.type}, its register of type ${registerTypes[register]}`);
      if (folded.has(v) && (inst.op.name !== 'slot.get' || register >= 0))
        this.#report('folded', `%${v} cannot be folded`);
      this.#checkSlot(v, inst);
    }
  }

  #checkSlot(v: number, inst: Inst): void {
    const { name } = inst.op;
    if (name !== 'slot.get' && name !== 'slot.set') return;
    const slot = inst.imm as number;
    const type = name === 'slot.get' ? inst.type : this.#new.insts[inst.args[0] as number]?.type;
    if (this.#new.slots[slot] !== type) this.#report('slot-type', `%${v} uses slot ${slot} as ${type}`);
    const own = slot - this.#arrivalSlots;
    if (this.#isKept(v as ValueId, inst)) return;
    if (own >= 0 && own < this.#old.slots.length)
      this.#report('own-slots', `%${v} uses slot ${slot}, which is the program's`);
  }

  /** Whether the instruction is the original one: not put in, and not turned into a move or a constant. */
  #isKept(v: ValueId, inst: Inst): boolean {
    return this.#old.insts[v]?.op === inst.op;
  }

  #checkStructure(): void {
    const [a, b] = [orderOf(this.#old), orderOf(this.#new)];
    if (a.rpo.length !== b.rpo.length || !sameIds(this.#old.params, this.#new.params)) {
      this.#report('shape', 'blocks or parameters differ');
      return;
    }
    for (const block of a.rpo) {
      const before = this.#old.blocks[block];
      const after = this.#new.blocks[block];
      if (before === undefined || after === undefined || before.term !== after.term) {
        this.#report('shape', `^${block} has another terminator`);
        continue;
      }
      const [was, is] = [before, after].map((x, k) =>
        [...x.body, x.term].filter((v) => this.#isEssential(v, k === 0 ? this.#old : this.#new)),
      ) as [ValueId[], ValueId[]];
      if (!sameIds(was, is)) this.#report('instructions', `^${block} has other instructions`);
      else for (const v of was) this.#compare(v);
    }
  }

  /** Copies and constants may come and go; slots are read and written by what was put in, too. */
  #isEssential(v: ValueId, f: Func): boolean {
    const { op } = instOf(f, v);
    if (isConstant(op) || op.name === 'copy') return false;
    if (f === this.#new && (op.name === 'slot.get' || op.name === 'slot.set')) return this.#isKept(v, instOf(f, v));
    return true;
  }

  #compare(v: ValueId): void {
    const [was, is] = [instOf(this.#old, v), instOf(this.#new, v)];
    const ownSlot = was.op.name === 'slot.get' || was.op.name === 'slot.set';
    const imm = ownSlot ? (was.imm as number) + this.#arrivalSlots : was.imm;
    const same =
      was.op === is.op && was.type === is.type && was.args.length === is.args.length && sameIds(was.blocks, is.blocks);
    if (!same || !sameImm(imm, is.imm)) this.#report('instructions', `%${v} is another instruction`);
  }

  // Symbols.

  /** A copy is its source, constants of one value are one, and so are equal results of one call. */
  #nameSymbols(): void {
    const f = this.#old;
    const chain: number[] = [];
    for (let v = 0; v < f.insts.length; v++) {
      let at = v;
      for (; this.#symbol[at] === -1 && f.insts[at]?.op.name === 'copy'; at = f.insts[at]?.args[0] as number)
        chain.push(at);
      if (this.#symbol[at] === -1) this.#symbol[at] = this.#nameOf(at, f.insts[at]);
      for (let copy = chain.pop(); copy !== undefined; copy = chain.pop())
        this.#symbol[copy] = this.#symbol[at] as number;
    }
  }

  #nameOf(v: number, inst: Inst | undefined): number {
    if (inst === undefined) return v;
    if (isConstant(inst.op)) {
      const key = constantKey(inst);
      const known = this.#constants.get(key);
      if (known === undefined) this.#constants.set(key, v);
      return known ?? v;
    }
    if (inst.op.kind === 'result') {
      const call = inst.args[0] as number;
      const results = this.#results.get(call) ?? new Map<number, number>();
      this.#results.set(call, results);
      const known = results.get(inst.imm as number);
      if (known === undefined) results.set(inst.imm as number, v);
      return known ?? v;
    }
    return v;
  }

  // Execution.

  #solve(): void {
    const { rpo } = orderOf(this.#old);
    const waiting = new Uint8Array(this.#old.blocks.length).fill(1);
    const work: BlockId[] = [...rpo].reverse();
    this.#entry[rpo[0] as number] = this.#arrivals();
    for (let b = work.pop(); b !== undefined; b = work.pop()) {
      waiting[b] = 0;
      if (this.#entry[b] === undefined) continue;
      for (const [to, state] of this.#runBlock(b)) {
        if (this.#meet(to, state) && waiting[to] === 0) {
          waiting[to] = 1;
          work.push(to);
        }
      }
    }
  }

  #pair(cell: number, symbol: number): number {
    return cell * this.#old.insts.length + symbol;
  }

  #arrivals(): Set<number> {
    return new Set(this.#old.params.map((v, i) => this.#pair(i, this.#symbol[v] as number)));
  }

  /** Keeps what both agree on; whether the block's entry changed. */
  #meet(b: BlockId, state: Set<number>): boolean {
    const known = this.#entry[b];
    if (known === undefined) {
      this.#entry[b] = state;
      return true;
    }
    let changed = false;
    for (const pair of known) {
      if (state.has(pair)) continue;
      known.delete(pair);
      changed = true;
    }
    return changed;
  }

  /** Executes a block; gives what successors find in cells. */
  #runBlock(b: BlockId): readonly (readonly [BlockId, Set<number>])[] {
    const cells = new SymbolCells();
    const count = this.#old.insts.length;
    for (const pair of this.#entry[b] ?? none) cells.add(Math.floor(pair / count), pair % count);
    const block = this.#new.blocks[b];
    if (block === undefined) return none;
    for (const v of block.body) this.#step(v, cells);
    this.#step(block.term, cells);
    return [...new Set(instOf(this.#new, block.term).blocks)].map((to) => [to, this.#cross(b, to, cells)] as const);
  }

  #cellOf(v: ValueId): number {
    if (!this.#allocation.folded.has(v)) return this.#allocation.registerOf[v] ?? -1;
    return this.#allocation.registers + (instOf(this.#new, v).imm as number);
  }

  #step(v: ValueId, cells: SymbolCells): void {
    const inst = instOf(this.#new, v);
    const kept = this.#isKept(v, inst);
    const { name, kind } = inst.op;
    if (isConstant(inst.op)) {
      const known = this.#constants.get(constantKey(inst));
      this.#write(v, known === undefined ? none : [known], cells);
      return;
    }
    if (name === 'copy' || (!kept && name.startsWith('slot.'))) {
      const slot = this.#allocation.registers + (typeof inst.imm === 'number' ? inst.imm : 0);
      const from = name === 'slot.get' ? slot : this.#read(inst.args[0] as ValueId, v);
      if (name === 'slot.set') cells.set(slot, cells.symbolsIn(from));
      else this.#write(v, cells.symbolsIn(from), cells);
      return;
    }
    this.#checkOperands(v, inst, cells);
    if (inst.type === 'tuple') for (const symbol of this.#results.get(v)?.values() ?? none) cells.forget(symbol);
    if (inst.type === 'void' || inst.type === 'tuple') return;
    const symbol = this.#symbol[v] as number;
    if (kind !== 'result') cells.forget(symbol);
    this.#write(v, [symbol], cells);
  }

  #write(v: ValueId, symbols: readonly number[], cells: SymbolCells): void {
    const cell = this.#allocation.registerOf[v] ?? -1;
    if (cell >= 0) cells.set(cell, symbols);
  }

  #read(v: ValueId, by: ValueId): number {
    const cell = this.#cellOf(v);
    if (this.#reporting) {
      const foldable = ['call', 'ret', 'invoke'].includes(instOf(this.#new, by).op.kind);
      if (cell < 0) this.#report('unplaced', `%${by} reads %${v}, which has no register`);
      else if (this.#allocation.folded.has(v) && !foldable) this.#report('slot-reader', `%${by} cannot read a slot`);
    }
    return cell;
  }

  #checkOperands(v: ValueId, inst: Inst, cells: SymbolCells): void {
    const before = instOf(this.#old, v).args;
    if (inst.op.kind === 'result') {
      if (this.#reporting && inst.args[0] !== before[0]) this.#report('results', `%${v} is the result of another call`);
      return;
    }
    for (let k = 0; k < before.length; k++) {
      const cell = this.#read(inst.args[k] as ValueId, v);
      if (!this.#reporting || cell < 0 || cells.holds(cell, this.#symbol[before[k] as number] as number)) continue;
      this.#report('value', `%${v} reads cell ${cell} for %${before[k]}, but it need not be there`);
    }
  }

  /** What cells hold behind an edge: phis where their operands were. Only what the block may still read is kept. */
  #cross(from: BlockId, to: BlockId, cells: SymbolCells): Set<number> {
    const state = new Set<number>();
    const phis = this.#old.blocks[to]?.phis ?? none;
    const replaced = new Set<number>(phis);
    const term = this.#old.blocks[from]?.term;
    for (const v of liveness(this.#old).liveIn(to)) {
      const symbol = this.#symbol[v] as number;
      if (replaced.has(symbol)) continue;
      for (const cell of cells.cellsWith(symbol)) state.add(this.#pair(cell, symbol));
    }
    for (const phi of phis) {
      const { args, blocks } = instOf(this.#old, phi);
      const arg = args[blocks.indexOf(from)];
      // An invoke's result is on its normal edge alone; phis behind the other edge cannot read it.
      if (arg === undefined || (arg === term && instOf(this.#old, arg).blocks[0] !== to)) continue;
      const symbol = this.#symbol[phi] as number;
      for (const cell of cells.cellsWith(this.#symbol[arg] as number)) state.add(this.#pair(cell, symbol));
    }
    return state;
  }
}

/** Whether an op gives the same wherever it stands. */
function isConstant({ kind, sig, effect }: OpDef): boolean {
  return kind === 'const' || (kind === 'value' && sig.params.length === 0 && isPure(effect));
}

/** Op, type and value, the bits of zero and NaN included. */
function constantKey({ op, type, imm }: Inst): string {
  const text = Object.is(imm, -0) ? '-0' : typeof imm === 'object' ? JSON.stringify(imm) : String(imm);
  return `${op.name} ${type} ${typeof imm} ${text}`;
}
