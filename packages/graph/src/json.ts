/** Graphs as JSON, in graphlib's own form: `{options, value, nodes: [{v, value}], edges: [{v, w, value}]}`. */

import { json } from '@dagrejs/graphlib';
import type { Graph } from './graph.ts';

/** The graph as JSON; `json.read` of graphlib reads it back. */
export function toJson(graph: Graph): string {
  return `${JSON.stringify(json.write(graph), null, 2)}\n`;
}
