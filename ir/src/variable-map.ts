/**
 * What a block does with variables: a value for some of them, in the order in which they were first named. Most blocks name few,
 * so that two short lists do; an index is made when they grow.
 */

import type { ValueId } from './func.ts';

/** Lists up to this length are searched. */
const short = 8;

/** Values by variable (dense numbers). */
export class VariableMap {
  readonly #keys: number[] = [];
  readonly #values: ValueId[] = [];
  #index: Map<number, number> | null = null;

  /** How many variables have a value. */
  get size(): number {
    return this.#keys.length;
  }

  /** The variable at a position below `size`. */
  keyAt(at: number): number {
    return this.#keys[at] as number;
  }

  /** The value of the variable at a position below `size`. */
  valueAt(at: number): ValueId {
    return this.#values[at] as ValueId;
  }

  /** The value of a variable; undefined where it has none. */
  get(variable: number): ValueId | undefined {
    return this.#values[this.#find(variable)];
  }

  /** Gives a variable this value. */
  set(variable: number, value: ValueId): void {
    const at = this.#find(variable);
    if (at >= 0) {
      this.#values[at] = value;
      return;
    }
    this.#keys.push(variable);
    this.#values.push(value);
    if (this.#index !== null) this.#index.set(variable, this.#keys.length - 1);
    else if (this.#keys.length > short) this.#index = new Map(this.#keys.map((key, i) => [key, i]));
  }

  #find(variable: number): number {
    if (this.#index !== null) return this.#index.get(variable) ?? -1;
    const keys = this.#keys;
    for (let i = 0; i < keys.length; i++) if (keys[i] === variable) return i;
    return -1;
  }
}

/** No variable has a value; nobody writes to it. */
export const noVariables: VariableMap = new VariableMap();
