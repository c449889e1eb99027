/**
 * Builds a function block by block, with SSA construction on the fly: a frontend declares variables, writes and reads
 * them, and phis come out where they are needed, minimal on irreducible graphs too.
 *
 * Paper:   Braun et al.: Simple and Efficient Construction of Static Single Assignment Form, CC 2013.
 * Differs: reading a variable follows predecessors with a worklist in place of recursion; redundant phis are removed once at
 *          the end, by components, and not after each phi (redundant-phis.ts).
 *
 * Life of a block: `block()`, any edges to it, `seal(b)` once all its predecessors have their terminators (`finish` seals
 * what is left), instructions by `at(b)`, one terminator. Blocks that the entry does not reach are dropped at the end.
 */

import type { Span } from './diag.ts';
import { Forwarding } from './edit-forward.ts';
import type { Block, BlockId, Func, Inst, ValueId } from './func.ts';
import { makeInst, none, withArgs, withEdges } from './inst.ts';
import type { Imm, OpDef, OpTable } from './op.ts';
import { coreTable, type OpName, zeroOpName } from './ops/index.ts';
import { removeRedundantPhis } from './redundant-phis.ts';
import type { ResultType, Signature, Type } from './type.ts';
import { type Value, zeroOf } from './value.ts';

/** A variable of the source: written and read many times, unlike a value. */
export type Variable = number & { readonly __id: 'variable' };

interface BlockState {
  readonly phis: ValueId[];
  readonly body: ValueId[];
  term: ValueId | -1;
  readonly preds: BlockId[];
  readonly defs: Map<Variable, ValueId>;
  sealed: boolean;
  /** Phis that wait for the block to be sealed. */
  readonly incomplete: [Variable, ValueId][];
}

/** Builds one function; see the head of this file. */
export class FuncBuilder {
  readonly name: string;
  readonly sig: Signature;
  readonly ops: OpTable;
  /** The parameters' values. */
  readonly params: readonly ValueId[];
  /** The entry block; it must not become a target. */
  readonly entry: BlockId;
  /** Location that new instructions get. */
  loc: Span | null = null;
  #insts: (Inst | undefined)[] = [];
  #blocks: BlockState[] = [];
  #current: BlockId;
  #variables: Type[] = [];
  #slots: Type[] = [];
  #forward = new Forwarding();
  #valueNames = new Map<ValueId, string>();
  #blockNames = new Map<BlockId, string>();
  #phiVariables = new Set<ValueId>();

  constructor(name: string, sig: Signature, ops: OpTable = coreTable) {
    this.name = name;
    this.sig = sig;
    this.ops = ops;
    const param = this.opNamed('param');
    this.params = sig.params.map((type, i) => this.#create(makeInst(param, none, { imm: i, type })));
    this.entry = this.block('entry');
    this.seal(this.entry);
    this.#current = this.entry;
  }

  /** The op of this name; throws when the table has none. */
  opNamed(name: string): OpDef {
    const op = this.ops.get(name);
    if (op === undefined) throw new Error(`no op '${name}'`);
    return op;
  }

  // Blocks.

  /** A new block. */
  block(name?: string): BlockId {
    const b = this.#blocks.length as BlockId;
    this.#blocks.push({
      phis: [],
      body: [],
      term: -1,
      preds: [],
      defs: new Map(),
      sealed: false,
      incomplete: [],
    });
    if (name !== undefined) this.#blockNames.set(b, name);
    return b;
  }

  /** Instructions go to the end of this block from now on. */
  at(b: BlockId): void {
    this.#current = b;
  }

  /** The block that instructions go to. */
  get current(): BlockId {
    return this.#current;
  }

  /** Whether the block has its terminator. */
  isClosed(b: BlockId = this.#current): boolean {
    return this.#state(b).term >= 0;
  }

  /** Says that all edges to the block are there. */
  seal(b: BlockId): void {
    const state = this.#state(b);
    if (state.sealed) return;
    state.sealed = true;
    for (const [variable, phi] of state.incomplete) this.#fillPhis(variable, phi, b);
    state.incomplete.length = 0;
  }

  // Instructions.

  /** Appends an instruction to the current block; `type` where the op leaves it open (`void` for calls without result). */
  emit(op: OpDef | OpName, args: readonly ValueId[] = none, imm?: Imm, type?: ResultType): ValueId {
    const def = typeof op === 'string' ? this.opNamed(op) : op;
    const inst = makeInst(def, args, { imm, loc: this.loc, ...(type === undefined ? {} : { type }) });
    const v = this.#create(inst);
    this.#openState().body.push(v);
    return v;
  }

  /** A constant: an instruction of op `<type>.const` in the current block. */
  constant(type: Type, value: Value): ValueId {
    return this.emit(this.opNamed(`${type}.const`), none, value, type);
  }

  /** Ends the current block. */
  terminate(
    op: OpDef | OpName,
    args: readonly ValueId[],
    blocks: readonly BlockId[],
    imm?: Imm,
    type?: ResultType,
  ): ValueId {
    const def = typeof op === 'string' ? this.opNamed(op) : op;
    const state = this.#openState();
    const inst = makeInst(def, args, { imm, blocks, loc: this.loc, ...(type === undefined ? {} : { type }) });
    const v = this.#create(inst);
    state.term = v;
    for (const target of new Set(blocks)) {
      const to = this.#state(target);
      if (to.sealed) throw new Error(`@${this.name}: an edge to ^${target}, which is sealed`);
      to.preds.push(this.#current);
    }
    return v;
  }

  /** Ends the current block with a jump. */
  br(target: BlockId): ValueId {
    return this.terminate('br', none, [target]);
  }

  /** Ends the current block: to `then` when the condition (i32) is not 0, else to `otherwise`. */
  brIf(condition: ValueId, then: BlockId, otherwise: BlockId): ValueId {
    return this.terminate('br_if', [condition], [then, otherwise]);
  }

  /** `cases[i]` goes to `targets[i]`, everything else to the last target. */
  switch(on: ValueId, cases: readonly number[], targets: readonly BlockId[]): ValueId {
    return this.terminate('switch', [on], targets, cases);
  }

  /** Ends the current block; returns values of the signature's result types. */
  ret(...values: readonly ValueId[]): ValueId {
    return this.terminate('ret', values, none);
  }

  /** Ends the current block with a trap of this kind. */
  trap(kind: string): ValueId {
    return this.terminate('trap', none, none, kind);
  }

  /** A phi by hand; inputs by `setPhi`, all before `finish`. */
  phi(b: BlockId, type: Type): ValueId {
    const v = this.#create(makeInst(this.opNamed('phi'), none, { type }));
    this.#state(b).phis.push(v);
    return v;
  }

  /** The inputs of a phi made by `phi`: one for each predecessor. */
  setPhi(phi: ValueId, inputs: readonly (readonly [BlockId, ValueId])[]): void {
    this.#setPhi(
      phi,
      inputs.map(([, value]) => value),
      inputs.map(([b]) => b),
    );
  }

  /** A slot of the frame; its index. */
  slot(type: Type): number {
    this.#slots.push(type);
    return this.#slots.length - 1;
  }

  /** Names a value for people. */
  nameValue(v: ValueId, name: string): void {
    this.#valueNames.set(v, name);
  }

  /** The instruction; throws when there is none. */
  inst(v: ValueId): Inst {
    const inst = this.#insts[v];
    if (inst === undefined) throw new Error(`@${this.name}: no instruction %${v}`);
    return inst;
  }

  // Variables.

  /** A new variable. */
  variable(type: Type): Variable {
    this.#variables.push(type);
    return (this.#variables.length - 1) as Variable;
  }

  /** The variable has this value from here on in the block `b`. */
  write(variable: Variable, value: ValueId, b: BlockId = this.#current): void {
    this.#state(b).defs.set(variable, value);
  }

  /** The variable's value at the end of a block so far; zero of its type where it was never written. */
  read(variable: Variable, b: BlockId = this.#current): ValueId {
    const pending: [ValueId, BlockId][] = [];
    const value = this.#lookUp(variable, b, pending);
    this.#drain(variable, pending);
    return this.#forward.resolve(value);
  }

  /** Walks up single predecessors to a definition; where paths join, makes a phi and leaves its inputs to `pending`. */
  #lookUp(variable: Variable, from: BlockId, pending: [ValueId, BlockId][]): ValueId {
    const passed: BlockState[] = [];
    let b = from;
    let value: ValueId | undefined;
    for (;;) {
      const state = this.#state(b);
      value = state.defs.get(variable);
      if (value !== undefined) break;
      passed.push(state);
      const [only] = state.preds;
      if (state.sealed && state.preds.length === 1 && only !== undefined && only !== b) {
        // A cycle of blocks with one predecessor each is unreachable: it never meets a definition.
        if (passed.length > this.#blocks.length) {
          value = this.#zero(variable);
          break;
        }
        b = only;
        continue;
      }
      if (state.sealed && state.preds.length === 0) {
        value = this.#zero(variable);
        break;
      }
      value = this.#create(makeInst(this.opNamed('phi'), none, { type: this.#typeOf(variable) }));
      state.phis.push(value);
      this.#phiVariables.add(value);
      if (state.sealed) pending.push([value, b]);
      else state.incomplete.push([variable, value]);
      break;
    }
    for (const state of passed) state.defs.set(variable, value);
    return value;
  }

  #fillPhis(variable: Variable, phi: ValueId, b: BlockId): void {
    this.#drain(variable, [[phi, b]]);
  }

  #drain(variable: Variable, pending: [ValueId, BlockId][]): void {
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [phi, b] = next;
      const { preds } = this.#state(b);
      this.#setPhi(
        phi,
        preds.map((pred) => this.#lookUp(variable, pred, pending)),
        [...preds],
      );
    }
  }

  #zero(variable: Variable): ValueId {
    const type = this.#typeOf(variable);
    const op = this.opNamed(zeroOpName(type));
    const v = this.#create(makeInst(op, none, { imm: op.kind === 'const' ? zeroOf(type) : undefined, type }));
    this.#state(this.entry).body.unshift(v);
    return v;
  }

  #typeOf(variable: Variable): Type {
    const type = this.#variables[variable];
    if (type === undefined) throw new Error(`@${this.name}: no variable ${variable}`);
    return type;
  }

  // The end.

  /** The function. Throws when a block lacks its terminator: a frontend's mistake. */
  finish(): Func {
    for (let b = 0; b < this.#blocks.length; b++) this.seal(b as BlockId);
    const order = this.#reachable();
    this.#dropUnreachableInputs(order);
    this.#removeRedundant(order);
    return this.#assemble(order);
  }

  #reachable(): readonly BlockId[] {
    const seen = new Uint8Array(this.#blocks.length);
    const work: BlockId[] = [this.entry];
    seen[this.entry] = 1;
    for (let b = work.pop(); b !== undefined; b = work.pop()) {
      const { term } = this.#state(b);
      if (term < 0) throw new Error(`@${this.name}: ^${b} has no terminator`);
      for (const target of this.inst(term as ValueId).blocks) {
        if (seen[target] === 1) continue;
        seen[target] = 1;
        work.push(target);
      }
    }
    const order: BlockId[] = [];
    for (let b = 0; b < seen.length; b++) if (seen[b] === 1) order.push(b as BlockId);
    return order;
  }

  #dropUnreachableInputs(order: readonly BlockId[]): void {
    if (order.length === this.#blocks.length) return;
    const alive = new Set(order);
    for (const b of order) {
      for (const phi of this.#state(b).phis) {
        const inst = this.inst(phi);
        if (inst.blocks.every((pred) => alive.has(pred))) continue;
        const args = inst.args.filter((_, i) => alive.has(inst.blocks[i] as BlockId));
        this.#insts[phi] = withEdges(
          inst,
          args,
          inst.blocks.filter((pred) => alive.has(pred)),
        );
      }
    }
  }

  #removeRedundant(order: readonly BlockId[]): void {
    const phis: ValueId[] = [];
    for (const b of order) for (const phi of this.#state(b).phis) if (this.#phiVariables.has(phi)) phis.push(phi);
    const among = new Set(phis);
    removeRedundantPhis(
      phis,
      (v) => (among.has(v) ? this.#forward.resolveAll(this.inst(v).args) : undefined),
      (phi, by) => {
        this.#forward.add(phi, by, this.#insts.length);
        among.delete(phi);
      },
    );
  }

  #assemble(order: readonly BlockId[]): Func {
    const forward = this.#forward;
    const insts: (Inst | undefined)[] = new Array(this.#insts.length).fill(undefined);
    const keep = (v: ValueId): void => {
      const inst = this.inst(v);
      const args = forward.resolveAll(inst.args);
      insts[v] = args === inst.args ? inst : withArgs(inst, args);
    };
    const blocks: (Block | undefined)[] = new Array(this.#blocks.length).fill(undefined);
    for (const v of this.params) keep(v);
    for (const b of order) {
      const state = this.#state(b);
      const phis = state.phis.filter((v) => forward.resolve(v) === v);
      for (const v of phis) keep(v);
      for (const v of state.body) keep(v);
      keep(state.term as ValueId);
      blocks[b] = { phis, body: state.body, term: state.term as ValueId };
    }
    return {
      name: this.name,
      sig: this.sig,
      params: this.params,
      insts,
      blocks,
      order,
      slots: this.#slots,
      valueNames: new Map([...this.#valueNames].filter(([v]) => insts[v] !== undefined)),
      blockNames: new Map([...this.#blockNames].filter(([b]) => blocks[b] !== undefined)),
      shape: { cache: new Map() },
      cache: new Map(),
    };
  }

  // Inside.

  #setPhi(phi: ValueId, args: readonly ValueId[], blocks: readonly BlockId[]): void {
    this.#insts[phi] = withEdges(this.inst(phi), args, blocks);
  }

  #state(b: BlockId): BlockState {
    const state = this.#blocks[b];
    if (state === undefined) throw new Error(`@${this.name}: no block ^${b}`);
    return state;
  }

  #openState(): BlockState {
    const state = this.#state(this.#current);
    if (state.term >= 0) throw new Error(`@${this.name}: ^${this.#current} is closed already`);
    return state;
  }

  #create(inst: Inst): ValueId {
    this.#insts.push(inst);
    return (this.#insts.length - 1) as ValueId;
  }
}
