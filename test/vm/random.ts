/** A seeded source of values that dwell on the edges of their types. */
import { f32FromBits, f64FromBits, type Type, type Value } from '@sluice/ir';

const edges32 = [0, 1, -1, 2, 31, 32, 33, 0x7fffffff, -0x80000000, 0x7ffffffe, 255, 65_535, 65_532, -2, 1_000_003];
const edges64 = [0n, 1n, -1n, 63n, 64n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n), 1n << 52n];
const edgesFloat = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  1e-310,
  1e300,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 63,
  2 ** 64,
];
const special = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 4_294_967_295.5, -0.9999, 1e10];

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A number of 32 bits (mulberry32). */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return (x ^ (x >>> 14)) | 0;
  }

  below(n: number): number {
    return (this.bits() >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.bits() & 255);
  }

  i32(): number {
    return this.below(3) === 0 ? this.bits() : this.pick(edges32);
  }

  value(type: Type): Value {
    const wide = () => (BigInt(this.bits()) << 32n) | BigInt(this.bits() >>> 0);
    switch (type) {
      case 'i32':
        return this.i32();
      case 'i64':
        return this.below(3) === 0 ? wide() : this.pick(edges64);
      case 'f32':
        return this.below(3) === 0 ? f32FromBits(this.bits()) : Math.fround(this.pick([...edgesFloat, ...special]));
      case 'f64':
        return this.below(3) === 0 ? f64FromBits(wide()) : this.pick([...edgesFloat, ...special]);
      case 'funcref':
        return this.pick([null, 'f']);
      case 'externref':
        return this.pick([null, 'x', 7]);
      case 'any':
        return this.pick([1n, 2.5, true, undefined]);
      case 'v128':
        return (BigInt.asUintN(64, wide()) << 64n) | BigInt.asUintN(64, wide());
    }
  }
}
