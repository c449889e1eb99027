/** Export of control flow graphs, dominator trees, loop forests and call graphs as DOT, SVG and JSON. */
export { buildGraph, type GraphRequest } from './build.ts';
export { callsGraph } from './calls.ts';
export { cfgGraph } from './cfg.ts';
export { toDot } from './dot.ts';
export {
  addEdge,
  addNode,
  type EdgeInfo,
  type Graph,
  type GraphInfo,
  type GraphKind,
  graphKinds,
  type Mark,
  type NodeInfo,
  newGraph,
} from './graph.ts';
export { toJson } from './json.ts';
export { layoutLimits } from './layout.ts';
export { toSvg } from './svg.ts';
export { domGraph, loopsGraph, postDomGraph } from './trees.ts';
