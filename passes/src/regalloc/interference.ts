/**
 * The interference graph: an edge between nodes of one file that may not share a register.
 *
 * A node interferes with what is live where it is defined, but a copy doesn't with its source: both are the same value as
 * long as neither is defined anew, and where one is, there is the edge. Parameters are live from the entry on, each in
 * its own register, so that edges among them are not needed.
 *
 * Each block is scanned backwards with the set of live values. The pairs go to one growing list and are sorted into rows by
 * counting; duplicates within a row are dropped. Before (spill.ts) it was made sure that no more values are live than
 * there are registers, so that edges are at most definitions times registers.
 */

import { asIds, type Block, type Func, instOf, liveness, orderOf, PairList, type Rows, type ValueId } from '@sluice/ir';
import { LiveSet } from './live-set.ts';
import type { Nodes } from './nodes.ts';

/** By node: the nodes that it interferes with, each once. */
export type Interference = Rows;

/** Builds the graph. */
export function interferenceOf(f: Func, nodes: Nodes): Interference {
  const { of, file } = nodes;
  const pairs = new PairList();
  const live = new LiveSet(f.insts.length);
  const rows = liveness(f).out;

  const define = (v: number, copied: number): void => {
    live.delete(v);
    const node = of[v] as number;
    const here = file[v];
    const { items, size } = live;
    for (let i = 0; i < size; i++) {
      const x = items[i] as number;
      if (file[x] !== here || x === copied) continue;
      const other = of[x] as number;
      if (other === node)
        throw new Error(`@${f.name}: %${v} and %${x} of one phi web interfere; run ssa-destruct first`);
      pairs.push(node, other);
      pairs.push(other, node);
    }
  };
  const visit = (v: ValueId): void => {
    const { op, args } = instOf(f, v);
    if ((of[v] as number) >= 0) define(v, op.name === 'copy' ? (args[0] as number) : -1);
    for (let k = 0; k < args.length; k++) if ((of[args[k] as number] as number) >= 0) live.add(args[k] as number);
  };

  for (const b of orderOf(f).rpo) {
    const block = f.blocks[b] as Block;
    for (let i = rows.start[b] as number; i < (rows.start[b + 1] as number); i++) {
      const v = rows.items[i] as number;
      if ((of[v] as number) >= 0) live.add(v);
    }
    visit(block.term);
    for (let i = block.body.length - 1; i >= 0; i--) visit(block.body[i] as ValueId);
    for (const v of block.phis) if ((of[v] as number) >= 0) define(v, -1);
    live.clear();
  }
  return withoutDuplicates(pairs.rows(f.insts.length), f.insts.length);
}

function withoutDuplicates(rows: Rows, count: number): Rows {
  const start = new Int32Array(count + 1);
  const items = new Int32Array(rows.items.length);
  const seen = new Int32Array(count).fill(-1);
  let length = 0;
  for (let node = 0; node < count; node++) {
    start[node] = length;
    for (let i = rows.start[node] as number; i < (rows.start[node + 1] as number); i++) {
      const other = rows.items[i] as number;
      if (seen[other] === node) continue;
      seen[other] = node;
      items[length++] = other;
    }
  }
  start[count] = length;
  return { start: asIds(start), items: asIds(items.subarray(0, length)) };
}
