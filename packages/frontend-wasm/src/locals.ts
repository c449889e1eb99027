/**
 * The locals of a function as variables of the builder. What the present block knows of a local is kept here, so that the
 * builder is asked once for each local and stretch of code that nothing else leads into. Where SSA form would be quadratic
 * in the code (no real function is near) they are slots of the frame instead.
 *
 * A function may declare 50,000 locals in five bytes; those that its code does not mention cost nothing.
 */

import type { FuncBuilder, Type, ValueId, Variable } from '@sluice/ir';
import type { WasmLocals } from '@sluice/wasm-format';

const none: readonly never[] = [];

/** The locals of one function, by index; parameters come first. */
export class Locals {
  /** How many there are. */
  readonly count: number;
  readonly #params: readonly Type[];
  readonly #groups: readonly WasmLocals[];
  /** First index behind each group. */
  readonly #ends: readonly number[];
  readonly #builder: FuncBuilder | null;
  readonly #types: (Type | undefined)[] = [];
  readonly #variables: (Variable | undefined)[] = [];
  /** The values that are known, and the stretch of code that they were learnt in. */
  readonly #values: (ValueId | undefined)[] = [];
  readonly #learnt: (number | undefined)[] = [];
  #stretch = 0;
  /** By local: its slot, where they are slots. */
  readonly #slots: (number | undefined)[] | null;

  constructor(params: readonly Type[], groups: readonly WasmLocals[], builder: FuncBuilder | null, slots: boolean) {
    this.#slots = slots ? [] : null;
    this.#params = params;
    this.#groups = groups;
    this.#builder = builder;
    const ends: number[] = [];
    let end = params.length;
    for (const { count } of groups) {
      end += count;
      ends.push(end);
    }
    this.#ends = ends;
    this.count = end;
    builder?.params.forEach((value, i) => {
      this.set(i, params[i] as Type, value);
    });
  }

  /** The type of a local that there is. */
  typeOf(index: number): Type {
    let type = this.#types[index];
    if (type === undefined) {
      type = this.#params[index] ?? this.#declared(index);
      this.#types[index] = type;
    }
    return type;
  }

  /** Another block can lead here from now on: forgets values. */
  forget(): void {
    this.#stretch++;
  }

  /** The value in the current block. */
  get(index: number, type: Type): ValueId {
    if (this.#learnt[index] === this.#stretch) return this.#values[index] as ValueId;
    const b = this.#builder as FuncBuilder;
    const value =
      this.#slots === null
        ? b.read(this.#variable(index, type))
        : b.emit('slot.get', none, this.#slot(this.#slots, index, type), type);
    this.#learnt[index] = this.#stretch;
    this.#values[index] = value;
    return value;
  }

  /** Has this value from here on in the current block. */
  set(index: number, type: Type, value: ValueId): void {
    const b = this.#builder as FuncBuilder;
    if (this.#slots === null) b.write(this.#variable(index, type), value);
    else b.emit('slot.set', [value], this.#slot(this.#slots, index, type));
    this.#learnt[index] = this.#stretch;
    this.#values[index] = value;
  }

  #variable(index: number, type: Type): Variable {
    let variable = this.#variables[index];
    if (variable === undefined) {
      variable = (this.#builder as FuncBuilder).variable(type);
      this.#variables[index] = variable;
    }
    return variable;
  }

  #slot(slots: (number | undefined)[], index: number, type: Type): number {
    const slot = slots[index] ?? (this.#builder as FuncBuilder).slot(type);
    slots[index] = slot;
    return slot;
  }

  #declared(index: number): Type {
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return (this.#groups[low] as WasmLocals).type;
  }
}
