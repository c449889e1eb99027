/**
 * Makes a flow graph reducible: each loop gets one entry, by whichever costs fewer bytes.
 *
 *   splitting   what the other entries reach without passing the header is copied; from outside one enters the copy
 *   dispatch    all edges to the entries lead to one new node, which goes on by a state that the edge sets
 *
 * Where:   an edge u -> v goes back although v does not dominate u. The loop around both lies strictly below the nearest
 *          common dominator of u and v; its strong component there has several entries, else one of them would dominate both.
 * Rounds:  a round treats all such places, inner ones first; what has several levels takes several rounds. After
 *          `mostRounds`, or when copies have used the budget, a dispatch takes all nodes of a component, which ends it.
 * Papers:  Johan Janssen, Henk Corporaal, Making Graphs Reducible with Controlled Node Splitting, TOPLAS 1997;
 *          Ramsey, Beyond Relooper, ICFP 2022, §4.
 */

import { asIds, type BlockId, rowsOfPairs, strongComponents } from '@sluice/ir';
import { type FlowFacts, type FlowGraph, type FlowOrder, flowOrder } from './flow-graph.ts';

const mostRounds = 32;
/** Candidates for a loop's header that are tried. */
const mostHeaders = 8;
// Bytes in Wasm: `i32.const k; local.set s; br l`; a label in the table; `local.get s; br_table`, a loop, a block for each entry.
const dispatchEdge = 6;
const dispatchEntry = 4;
const dispatchBase = 8;

/** The edges u -> v that go back to no dominator, as pairs; empty: the graph is reducible. */
function irreducibleEdges(g: FlowGraph, { rpo, index, dom }: FlowOrder): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (let i = 0; i < rpo.length; i++) {
    const u = rpo[i] as number;
    for (let e = g.start[u] as number; e < (g.start[u + 1] as number); e++) {
      const v = g.to[e] as number;
      if ((index[v] as number) <= i && !dom.dominates(v, u)) found.push([u, v]);
    }
  }
  return found;
}

/** The graph with one entry to each loop, and its order. */
export function makeReducible(given: FlowGraph, facts: FlowFacts): { graph: FlowGraph; order: FlowOrder } {
  let graph = given;
  let order = flowOrder(graph);
  // Copies may make the code half as large again, and a little more where it is small.
  let budget = -1;
  for (let round = 0; ; round++) {
    const bad = irreducibleEdges(graph, order);
    if (bad.length === 0) return { graph, order };
    if (budget < 0) budget = 256 + totalSize(graph, order, facts) / 2;
    const draft = new Draft(graph);
    for (const members of regions(graph, order, bad)) {
      const region = new Region(draft, order, members);
      const split = round < mostRounds ? region.cheapestSplit(facts) : null;
      if (split !== null && split.cost <= Math.min(budget, region.dispatchCost())) {
        budget -= split.cost;
        region.split(split.copied);
      } else region.dispatch(round < mostRounds ? region.entries : members);
    }
    graph = draft.finish();
    order = flowOrder(graph);
  }
}

function totalSize(g: FlowGraph, { rpo }: FlowOrder, facts: FlowFacts): number {
  let size = 0;
  for (const node of rpo) size += sizeOf(g.block, node, facts);
  return size;
}

function sizeOf(block: ArrayLike<number>, node: number, facts: FlowFacts): number {
  const b = block[node] as number;
  return b < 0 ? dispatchBase : facts.size(b as BlockId);
}

/** Strong components with several entries, none inside another; some at least while there are bad edges. */
function regions(
  g: FlowGraph,
  { rpo, dom }: FlowOrder,
  bad: readonly (readonly [number, number])[],
): readonly (readonly number[])[] {
  const tops = [...new Set(bad.map(([u, v]) => dom.commonDominator(u, v)))];
  tops.sort((a, b) => (dom.pre[a] as number) - (dom.pre[b] as number));
  const topOf = new Int32Array(g.count).fill(-1);
  // What lies below several of them belongs to the lowest one.
  let next = 0;
  const open: number[] = [];
  for (const node of dom.preorder) {
    while (open.length > 0 && (dom.pre[node] as number) > (dom.last[open.at(-1) as number] as number)) open.pop();
    topOf[node] = open.at(-1) ?? -1;
    if (tops[next] === node) open.push(tops[next++] as number);
  }
  const keys: number[] = [];
  const items: number[] = [];
  for (const u of rpo) {
    if (topOf[u] === -1) continue;
    for (let e = g.start[u] as number; e < (g.start[u + 1] as number); e++) {
      const v = g.to[e] as number;
      if (topOf[v] !== topOf[u]) continue;
      keys.push(u);
      items.push(v);
    }
  }
  const rows = rowsOfPairs(g.count, Int32Array.from(keys), Int32Array.from(items));
  const inRegion = new Int32Array(g.count).fill(-1);
  const found = strongComponents(g.count, { start: asIds(Int32Array.from(rows.start)), items: rows.items }).filter(
    (members) => members.length > 1,
  );
  found.forEach((members, i) => {
    for (const node of members) inRegion[node] = i;
  });
  const entries = found.map(() => new Set<number>());
  for (const u of rpo) {
    for (let e = g.start[u] as number; e < (g.start[u + 1] as number); e++) {
      const v = g.to[e] as number;
      if (inRegion[v] !== -1 && inRegion[v] !== inRegion[u]) entries[inRegion[v] as number]?.add(v);
    }
  }
  return found.filter((_, i) => (entries[i]?.size ?? 0) > 1);
}

/** A graph that changes. */
class Draft {
  readonly root: number;
  readonly block: number[];
  readonly to: number[][];
  readonly state: number[][];

  constructor(g: FlowGraph) {
    this.root = g.root;
    this.block = [...g.block];
    this.to = [];
    this.state = [];
    for (let n = 0; n < g.count; n++) {
      this.to.push([...g.to.subarray(g.start[n], g.start[n + 1])]);
      this.state.push([...g.state.subarray(g.start[n], g.start[n + 1])]);
    }
  }

  add(block: number, to: number[], state: number[]): number {
    this.to.push(to);
    this.state.push(state);
    return this.block.push(block) - 1;
  }

  finish(): FlowGraph {
    const count = this.block.length;
    const start = new Int32Array(count + 1);
    for (let n = 0; n < count; n++) start[n + 1] = (start[n] as number) + (this.to[n]?.length ?? 0);
    return {
      count,
      root: this.root,
      block: Int32Array.from(this.block),
      start,
      to: Int32Array.from(this.to.flat()),
      state: Int32Array.from(this.state.flat()),
    };
  }
}

interface Split {
  readonly copied: ReadonlySet<number>;
  readonly cost: number;
}

/** A strong component with several entries. */
class Region {
  readonly entries: readonly number[];
  readonly #draft: Draft;
  readonly #preds: FlowOrder['preds'];
  readonly #members: ReadonlySet<number>;

  constructor(draft: Draft, { preds }: FlowOrder, members: readonly number[]) {
    this.#draft = draft;
    this.#preds = preds;
    this.#members = new Set(members);
    this.entries = members.filter((node) => this.#predsOf(node).some((p) => !this.#members.has(p)));
  }

  #predsOf(node: number): number[] {
    return [...new Set(this.#preds.items.subarray(this.#preds.start[node], this.#preds.start[node + 1]))];
  }

  dispatchCost(): number {
    let cost = dispatchBase;
    for (const entry of this.entries) cost += dispatchEntry + dispatchEdge * this.#predsOf(entry).length;
    return cost;
  }

  /** The header for which the least has to be copied. */
  cheapestSplit(facts: FlowFacts): Split | null {
    let best: Split | null = null;
    for (const header of this.entries.slice(0, mostHeaders)) {
      const copied = new Set(this.entries.filter((entry) => entry !== header));
      let cost = 0;
      for (const node of copied) {
        cost += sizeOf(this.#draft.block, node, facts);
        for (const next of this.#draft.to[node] as number[])
          if (next !== header && this.#members.has(next)) copied.add(next);
      }
      if (best === null || cost < best.cost) best = { copied, cost };
    }
    return best;
  }

  split(copied: ReadonlySet<number>): void {
    const { block, to, state } = this.#draft;
    const copyOf = new Map<number, number>();
    for (const node of copied)
      copyOf.set(node, this.#draft.add(block[node] as number, [], [...(state[node] as number[])]));
    for (const [node, copy] of copyOf) {
      to[copy] = (to[node] as number[]).map((next) => copyOf.get(next) ?? next);
    }
    for (const entry of this.entries) {
      const copy = copyOf.get(entry);
      if (copy === undefined) continue;
      for (const p of this.#predsOf(entry)) {
        if (!this.#members.has(p)) to[p] = (to[p] as number[]).map((next) => (next === entry ? copy : next));
      }
    }
  }

  /** Sends all edges to these nodes through a new one. */
  dispatch(targets: readonly number[]): void {
    const { to, state } = this.#draft;
    const outTo: number[] = [];
    const outState: number[] = [];
    const dispatch = this.#draft.add(-1, outTo, outState);
    for (const target of targets) {
      // An entry that dispatches itself: a number for each state that comes in.
      const numbers = new Map<number, number>();
      for (const p of this.#predsOf(target)) {
        const next = to[p] as number[];
        const states = state[p] as number[];
        for (let k = 0; k < next.length; k++) {
          if (next[k] !== target) continue;
          const inner = states[k] as number;
          let number = numbers.get(inner);
          if (number === undefined) {
            number = outTo.push(target) - 1;
            outState.push(inner);
            numbers.set(inner, number);
          }
          next[k] = dispatch;
          states[k] = number;
        }
      }
    }
  }
}
