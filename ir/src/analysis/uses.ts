/**
 * Who uses each value, and in which block each instruction stands.
 *
 * Not part of the `Func`: two arrays built in one sweep when asked for cost less than lists that every edit must keep
 * (figures in the design's measurements). The `Editor` keeps its own, incremental ones.
 */

import type { BlockId, Func, ValueId } from '../func.ts';
import { filledInts, ints, scratchInts } from '../ints.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { asIds, type Ids, type Rows } from './ids.ts';

/** Users of each value; row `v` of `start` and `items` lists the users of `v`. */
export class Uses implements Rows<ValueId> {
  readonly start: Ids;
  /** Instructions, ascending in a row; an instruction that uses a value twice is there twice. */
  readonly items: Ids<ValueId>;

  /** @internal */
  constructor(start: Int32Array, items: Int32Array) {
    this.start = asIds(start);
    this.items = asIds(items);
  }

  /** The users of a value, an entry for each operand; a view without a copy. */
  of(v: ValueId): Ids<ValueId> {
    return this.items.subarray(this.start[v] as number, this.start[v + 1] as number);
  }

  /** The number of operands that are this value. */
  count(v: ValueId): number {
    return (this.start[v + 1] as number) - (this.start[v] as number);
  }
}

/** The users of each value. */
export const usesOf: Analysis<Uses> = defineAnalysis({ name: 'uses', of: 'func', run: buildUses });

const operandsOf = scratchInts();
const endOf = scratchInts();

function buildUses(f: Func): Uses {
  const { insts } = f;
  const count = insts.length;
  // Shifted by one: in the second sweep start[v + 1] is where the next user of v goes, and ends as the end of row v.
  const start = ints(count + 2);
  // Operands in a row, so that the objects are visited once: they, not the arithmetic, are what costs.
  let operands = operandsOf(2 * count + 16);
  const end = endOf(count);
  let n = 0;
  for (let id = 0; id < count; id++) {
    const inst = insts[id];
    if (inst !== undefined) {
      const { args } = inst;
      if (n + args.length > operands.length) operands = enlarged(operands, n + args.length);
      for (let k = 0; k < args.length; k++) {
        const arg = args[k] as number;
        operands[n++] = arg;
        start[arg + 2] = (start[arg + 2] as number) + 1;
      }
    }
    end[id] = n;
  }
  for (let v = 2; v <= count + 1; v++) start[v] = (start[v] as number) + (start[v - 1] as number);
  const items = ints(n);
  for (let id = 0, at = 0; id < count; id++) {
    for (const stop = end[id] as number; at < stop; at++) {
      const next = (operands[at] as number) + 1;
      const slot = start[next] as number;
      items[slot] = id;
      start[next] = slot + 1;
    }
  }
  return new Uses(start.subarray(0, count + 1), items);
}

function enlarged(array: Int32Array<ArrayBuffer>, least: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * array.length, least));
  larger.set(array);
  return larger;
}

/** By `ValueId`: the block in which the instruction stands; -1 for parameters and ids without an instruction. */
export const blockOfValue: Analysis<Ids<BlockId>> = defineAnalysis({
  name: 'block-of-value',
  of: 'func',
  run: (f: Func): Ids<BlockId> => {
    const home = filledInts(f.insts.length, -1);
    fillHomes(f, home);
    return asIds(home);
  },
});

/**
 * Writes the block of each instruction that stands in one to `home`, by `ValueId`; other elements stay.
 *
 * @internal
 */
export function fillHomes(f: Func, home: Int32Array): void {
  const { order, blocks } = f;
  for (let i = 0; i < order.length; i++) {
    const b = order[i] as BlockId;
    const block = blocks[b];
    if (block === undefined) continue;
    const { phis, body } = block;
    for (let k = 0; k < phis.length; k++) home[phis[k] as number] = b;
    for (let k = 0; k < body.length; k++) home[body[k] as number] = b;
    home[block.term] = b;
  }
}
