/**
 * The control-flow graph: a node for each block with its instructions, edges with what they are taken for.
 *
 * Edges that go back are those of `analysis/order.ts`, on which engines spend fuel. Loops are numbered as the loop forest
 * numbers them, so that the pictures of both fit together.
 */

import {
  type BlockId,
  type Func,
  type Inst,
  instPrinter,
  type LoopId,
  labelsOf,
  loopForest,
  orderOf,
  termOf,
} from '@sluice/ir';
import { addEdge, addNode, type Graph, type Mark, newGraph } from './graph.ts';

/** The control-flow graph of a function. */
export function cfgGraph(f: Func): Graph {
  const graph = newGraph('cfg', `control flow of @${f.name}`);
  const labels = labelsOf(f, true);
  const print = instPrinter(f);
  const order = orderOf(f);
  const loops = loopForest(f);
  for (const b of f.order) {
    const block = f.blocks[b];
    if (block === undefined) continue;
    const marks: Mark[] = [];
    let note = '';
    if (b === f.order[0]) marks.push('entry');
    if (!order.reaches(b)) {
      marks.push('unreachable');
      note = 'unreachable';
    } else if (loops.isHeader(b)) {
      marks.push('loop-header');
      const loop = loops.loopOf(b) as LoopId;
      note = `loop ${loop}${loops.irreducible(loop) ? ', several entries' : ''}`;
    }
    const lines: string[] = [];
    for (const v of block.phis) lines.push(print(v));
    for (const v of block.body) lines.push(print(v));
    lines.push(print(block.term));
    addNode(graph, labels.block(b), { note, lines, marks });
  }
  for (const b of f.order) {
    const term = termOf(f, b);
    const meanings = new Map<BlockId, string[]>();
    for (const [i, target] of term.blocks.entries()) {
      const list = meanings.get(target);
      if (list === undefined) meanings.set(target, [meaningOf(term, i)]);
      else list.push(meaningOf(term, i));
    }
    for (const [target, texts] of meanings) {
      const back = order.reaches(b) && order.isBackEdge(b, target);
      addEdge(graph, labels.block(b), labels.block(target), { text: texts.join(', '), style: back ? 'back' : 'plain' });
    }
  }
  return graph;
}

/** What target number `i` of a terminator is taken for. */
function meaningOf(term: Inst, i: number): string {
  switch (term.op.kind) {
    case 'br_if':
      return i === 0 ? 'true' : 'false';
    case 'switch':
      return String((term.imm as readonly number[])[i] ?? 'default');
    case 'invoke':
      return i === 0 ? 'normal' : 'exception';
    default:
      return '';
  }
}
