/**
 * Variables of a function that is being lifted. Each is a variable of the builder; one that may be read without a value
 * (lift-undefined.ts) has a second one, its state, which is tested when it is read. Names may also be shadows, the
 * variables of `set` and `get`.
 *
 * Where a variable's type or a use is `any`, values are boxed and unboxed in between.
 */

import { type BrilFunction, type BrilInstr, type BrilType, isAny, sameType } from '@sluice/bril-format';
import type { FuncBuilder, ValueId, Variable } from '@sluice/ir';
import { variableTypes } from './check.ts';
import type { LiftFlow } from './lift-flow.ts';
import { type AnyTags, irType } from './lift-types.ts';
import { doubtfulVariables, shadowOf } from './lift-undefined.ts';

/** A variable or shadow of the source. */
interface Slot {
  readonly type: BrilType;
  readonly value: Variable;
  /** 0 never assigned, 1 undef, 2 a value; null where it always has one when read. */
  readonly state: Variable | null;
}

const undef = 1;
const assigned = 2;

/** The variables of one function; see the head of this file. */
export class LiftVariables {
  readonly #func: BrilFunction;
  readonly #b: FuncBuilder;
  readonly #flow: LiftFlow;
  readonly #tags: AnyTags;
  readonly #slots = new Map<string, Slot>();
  /** Copies of all slots, by depth of speculation. */
  readonly #saved: Map<string, Slot>[] = [];

  constructor(func: BrilFunction, b: FuncBuilder, flow: LiftFlow, tags: AnyTags) {
    this.#func = func;
    this.#b = b;
    this.#flow = flow;
    this.#tags = tags;
    this.#declare();
  }

  /** The type that the variable has throughout. */
  typeOf(name: string): BrilType {
    return this.#slotOf(name).type;
  }

  /** The value of a variable; traps where it has none. */
  read(name: string): ValueId {
    const { value, state } = this.#slotOf(name);
    if (state !== null) this.#requireState(state, assigned);
    return this.#b.read(value);
  }

  /** The value of a variable as `type`, boxed or unboxed where one of the two is `any`. */
  readAs(name: string, type: BrilType): ValueId {
    return this.#convert(this.read(name), this.typeOf(name), type);
  }

  /** Gives the instruction's destination, where there is one, a value of type `from`. */
  define(instr: BrilInstr, value: ValueId, from: BrilType): void {
    const { dest } = instr;
    if (dest === null) return;
    const converted = this.#convert(value, from, this.typeOf(dest));
    this.#b.nameValue(converted, dest);
    this.#assign(dest, converted);
  }

  /** A copy keeps `undef`; only a variable that was never assigned must not be read. */
  copy(from: string, to: string): void {
    const b = this.#b;
    const source = this.#slotOf(from);
    const target = this.#slotOf(to);
    const converted = isAny(source.type) !== isAny(target.type);
    if (source.state === null || converted) {
      this.#assign(to, this.readAs(from, target.type));
      return;
    }
    this.#requireState(source.state, undef);
    b.write(target.value, b.read(source.value));
    // A copy of a doubtful variable is doubtful (lift-undefined.ts).
    if (target.state !== null) b.write(target.state, b.read(source.state));
  }

  /** Gives the variable Bril's `undef`. */
  undefine(name: string): void {
    const b = this.#b;
    const { value, state, type } = this.#slotOf(name);
    if (!isAny(type)) b.write(value, b.constant(irType(type), irType(type) === 'i64' ? 0n : 0));
    else b.write(value, b.emit('any.box', [b.constant('i64', 0n)], 0));
    if (state !== null) b.write(state, b.constant('i32', undef));
  }

  /** Copies all variables to the set of this depth of speculation. */
  save(depth: number): void {
    let saved = this.#saved[depth];
    if (saved === undefined) {
      saved = new Map([...this.#slots].map(([name, { type, state }]) => [name, this.#slot(type, state !== null)]));
      this.#saved[depth] = saved;
    }
    this.#copyAll(this.#slots, saved);
  }

  /** Copies all variables back; false when none were saved for this depth. */
  restore(depth: number): boolean {
    const saved = this.#saved[depth];
    if (saved !== undefined) this.#copyAll(saved, this.#slots);
    return saved !== undefined;
  }

  #declare(): void {
    const b = this.#b;
    const doubtful = doubtfulVariables(this.#func, this.#flow.blocks);
    const types = variableTypes(this.#func);
    for (const [name, type] of types) this.#slots.set(name, this.#slot(type, doubtful.has(name)));
    for (const item of this.#func.items) {
      if (item.kind === 'label') continue;
      const name = item.op === 'set' ? item.args[0] : item.op === 'get' ? item.dest : null;
      const type = name === null || name === undefined ? undefined : types.get(name);
      if (name === null || name === undefined || type === undefined || this.#slots.has(shadowOf(name))) continue;
      this.#slots.set(shadowOf(name), this.#slot(type, doubtful.has(shadowOf(name))));
    }
    // The entry gives doubtful variables their first state: zero, which is what the builder reads where nothing was written.
    this.#func.params.forEach(({ name }, i) => {
      const value = b.params[i];
      if (value === undefined) return;
      b.nameValue(value, name);
      this.#assign(name, value);
    });
  }

  #slot(type: BrilType, doubtful: boolean): Slot {
    const value = this.#b.variable(irType(type));
    return { type, value, state: doubtful ? this.#b.variable('i32') : null };
  }

  #slotOf(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new Error(`liftBril: unchecked variable '${name}' in @${this.#func.name}`);
    return slot;
  }

  #requireState(state: Variable, least: number): void {
    const b = this.#b;
    const now = b.read(state);
    const inst = b.inst(now);
    if (inst.op.kind === 'const' && Number(inst.imm) >= least) return;
    this.#flow.require(b.emit('i32.ge_u', [now, b.constant('i32', least)]), 'unreachable');
  }

  #convert(value: ValueId, from: BrilType, to: BrilType): ValueId {
    if (sameType(from, to) || isAny(from) === isAny(to)) return value;
    if (isAny(to)) return this.#b.emit('any.box', [value], this.#tags.of(from));
    return this.#b.emit('any.unbox', [value], this.#tags.of(to), irType(to));
  }

  #assign(name: string, value: ValueId): void {
    const slot = this.#slotOf(name);
    this.#b.write(slot.value, value);
    if (slot.state !== null) this.#b.write(slot.state, this.#b.constant('i32', assigned));
  }

  #copyAll(from: ReadonlyMap<string, Slot>, to: ReadonlyMap<string, Slot>): void {
    const b = this.#b;
    for (const [name, source] of from) {
      const target = to.get(name);
      if (target === undefined) continue;
      b.write(target.value, b.read(source.value));
      if (source.state !== null && target.state !== null) b.write(target.state, b.read(source.state));
    }
  }
}
