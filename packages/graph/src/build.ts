/** Which graph of a module, and of which of its functions. */

import { type Func, fail, findFunc, type Module, ok, type Result } from '@sluice/ir';
import { callsGraph } from './calls.ts';
import { cfgGraph } from './cfg.ts';
import { noSuchFunction } from './diag-codes.ts';
import type { Graph, GraphKind } from './graph.ts';
import { domGraph, loopsGraph, postDomGraph } from './trees.ts';

/** What to draw. */
export interface GraphRequest {
  readonly kind: GraphKind;
  /** Name of the function; without: the start function, else the first exported one, else the first. Not for `calls`. */
  readonly func?: string;
}

const ofFunction: Readonly<Record<Exclude<GraphKind, 'calls'>, (f: Func) => Graph>> = {
  cfg: cfgGraph,
  dom: domGraph,
  postdom: postDomGraph,
  loops: loopsGraph,
};

/** The graph; fails (SL0611) where there is no such function. */
export function buildGraph(m: Module, request: GraphRequest): Result<Graph> {
  const { kind, func } = request;
  if (kind === 'calls') return ok(callsGraph(m));
  const exported = m.exports.find((each) => each.kind === 'func')?.name;
  const name = func ?? m.start ?? exported ?? m.funcs[0]?.name ?? null;
  const f = name === null ? undefined : findFunc(m, name);
  return f === undefined ? fail(noSuchFunction(m, name)) : ok(ofFunction[kind](f));
}
