/** The constants of a loaded program: 8-byte ones by their bits, and host values, each once. */

import { f64Bits, type Type, toNumber, type Value } from '@sluice/ir';

/** Collects constants; `bits` and `hosts` are what the loop reads. */
export class Constants {
  readonly #bits: bigint[] = [];
  readonly #numbers = new Map<bigint, number>();
  readonly #hosts: Value[] = [];
  readonly #hostNumbers = new Map<Value, number>();

  /** The number of an 8-byte constant; an f32 stands there as the f64 of the same value. */
  number(type: Type, value: Value): number {
    const bits =
      type === 'i64' ? BigInt.asIntN(64, value as bigint) : f64Bits(type === 'f32' ? toNumber(value) : value);
    let k = this.#numbers.get(bits);
    if (k === undefined) {
      k = this.#bits.push(bits) - 1;
      this.#numbers.set(bits, k);
    }
    return k;
  }

  /** The number of a host value. */
  host(value: Value): number {
    let k = this.#hostNumbers.get(value);
    if (k === undefined) {
      k = this.#hosts.push(value) - 1;
      this.#hostNumbers.set(value, k);
    }
    return k;
  }

  get bits(): BigInt64Array {
    return BigInt64Array.from(this.#bits);
  }

  get hosts(): readonly Value[] {
    return this.#hosts;
  }
}
