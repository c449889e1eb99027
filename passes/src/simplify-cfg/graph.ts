/**
 * The edges of a draft, a search of them from the entry, and which blocks are headers of loops, in arrays that one draft
 * after the other uses: a graph is made several times for a function, and mostly of a handful of blocks.
 *
 * Arrays are longer than what they hold: `reached` and `start` say how far they count.
 *
 * Paper:   Robert Tarjan, Testing Flow Graph Reducibility, JCSS 1974: a block that an edge comes back to is the one entry of
 *          its loop when all blocks from which that edge can be reached, without passing it, are below it in the search.
 */

import { type BlockId, DominatorTree, immediateDominators, type Rows } from '@sluice/ir';
import type { Draft } from './draft.ts';

/** By block, in `headers`: an edge comes back to it from a block that it dominates, or from another one. */
export const HEADER = 1;
export const SEVERAL_ENTRIES = 2;

// Blocks looked at, for each edge of the graph, before dominators decide which blocks are headers: loops nest.
const stepsPerEdge = 4;

/** See the head of this file. Rows and arrays are by `BlockId`. */
export interface DraftGraph {
  /** The number of block ids; blocks that the entry reaches. */
  count: number;
  reached: number;
  /** Successors, each once, in the order of targets; predecessors in the order of layout. */
  succStart: Int32Array;
  succs: Int32Array;
  predStart: Int32Array;
  preds: Int32Array;
  /** The search: blocks as they were met, their place in that order (-1 where there is none), the last one below. */
  preorder: Int32Array;
  number: Int32Array;
  last: Int32Array;
  parent: Int32Array;
  next: Int32Array;
  /** See `findHeaders`. */
  headers: Int32Array;
  /** The reached blocks that are SEVERAL_ENTRIES. */
  irregular: number;
  seen: Int32Array;
  work: Int32Array;
}

const empty = new Int32Array(0);

/** A graph without room for anything. */
export function newGraph(): DraftGraph {
  return {
    count: 0,
    reached: 0,
    succStart: empty,
    succs: empty,
    predStart: empty,
    preds: empty,
    preorder: empty,
    number: empty,
    last: empty,
    parent: empty,
    next: empty,
    headers: empty,
    irregular: 0,
    seen: empty,
    work: empty,
  };
}

/** Makes the graph that of the draft; nothing is known of its loops then. */
export function buildGraph(g: DraftGraph, d: Draft): void {
  const count = d.term.length;
  if (g.number.length <= count) reserveBlocks(g, count + (count >> 1) + 64);
  g.count = count;
  collectEdges(g, d);
  search(g, d.f.order[0] as number);
}

function reserveBlocks(g: DraftGraph, room: number): void {
  g.succStart = new Int32Array(room);
  g.predStart = new Int32Array(room);
  g.preorder = new Int32Array(room);
  g.number = new Int32Array(room);
  g.last = new Int32Array(room);
  g.parent = new Int32Array(room);
  g.next = new Int32Array(room);
  g.headers = new Int32Array(room);
  g.seen = new Int32Array(room);
  g.work = new Int32Array(room);
}

function reserveEdges(g: DraftGraph, edges: number): void {
  if (g.succs.length >= edges) return;
  g.succs = new Int32Array(edges + (edges >> 1) + 64);
  g.preds = new Int32Array(g.succs.length);
}

function collectEdges(g: DraftGraph, d: Draft): void {
  const { count, succStart, predStart, seen, next } = g;
  let edges = 0;
  for (let b = 0; b < count; b++) edges += d.term[b]?.blocks.length ?? 0;
  reserveEdges(g, edges);
  const { succs, preds } = g;
  for (let b = 0; b <= count; b++) {
    seen[b] = -1;
    predStart[b] = 0;
  }
  let n = 0;
  for (let b = 0; b < count; b++) {
    succStart[b] = n;
    const term = d.term[b];
    if (term === undefined) continue;
    const { blocks } = term;
    for (let k = 0; k < blocks.length; k++) {
      const target = blocks[k] as number;
      if (seen[target] === b) continue;
      seen[target] = b;
      succs[n++] = target;
      predStart[target + 1] = (predStart[target + 1] as number) + 1;
    }
  }
  succStart[count] = n;
  for (let b = 0; b < count; b++) {
    next[b] = predStart[b] as number;
    predStart[b + 1] = (predStart[b + 1] as number) + (predStart[b] as number);
  }
  // In the order of layout, so that predecessors stand as everywhere else.
  const { order } = d.f;
  for (let i = 0; i < order.length; i++) {
    const b = order[i] as number;
    for (let e = succStart[b] as number; e < (succStart[b + 1] as number); e++) {
      const target = succs[e] as number;
      const at = next[target] as number;
      preds[at] = b;
      next[target] = at + 1;
    }
  }
}

function search(g: DraftGraph, root: number): void {
  const { count, succStart, succs, preorder, number, last, parent, next } = g;
  for (let b = 0; b < count; b++) number[b] = -1;
  let met = 0;
  let node = root;
  parent[root] = -1;
  number[root] = met;
  preorder[met++] = root;
  next[root] = succStart[root] as number;
  while (node !== -1) {
    const at = next[node] as number;
    if (at === succStart[node + 1]) {
      last[node] = met - 1;
      node = parent[node] as number;
      continue;
    }
    next[node] = at + 1;
    const child = succs[at] as number;
    if (number[child] !== -1) continue;
    number[child] = met;
    preorder[met++] = child;
    parent[child] = node;
    next[child] = succStart[child] as number;
    node = child;
  }
  g.reached = met;
}

/** Whether `b` is below `a` in the search, or `a` itself. */
export function isBelow(g: DraftGraph, b: number, a: number): boolean {
  const at = g.number[b] as number;
  return at !== -1 && (g.number[a] as number) <= at && at <= (g.last[a] as number);
}

/** Whether the edge comes back: its target is above its source in the search. */
export function comesBack(g: DraftGraph, from: number, to: number): boolean {
  return isBelow(g, from, to);
}

/** The number of predecessors. */
export function predCount(g: DraftGraph, b: number): number {
  return (g.predStart[b + 1] as number) - (g.predStart[b] as number);
}

/** The number of successors. */
export function succCount(g: DraftGraph, b: number): number {
  return (g.succStart[b + 1] as number) - (g.succStart[b] as number);
}

/** Fills `headers`. */
export function findHeaders(g: DraftGraph, entry: BlockId): void {
  const { headers, preorder, predStart, preds, reached, count } = g;
  headers.fill(0, 0, count);
  g.irregular = 0;
  let budget = stepsPerEdge * ((g.succStart[count] as number) + 1);
  for (let i = reached - 1; i >= 0; i--) {
    const b = preorder[i] as number;
    let back = false;
    for (let e = predStart[b] as number; e < (predStart[b + 1] as number); e++)
      if (comesBack(g, preds[e] as number, b)) back = true;
    if (!back) continue;
    const steps = budget < 0 ? -1 : regularSteps(g, b, budget);
    if (steps < 0) {
      findHeadersByDominators(g, entry);
      return;
    }
    budget -= steps;
    headers[b] = HEADER;
  }
}

/** Blocks looked at to find that `header` is the one entry of its loop; -1 when it isn't, or `budget` didn't do. */
function regularSteps(g: DraftGraph, header: number, budget: number): number {
  const { seen, work, predStart, preds } = g;
  // Marks of one header are no other's: `seen` holds blocks, and each header is asked about once after `fill`.
  const mark = -2 - header;
  let length = 0;
  let steps = 0;
  seen[header] = mark;
  for (let e = predStart[header] as number; e < (predStart[header + 1] as number); e++) {
    const p = preds[e] as number;
    if (!comesBack(g, p, header) || seen[p] === mark) continue;
    seen[p] = mark;
    work[length++] = p;
  }
  while (length > 0) {
    const b = work[--length] as number;
    for (let e = predStart[b] as number; e < (predStart[b + 1] as number); e++) {
      if (++steps > budget) return -1;
      const p = preds[e] as number;
      if (seen[p] === mark || g.number[p] === -1) continue;
      if (!isBelow(g, p, header)) return -1;
      seen[p] = mark;
      work[length++] = p;
    }
  }
  return steps;
}

/** As `findHeaders`, for graphs in which a loop has several entries, or loops nest deeply. */
function findHeadersByDominators(g: DraftGraph, entry: BlockId): void {
  const { headers, preorder, predStart, preds, reached, count } = g;
  headers.fill(0, 0, count);
  const tree = dominatorsOf(g, entry);
  for (let i = 0; i < reached; i++) {
    const b = preorder[i] as BlockId;
    for (let e = predStart[b] as number; e < (predStart[b + 1] as number); e++) {
      const p = preds[e] as BlockId;
      if (comesBack(g, p, b)) headers[b] = (headers[b] as number) | (tree.dominates(b, p) ? HEADER : SEVERAL_ENTRIES);
    }
    if (((headers[b] as number) & SEVERAL_ENTRIES) !== 0) g.irregular++;
  }
}

function dominatorsOf(g: DraftGraph, entry: BlockId): DominatorTree<BlockId> {
  const { count, reached } = g;
  const ids = (array: Int32Array, length: number): Rows['items'] =>
    array.subarray(0, length) as unknown as Rows['items'];
  const dfs = {
    preorder: ids(g.preorder, reached),
    postorder: ids(g.preorder, 0),
    number: ids(g.number, count),
    last: ids(g.last, count),
    parent: ids(g.parent, count),
  };
  const idom = immediateDominators(count, dfs, {
    start: ids(g.predStart, count + 1),
    items: ids(g.preds, g.preds.length),
  });
  // A dominator is above what it dominates, so that the search's own order will do.
  return new DominatorTree<BlockId>(entry, idom, dfs.preorder);
}

/** The predecessors of a header that are not in its loop. */
export function outsideOf(g: DraftGraph, header: BlockId): readonly BlockId[] {
  const outside: BlockId[] = [];
  for (let e = g.predStart[header] as number; e < (g.predStart[header + 1] as number); e++) {
    const p = g.preds[e] as BlockId;
    if (isOutside(g, p, header)) outside.push(p);
  }
  return outside;
}

/** The only predecessor of a header that is not in its loop; -1 where there are several. */
export function onlyOutside(g: DraftGraph, header: BlockId): BlockId | -1 {
  let only: BlockId | -1 = -1;
  for (let e = g.predStart[header] as number; e < (g.predStart[header + 1] as number); e++) {
    const p = g.preds[e] as BlockId;
    if (!isOutside(g, p, header)) continue;
    if (only !== -1) return -1;
    only = p;
  }
  return only;
}

/** Whether the edge enters the loop. Blocks that are not reached count as inside: their edges will go. */
function isOutside(g: DraftGraph, p: BlockId, header: BlockId): boolean {
  return g.number[p] !== -1 && !comesBack(g, p, header);
}
