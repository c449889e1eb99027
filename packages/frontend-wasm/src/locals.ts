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
  readonly #asSlots: boolean;
  /** Where more are declared than code can mention: the places, in the arrays below, of those that it does. */
  readonly #places: Map<number, number> | null;
  readonly #types: (Type | undefined)[];
  /** Variables, or slots; -1: none yet. */
  readonly #homes: Int32Array;
  /** The values that are known, and the stretch of code that they were learnt in. */
  readonly #values: Int32Array;
  readonly #learnt: Int32Array;
  #stretch = 1;

  /** `codeLength` is in bytes; `asSlots`: locals are slots. */
  constructor(
    params: readonly Type[],
    groups: readonly WasmLocals[],
    codeLength: number,
    builder: FuncBuilder | null,
    asSlots: boolean,
  ) {
    this.#params = params;
    this.#groups = groups;
    this.#builder = builder;
    this.#asSlots = asSlots;
    const ends: number[] = [];
    let end = params.length;
    for (const { count } of groups) {
      end += count;
      ends.push(end);
    }
    this.#ends = ends;
    this.count = end;
    const most = params.length + codeLength;
    this.#places = end > most ? new Map() : null;
    const size = Math.min(end, most);
    this.#types = new Array(size);
    const lifted = builder === null ? 0 : size;
    this.#homes = new Int32Array(lifted).fill(-1);
    this.#values = new Int32Array(lifted);
    this.#learnt = new Int32Array(lifted);
    builder?.params.forEach((value, i) => {
      this.set(this.place(i), params[i] as Type, value);
    });
  }

  /** The place of a local that there is: what the methods below take. */
  place(index: number): number {
    const places = this.#places;
    if (places === null) return index;
    let place = places.get(index);
    if (place === undefined) {
      place = places.size;
      places.set(index, place);
      this.#types[place] = this.#typeOf(index);
    }
    return place;
  }

  /** The type of a local. */
  typeAt(place: number): Type {
    let type = this.#types[place];
    if (type === undefined) {
      type = this.#typeOf(place);
      this.#types[place] = type;
    }
    return type;
  }

  /** Another block can lead here from now on: forgets values. */
  forget(): void {
    this.#stretch++;
  }

  /** The value in the current block. */
  get(place: number, type: Type): ValueId {
    if (this.#learnt[place] === this.#stretch) return this.#values[place] as ValueId;
    const b = this.#builder as FuncBuilder;
    const home = this.#home(place, type);
    const value = this.#asSlots ? b.emit('slot.get', none, home, type) : b.read(home as Variable);
    this.#learnt[place] = this.#stretch;
    this.#values[place] = value;
    return value;
  }

  /** Has this value from here on in the current block. */
  set(place: number, type: Type, value: ValueId): void {
    const b = this.#builder as FuncBuilder;
    const home = this.#home(place, type);
    if (this.#asSlots) b.emit('slot.set', [value], home);
    else b.write(home as Variable, value);
    this.#learnt[place] = this.#stretch;
    this.#values[place] = value;
  }

  #home(place: number, type: Type): number {
    let home = this.#homes[place] as number;
    if (home < 0) {
      const b = this.#builder as FuncBuilder;
      home = this.#asSlots ? b.slot(type) : b.variable(type);
      this.#homes[place] = home;
    }
    return home;
  }

  #typeOf(index: number): Type {
    const param = this.#params[index];
    if (param !== undefined) return param;
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
