/**
 * The loop forest: which blocks form loops, and how loops nest.
 *
 * A loop is a strongly connected set of blocks; its header is the block of it that the search of `orderOf` meets first
 * (the only entry of a reducible loop). The loops inside it are the loops of what is left when the header is taken away.
 * A loop that can be entered elsewhere than at its header is `irreducible`: it is in the forest, so that "executed
 * often" can be asked, but passes that need the header to dominate the loop must refuse it.
 *
 *   ^a -> ^h -> ^x -> ^y -> ^h      loop 0: header ^h, blocks ^h ^x ^y ^z
 *               ^x <- ^z <- ^x        loop 1: header ^x, blocks ^x ^z, parent 0
 *
 * Paper:   Paul Havlak, Nesting of Reducible and Irreducible Loops, TOPLAS 1997, in the form in which LLVM's cycle
 *          analysis has it: headers by falling number in the depth-first tree, each collecting backwards whatever is below
 *          it; loops already found are swallowed whole, by their entries.
 * Cost:    near linear for reducible graphs, whatever the depth. Loops are numbered in preorder of the forest and blocks
 *          sorted by innermost loop, so that the blocks of a loop, inner loops included, are one range: no list of
 *          members is stored twice.
 */

import type { BlockId, Func } from '../func.ts';
import { none } from '../inst.ts';
import { filledInts, ints, scratchInts } from '../ints.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { isAncestor } from './dfs.ts';
import { asIds, type Ids, PairList, type Rows, row, rowLength, rowsOfPairs } from './ids.ts';
import { type BlockOrder, orderOf } from './order.ts';

/** A loop's number: its position in the preorder of the forest, an outer loop before its inner ones. */
export type LoopId = number & { readonly __id: 'loop' };

/** An edge between blocks. */
export interface Edge {
  readonly from: BlockId;
  readonly to: BlockId;
}

const nextOf = scratchInts();
const loopsScratch = scratchInts();
const blocksScratch = scratchInts();

const noIds: Ids = asIds(ints(0));
const noRows: Rows = { start: asIds(ints(1)), items: noIds };

/** The loops of a function. Arrays are by `LoopId` unless they say otherwise. */
export class LoopForest {
  /** The number of loops; they are 0 up to it. */
  readonly count: number;
  readonly header: Ids<BlockId>;
  /** The loop around it, -1 for an outermost one. */
  readonly parent: Ids<LoopId>;
  /** 1 for an outermost loop. */
  readonly depth: Ids;
  /** The last loop inside it (itself when there is none): loops `l .. last[l]` are `l` and all inside. */
  readonly last: Ids<LoopId>;
  /** Where it may be entered: the header, then the other entries if it is irreducible. */
  readonly entries: Rows<BlockId>;
  /** By `BlockId`: the innermost loop around the block, -1 for none. */
  readonly innermost: Ids<LoopId>;
  readonly #order: BlockOrder;
  readonly #members: Rows<BlockId>;
  #leaving: { readonly edges: readonly Edge[]; readonly first: Int32Array } | null = null;

  /** @internal */
  constructor(order: BlockOrder, found: Found) {
    const { headers, parents, innermost } = found;
    const count = headers.length;
    this.#order = order;
    if (count === 0) {
      this.count = 0;
      this.header = this.parent = this.last = this.depth = noIds as Ids<never>;
      this.entries = this.#members = noRows as Rows<never>;
      this.innermost = asIds(innermost);
      return;
    }
    const sorted = sortLoops(order, found);
    const byLoop = <Id extends number>(value: (old: number) => number): Ids<Id> => mapped(sorted.preorder, value);
    const renamed = (old: number): number => (old === -1 ? -1 : (sorted.number[old] as number));
    this.count = count;
    this.header = byLoop((old) => headers[old] as number);
    this.parent = byLoop((old) => renamed(parents[old] as number));
    this.last = sorted.last as Ids<LoopId>;
    const depth = ints(count);
    for (let l = 0; l < count; l++) {
      const parent = this.parent[l] as number;
      depth[l] = parent < 0 ? 1 : (depth[parent] as number) + 1;
    }
    this.depth = asIds(depth);
    this.entries = entryRows(found, renamed);
    this.innermost = mapped(asIds(innermost), renamed);
    this.#members = this.#sortMembers();
  }

  /** The innermost loop around the block, -1 for none. */
  loopOf(b: BlockId): LoopId | -1 {
    return this.innermost[b] as LoopId | -1;
  }

  /** The number of loops around the block. */
  depthOf(b: BlockId): number {
    const l = this.innermost[b] as number;
    return l < 0 ? 0 : (this.depth[l] as number);
  }

  /** The blocks of the loop and of the loops inside it, the header first; a view without a copy. */
  blocks(l: LoopId): Ids<BlockId> {
    const { start, items } = this.#members;
    return items.subarray(start[l] as number, start[(this.last[l] as number) + 1] as number);
  }

  /** Whether the block is in the loop or in one inside it. */
  contains(l: LoopId, b: BlockId): boolean {
    const inner = this.innermost[b] as number;
    return l <= inner && inner <= (this.last[l] as number);
  }

  /** Whether `inner` is `outer` or inside it. */
  encloses(outer: LoopId, inner: LoopId): boolean {
    return outer <= inner && inner <= (this.last[outer] as number);
  }

  /** Whether the block is the header of a loop. */
  isHeader(b: BlockId): boolean {
    const l = this.innermost[b] as number;
    return l >= 0 && this.header[l] === b;
  }

  /** Whether the loop has entries beside its header. */
  irreducible(l: LoopId): boolean {
    return rowLength(this.entries, l) > 1;
  }

  /** The blocks in the loop that lead to its header. */
  latches(l: LoopId): readonly BlockId[] {
    const { start, items } = this.#order.preds;
    const header = this.header[l] as number;
    const latches: BlockId[] = [];
    for (let e = start[header] as number; e < (start[header + 1] as number); e++) {
      if (this.contains(l, items[e] as BlockId)) latches.push(items[e] as BlockId);
    }
    return latches;
  }

  /** The only block outside that leads to the header, if it leads nowhere else; else -1. */
  preheader(l: LoopId): BlockId | -1 {
    let found: BlockId | -1 = -1;
    const { start, items } = this.#order.preds;
    const header = this.header[l] as number;
    for (let e = start[header] as number; e < (start[header + 1] as number); e++) {
      const p = items[e] as BlockId;
      if (this.contains(l, p)) continue;
      if (found !== -1) return -1;
      found = p;
    }
    return found !== -1 && rowLength(this.#order.succs, found) === 1 ? found : -1;
  }

  /** The edges that leave the loop. Costs the leaving edges of the loop and of those inside it. */
  exitEdges(l: LoopId): readonly Edge[] {
    this.#leaving ??= this.#collectLeaving();
    const { edges, first } = this.#leaving;
    const end = first[(this.last[l] as number) + 1] as number;
    return edges.slice(first[l], end).filter((edge) => !this.contains(l, edge.to));
  }

  #sortMembers(): Rows<BlockId> {
    const loops = loopsScratch(this.#order.rpo.length);
    const blocks = blocksScratch(this.#order.rpo.length);
    let n = 0;
    const rpo = this.#order.rpo;
    for (let i = 0; i < rpo.length; i++) {
      const b = rpo[i] as BlockId;
      if ((this.innermost[b] as number) < 0) continue;
      loops[n] = this.innermost[b] as number;
      blocks[n++] = b;
    }
    return rowsOfPairs(this.count, loops, blocks, n);
  }

  // Edges that leave at least their innermost loop, sorted by that loop; first[l] is where those of loop l begin.
  #collectLeaving(): { readonly edges: readonly Edge[]; readonly first: Int32Array } {
    const edges: Edge[] = [];
    const first = ints(this.count + 1);
    for (let l = 0; l < this.count; l++) {
      first[l] = edges.length;
      for (const from of row(this.#members, l)) {
        for (const to of row(this.#order.succs, from)) {
          if (!this.contains(l as LoopId, to)) edges.push({ from, to });
        }
      }
    }
    first[this.count] = edges.length;
    return { edges, first };
  }
}

interface Entry {
  readonly loop: number;
  readonly block: BlockId;
}

/** The loops, numbered in the order in which they were found: inner before outer. */
interface Found {
  readonly headers: readonly BlockId[];
  readonly parents: readonly number[];
  /** Entries beside headers, sorted by loop. */
  readonly others: readonly Entry[];
  readonly innermost: Int32Array;
}

function findLoops(f: Func, order: BlockOrder): Found {
  const { dfs } = order;
  const { start, items } = order.preds;
  const headers: BlockId[] = [];
  const parents: number[] = [];
  // By loop: some loop around it, its outermost one after compression.
  const around: number[] = [];
  const others: Entry[] = [];
  const innermost = filledInts(f.blocks.length, -1);
  const extraEntry = filledInts(f.blocks.length, -1);
  const work: BlockId[] = [];

  const outermost = (loop: number): number => {
    let top = loop;
    while (around[top] !== top) top = around[top] as number;
    for (let l = loop; l !== top; ) {
      const next = around[l] as number;
      around[l] = top;
      l = next;
    }
    return top;
  };
  const visitPreds = (b: BlockId, loop: number, header: BlockId): void => {
    for (let e = start[b] as number; e < (start[b + 1] as number); e++) {
      const p = items[e] as BlockId;
      if (isAncestor(dfs, header, p)) work.push(p);
      else if (extraEntry[b] !== loop) {
        extraEntry[b] = loop;
        others.push({ loop, block: b });
      }
    }
  };

  for (let i = dfs.preorder.length - 1; i >= 0; i--) {
    const header = dfs.preorder[i] as BlockId;
    for (let e = start[header] as number; e < (start[header + 1] as number); e++) {
      const p = items[e] as BlockId;
      if (isAncestor(dfs, header, p)) work.push(p);
    }
    if (work.length === 0) continue;
    const loop = headers.length;
    headers.push(header);
    parents.push(-1);
    around.push(loop);
    innermost[header] = loop;
    for (let b = work.pop(); b !== undefined; b = work.pop()) {
      if (b === header) continue;
      if (innermost[b] === -1) {
        innermost[b] = loop;
        visitPreds(b, loop, header);
        continue;
      }
      const inner = outermost(innermost[b] as number);
      if (inner === loop) continue;
      parents[inner] = loop;
      around[inner] = loop;
      visitPreds(headers[inner] as BlockId, loop, header);
      for (const entry of entriesOf(others, inner)) visitPreds(entry, loop, header);
    }
  }
  return { headers, parents, innermost, others };
}

/** The entries beside the header; `others` is sorted by loop, for loops are completed one after the other. */
function entriesOf(others: readonly Entry[], loop: number): readonly BlockId[] {
  let low = 0;
  let high = others.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((others[middle] as Entry).loop < loop) low = middle + 1;
    else high = middle;
  }
  const result: BlockId[] = [];
  for (let i = low; others[i]?.loop === loop; i++) result.push((others[i] as Entry).block);
  return result;
}

function entryRows({ headers, others }: Found, renamed: (old: number) => number): Rows<BlockId> {
  if (others.length === 0) return oneEach(headers, renamed);
  const pairs = new PairList();
  headers.forEach((header, old) => {
    pairs.push(renamed(old), header);
  });
  for (const { loop, block } of others) pairs.push(renamed(loop), block);
  return pairs.rows(headers.length);
}

function oneEach(headers: readonly BlockId[], renamed: (old: number) => number): Rows<BlockId> {
  const start = ints(headers.length + 1);
  const items = ints(headers.length);
  for (let old = 0; old < headers.length; old++) {
    start[old + 1] = old + 1;
    items[renamed(old)] = headers[old] as number;
  }
  return { start: asIds(start), items: asIds(items) };
}

/**
 * The preorder of the forest; loops beside each other in reverse postorder of their headers. Without a search: the size of a
 * subtree says where what follows it begins.
 */
function sortLoops(
  order: BlockOrder,
  { headers, parents, innermost }: Found,
): { preorder: Ids; number: Ids; last: Ids } {
  const count = headers.length;
  const size = ints(count);
  // Inner loops were found first.
  for (let loop = 0; loop < count; loop++) {
    const parent = parents[loop] as number;
    size[loop] = (size[loop] as number) + 1;
    if (parent !== -1) size[parent] = (size[parent] as number) + (size[loop] as number);
  }
  const preorder = ints(count);
  const number = ints(count);
  const last = ints(count);
  // By loop: where the next of its inner loops begins.
  const next = nextOf(count);
  let top = 0;
  for (let i = 0; i < order.rpo.length; i++) {
    const b = order.rpo[i] as BlockId;
    const loop = innermost[b] as number;
    // An outer header comes before the inner ones: it is above them in the search.
    if (loop === -1 || headers[loop] !== b) continue;
    const parent = parents[loop] as number;
    const at = parent === -1 ? top : (next[parent] as number);
    const end = at + (size[loop] as number);
    if (parent === -1) top = end;
    else next[parent] = end;
    next[loop] = at + 1;
    number[loop] = at;
    preorder[at] = loop;
    last[at] = end - 1;
  }
  return { preorder: asIds(preorder), number: asIds(number), last: asIds(last) };
}

function mapped<Id extends number>(ids: Ids, value: (id: number) => number): Ids<Id> {
  const result = ints(ids.length);
  for (let i = 0; i < ids.length; i++) result[i] = value(ids[i] as number);
  return asIds(result);
}

function noLoops(f: Func): Found {
  return { headers: none, parents: none, innermost: filledInts(f.blocks.length, -1), others: none };
}

/** The loops of a function. */
export const loopForest: Analysis<LoopForest> = defineAnalysis({
  name: 'loops',
  of: 'shape',
  run: (f) => {
    const order = orderOf(f);
    return new LoopForest(order, order.hasBackEdge() ? findLoops(f, order) : noLoops(f));
  },
});
