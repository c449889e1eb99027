/**
 * The canonical numbering of a function: values from 0 in the order of the text (parameters, then block by block;
 * instructions without a result get no number), blocks from 0 in order of layout. Two functions that differ only in
 * their ids have the same text, the same binary form and the same hash.
 *
 * Total: works on functions that the verifier refuses, for their messages. What stands nowhere has number -1.
 */

import type { BlockId, Func, ValueId } from '../func.ts';
import { isNumeric, printName } from './names.ts';

/** Numbers by id; -1 for what has none. */
export interface Numbering {
  readonly values: Int32Array;
  readonly blocks: Int32Array;
  /** The number of values that have a number. */
  readonly count: number;
}

/** The canonical numbering; linear time. */
export function numbering(f: Func): Numbering {
  const values = new Int32Array(f.insts.length).fill(-1);
  const blocks = new Int32Array(f.blocks.length).fill(-1);
  let count = 0;
  const add = (v: ValueId): void => {
    const inst = f.insts[v];
    if (inst !== undefined && inst.type !== 'void' && values[v] === -1) values[v] = count++;
  };
  for (const v of f.params) add(v);
  for (const [at, b] of f.order.entries()) {
    if (blocks[b] === -1) blocks[b] = at;
    const block = f.blocks[b];
    if (block === undefined) continue;
    for (const v of block.phis) add(v);
    for (const v of block.body) add(v);
    add(block.term);
  }
  return { values, blocks, count };
}

/** How ids are written: `%3`, `%name`, `^0`, `^loop`. */
export interface Labels {
  /** `%3` or `%name`. */
  value(v: ValueId): string;
  /** `^0` or `^name`. */
  block(b: BlockId): string;
}

/** Labels by number or, with `names`, by name where there is one that no other has. */
export function labelsOf(f: Func, names: boolean): Labels {
  const numbers = numbering(f);
  const values = names ? unique(f.valueNames) : noNames;
  const blocks = names ? unique(f.blockNames) : noNames;
  return {
    value: (v) => `%${values.get(v) ?? number(numbers.values[v], v)}`,
    block: (b) => `^${blocks.get(b) ?? number(numbers.blocks[b], b)}`,
  };
}

const noNames: ReadonlyMap<number, string> = new Map();

// An id without a number is no valid reference: it is shown, in a form that does not parse.
function number(found: number | undefined, id: number): string {
  return found === undefined || found === -1 ? `?${id}` : String(found);
}

function unique(names: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  const times = new Map<string, number>();
  for (const name of names.values()) times.set(name, (times.get(name) ?? 0) + 1);
  const kept = new Map<number, string>();
  for (const [id, name] of names) {
    if (name !== '' && !isNumeric(name) && times.get(name) === 1) kept.set(id, printName(name));
  }
  return kept;
}
