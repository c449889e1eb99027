/** How Bril's types and simple ops are said in IR. Pointers are heap pointers; bools are i32 0 or 1, chars code points. */

import { type BrilType, formatType } from '@sluice/bril-format';
import { anyTags, type OpName, type Type } from '@sluice/ir';

/** The IR type of a Bril type. */
export function irType(type: BrilType): Type {
  if (type.ptr > 0) return 'i64';
  switch (type.base) {
    case 'int':
      return 'i64';
    case 'float':
      return 'f64';
    case 'bool':
    case 'char':
      return 'i32';
    default:
      return 'any';
  }
}

/** Ops whose operands and result are the IR op's own. */
export const simpleOps: Readonly<Record<string, OpName>> = {
  add: 'i64.add',
  sub: 'i64.sub',
  mul: 'i64.mul',
  eq: 'i64.eq',
  lt: 'i64.lt_s',
  gt: 'i64.gt_s',
  le: 'i64.le_s',
  ge: 'i64.ge_s',
  not: 'i32.eqz',
  and: 'i32.and',
  or: 'i32.or',
  fadd: 'f64.add',
  fsub: 'f64.sub',
  fmul: 'f64.mul',
  fdiv: 'f64.div',
  feq: 'f64.eq',
  flt: 'f64.lt',
  fgt: 'f64.gt',
  fle: 'f64.le',
  fge: 'f64.ge',
  ceq: 'i32.eq',
  clt: 'i32.lt_u',
  cgt: 'i32.gt_u',
  cle: 'i32.le_u',
  cge: 'i32.ge_u',
  char2int: 'i64.extend_i32_u',
  float2bits: 'i64.reinterpret_f64',
  bits2float: 'f64.reinterpret_i64',
};

/** The tags by which `any` values of a program are told apart: each pointer type has its own. */
export class AnyTags {
  readonly #pointers = new Map<string, number>();

  /** The tag of a type other than `any`. */
  of(type: BrilType): number {
    if (type.ptr === 0) return anyTags[type.base as 'int' | 'float' | 'bool' | 'char'];
    const name = formatType(type);
    let tag = this.#pointers.get(name);
    if (tag === undefined) {
      tag = anyTags.pointer + this.#pointers.size;
      this.#pointers.set(name, tag);
    }
    return tag;
  }
}
