/** Slots for nodes. They are shared: nodes are coloured as if slots were registers without a bound (scan-unbounded.ts). */

import { type Func, type Type, valueTypes } from '@sluice/ir';
import type { Arrivals } from './arrive.ts';
import { fileOf, type Nodes } from './nodes.ts';
import { colorFreely } from './scan-unbounded.ts';

/** A slot for each of some nodes, and the types of the slots that have to be added behind those of the function. */
export interface Slots {
  readonly of: Map<number, number>;
  readonly added: readonly Type[];
}

/** Gives slots to the wanted nodes: parameters that arrived in one stay in it. */
export function slotsOf(f: Func, nodes: Nodes, wanted: (node: number) => boolean, arrivals: Arrivals): Slots {
  const slots = new Map<number, number>();
  for (const [v, slot] of arrivals) {
    const node = nodes.of[v] as number;
    if (node >= 0 && wanted(node)) slots.set(node, slot);
  }
  const isNew = (node: number): boolean => node >= 0 && !slots.has(node) && wanted(node);
  const of = nodes.of.map((node) => (isNew(node) ? node : -1));
  const file = new Int8Array(f.insts.length);
  for (let v = 0; v < file.length; v++) {
    const inst = f.insts[v];
    file[v] = inst === undefined ? -1 : fileOf(inst, true);
  }
  const fixed = new Int32Array(of.length).fill(-1);
  const webs = nodes.webs.filter(isNew);
  const { joint } = nodes;
  const { colors, used } = colorFreely(f, { of, file, fixed, joint, webs, files: valueTypes.length, typed: true });
  const added: Type[] = [];
  const first = used.map((count, k) => {
    const base = f.slots.length + added.length;
    for (let i = 0; i < count; i++) added.push(valueTypes[k] as Type);
    return base;
  });
  for (const node of of) {
    if (node >= 0) slots.set(node, (first[file[node] as number] as number) + (colors[node] as number));
  }
  return { of: slots, added };
}
