/**
 * Variables to values: where a builder's variables need phis, and what each read of them sees. Runs once, when all
 * blocks and edges are there.
 *
 * While a block is built, a read sees what the block wrote before (local value numbering, as in Braun et al.); a read
 * of what other blocks wrote gives a placeholder. Here phis go to the iterated dominance frontier of the writes, but
 * only where the variable is live, and a walk over the dominator tree says what each placeholder stands for. The
 * result is minimal and pruned, on irreducible graphs too.
 *
 * Paper:   Cytron, Ferrante, Rosen, Wegman, Zadeck: Efficiently Computing Static Single Assignment Form and the Control
 *          Dependence Graph, TOPLAS 1991; Choi, Cytron, Ferrante: Automatic Construction of Sparse Data Flow Evaluation
 *          Graphs, POPL 1991 (pruning).
 * Differs: nothing is placed for variables whose one write dominates all reads, which is most of them.
 * Why not Braun's phis on the fly: a read in a nest of loops makes one in every header around it, whatever is written
 *          there: quadratic in the depth (docs/adr).
 * Cost:    linear in blocks, writes and reads, plus, for each variable written in several blocks, the blocks where it is live
 *          and those that its writes dominate. That is quadratic in functions made to be so, and so is the size of SSA form
 *          itself; `effort` bounds it.
 */

import { domTree } from './analysis/dom.ts';
import { frontiersOf } from './analysis/frontier.ts';
import { orderOf } from './analysis/order.ts';
import type { BlockId, Func, ValueId } from './func.ts';
import type { VariableMap } from './variable-map.ts';

/** What blocks do with variables, by block and variable (dense numbers). */
export interface BlockVariables {
  /** The value at the end of the block, where it is written there. */
  readonly writes: VariableMap;
  /** The placeholder for the value at the start of the block, where it is read. */
  readonly reads: VariableMap;
}

/** A phi that a block needs: an input for each predecessor. */
export interface PlacedPhi {
  readonly block: BlockId;
  readonly variable: number;
  readonly value: ValueId;
  readonly preds: BlockId[];
  readonly args: ValueId[];
}

/** What `placeVariables` needs of its caller. */
export interface VariableHost {
  /** Blocks and edges; bodies don't matter. Only reachable blocks are in its order. */
  readonly shape: Func;
  readonly blocks: (b: BlockId) => BlockVariables;
  readonly variableCount: number;
  /** A new value for a phi of a block. */
  readonly newPhi: (variable: number, block: BlockId) => ValueId;
  /** The value of a variable that was never written. */
  readonly unwritten: (variable: number) => ValueId;
  /** Says what a placeholder stands for. */
  readonly settle: (placeholder: ValueId, value: ValueId) => void;
  /** What a value stands for so far. */
  readonly resolve: (v: ValueId) => ValueId;
  /** How much it may cost: a unit for each block that is visited for a variable, eight for each operand of a phi. */
  readonly effort?: number;
}

const operandCost = 8;

/** Places phis and settles all placeholders; null where that costs more than `effort`: nothing is settled then. */
export function placeVariables(host: VariableHost & { readonly effort?: undefined }): readonly PlacedPhi[];
export function placeVariables(host: VariableHost): readonly PlacedPhi[] | null;
export function placeVariables(host: VariableHost): readonly PlacedPhi[] | null {
  const phisOf = choosePlaces(host, host.effort ?? Number.POSITIVE_INFINITY);
  if (phisOf === null) return null;
  rename(host, phisOf);
  return [...phisOf.values()].flat();
}

type PhisByBlock = Map<BlockId, PlacedPhi[]>;

function choosePlaces(host: VariableHost, effort: number): PhisByBlock | null {
  const { shape, variableCount } = host;
  const writers: Lists = new Array(variableCount);
  const readers: Lists = new Array(variableCount);
  for (const b of orderOf(shape).rpo) {
    const { writes, reads } = host.blocks(b);
    for (let i = 0; i < writes.size; i++) add(writers, writes.keyAt(i), b);
    for (let i = 0; i < reads.size; i++) add(readers, reads.keyAt(i), b);
  }
  const tree = domTree(shape);
  const places: PhisByBlock = new Map();
  const { preds } = orderOf(shape);
  const frontiers = frontiersOf(shape);
  const spent: Spent = { steps: -frontiers.steps };
  const isLive = liveness(host, spent);
  for (let variable = 0; variable < variableCount; variable++) {
    const reading = readers[variable];
    const writing = writers[variable];
    if (reading === undefined || writing === undefined) continue;
    const only = writing[0] as BlockId;
    if (writing.length === 1 && reading.every((b) => b !== only && tree.dominates(only, b))) continue;
    const frontier = frontiers.iterated(writing);
    if (spent.steps + frontiers.steps > effort) return null;
    if (frontier.length === 0) continue;
    const live = isLive(reading, writing);
    for (const block of frontier) {
      if (!live(block)) continue;
      spent.steps += operandCost * ((preds.start[block + 1] as number) - (preds.start[block] as number));
      const phi: PlacedPhi = { block, variable, value: host.newPhi(variable, block), preds: [], args: [] };
      const list = places.get(block);
      if (list === undefined) places.set(block, [phi]);
      else list.push(phi);
    }
  }
  return places;
}

/** By variable: blocks. */
type Lists = (BlockId[] | undefined)[];

function add(lists: Lists, variable: number, b: BlockId): void {
  const list = lists[variable];
  if (list === undefined) lists[variable] = [b];
  else list.push(b);
}

/** What choosing places has cost so far. */
interface Spent {
  steps: number;
}

/** Where a variable is live at the start of blocks: walks from the reads back to the writes. */
function liveness(
  host: VariableHost,
  spent: Spent,
): (reading: readonly BlockId[], writing: readonly BlockId[]) => (b: BlockId) => boolean {
  const { preds } = orderOf(host.shape);
  const live = new Int32Array(host.shape.blocks.length);
  const written = new Int32Array(host.shape.blocks.length);
  let stamp = 0;
  return (reading, writing) => {
    stamp++;
    for (const b of writing) written[b] = stamp;
    const work: BlockId[] = [];
    for (const b of reading) {
      live[b] = stamp;
      work.push(b);
    }
    for (let b = work.pop(); b !== undefined; b = work.pop()) {
      spent.steps++;
      const end = preds.start[b + 1] ?? 0;
      for (let i = preds.start[b] ?? 0; i < end; i++) {
        const pred = preds.items[i] as BlockId;
        if (written[pred] === stamp || live[pred] === stamp) continue;
        live[pred] = stamp;
        work.push(pred);
      }
    }
    const mine = stamp;
    return (b) => live[b] === mine;
  };
}

/** Walks the dominator tree with the current value of each variable; leaving a subtree takes its writes back. */
function rename(host: VariableHost, phisOf: PhisByBlock): void {
  const { shape, variableCount } = host;
  const tree = domTree(shape);
  const { succs } = orderOf(shape);
  const current = new Int32Array(variableCount).fill(-1);
  const undo: number[] = [];
  const set = (variable: number, value: ValueId): void => {
    undo.push(variable, current[variable] ?? -1);
    current[variable] = value;
  };
  const now = (variable: number): ValueId => {
    const value = current[variable] ?? -1;
    return value >= 0 ? (value as ValueId) : host.unwritten(variable);
  };
  // Ends of the subtrees that are open, as positions in the preorder, with the length of `undo` at their start.
  const open: { readonly last: number; readonly undone: number }[] = [];
  for (let position = 0; position < tree.preorder.length; position++) {
    const b = tree.preorder[position] as BlockId;
    for (let top = open.at(-1); top !== undefined && top.last < position; top = open.at(-1)) {
      while (undo.length > top.undone) {
        const value = undo.pop() ?? -1;
        current[undo.pop() ?? 0] = value;
      }
      open.pop();
    }
    open.push({ last: tree.last[b] ?? position, undone: undo.length });
    const { writes, reads } = host.blocks(b);
    const phis = phisOf.get(b);
    if (phis !== undefined) for (const { variable, value } of phis) set(variable, value);
    for (let i = 0; i < reads.size; i++) host.settle(reads.valueAt(i), now(reads.keyAt(i)));
    for (let i = 0; i < writes.size; i++) set(writes.keyAt(i), host.resolve(writes.valueAt(i)));
    const end = succs.start[b + 1] ?? 0;
    for (let i = succs.start[b] ?? 0; i < end; i++) {
      const fed = phisOf.get(succs.items[i] as BlockId);
      if (fed === undefined) continue;
      for (const phi of fed) {
        phi.preds.push(b);
        phi.args.push(now(phi.variable));
      }
    }
  }
}
