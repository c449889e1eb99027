/** What ops are lowered with: new instructions before one of them, lowered themselves where Bril lacks them too. */

import {
  type Editor,
  evalOp,
  type Fragment,
  type Imm,
  type Inst,
  makeInst,
  none,
  type OpDef,
  type OpTable,
  type Span,
  Trap,
  type Type,
  type Value,
  type ValueId,
} from '@sluice/ir';
import type { Library, LibraryName } from './library.ts';
import { brilDiv, brilNarrow } from './ops.ts';

/** How an i32 is kept. */
export type Kept = 'bool' | 'char' | 'int';

/** Gives what stands for an op. */
export type LowerOp = (b: Lowering, args: readonly ValueId[]) => ValueId;

/** Whether an op may stay as it is. */
export type Stays = (b: Lowering, args: readonly ValueId[]) => boolean;

/** By op. */
export interface Lowerings {
  readonly lower: ReadonlyMap<string, LowerOp>;
  readonly stays: ReadonlyMap<string, Stays>;
}

const least = -(2n ** 63n);

/** Makes instructions in one function. */
export class Lowering implements Fragment {
  readonly edit: Editor;
  readonly #ops: OpTable;
  readonly #lowerings: Lowerings;
  readonly #library: Library;
  readonly #kept: (v: ValueId) => Kept;
  /** By i32 that was made here: the same number as an i64. */
  readonly #wide = new Map<ValueId, ValueId>();
  #anchor: ValueId = -1 as ValueId;
  #loc: Span | null = null;

  constructor(edit: Editor, ops: OpTable, lowerings: Lowerings, library: Library, kept: (v: ValueId) => Kept) {
    this.edit = edit;
    this.#ops = ops;
    this.#lowerings = lowerings;
    this.#library = library;
    this.#kept = kept;
  }

  /** What is made stands before this instruction from now on. */
  before(anchor: ValueId): void {
    this.#anchor = anchor;
    this.#loc = this.edit.inst(anchor).loc;
  }

  /** The constant that a value is; undefined where it is none. */
  known(v: ValueId): Value | undefined {
    const { op, imm } = this.edit.inst(v);
    return op.kind === 'const' ? (imm as Value) : undefined;
  }

  /** How the program keeps an i32 that is no constant. */
  kept(v: ValueId): Kept {
    return this.#wide.has(v) ? 'int' : this.#kept(v);
  }

  op(name: string): OpDef {
    const op = this.#ops.get(name);
    if (op === undefined) throw new Error(`no op '${name}'`);
    return op;
  }

  constant(type: Type, value: Value): ValueId {
    return this.#insert(makeInst(this.op(`${type}.const`), none, { imm: value, type, loc: this.#loc }));
  }

  int(value: bigint): ValueId {
    return this.constant('i64', BigInt.asIntN(64, value));
  }

  /** Appends an op that leaves no type open; its lowering, where there is one. */
  emit(op: OpDef | string, args: readonly number[] = none, imm?: Imm): ValueId {
    const def = typeof op === 'string' ? this.op(op) : op;
    const operands = args as readonly ValueId[];
    const folded = this.folded(def, operands);
    if (folded !== undefined) return this.constant(def.sig.result as Type, folded);
    const lower = this.lowering(def, operands);
    if (lower !== null) return lower(this, operands);
    return this.#insert(makeInst(def, operands, { loc: this.#loc, ...(imm === undefined ? {} : { imm }) }));
  }

  /** How an op is lowered; null where it stays. */
  lowering(op: OpDef, args: readonly ValueId[]): LowerOp | null {
    const lower = this.#lowerings.lower.get(op.name);
    return lower === undefined || this.#lowerings.stays.get(op.name)?.(this, args) === true ? null : lower;
  }

  /** What an op is defined as. */
  derived(name: string, args: readonly ValueId[]): ValueId {
    const { expand } = this.op(name);
    if (expand === undefined || expand === null) throw new Error(`'${name}' is not made of others`);
    return expand(this, ...args) as ValueId;
  }

  /** Whether the i64 of an i32 is there. */
  isMade(v: ValueId): boolean {
    return this.#wide.has(v);
  }

  /** One of two values, by a test. */
  select(on: ValueId, yes: ValueId, no: ValueId): ValueId {
    const { type } = this.edit.inst(yes);
    return this.#insert(makeInst(this.op('select'), [yes, no, on], { type, loc: this.#loc }));
  }

  /** Calls a function of the library. */
  call(name: LibraryName, ...args: readonly ValueId[]): ValueId {
    const { imm, type } = this.#library.use(name);
    return this.#insert(makeInst(this.op('call'), args, { imm, type, loc: this.#loc }));
  }

  isNegative(x: ValueId): ValueId {
    return this.emit('i64.lt_s', [x, this.int(0n)]);
  }

  /** `x` without its highest bit. */
  withoutSign(x: ValueId): ValueId {
    return this.select(this.isNegative(x), this.emit('i64.sub', [x, this.int(least)]), x);
  }

  // i32.

  /** A number that fits 32 bits as an i32. */
  narrow(x: ValueId): ValueId {
    const v = this.emit(brilNarrow, [x]);
    if (this.known(v) === undefined) this.#wide.set(v, x);
    return v;
  }

  /** The low 32 bits, with their sign: the product wraps, the quotient is exact. */
  wrap(x: ValueId): ValueId {
    const up = this.int(2n ** 32n);
    return this.emit(brilDiv, [this.emit('i64.mul', [x, up]), up]);
  }

  /** The i64 of the same number, signed. */
  wide(v: ValueId): ValueId {
    const known = this.known(v);
    if (known !== undefined) return this.int(BigInt(known as number));
    const made = this.#wide.get(v);
    if (made !== undefined) return made;
    if (this.kept(v) === 'bool') return this.select(v, this.int(1n), this.int(0n));
    return this.#insert(makeInst(this.op('i64.extend_i32_s'), [v], { loc: this.#loc }));
  }

  /** The i64 of the same number, unsigned: what 2^32 more leaves of 2^32. */
  unsigned(v: ValueId): ValueId {
    const known = this.known(v);
    if (known !== undefined) return this.int(BigInt((known as number) >>> 0));
    if (this.kept(v) === 'char') return this.#insert(makeInst(this.op('i64.extend_i32_u'), [v], { loc: this.#loc }));
    const x = this.wide(v);
    if (this.kept(v) === 'bool') return x;
    const up = this.int(2n ** 32n);
    const more = this.emit('i64.add', [x, up]);
    return this.emit('i64.sub', [more, this.emit('i64.mul', [this.emit(brilDiv, [more, up]), up])]);
  }

  /** The value of an op of constants; undefined where it is none, or traps. */
  folded(op: OpDef, args: readonly ValueId[]): Value | undefined {
    if (op.eval === null || args.length === 0 || !args.every((arg) => this.known(arg) !== undefined)) return undefined;
    const types = args.map((arg) => this.edit.inst(arg).type);
    const value = evalOp(
      op,
      op.sig.result as Type,
      types,
      args.map((arg) => this.known(arg) as Value),
    );
    return value instanceof Trap ? undefined : value;
  }

  #insert(inst: Inst): ValueId {
    return this.edit.insertBefore(this.#anchor, inst);
  }
}
