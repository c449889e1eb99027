/**
 * The graph that is structured: blocks as nodes, edges in the order of the terminator's targets. Unlike a function it may hold
 * a block several times (node splitting) and nodes that only dispatch on a state. Both are safe without new phis, since
 * what is emitted keeps values in variables, and each path through this graph is a path through the function.
 */

import {
  asIds,
  type BlockId,
  type DepthFirst,
  DominatorTree,
  depthFirst,
  type Func,
  filledInts,
  immediateDominators,
  ints,
  orderOf,
  type Rows,
  rowsOfPairs,
  termOf,
} from '@sluice/ir';

/** What structuring has to know of a function's code; see `structure`. */
export interface FlowFacts {
  readonly busy: (from: BlockId, to: BlockId) => boolean;
  readonly empty: (b: BlockId) => boolean;
  /** Bytes of a block's code, about. */
  readonly size: (b: BlockId) => number;
}

/** Nodes and edges; the edges of node `n` are `start[n]` up to `start[n + 1]`. Node 0 .. of the function are its block ids. */
export interface FlowGraph {
  readonly count: number;
  readonly root: number;
  /** By node: its block; -1: a dispatch on the state. */
  readonly block: Int32Array;
  readonly start: Int32Array;
  /** By edge: the node that it leads to. */
  readonly to: Int32Array;
  /** By edge: the state to set, for an edge to a dispatch; -1: none. */
  readonly state: Int32Array;
}

/** Orders and dominators of a flow graph. */
export interface FlowOrder {
  readonly dfs: DepthFirst;
  /** By node: its position in reverse postorder; -1: not reached. */
  readonly index: Int32Array;
  readonly rpo: Int32Array;
  readonly preds: Rows;
  readonly dom: DominatorTree;
}

/** The graph of a function; edges lead through empty blocks to where these lead. */
export function flowGraph(f: Func, facts: FlowFacts): FlowGraph {
  const count = f.blocks.length;
  const { rpo } = orderOf(f);
  const block = filledInts(count, -1);
  const start = ints(count + 1);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    block[b] = b;
    start[b + 1] = termOf(f, b).blocks.length;
  }
  for (let b = 0; b < count; b++) start[b + 1] = (start[b + 1] as number) + (start[b] as number);
  const end = emptyEnds(f, facts);
  const edges = start[count] as number;
  const to = ints(edges);
  for (let i = 0; i < rpo.length; i++) {
    const b = rpo[i] as BlockId;
    const { blocks } = termOf(f, b);
    const first = start[b] as number;
    for (let k = 0; k < blocks.length; k++) to[first + k] = end[blocks[k] as BlockId] as number;
  }
  return { count, root: f.order[0] as BlockId, block, start, to, state: filledInts(edges, -1) };
}

/** By block: where one gets from it without anything happening. */
function emptyEnds(f: Func, facts: FlowFacts): Int32Array {
  const { rpo } = orderOf(f);
  const end = filledInts(f.blocks.length, -1);
  for (let i = rpo.length - 1; i >= 0; i--) {
    const b = rpo[i] as BlockId;
    end[b] = b;
    if (i === 0 || !facts.empty(b)) continue;
    const { op, blocks } = termOf(f, b);
    const next = blocks[0] as BlockId;
    // Over a back-edge it stays what it is: a loop of empty blocks leads nowhere.
    if (op.kind !== 'br' || end[next] === -1 || next === b || facts.busy(b, next)) continue;
    end[b] = end[next] as number;
  }
  return end;
}

/** Orders and dominators. */
export function flowOrder(g: FlowGraph): FlowOrder {
  const dfs = depthFirst(g.count, g.root, { start: asIds(g.start), items: asIds(g.to) });
  const { postorder } = dfs;
  const reached = postorder.length;
  const rpo = ints(reached);
  const index = filledInts(g.count, -1);
  let edges = 0;
  for (let i = 0; i < reached; i++) {
    const node = postorder[reached - 1 - i] as number;
    rpo[i] = node;
    index[node] = i;
    edges += (g.start[node + 1] as number) - (g.start[node] as number);
  }
  const from = ints(edges);
  const into = ints(edges);
  let at = 0;
  for (let i = 0; i < reached; i++) {
    const node = rpo[i] as number;
    for (let e = g.start[node] as number; e < (g.start[node + 1] as number); e++) {
      from[at] = node;
      into[at++] = g.to[e] as number;
    }
  }
  const preds = rowsOfPairs(g.count, into, from, edges);
  const idom = immediateDominators(g.count, dfs, preds);
  return { dfs, index, rpo, preds, dom: new DominatorTree(g.root, idom, asIds(rpo)) };
}
