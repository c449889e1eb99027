/**
 * The end of an allocation: colours become registers, and copies within one register vanish.
 */

import type { Allocation } from '@sluice/codegen';
import { type Block, Editor, type Func, orderOf, type ValueId } from '@sluice/ir';
import type { Coloring } from './greedy.ts';
import { type Nodes, numberRegisters } from './nodes.ts';

/** Makes the allocation; the first `arriving` parameters arrive in registers. Its `stats` know of copies alone. */
export function finishAllocation(
  f: Func,
  nodes: Nodes,
  { colors, used }: Coloring,
  arriving: number,
  folded: ReadonlySet<number>,
): Allocation {
  const { numbers, count, types } = numberRegisters(f, nodes, used, arriving);
  const registerOf = new Int32Array(f.insts.length).fill(-1);
  for (let v = 0; v < registerOf.length; v++) {
    const node = nodes.of[v] as number;
    if (node < 0 || folded.has(v)) continue;
    registerOf[v] = numbers[nodes.file[v] as number]?.[colors[node] as number] ?? -1;
  }
  const { func, coalesced, left } = dropCopies(f, registerOf);
  return {
    func,
    registerOf,
    registers: count,
    registerTypes: types,
    folded,
    stats: { spilled: 0, reloads: 0, stores: 0, copiesLeft: left, copiesCoalesced: coalesced },
  };
}

/**
 * Takes out the copies whose source has the same register. What used the copy uses its source, which is in that register
 * for as long: nothing else was put there while the copy was live.
 */
function dropCopies(f: Func, registerOf: Int32Array): { func: Func; coalesced: number; left: number } {
  let edit: Editor | null = null;
  let coalesced = 0;
  let left = 0;
  for (const b of orderOf(f).rpo) {
    for (const v of (f.blocks[b] as Block).body) {
      const inst = f.insts[v];
      if (inst?.op.name !== 'copy') continue;
      if (registerOf[v] !== registerOf[inst.args[0] as ValueId] || registerOf[v] === -1) {
        left++;
        continue;
      }
      coalesced++;
      edit ??= new Editor(f);
      edit.replaceWith(v, inst.args[0] as ValueId);
      registerOf[v] = -1;
    }
  }
  return { func: edit?.finish() ?? f, coalesced, left };
}
