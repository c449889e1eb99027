/**
 * From a control-flow graph to structured control flow: a linear list of events, of which a backend makes blocks, loops and ifs.
 *
 *     ^0: br_if %c, ^a, ^b     ^a: br ^j     ^b: br ^j     ^j: ret
 *     =>  code ^0;  if ^0;  code ^a;  else;  code ^b;  end;  code ^j;  ret ^j
 *
 * A block with several edges to it stands behind the end of a `block` around its immediate dominator's code, or around the
 * outermost loop that is left on the way to it; one with one edge stands where this edge is. What follows in the text is
 * known everywhere (`follow`), so that falling through needs no branch; labels that are never used vanish with their blocks.
 *
 * Paper:   Norman Ramsey, Beyond Relooper: Recursive Translation of Unstructured Control Flow to Structured Control Flow,
 *          ICFP 2022; with an explicit stack. Irreducible graphs: structure/reducible.ts.
 * Cost:    near linear; the number of events is linear in blocks and edges.
 * Not done: the hottest path as the one that falls through; duplicating short tails.
 */

import { type BlockId, blockOf, type Func, type OpKind, termOf } from '@sluice/ir';
import type { StructureEvent } from './structure/events.ts';
import { type FlowGraph, type FlowOrder, flowGraph } from './structure/flow-graph.ts';
import { makeReducible } from './structure/reducible.ts';
import type { TestCost } from './structure/short-jumps.ts';
import { tidy } from './structure/tidy.ts';

export type { StructureEvent } from './structure/events.ts';

/** How to structure. */
export interface StructureOptions {
  /** Whether something must happen on an edge; default: where the target has phis. */
  readonly busy?: (from: BlockId, to: BlockId) => boolean;
  /** Whether a block's body makes no code, so that it may be jumped through; default: where it has no body. */
  readonly empty?: (b: BlockId) => boolean;
  /** About how many bytes a block's code has; default: three for each instruction. */
  readonly size?: (b: BlockId) => number;
  /** Bytes of testing a block's condition, or its opposite, beyond the least: then the shortest form is chosen. */
  readonly testCost?: TestCost;
  /** Where what follows a loop stands when one edge leads there: in the loop (shorter) or behind it (flatter). */
  readonly exits?: 'inside' | 'outside';
  /** From this depth on an arm of an `if` that could be followed by the other one is; default 200. */
  readonly depth?: number;
}

/** The events of a function. It must have no `invoke` (lower-invoke). */
export function structure(f: Func, options: StructureOptions = {}): readonly StructureEvent[] {
  const facts = {
    busy: options.busy ?? ((_, to) => blockOf(f, to).phis.length > 0),
    empty: options.empty ?? ((b) => blockOf(f, b).body.length === 0),
    size: options.size ?? ((b) => 3 * (blockOf(f, b).body.length + 1)),
  };
  const { graph, order } = makeReducible(flowGraph(f, facts), facts);
  const structurer = new Structurer(f, graph, order, facts.busy, options);
  return tidy(structurer.run(), options.testCost ?? null);
}

/** What waits on the stack: a node with all that it hosts, an edge, or an event to append. */
type Work =
  | { readonly kind: 'tree'; readonly node: number; readonly follow: number }
  | { readonly kind: 'branch'; readonly edge: number; readonly from: number; readonly follow: number }
  | StructureEvent;

const end: StructureEvent = { kind: 'end' };
const otherwise: StructureEvent = { kind: 'else' };
/** `follow` where nothing follows: behind it the function ends, or falling through is not wanted. */
const nothing = -1;

class Structurer {
  readonly #f: Func;
  readonly #graph: FlowGraph;
  readonly #order: FlowOrder;
  readonly #busy: (from: BlockId, to: BlockId) => boolean;
  readonly #depthLimit: number;
  readonly #cost: TestCost;
  readonly #events: StructureEvent[] = [];
  readonly #work: Work[] = [];
  #depth = 0;
  /** By node: whether it has a label of its own, because several edges or a table lead to it. */
  readonly #labelled: Uint8Array;
  readonly #isHeader: Uint8Array;
  /** By node: the header of the innermost loop around it, itself not counted; -1: none. */
  readonly #around: Int32Array;
  /** By node: the first of the labelled nodes that it hosts, in falling reverse postorder; by hosted node: the next one. */
  readonly #firstHosted: Int32Array;
  readonly #nextHosted: Int32Array;
  #edgeLabels = 0;

  constructor(
    f: Func,
    graph: FlowGraph,
    order: FlowOrder,
    busy: (from: BlockId, to: BlockId) => boolean,
    options: StructureOptions,
  ) {
    this.#f = f;
    this.#graph = graph;
    this.#order = order;
    this.#busy = busy;
    this.#depthLimit = options.depth ?? 200;
    this.#cost = options.testCost ?? (() => 0);
    const { count } = graph;
    this.#labelled = new Uint8Array(count);
    this.#isHeader = new Uint8Array(count);
    this.#around = new Int32Array(count).fill(-1);
    this.#firstHosted = new Int32Array(count).fill(-1);
    this.#nextHosted = new Int32Array(count).fill(-1);
    this.#findLabelled(options.exits === 'outside');
  }

  run(): readonly StructureEvent[] {
    const work = this.#work;
    work.push({ kind: 'tree', node: this.#graph.root, follow: nothing });
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      if (next.kind === 'tree') this.#tree(next.node, next.follow);
      else if (next.kind === 'branch') this.#branch(next.from, next.edge, next.follow);
      else this.#add(next);
    }
    return this.#events;
  }

  #add(event: StructureEvent): void {
    this.#events.push(event);
    if (event.kind === 'end') this.#depth--;
    else if (event.kind === 'block' || event.kind === 'loop' || event.kind === 'if') this.#depth++;
  }

  // Facts about the graph.

  #isBack(from: number, to: number): boolean {
    return (this.#order.index[to] as number) <= (this.#order.index[from] as number);
  }

  #findLabelled(exitsOutside: boolean): void {
    const { rpo, dom } = this.#order;
    const { start, to } = this.#graph;
    const into = new Int32Array(this.#graph.count);
    for (const u of rpo) {
      const table = this.#kindOf(u) === 'switch';
      for (let e = start[u] as number; e < (start[u + 1] as number); e++) {
        const v = to[e] as number;
        if (this.#isBack(u, v)) this.#isHeader[v] = 1;
        else {
          into[v] = (into[v] as number) + 1;
          if (table || (into[v] as number) > 1) this.#labelled[v] = 1;
        }
      }
    }
    this.#findLoops();
    // In rising reverse postorder, so that the last one in stands first.
    for (const node of rpo) {
      const dominator = dom.idom[node] as number;
      if (dominator < 0) continue;
      const host = this.#hostOf(node, dominator);
      if (exitsOutside && host !== dominator) this.#labelled[node] = 1;
      if (this.#labelled[node] === 0) continue;
      this.#nextHosted[node] = this.#firstHosted[host] as number;
      this.#firstHosted[host] = node;
    }
  }

  /** Around which node's code the `block` of a node stands. */
  #hostOf(node: number, dominator: number): number {
    const outer = this.#around[node] as number;
    let host = dominator;
    let loop = this.#isHeader[dominator] === 1 ? dominator : (this.#around[dominator] as number);
    while (loop !== outer && loop !== -1) {
      host = loop;
      loop = this.#around[loop] as number;
    }
    return host;
  }

  /** Natural loops, inner ones first; what has been found is one node, its header (a forest of links with short paths). */
  #findLoops(): void {
    const { rpo, preds } = this.#order;
    const around = this.#around;
    const top = new Int32Array(this.#graph.count);
    for (const node of rpo) top[node] = node;
    const topOf = (node: number): number => {
      let root = node;
      while (top[root] !== root) root = top[root] as number;
      for (let n = node; top[n] !== root; ) {
        const next = top[n] as number;
        top[n] = root;
        n = next;
      }
      return root;
    };
    const found: number[] = [];
    for (let i = rpo.length - 1; i >= 0; i--) {
      const header = rpo[i] as number;
      if (this.#isHeader[header] === 0) continue;
      const collect = (node: number, backOnly: boolean): void => {
        for (let e = preds.start[node] as number; e < (preds.start[node + 1] as number); e++) {
          const p = preds.items[e] as number;
          if (backOnly && !this.#isBack(p, node)) continue;
          const member = topOf(p);
          if (member === header) continue;
          around[member] = header;
          top[member] = header;
          found.push(member);
        }
      };
      collect(header, true);
      for (let node = found.pop(); node !== undefined; node = found.pop()) collect(node, false);
    }
  }

  #kindOf(node: number): OpKind {
    const b = this.#graph.block[node] as number;
    // A dispatch is a table too.
    return b < 0 ? 'switch' : termOf(this.#f, b as BlockId).op.kind;
  }

  // Labels.

  #blockLabel(node: number): number {
    return 2 * node;
  }

  #loopLabel(node: number): number {
    return 2 * node + 1;
  }

  #labelOf(from: number, to: number): number {
    return this.#isBack(from, to) ? this.#loopLabel(to) : this.#blockLabel(to);
  }

  // Text.

  /** A node's code, in the blocks of what it hosts. */
  #tree(node: number, follow: number): void {
    const inside: number[] = [];
    const outside: number[] = [];
    const isHeader = this.#isHeader[node] === 1;
    for (let y = this.#firstHosted[node] as number; y !== -1; y = this.#nextHosted[y] as number) {
      (isHeader && this.#around[y] !== node ? outside : inside).push(y);
    }
    for (const y of outside) this.#add({ kind: 'block', label: this.#blockLabel(y) });
    if (isHeader) this.#add({ kind: 'loop', label: this.#loopLabel(node) });
    for (const y of inside) this.#add({ kind: 'block', label: this.#blockLabel(y) });
    // Pushed last to first: the lists begin with what stands last.
    let after = this.#pushHosted(outside, follow);
    if (isHeader) this.#work.push(end);
    after = this.#pushHosted(inside, after);
    this.#code(node, after);
  }

  /** Pushes the ends of blocks with the nodes behind them; what follows the code inside all of them. */
  #pushHosted(nodes: readonly number[], follow: number): number {
    let after = follow;
    for (const y of nodes) {
      this.#work.push({ kind: 'tree', node: y, follow: after }, end);
      after = y;
    }
    return after;
  }

  #code(node: number, follow: number): void {
    const b = this.#graph.block[node] as BlockId;
    const first = this.#graph.start[node] as number;
    const kind = this.#kindOf(node);
    if (kind === 'switch') {
      this.#table(node, follow);
      return;
    }
    this.#add({ kind: 'code', block: b });
    if (kind === 'ret' || kind === 'trap') this.#add({ kind, block: b });
    else if (kind === 'br') this.#branch(node, first, follow);
    else if (kind === 'br_if') this.#conditional(node, follow);
    else throw new Error(`@${this.#f.name}: a terminator '${kind}' has no structure`);
  }

  /** Goes over an edge, by its number. */
  #branch(from: number, edge: number, follow: number): void {
    const to = this.#graph.to[edge] as number;
    const state = this.#graph.state[edge] as number;
    const [source, target] = this.#blocksOf(from, edge);
    if (source >= 0 && this.#busy(source, target)) this.#add({ kind: 'edge', from: source, to: target });
    if (state >= 0) this.#add({ kind: 'set_state', value: state });
    if (this.#isBack(from, to)) this.#add({ kind: 'br', label: this.#loopLabel(to) });
    else if (this.#labelled[to] === 0) this.#work.push({ kind: 'tree', node: to, follow });
    else if (to !== follow) this.#add({ kind: 'br', label: this.#blockLabel(to) });
  }

  /** The blocks of the function between which an edge leads; -1 from a dispatch. */
  #blocksOf(from: number, edge: number): readonly [BlockId, BlockId] {
    const b = this.#graph.block[from] as BlockId;
    if (b < 0) return [b, b];
    return [b, termOf(this.#f, b).blocks[edge - (this.#graph.start[from] as number)] as BlockId];
  }

  /** Whether an edge is nothing but a jump to a label. */
  #isJump(from: number, edge: number): boolean {
    const to = this.#graph.to[edge] as number;
    return this.#isQuiet(from, edge) && (this.#labelled[to] === 1 || this.#isBack(from, to));
  }

  #isQuiet(from: number, edge: number): boolean {
    const [source, target] = this.#blocksOf(from, edge);
    return this.#graph.state[edge] === -1 && (source < 0 || !this.#busy(source, target));
  }

  #conditional(node: number, follow: number): void {
    const from = this.#graph.block[node] as BlockId;
    const then = this.#graph.start[node] as number;
    const other = then + 1;
    const falls = (edge: number): boolean => this.#isJump(node, edge) && this.#graph.to[edge] === follow;
    const jumps = (edge: number): boolean => this.#isJump(node, edge) && this.#graph.to[edge] !== follow;
    const only = (edge: number): void => {
      this.#add({ kind: 'if', from, negate: edge === other });
      this.#work.push(end);
      this.#branch(node, edge, follow);
    };
    const jump = (edge: number, rest: number): void => {
      const label = this.#labelOf(node, this.#graph.to[edge] as number);
      this.#add({ kind: 'br_if', label, from, negate: edge === other });
      this.#branch(node, rest, follow);
    };
    if (jumps(then)) jump(then, other);
    else if (jumps(other)) jump(other, then);
    else if (falls(other)) only(then);
    else if (falls(then)) only(other);
    else this.#twoArms(node, follow);
  }

  #twoArms(node: number, follow: number): void {
    const from = this.#graph.block[node] as BlockId;
    const then = this.#graph.start[node] as number;
    const other = then + 1;
    const deep = this.#depth >= this.#depthLimit;
    const leaves = (edge: number): boolean => this.#neverFalls(node, edge, follow);
    const cheaper = this.#cost(from, true) < this.#cost(from, false) ? other : then;
    const first = leaves(then) === leaves(other) ? cheaper : leaves(other) ? other : then;
    const second = first === then ? other : then;
    this.#add({ kind: 'if', from, negate: first === other });
    const last: Work = { kind: 'branch', from: node, edge: second, follow };
    // Where it is deep the second arm stands behind the first one, which has to jump over it.
    if (deep) this.#work.push(last, end);
    else this.#work.push(end, last, otherwise);
    this.#branch(node, first, deep ? nothing : follow);
  }

  /** Whether an arm is short and does not reach its end, so that no `else` is needed behind it. */
  #neverFalls(from: number, edge: number, follow: number): boolean {
    const to = this.#graph.to[edge] as number;
    if (this.#labelled[to] === 1 || this.#isBack(from, to)) return to !== follow;
    if (this.#firstHosted[to] !== -1) return false;
    const kind = this.#kindOf(to);
    if (kind !== 'br') return kind === 'ret' || kind === 'trap';
    const next = this.#graph.to[this.#graph.start[to] as number] as number;
    return this.#isBack(to, next) || (this.#labelled[next] === 1 && next !== follow);
  }

  /** A switch or a dispatch. Edges on which something happens get a label of their own in front of it. */
  #table(node: number, follow: number): void {
    const { block, start, to } = this.#graph;
    const b = block[node] as BlockId;
    const busy: { readonly edge: number; readonly label: number }[] = [];
    const known = new Map<string, number>();
    const labels: number[] = [];
    for (let edge = start[node] as number; edge < (start[node + 1] as number); edge++) {
      const target = to[edge] as number;
      if (this.#isQuiet(node, edge)) {
        labels.push(this.#labelOf(node, target));
        continue;
      }
      const key = `${this.#blocksOf(node, edge)[1]} ${this.#graph.state[edge]} ${target}`;
      let label = known.get(key);
      if (label === undefined) {
        label = 2 * this.#graph.count + this.#edgeLabels++;
        known.set(key, label);
        busy.push({ edge, label });
      }
      labels.push(label);
    }
    for (const { label } of busy) this.#add({ kind: 'block', label });
    busy.forEach(({ edge }, i) => {
      this.#work.push({ kind: 'branch', from: node, edge, follow: i === 0 ? follow : nothing }, end);
    });
    if (b < 0) this.#add({ kind: 'dispatch', labels });
    else {
      this.#add({ kind: 'code', block: b });
      this.#add({ kind: 'switch', from: b, labels });
    }
  }
}
