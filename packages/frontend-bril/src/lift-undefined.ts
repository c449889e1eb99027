/**
 * Which variables of a function may be read without a value: they get a second variable, their state, that the lifter
 * writes and tests. All others need no test, and their lifted code has none.
 *
 * A variable is doubtful when
 *   - some path from the entry reads it before any assignment, or
 *   - `undef` gives it no value, or
 *   - it is a copy (`id`, `get`, `set`) of a doubtful one.
 * In functions with `speculate` every variable is doubtful: a failing guard takes assignments back.
 *
 * Cost: linear where an assignment dominates each read, as almost always; for each variable of which that is not so, the
 *       blocks that are reached before it is assigned.
 */

import type { BrilFunction, BrilInstr } from '@sluice/bril-format';
import { DominatorTree, depthFirst, immediateDominators, PairList } from '@sluice/ir';
import type { BrilBlocks } from './lift-blocks.ts';

/** The name under which the shadow of a variable (`set`, `get`) is kept: no Bril name has a space. */
export function shadowOf(name: string): string {
  return `shadow ${name}`;
}

/** What an instruction reads, by name of variable or shadow. */
export function readsOf(instr: BrilInstr): readonly string[] {
  if (instr.op === 'set') return instr.args.slice(1);
  if (instr.op === 'get' && instr.dest !== null) return [shadowOf(instr.dest)];
  return instr.args;
}

/** What an instruction writes, or null. */
export function writeOf(instr: BrilInstr): string | null {
  const [first] = instr.args;
  if (instr.op === 'set' && first !== undefined) return shadowOf(first);
  return instr.dest;
}

/** Names of the variables and shadows that may be read without a value. */
export function doubtfulVariables(func: BrilFunction, { blocks, order }: BrilBlocks): ReadonlySet<string> {
  const doubtful = new Set<string>();
  const copies: [to: string, from: string][] = [];
  const exposed = new Map<string, Set<number>>();
  const assignedIn = new Map<string, Set<number>>();
  const params = new Set(func.params.map(({ name }) => name));
  let speculates = false;
  for (const b of order) {
    const here = new Set<string>();
    for (const instr of blocks[b]?.instrs ?? []) {
      const reads = readsOf(instr);
      for (const name of reads) if (!here.has(name) && !params.has(name)) addTo(exposed, name, b);
      const to = writeOf(instr);
      if (to === null) continue;
      if (instr.op === 'undef') doubtful.add(to);
      const [from] = reads;
      if ((instr.op === 'id' || instr.op === 'get' || instr.op === 'set') && from !== undefined)
        copies.push([to, from]);
      if (!here.has(to)) {
        here.add(to);
        addTo(assignedIn, to, b);
      }
    }
    speculates ||= (blocks[b]?.instrs ?? []).some(({ op }) => op === 'speculate');
  }
  if (speculates) {
    for (const name of [...params, ...exposed.keys(), ...assignedIn.keys()]) doubtful.add(name);
    return doubtful;
  }
  const tree = dominators(blocks);
  for (const [name, readers] of exposed) {
    const assigned = assignedIn.get(name) ?? new Set();
    // The first assignment in the order of visit is most often the one that dominates; more than a few are not tried.
    const first = [...assigned].slice(0, 8);
    const safe = [...readers].every((b) => first.some((a) => tree.strictlyDominates(a, b)));
    if (!safe && mayBeUnassigned(name, blocks, assigned)) doubtful.add(name);
  }
  spread(doubtful, copies);
  return doubtful;
}

function addTo(map: Map<string, Set<number>>, name: string, b: number): void {
  const set = map.get(name);
  if (set === undefined) map.set(name, new Set([b]));
  else set.add(b);
}

function dominators(blocks: BrilBlocks['blocks']): DominatorTree {
  const forward = new PairList();
  const backward = new PairList();
  blocks.forEach(({ succs }, b) => {
    for (const succ of succs) {
      forward.push(b, succ);
      backward.push(succ, b);
    }
  });
  const walk = depthFirst(blocks.length, 0, forward.rows(blocks.length));
  const idom = immediateDominators(blocks.length, walk, backward.rows(blocks.length));
  return new DominatorTree(0, idom, walk.preorder);
}

/** Whether a path from the entry reaches a read of `name` without an assignment. */
function mayBeUnassigned(name: string, blocks: BrilBlocks['blocks'], assigned: ReadonlySet<number>): boolean {
  const seen = new Set<number>([0]);
  const work = [0];
  for (let b = work.pop(); b !== undefined; b = work.pop()) {
    const block = blocks[b];
    if (block === undefined) continue;
    for (const instr of block.instrs) {
      if (readsOf(instr).includes(name)) return true;
      if (writeOf(instr) === name) break;
    }
    if (assigned.has(b)) continue;
    for (const succ of block.succs) {
      if (seen.has(succ)) continue;
      seen.add(succ);
      work.push(succ);
    }
  }
  return false;
}

function spread(doubtful: Set<string>, copies: readonly (readonly [string, string])[]): void {
  const copiesOf = new Map<string, string[]>();
  for (const [to, from] of copies) {
    const list = copiesOf.get(from);
    if (list === undefined) copiesOf.set(from, [to]);
    else list.push(to);
  }
  const work = [...doubtful];
  for (let name = work.pop(); name !== undefined; name = work.pop()) {
    for (const to of copiesOf.get(name) ?? []) {
      if (doubtful.has(to)) continue;
      doubtful.add(to);
      work.push(to);
    }
  }
}
