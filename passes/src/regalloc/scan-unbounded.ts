/**
 * Colours without a bound by a scan of intervals, for functions with so many phi webs alive at one time that pairs of them cannot
 * be listed (greedy.ts): a loop with ten thousand variables has a hundred million.
 *
 * Nodes get colours in the order in which they start: the smallest one whose ranges that lie ahead leave room. A bit for each
 * colour says whether it may be free at the point of the scan, so that colours in use are skipped 32 at a time.
 *
 * Paper:   Massimiliano Poletto, Vivek Sarkar, Linear Scan Register Allocation, TOPLAS 1999.
 * Cost:    n log n for ranges and n * n / 32 for bits, where n nodes are alive at one time.
 */

import type { Func } from '@sluice/ir';
import { Ahead } from './ahead.ts';
import { copiesOf } from './copies.ts';
import { type Coloring, greedyColoring } from './greedy.ts';
import { NodeHeap } from './heap.ts';
import { type Intervals, intervalsOf } from './intervals.ts';
import { listNodes, type Nodes } from './nodes.ts';

/** Colours all nodes, in the way that is fast for the function. Throws when two values of a web live at one time. */
export function colorFreely(f: Func, nodes: Nodes): Coloring {
  return greedyColoring(f, nodes) ?? scanUnbounded(f, nodes);
}

/** Colours all nodes by a scan. */
export function scanUnbounded(f: Func, nodes: Nodes): Coloring {
  const intervals = intervalsOf(f, nodes);
  const { first, from } = intervals;
  const colors = new Int32Array(f.insts.length).fill(-1);
  const files = Array.from({ length: nodes.files }, () => new Colors(intervals));
  const hint = new Int32Array(f.insts.length).fill(-1);
  for (const copy of copiesOf(f, nodes)) {
    if (hint[copy.to] === -1) hint[copy.to] = copy.from;
    if (hint[copy.from] === -1) hint[copy.from] = copy.to;
  }
  const fileOf = (node: number): Colors => files[nodes.file[node] as number] as Colors;
  const all = listNodes(nodes).filter((node) => first[node] !== first[node + 1]);
  for (const node of all) {
    const color = nodes.fixed[node] as number;
    if (color < 0) continue;
    colors[node] = color;
    fileOf(node).give(node, color);
  }
  const startOf = (node: number): number => from[first[node] as number] as number;
  const order = all.filter((node) => (colors[node] as number) < 0).sort((a, b) => startOf(a) - startOf(b) || a - b);
  for (const node of order) {
    const other = hint[node] as number;
    colors[node] = fileOf(node).choose(node, startOf(node), other === -1 ? -1 : (colors[other] as number));
  }
  return { colors, used: files.map(({ registers }) => registers.length) };
}

/** The colours of one file. */
class Colors {
  readonly registers: Ahead[] = [];
  readonly #intervals: Intervals;
  /** A bit for each colour: set when it is in use at the point of the scan, for certain. */
  #busy: Int32Array<ArrayBuffer> = new Int32Array(8);
  /** Colours in use, by the point until which they are. */
  readonly #until = new NodeHeap();

  constructor(intervals: Intervals) {
    this.#intervals = intervals;
  }

  give(node: number, color: number): void {
    while (color >= this.registers.length) this.registers.push(new Ahead());
    (this.registers[color] as Ahead).addAll(this.#intervals, node);
  }

  choose(node: number, start: number, hinted: number): number {
    while (this.#until.least <= start) {
      const color = this.#until.pop();
      this.#busy[color >> 5] = (this.#busy[color >> 5] as number) & ~(1 << (color & 31));
    }
    if (hinted >= 0 && this.registers[hinted]?.isFreeFor(this.#intervals, node) === true) {
      this.give(node, hinted);
      return hinted;
    }
    for (let word = 0; ; word++) {
      if (word === this.#busy.length) {
        const larger = new Int32Array(2 * word);
        larger.set(this.#busy);
        this.#busy = larger;
      }
      for (let free = ~(this.#busy[word] as number); free !== 0; free &= free - 1) {
        const color = (word << 5) + 31 - Math.clz32(free & -free);
        if (!this.#mayHave(node, color, start)) continue;
        this.give(node, color);
        return color;
      }
    }
  }

  /** Whether a colour is free for a node; notes it when it is in use now. */
  #mayHave(node: number, color: number, start: number): boolean {
    const register = this.registers[color];
    if (register === undefined) return true;
    register.pass(start);
    const next = register.count - 1;
    if (next >= 0 && (register.from[next] as number) <= start) {
      this.#busy[color >> 5] = (this.#busy[color >> 5] as number) | (1 << (color & 31));
      this.#until.push(color, register.to[next] as number);
      return false;
    }
    return register.isFreeFor(this.#intervals, node);
  }
}
