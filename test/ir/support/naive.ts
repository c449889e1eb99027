/** Analyses by their definitions, as slow as they come: what the fast ones are held against. */

import { type BlockId, type Func, instOf, termOf, type ValueId } from '@sluice/ir';

export type Edges = ReadonlyMap<number, readonly number[]>;

/** Successors by block, each once. */
export function successors(f: Func): Edges {
  return new Map(f.order.map((b) => [b, [...new Set(termOf(f, b).blocks)]]));
}

/** The same edges the other way around. */
export function reverse(edges: Edges): Edges {
  const result = new Map<number, number[]>([...edges.keys()].map((b) => [b, []]));
  for (const [from, targets] of edges) for (const to of targets) result.get(to)?.push(from);
  return result;
}

/** What can be reached from the roots, themselves included, never entering `without`. */
export function reach(edges: Edges, roots: Iterable<number>, without = -1): Set<number> {
  const found = new Set([...roots].filter((root) => root !== without));
  for (const b of found) for (const to of edges.get(b) ?? []) if (to !== without) found.add(to);
  return found;
}

export interface NaiveLoop {
  readonly header: number;
  readonly blocks: ReadonlySet<number>;
  readonly parent: number;
  readonly entries: ReadonlySet<number>;
}

/** Strong components of all blocks, then of each without its header, and so on; headers by header, -1 for no parent. */
export function naiveLoops(edges: Edges, rpo: readonly number[]): NaiveLoop[] {
  const loops: NaiveLoop[] = [];
  const back = reverse(edges);
  const visit = (nodes: ReadonlySet<number>, parent: number): void => {
    const inside: Edges = new Map([...nodes].map((b) => [b, (edges.get(b) ?? []).filter((to) => nodes.has(to))]));
    const done = new Set<number>();
    for (const b of nodes) {
      if (done.has(b)) continue;
      const forward = reach(inside, [b]);
      const blocks = new Set([...forward].filter((other) => reach(inside, [other]).has(b)));
      for (const member of blocks) done.add(member);
      if (blocks.size === 1 && !inside.get(b)?.includes(b)) continue;
      const header = rpo.find((member) => blocks.has(member)) as number;
      const entries = new Set([...blocks].filter((to) => back.get(to)?.some((p) => rpo.includes(p) && !blocks.has(p))));
      loops.push({ header, blocks, parent, entries: new Set([header, ...entries]) });
      visit(new Set([...blocks].filter((member) => member !== header)), header);
    }
  };
  visit(new Set(rpo), -1);
  return loops;
}

/** Live values at the start and end of each block, by iteration to the fixed point. */
export function naiveLiveness(f: Func): { in: Map<number, Set<number>>; out: Map<number, Set<number>> } {
  const before = new Map<number, Set<number>>(f.order.map((b) => [b, new Set()]));
  const after = new Map<number, Set<number>>(f.order.map((b) => [b, new Set()]));
  const edges = successors(f);
  for (let changed = true; changed; ) {
    changed = false;
    for (const b of f.order) {
      const out = after.get(b) as Set<number>;
      const start = before.get(b) as Set<number>;
      const size = out.size + start.size;
      for (const to of edges.get(b) ?? []) {
        for (const v of before.get(to) as Set<number>) out.add(v);
        for (const v of phiOperands(f, to as BlockId, b)) out.add(v);
      }
      const { used, defined } = usedAndDefined(f, b);
      for (const v of [...out, ...used]) if (!defined.has(v)) start.add(v);
      changed ||= out.size + start.size !== size;
    }
  }
  return { in: before, out: after };
}

function phiOperands(f: Func, b: BlockId, pred: BlockId): ValueId[] {
  return (f.blocks[b]?.phis ?? []).map((phi) => {
    const { args, blocks } = instOf(f, phi);
    return args[blocks.indexOf(pred)] as ValueId;
  });
}

function usedAndDefined(f: Func, b: BlockId): { used: Set<number>; defined: Set<number> } {
  const block = f.blocks[b];
  const body = [...(block?.body ?? []), ...(block === undefined ? [] : [block.term])];
  return {
    used: new Set(body.flatMap((v) => [...instOf(f, v).args])),
    defined: new Set([...(block?.phis ?? []), ...body].filter((v) => instOf(f, v).type !== 'void')),
  };
}
