/** Dominator tree, postdominator tree and loop forest of a function. Unreachable blocks are in none of them. */

import {
  type BlockId,
  domTree,
  type Func,
  type Labels,
  type LoopId,
  labelsOf,
  loopForest,
  postDomTree,
  row,
} from '@sluice/ir';
import { addEdge, addNode, type Graph, type Mark, newGraph } from './graph.ts';

/** The dominator tree: an edge from each block to those that it dominates immediately. */
export function domGraph(f: Func): Graph {
  const graph = newGraph('dom', `dominators of @${f.name}`);
  const labels = labelsOf(f, true);
  const tree = domTree(f);
  for (const b of tree.preorder) {
    addNode(graph, labels.block(b), { marks: marksOf(f, b) });
    const parent = tree.idom[b] as BlockId;
    if (parent >= 0) addEdge(graph, labels.block(parent), labels.block(b));
  }
  return graph;
}

/** The postdominator tree; its root is a virtual exit behind all ends, and behind infinite loops. */
export function postDomGraph(f: Func): Graph {
  const graph = newGraph('postdom', `postdominators of @${f.name}`);
  const labels = labelsOf(f, true);
  const { tree, exit } = postDomTree(f);
  const name = (b: BlockId): string => (b === exit ? 'exit' : labels.block(b));
  for (const b of tree.preorder) {
    addNode(graph, name(b), b === exit ? { marks: ['external'], note: 'virtual' } : { marks: marksOf(f, b) });
    const parent = tree.idom[b] as BlockId;
    if (parent >= 0) addEdge(graph, name(parent), name(b));
  }
  return graph;
}

/** The loop forest below a node for the function: for each loop its entries, latches, exits and the blocks of its own. */
export function loopsGraph(f: Func): Graph {
  const graph = newGraph('loops', `loops of @${f.name}`);
  const labels = labelsOf(f, true);
  const loops = loopForest(f);
  const own: BlockId[][] = Array.from({ length: loops.count }, () => []);
  const outside: BlockId[] = [];
  for (const b of f.order) (own[loops.innermost[b] ?? -1] ?? outside).push(b);
  const root = `@${f.name}`;
  addNode(graph, root, { marks: ['entry'], lines: [`blocks ${listOf(labels, outside)}`] });
  for (let l = 0 as LoopId; l < loops.count; l++) {
    const id = `loop ${l}`;
    const entries = [...row(loops.entries, l)];
    const exits = [...new Set(loops.exitEdges(l).map(({ to }) => to))];
    const lines = [
      `${entries.length === 1 ? 'header' : 'entries'} ${listOf(labels, entries)}`,
      `latches ${listOf(labels, loops.latches(l))}`,
      `exits ${listOf(labels, exits)}`,
      `blocks ${listOf(labels, own[l] ?? [])}`,
    ];
    addNode(graph, id, { note: `depth ${loops.depth[l]}`, marks: ['loop-header'], lines });
    const parent = loops.parent[l] ?? -1;
    addEdge(graph, parent < 0 ? root : `loop ${parent}`, id);
  }
  return graph;
}

function marksOf(f: Func, b: BlockId): readonly Mark[] {
  if (b === f.order[0]) return ['entry'];
  return loopForest(f).isHeader(b) ? ['loop-header'] : [];
}

function listOf(labels: Labels, blocks: readonly BlockId[]): string {
  return blocks.length === 0 ? '-' : blocks.map((b) => labels.block(b)).join(' ');
}
