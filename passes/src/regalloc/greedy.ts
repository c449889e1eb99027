/**
 * Colours without a bound: as few registers as comes naturally, in time linear in the function and its liveness. Used
 * where there are registers for everything, and to let spilled values share slots.
 *
 * In SSA form a value interferes only with values whose definition is above its own or below it in the dominator tree,
 * so colouring in an order in which dominators come first needs no graph: the smallest colour that no live value has.
 * Phi webs have several definitions and break this; they are coloured first, by a graph among them alone, and each
 * other value remembers which webs are defined while it lives (`Conflicts`).
 *
 *   collect      each block backwards: conflicts at the definitions of webs, and the last use of each value in the block
 *   colorJoint   webs and parameters, smallest colour first come
 *   colorSingle  each block forwards, in reverse postorder
 *
 * A copy does not conflict with its source, and takes its source's colour where it may.
 *
 * Not done: functions with hundreds of webs alive at one time, see scan-unbounded.ts.
 * Paper:   Sebastian Hack, Daniel Grund, Gerhard Goos, Register Allocation for Programs in SSA Form, CC 2006.
 */

import {
  asIds,
  type Block,
  type BlockId,
  type Func,
  type Inst,
  instOf,
  type Liveness,
  liveness,
  orderOf,
  PairList,
  type Rows,
  type ValueId,
} from '@sluice/ir';
import { LiveSet } from './live-set.ts';
import type { Nodes } from './nodes.ts';
import { Palette } from './palette.ts';

/** Colours by node (-1: none), and how many each file has. */
export interface Coloring {
  readonly colors: Int32Array;
  readonly used: readonly number[];
}

/** Which nodes conflict, where webs are concerned, and where values end. */
interface Conflicts {
  /** Webs among each other, each pair once in either direction. */
  readonly joint: Rows;
  /** By single value: webs that are defined while it lives. */
  readonly single: Rows;
  /** By instruction: how many values end there; the values stand in `ends`, last instruction of a block first. */
  readonly endCount: Int32Array;
  readonly ends: Int32Array;
  /** By block: where its part of `ends` ends. */
  readonly endsOf: Int32Array;
}

/**
 * Colours all nodes of a function; null where webs have so many conflicts that a list of them takes too long. Throws when two
 * values of a phi web live at the same time.
 */
export function greedyColoring(f: Func, nodes: Nodes): Coloring | null {
  const conflicts = new Collector(f, nodes).collect();
  if (conflicts === null) return null;
  const palettes = Array.from({ length: nodes.files }, () => new Palette());
  const colors = new Int32Array(f.insts.length).fill(-1);
  colorJoint(nodes, conflicts, palettes, colors);
  for (const palette of palettes) palette.clear();
  colorSingle(f, nodes, conflicts, palettes, colors);
  return { colors, used: palettes.map(({ used }) => used) };
}

// Far more than webs have neighbours, but where hundreds of them are live at one time.
const lookedAtEach = 64;

/** Walks all blocks backwards. */
class Collector {
  readonly #f: Func;
  readonly #nodes: Nodes;
  readonly #live: LiveSet;
  // Small functions have none of these, and would pay more for the lists than for all the rest.
  #joint: PairList | null = null;
  #single: PairList | null = null;
  #lastWeb: Int32Array | null = null;
  readonly #endCount: Int32Array;
  #ends = new Int32Array(32);
  #endsLength = 0;
  /** Live values that were looked at for conflicts, and how many may be. */
  #looked = 0;
  readonly #limit: number;

  constructor(f: Func, nodes: Nodes) {
    const count = f.insts.length;
    this.#f = f;
    this.#nodes = nodes;
    this.#live = new LiveSet(count);
    this.#endCount = new Int32Array(count);
    this.#limit = lookedAtEach * count + 65_536;
  }

  collect(): Conflicts | null {
    const f = this.#f;
    const live = liveness(f);
    const endsOf = new Int32Array(f.blocks.length);
    for (const b of orderOf(f).rpo) {
      this.#block(f.blocks[b] as Block, live, b);
      endsOf[b] = this.#endsLength;
      if (this.#looked > this.#limit) return null;
    }
    return {
      joint: this.#joint?.rows(f.insts.length) ?? noRows,
      single: this.#single?.rows(f.insts.length) ?? noRows,
      endCount: this.#endCount,
      ends: this.#ends,
      endsOf,
    };
  }

  #block(block: Block, live: Liveness, b: BlockId): void {
    const set = this.#live;
    for (let i = live.out.start[b] as number; i < (live.out.start[b + 1] as number); i++) {
      const v = live.out.items[i] as number;
      if ((this.#nodes.of[v] as number) >= 0) set.add(v);
    }
    this.#inst(block.term);
    const { body } = block;
    for (let i = body.length - 1; i >= 0; i--) {
      this.#inst(body[i] as ValueId);
    }
    for (const v of block.phis) {
      if ((this.#nodes.of[v] as number) < 0) continue;
      set.delete(v);
      this.#define(v, -1);
    }
    set.clear();
  }

  #inst(v: ValueId): void {
    const inst = instOf(this.#f, v);
    const set = this.#live;
    if ((this.#nodes.of[v] as number) >= 0) {
      set.delete(v);
      this.#define(v, inst.op.name === 'copy' ? (inst.args[0] as number) : -1);
    }
    const { args } = inst;
    let count = 0;
    for (let k = 0; k < args.length; k++) {
      const arg = args[k] as number;
      if ((this.#nodes.of[arg] as number) < 0 || set.has(arg)) continue;
      set.add(arg);
      this.#pushEnd(arg);
      count++;
    }
    this.#endCount[v] = count;
  }

  #define(v: number, copied: number): void {
    const { of, joint, file } = this.#nodes;
    const node = of[v] as number;
    if (joint[node] === 0) return;
    const { items, size } = this.#live;
    const here = file[v];
    this.#looked += size;
    if (this.#looked > this.#limit) return;
    for (let i = 0; i < size; i++) {
      const x = items[i] as number;
      if (file[x] !== here) continue;
      const other = of[x] as number;
      if (other === node)
        throw new Error(`@${this.#f.name}: %${v} and %${x} of one phi web interfere; run ssa-destruct first`);
      if (x === copied) continue;
      if (joint[other] === 1) {
        this.#joint ??= new PairList();
        this.#joint.push(node, other);
        this.#joint.push(other, node);
        continue;
      }
      this.#lastWeb ??= new Int32Array(of.length).fill(-1);
      if (this.#lastWeb[x] === node) continue;
      this.#lastWeb[x] = node;
      this.#single ??= new PairList();
      this.#single.push(x, node);
    }
  }

  #pushEnd(v: number): void {
    if (this.#endsLength === this.#ends.length) {
      const larger = new Int32Array(this.#ends.length * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
    this.#ends[this.#endsLength++] = v;
  }
}

/** Rows of nothing: every row that is asked for is empty. */
const noRows: Rows = { start: asIds(new Int32Array(0)), items: asIds(new Int32Array(0)) };

function colorJoint(nodes: Nodes, conflicts: Conflicts, palettes: readonly Palette[], colors: Int32Array): void {
  const { joint } = conflicts;
  const { webs } = nodes;
  for (const node of webs) {
    const color = nodes.fixed[node] as number;
    if (color < 0) continue;
    colors[node] = color;
    palettes[nodes.file[node] as number]?.take(color);
  }
  for (const palette of palettes) palette.clear();
  for (const node of webs) {
    if ((colors[node] as number) >= 0) continue;
    const palette = palettes[nodes.file[node] as number] as Palette;
    const end = joint.start[node + 1] ?? 0;
    for (let i = joint.start[node] ?? 0; i < end; i++) {
      const taken = colors[joint.items[i] as number] as number;
      if (taken >= 0) palette.forbid(taken, node);
    }
    const color = palette.lowest(node);
    colors[node] = color;
    // Taken and released, so that the palette knows how many colours there are.
    palette.take(color);
    palette.release(color);
  }
}

function colorSingle(
  f: Func,
  nodes: Nodes,
  { single, endCount, ends, endsOf }: Conflicts,
  palettes: readonly Palette[],
  colors: Int32Array,
): void {
  const { of, file } = nodes;
  const live = liveness(f);
  const paletteOf = (v: number): Palette => palettes[file[v] as number] as Palette;
  const take = (v: number): void => paletteOf(v).take(colors[of[v] as number] as number);
  const release = (v: number): void => paletteOf(v).release(colors[of[v] as number] as number);

  const choose = (v: number, inst: Inst): void => {
    const palette = paletteOf(v);
    const end = single.start[v + 1] ?? 0;
    for (let i = single.start[v] ?? 0; i < end; i++) {
      palette.forbid(colors[single.items[i] as number] as number, v);
    }
    colors[v] = hint(v, inst, palette) ?? palette.lowest(v);
  };
  const hint = (v: number, inst: Inst, palette: Palette): number | undefined => {
    const [source] = inst.args;
    if (inst.op.name !== 'copy' || source === undefined) return undefined;
    const color = colors[of[source] as number] as number;
    if (palette.isForbidden(color, v)) return undefined;
    // The source itself may go on living in it: both are the same value.
    const own = endCount[v] === 0 ? 1 : 0;
    return palette.holders(color) <= own ? color : undefined;
  };
  const step = (v: ValueId): void => {
    const inst = f.insts[v] as Inst;
    for (let n = endCount[v] as number; n > 0; n--) release(ends[next--] as number);
    const node = of[v] as number;
    if (node < 0) return;
    if ((colors[node] as number) < 0) choose(v, inst);
    take(v);
  };

  let next = -1;
  for (const b of orderOf(f).rpo) {
    const block = f.blocks[b] as Block;
    next = (endsOf[b] as number) - 1;
    for (let i = live.in.start[b] as number; i < (live.in.start[b + 1] as number); i++) {
      const v = live.in.items[i] as number;
      if ((of[v] as number) >= 0) take(v);
    }
    for (const v of block.phis) if ((of[v] as number) >= 0) take(v);
    for (const v of block.body) step(v);
    step(block.term);
    for (const palette of palettes) palette.clear();
  }
}
