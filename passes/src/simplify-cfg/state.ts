/**
 * What the phases of simplify-cfg share: the draft, its graph as it is now, and the budget.
 */

import type { BlockId, Func, Inst, ValueId } from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';
import type { Draft } from './draft.ts';
import { buildGraph, type DraftGraph, findHeaders } from './graph.ts';

/** The context of the pass, with its options. */
export type Context = FuncContext<{ readonly preheaders: { readonly doc: string; readonly default: true } }>;

export interface State {
  readonly f: Func;
  readonly cx: Context;
  readonly d: Draft;
  readonly graph: DraftGraph;
  /** Whether `graph` is the draft's, and knows of its loops. */
  built: boolean;
  loops: boolean;
  /** The budget is spent: nothing more may be done. */
  spent: boolean;
  rewrites: number;
}

export function ask(s: State, what: string, at?: ValueId): boolean {
  if (!s.spent && s.cx.rewrite(what, at)) {
    s.rewrites++;
    return true;
  }
  s.spent = true;
  return false;
}

export function setTerm(s: State, b: BlockId, term: Inst): void {
  s.d.term[b] = term;
  s.d.changed = true;
  s.built = false;
}

export function termIdOf(s: State, b: BlockId): ValueId | undefined {
  return s.f.blocks[b]?.term;
}

/** The graph as it is now. */
export function graphNow(s: State): DraftGraph {
  if (!s.built) {
    buildGraph(s.graph, s.d);
    s.built = true;
    s.loops = false;
  }
  return s.graph;
}

/** The graph as it is now, with `headers`. */
export function graphWithLoops(s: State): DraftGraph {
  const graph = graphNow(s);
  if (!s.loops) findHeaders(graph, s.f.order[0] as BlockId);
  s.loops = true;
  return graph;
}
