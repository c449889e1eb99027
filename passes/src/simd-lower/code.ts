/** Writes instructions at the end of a block, for both vectorisers. Ops come from the table of the module, by name. */

import {
  type BlockId,
  type Editor,
  type Imm,
  makeInst,
  none,
  type OpDef,
  type OpTable,
  type ResultType,
  type Span,
  type Value,
  type ValueId,
} from '@sluice/ir';
import { constantOf } from '../lib/structural.ts';
import type { Linear } from './linear.ts';

/** Appends to one block. */
export class Code {
  readonly edit: Editor;
  readonly ops: OpTable;
  readonly block: BlockId;
  /** Instructions go before this one, if it is not -1. */
  readonly #before: ValueId | -1;
  readonly #constants = new Map<string, ValueId>();

  constructor(edit: Editor, ops: OpTable, block: BlockId, before: ValueId | -1 = -1) {
    this.edit = edit;
    this.ops = ops;
    this.block = block;
    this.#before = before;
  }

  /** An instruction; the type is needed where the op leaves it open. */
  emit(
    name: string,
    args: readonly ValueId[],
    parts: { imm?: Imm; type?: ResultType; loc?: Span | null } = {},
  ): ValueId {
    const inst = makeInst(opNamed(this.ops, name), args, parts);
    return this.#before === -1 ? this.edit.append(this.block, inst) : this.edit.insertBefore(this.#before, inst);
  }

  /** A constant of an integer or float type; integers wrap. */
  constant(type: ResultType, value: bigint | number): ValueId {
    const key = `${type} ${Object.is(value, -0) ? '-0' : value}`;
    let made = this.#constants.get(key);
    if (made === undefined) {
      const op = constantOf(this.ops, type, immOf(type, value));
      // In the entry, so that every block may use it.
      made = this.edit.constant(op.op, op.imm as Value);
      this.#constants.set(key, made);
    }
    return made;
  }

  /** A vector whose bytes are given, the lowest first. */
  bytes(bytes: readonly number[]): ValueId {
    const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    return this.edit.constant(opNamed(this.ops, 'v128.const'), value);
  }

  /** The value on turn 0 of a linear form. */
  linear({ bits, terms, offset }: Linear): ValueId {
    const type = bits === 32 ? 'i32' : 'i64';
    let sum: ValueId | null = null;
    for (const [v, scale] of terms) {
      const narrow = bits === 32 && this.edit.inst(v).type === 'i64' ? this.emit('i32.wrap_i64', [v]) : v;
      if (scale === -1n && sum !== null) {
        sum = this.emit(`${type}.sub`, [sum, narrow]);
        continue;
      }
      const scaled = scale === 1n ? narrow : this.#times(type, narrow, scale);
      sum = sum === null ? scaled : this.emit(`${type}.add`, [sum, scaled]);
    }
    if (sum === null) return this.constant(type, offset);
    return offset === 0n ? sum : this.emit(`${type}.add`, [sum, this.constant(type, offset)]);
  }

  #times(type: 'i32' | 'i64', v: ValueId, scale: bigint): ValueId {
    const shift = powerOfTwo(scale);
    if (shift !== null) return this.emit(`${type}.shl`, [v, this.constant(type, BigInt(shift))]);
    return this.emit(`${type}.mul`, [v, this.constant(type, scale)]);
  }
}

function immOf(type: ResultType, value: bigint | number): Value {
  if (type === 'i32') return Number(BigInt.asIntN(32, BigInt(value)));
  return type === 'i64' ? BigInt.asIntN(64, BigInt(value)) : Number(value);
}

/** The exponent of a power of two that is positive; null for other numbers. */
export function powerOfTwo(k: bigint): number | null {
  return k > 0n && (k & (k - 1n)) === 0n ? k.toString(2).length - 1 : null;
}

/** The op of a name; throws where the table has none, which `hasVectors` has looked at. */
function opNamed(ops: OpTable, name: string): OpDef {
  const op = ops.get(name);
  if (op === undefined) throw new Error(`the op table has no op '${name}'`);
  return op;
}

/** Whether a table of ops has those on v128. */
export function hasVectors(ops: OpTable): boolean {
  return ops.has('v128.const') && ops.has('v128.load');
}

/** No operands. */
export const nothing: readonly ValueId[] = none;
