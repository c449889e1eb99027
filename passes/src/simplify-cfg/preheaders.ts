/**
 * Makes preheaders: for each loop with one entry the one block outside that leads to its header, and leads nowhere else.
 *
 *     ^a -> ^h, ^b -> ^h, ^h -> ... -> ^h       =>       ^a -> ^p, ^b -> ^p, ^p -> ^h
 *
 * Phis of the header keep one input from outside; where there were several, a phi in the preheader merges them.
 */

import { type BlockId, type Inst, instOf, type Type, type ValueId, withEdges } from '@sluice/ir';
import { jumpTo } from '../lib/structural.ts';
import { rawInputs, resolve } from './draft.ts';
import { onlyOutside, outsideOf, SEVERAL_ENTRIES, succCount } from './graph.ts';
import { ask, graphWithLoops, type State, termIdOf } from './state.ts';

/** Makes the preheaders that are missing. Inputs must be settled. True when some were. */
export function makePreheaders(s: State): boolean {
  if (s.spent) return false;
  const graph = graphWithLoops(s);
  const { headers, preorder, reached } = graph;
  let made = false;
  for (let i = 0; i < reached; i++) {
    const header = preorder[i] as BlockId;
    if (headers[header] === 0) continue;
    if (((headers[header] as number) & SEVERAL_ENTRIES) !== 0) {
      s.cx.declined('the loop has several entries', termIdOf(s, header));
      continue;
    }
    const only = onlyOutside(graph, header);
    if (only !== -1 && succCount(graph, only) === 1) continue;
    if (!ask(s, 'made a preheader', termIdOf(s, header))) return made;
    makePreheader(s, header, outsideOf(graph, header));
    made = true;
  }
  return made;
}

function makePreheader(s: State, header: BlockId, outside: readonly BlockId[]): void {
  const { d, cx } = s;
  const preheader = cx.edit.addBlock(jumpTo(cx.ops, header), outside.at(-1) ?? null);
  const entering = new Set(outside);
  for (const phi of d.phis[header] as readonly ValueId[]) {
    const { args, blocks } = rawInputs(d, phi);
    const inside = blocks.flatMap((b, i) => (entering.has(b) ? [] : [i]));
    const values = outside.map((b) => resolve(d, args[blocks.indexOf(b)] as ValueId));
    const [first] = values;
    const { type, op } = instOf(s.f, phi);
    const value = values.every((v) => v === first)
      ? (first as ValueId)
      : cx.edit.addPhi(preheader, type as Type, op, outside, values);
    d.inputs.set(phi, {
      args: [...inside.map((i) => args[i] as ValueId), value],
      blocks: [...inside.map((i) => blocks[i] as BlockId), preheader],
    });
  }
  for (const b of outside) {
    const term = d.term[b] as Inst;
    d.term[b] = withEdges(
      term,
      term.args,
      term.blocks.map((x) => (x === header ? preheader : x)),
    );
  }
  d.changed = true;
}
