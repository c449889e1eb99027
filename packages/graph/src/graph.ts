/**
 * What is drawn: a graph of graphlib whose labels say what nodes and edges are, in words and marks and not in colours, so
 * that each output form (dot.ts, svg.ts, json.ts) shows them in its own way.
 *
 * Edges are merged: two blocks have at most one edge from one to the other, with the labels of all that it stands for.
 */

import { Graph as Graphlib } from '@dagrejs/graphlib';

/** What can be drawn: control flow, dominators, postdominators and loops of a function; calls of a module. */
export const graphKinds = ['cfg', 'dom', 'postdom', 'loops', 'calls'] as const;

/** One of `graphKinds`. */
export type GraphKind = (typeof graphKinds)[number];

/** What is special about a node. */
export type Mark = 'entry' | 'loop-header' | 'unreachable' | 'recursive' | 'external';

/** The label of a graph. */
export interface GraphInfo {
  readonly kind: GraphKind;
  /** For people: `control flow of @main`. */
  readonly title: string;
}

/** The label of a node; its id is its title unless two would be the same. */
export interface NodeInfo {
  readonly title: string;
  /** A few words beside the title, or ''. */
  readonly note: string;
  /** What stands in it: instructions of a block, blocks of a loop. */
  readonly lines: readonly string[];
  readonly marks: readonly Mark[];
}

/** The label of an edge. */
export interface EdgeInfo {
  /** `true`, `false`, cases of a switch, numbers of calls; or ''. */
  readonly text: string;
  /** `back`: goes back in the order of blocks; `indirect`: a call that may go there. */
  readonly style: 'plain' | 'back' | 'indirect';
}

/** A graph of this package: a `Graph` of graphlib, directed, without parallel edges. */
export type Graph = Graphlib<GraphInfo, NodeInfo, EdgeInfo>;

/** A graph without nodes. */
export function newGraph(kind: GraphKind, title: string): Graph {
  const graph: Graph = new Graphlib({ directed: true, multigraph: false, compound: false });
  graph.setGraph({ kind, title });
  return graph;
}

/** Adds a node; what is not given is empty. */
export function addNode(graph: Graph, id: string, info: Partial<NodeInfo> = {}): void {
  graph.setNode(id, { title: id, note: '', lines: [], marks: [], ...info });
}

/** Adds an edge; what is not given is plain. */
export function addEdge(graph: Graph, from: string, to: string, info: Partial<EdgeInfo> = {}): void {
  graph.setEdge(from, to, { text: '', style: 'plain', ...info });
}
