/**
 * Finds phis that are no choice at all: sets of phis that refer only to each other and to one value from outside.
 *
 * A phi whose operands are itself and one other value is the simplest case. In irreducible graphs such sets have
 * several members that refer to each other.
 *
 * Theory:  draw an edge from each operand to its phi, and one from a root to each value that is not a phi of the set.
 *          A phi is such a choice of one exactly when a single value `v` is on all its paths from the root, that is when
 *          `v` dominates it; what `v` dominates refers only to itself and to `v`. So a phi is needed when the root
 *          alone dominates it, and else it is replaced by the child of the root whose subtree it is in.
 * Paper:   Braun, Buchwald, Hack, Leissa, Mallon, Zwinkau: Simple and Efficient Construction of Static Single Assignment
 *          Form, CC 2013, section 3.2: which phis are redundant.
 * Differs: their algorithm 5 peels strongly connected components, which is quadratic on a nest of loops; one dominator
 *          tree (analysis/dominator-tree.ts) finds the same phis in near linear time.
 */

import { depthFirst } from './analysis/dfs.ts';
import { immediateDominators } from './analysis/dominator-tree.ts';
import { PairList } from './analysis/ids.ts';
import type { ValueId } from './func.ts';

/** Operands of a phi, with substitutions so far applied; undefined: not a phi (or not one that may be replaced). */
export type PhiOperands = (v: ValueId) => readonly ValueId[] | undefined;

/**
 * Reports each redundant phi with the value that replaces it, by `replace`; that value is not replaced itself. A set of
 * phis that no value enters is left alone: it is unreachable.
 */
export function removeRedundantPhis(
  phis: readonly ValueId[],
  operands: PhiOperands,
  replace: (phi: ValueId, by: ValueId) => void,
): void {
  // Nodes of the graph: the root, then phis, then values that enter.
  const nodeOf = new Map<ValueId, number>();
  const values: ValueId[] = [];
  const add = (v: ValueId): number => {
    values.push(v);
    nodeOf.set(v, values.length);
    return values.length;
  };
  for (const phi of phis) if (operands(phi) !== undefined) add(phi);
  const inner = values.length;
  const edges = new PairList();
  for (let node = 1; node <= inner; node++) {
    for (const operand of operands(values[node - 1] as ValueId) ?? []) {
      let from = nodeOf.get(operand);
      if (from === undefined) {
        from = add(operand);
        edges.push(0, from);
      }
      edges.push(from, node);
    }
  }

  const count = values.length + 1;
  const { order, above } = dominatorsOf(count, edges);
  // By node: the child of the root above it, or itself; 0 where no value comes.
  const topmost = new Int32Array(count);
  for (const node of order) {
    if (node === 0) continue;
    const parent = above[node] as number;
    topmost[node] = parent === 0 ? node : (topmost[parent] as number);
  }
  for (let node = 1; node <= inner; node++) {
    const top = topmost[node] as number;
    if (top !== 0 && top !== node) replace(values[node - 1] as ValueId, values[top - 1] as ValueId);
  }
}

/** The nodes reached from node 0, each after its dominator, and their immediate dominators. */
function dominatorsOf(
  count: number,
  edges: PairList,
): { readonly order: Iterable<number>; readonly above: Int32Array } {
  const succs = edges.rows(count);
  const preds = new PairList();
  for (let i = 0; i < edges.length; i++) preds.push(edges.items[i] as number, edges.keys[i] as number);
  const dfs = depthFirst(count, 0, succs);
  return { order: dfs.preorder, above: immediateDominators(count, dfs, preds.rows(count)) };
}
