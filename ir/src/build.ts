/**
 * Builds a function block by block: a frontend declares variables, writes and reads them as its language does, and the
 * function comes out in SSA form with phis only where they are needed (build-variables.ts).
 *
 * Paper:   Braun et al.: Simple and Efficient Construction of Static Single Assignment Form, CC 2013, for reads inside a
 *          block and for the removal of redundant phis by components (redundant-phis.ts); phis across blocks are placed at the
 *          end, see build-variables.ts for why.
 *
 * Life of a block: `block()`, any edges to it, instructions by `at(b)`, one terminator. Blocks that the entry does not reach
 * are dropped at the end.
 */

import { assemble, type BuiltBlock } from './build-finish.ts';
import { type Variable, type VariableHost, Variables } from './build-variables.ts';
import type { Span } from './diag.ts';
import type { BlockId, Func, Inst, ValueId } from './func.ts';
import { makeInst, newInst, none, withEdges } from './inst.ts';
import type { Imm, OpDef, OpTable } from './op.ts';
import { coreTable, type OpName, zeroOpName } from './ops/index.ts';
import type { ResultType, Signature, Type } from './type.ts';
import { type Value, zeroOf } from './value.ts';

export type { Variable } from './build-variables.ts';

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
  readonly #insts: (Inst | undefined)[] = [];
  readonly #blocks: BuiltBlock[] = [];
  #current: BlockId;
  readonly #slots: Type[] = [];
  readonly #valueNames = new Map<ValueId, string>();
  readonly #blockNames = new Map<BlockId, string>();
  readonly #variables: Variables;
  /** Zeros that were read where nothing was written; they stand at the start of the entry. */
  readonly #zeros = new Map<Type, ValueId>();
  readonly #emptyPhis = new Map<Type, Inst>();

  constructor(name: string, sig: Signature, ops: OpTable = coreTable) {
    this.name = name;
    this.sig = sig;
    this.ops = ops;
    const param = this.opNamed('param');
    this.#variables = new Variables(this.#variableHost());
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
    this.#blocks.push({ phis: none, body: [], term: -1, preds: none, sealed: false });
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
    this.#state(b).sealed = true;
  }

  // Instructions.

  /** Appends an instruction to the current block; `type` where the op leaves it open (`void` for calls without result). */
  emit(op: OpDef | OpName, args: readonly ValueId[] = none, imm?: Imm, type?: ResultType): ValueId {
    const def = typeof op === 'string' ? this.opNamed(op) : op;
    const v = this.#create(newInst(def, args, imm, type, none, this.loc));
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
    const state = this.#openState();
    const def = typeof op === 'string' ? this.opNamed(op) : op;
    const v = this.#create(newInst(def, args, imm, type, blocks, this.loc));
    state.term = v;
    for (let i = 0; i < blocks.length; i++) {
      const target = blocks[i] as BlockId;
      const to = this.#state(target);
      if (to.sealed) throw new Error(`@${this.name}: an edge to ^${target}, which is sealed`);
      if (to.preds[to.preds.length - 1] !== this.#current) to.preds = appended(to.preds, this.#current);
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
    const state = this.#state(b);
    state.phis = appended(state.phis, v);
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
    return this.#variables.add(type);
  }

  /** The variable has this value from here on in the block `b`. */
  write(variable: Variable, value: ValueId, b: BlockId = this.#current): void {
    this.#variables.write(variable, value, b);
  }

  /** The variable's value at the end of a block so far; zero of its type where it was never written. */
  read(variable: Variable, b: BlockId = this.#current): ValueId {
    return this.#variables.read(variable, b);
  }

  // The end.

  /**
   * The function. `layout` is the order of its blocks, entry first, each once; without it, that in which they were made.
   * Throws when a block lacks its terminator: a frontend's mistake.
   */
  finish(layout: readonly BlockId[] | null = null): Func {
    return this.finishWithin(Number.POSITIVE_INFINITY, layout) as Func;
  }

  /**
   * As `finish`; null where phis for variables would cost more than `effort`: blocks visited for each variable, and eight for
   * each operand of a phi. The builder is of no use then: begin again with slots in the place of variables.
   */
  finishWithin(effort: number, layout: readonly BlockId[] | null = null): Func | null {
    return assemble({
      name: this.name,
      sig: this.sig,
      params: this.params,
      insts: this.#insts,
      blocks: this.#blocks,
      layout,
      slots: this.#slots,
      valueNames: this.#valueNames,
      blockNames: this.#blockNames,
      zeros: this.#zeros,
      place: (shape, forward) => this.#variables.place(shape, forward, effort),
    });
  }

  // Inside.

  #setPhi(phi: ValueId, args: readonly ValueId[], blocks: readonly BlockId[]): void {
    this.#insts[phi] = withEdges(this.inst(phi), args, blocks);
  }

  #state(b: BlockId): BuiltBlock {
    const state = this.#blocks[b];
    if (state === undefined) throw new Error(`@${this.name}: no block ^${b}`);
    return state;
  }

  #openState(): BuiltBlock {
    const state = this.#state(this.#current);
    if (state.term >= 0) throw new Error(`@${this.name}: ^${this.#current} is closed already`);
    return state;
  }

  #variableHost(): VariableHost {
    return {
      onlyPred: (b) => {
        const { sealed, preds } = this.#state(b);
        return sealed && preds.length === 1 ? preds[0] : undefined;
      },
      newPhi: (type) => this.#create(this.#emptyPhi(type)),
      zero: (type) => this.#zero(type),
      valueCount: () => this.#insts.length,
    };
  }

  /** The same for all placeholders of a type. */
  #emptyPhi(type: Type): Inst {
    let phi = this.#emptyPhis.get(type);
    if (phi === undefined) {
      phi = makeInst(this.opNamed('phi'), none, { type });
      this.#emptyPhis.set(type, phi);
    }
    return phi;
  }

  #zero(type: Type): ValueId {
    let v = this.#zeros.get(type);
    if (v === undefined) {
      const op = this.opNamed(zeroOpName(type));
      v = this.#create(makeInst(op, none, { imm: op.kind === 'const' ? zeroOf(type) : undefined, type }));
      this.#zeros.set(type, v);
    }
    return v;
  }

  #create(inst: Inst): ValueId {
    this.#insts.push(inst);
    return (this.#insts.length - 1) as ValueId;
  }
}

/** The list with one more item. An empty one is `none`, which is shared and stays as it is: most lists here have no item or one. */
function appended<T>(list: readonly T[], item: T): readonly T[] {
  if (list.length === 0) return [item];
  (list as T[]).push(item);
  return list;
}
