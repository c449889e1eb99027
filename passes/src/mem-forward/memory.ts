/** What is known of linear memory and of globals at one point: values that certain places hold. */

import type { Inst, OpDef, ResultType, ValueId } from '@sluice/ir';
import type { Reader } from '@sluice/pipeline';
import { aliasBytes, type Bytes, bytesOf } from '../lib/alias.ts';

/** Places of one kind that are remembered; older ones are forgotten. */
export const remembered = 16;

/** `list` with one more, the oldest left out where there are too many. */
export function withFact<T>(list: readonly T[], fact: T): readonly T[] {
  return list.length < remembered ? [...list, fact] : [...list.slice(1), fact];
}

/** So many bytes at a place hold a value. */
export interface MemoryFact extends Bytes {
  readonly value: ValueId;
  readonly type: ResultType;
  /** A load that is narrower than its result, which gives this value; null: the bytes are the value's own. */
  readonly narrow: OpDef | null;
}

/** A global holds a value. */
export interface GlobalFact {
  readonly name: string;
  readonly value: ValueId;
}

const widths: Readonly<Record<string, number>> = { i32: 4, f32: 4, i64: 8, f64: 8, v128: 16 };

/** What a load or store says of memory: it holds this value now. */
export function memoryFact(inst: Inst, v: ValueId, read: Reader): MemoryFact {
  const { access } = inst.op;
  const { base, offset, bytes, root } = bytesOf(inst, read);
  const value = access?.store === true ? (inst.args[1] as ValueId) : v;
  const { type } = read.inst(value);
  return {
    base,
    offset,
    bytes,
    root,
    value,
    type,
    narrow: bytes === widths[type] ? null : inst.op,
  };
}

/** The fact about the same bytes as a load, if it tells what the load gives. */
export function loaded(facts: readonly MemoryFact[], load: MemoryFact): MemoryFact | undefined {
  return facts.findLast((fact) => samePlace(fact, load) && fact.type === load.type && fact.narrow === load.narrow);
}

/** Whether two accesses are of the same bytes. */
export function samePlace(a: MemoryFact, b: MemoryFact): boolean {
  return a.base === b.base && a.offset === b.offset && a.bytes === b.bytes;
}

/** The facts that a store to certain bytes leaves true. */
export function survivingStore(facts: readonly MemoryFact[], store: MemoryFact): readonly MemoryFact[] {
  for (let i = 0; i < facts.length; i++) {
    if (aliasBytes(facts[i] as MemoryFact, store) !== 'no')
      return facts.filter((fact) => aliasBytes(fact, store) === 'no');
  }
  return facts;
}
