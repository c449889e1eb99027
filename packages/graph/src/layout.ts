/**
 * Where nodes and edges stand in a picture: layers from top to bottom, by dagre.
 *
 * dagre is exact and slow: seconds for a thousand nodes, and it recurses along paths. What an edge costs is the number of
 * layers that it crosses, so the limits are on nodes and on that sum, which is estimated before; what is beyond them is
 * refused at once. Edges that close cycles are turned round for dagre, so that they never decide what is above what.
 */

import dagre from '@dagrejs/dagre';
import { type Diagnostic, fail, ok, type Result } from '@sluice/ir';
import { graphTooLarge } from './diag-codes.ts';
import type { Graph } from './graph.ts';
import { layerHeights, type PlacedBox, type Point, routeAround, routeDown, type Size } from './route.ts';

/** The largest graph that is laid out. */
export const layoutLimits = { nodes: 1000, layersCrossed: 3000 } as const;

/** Above so many nodes a faster and less tidy way of choosing layers is taken. */
const tidyNodes = 150;

/** Around everything. */
const margin = 16;

/** An edge of a layout. */
export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  /** From border to border. */
  readonly points: readonly Point[];
  /** The middle of its label. */
  readonly label: Point;
}

/** Where everything is, in a frame from `x`, `y`; nodes by their middle. */
export interface Layout extends Point, Size {
  readonly nodes: ReadonlyMap<string, PlacedBox>;
  readonly edges: readonly PlacedEdge[];
}

/** Lays a graph out; `sizeOf` says how large nodes are, `labelOf` labels of edges. Fails (SL0610) where it is too large. */
export function layout(
  graph: Graph,
  sizeOf: (id: string) => Size,
  labelOf: (from: string, to: string) => Size,
): Result<Layout> {
  const nodes = graph.nodes();
  if (nodes.length > layoutLimits.nodes) return fail(tooLarge(graph, nodes.length, 'nodes', layoutLimits.nodes));
  const { turned, crossed } = survey(graph);
  if (crossed > layoutLimits.layersCrossed) {
    return fail(tooLarge(graph, crossed, 'crossings of layers by edges', layoutLimits.layersCrossed));
  }
  const work = new dagre.graphlib.Graph({ directed: true, multigraph: true });
  const ranker = nodes.length > tidyNodes ? 'tight-tree' : 'network-simplex';
  work.setGraph({ rankdir: 'TB', nodesep: 28, edgesep: 16, ranksep: 48, ranker });
  for (const id of nodes) work.setNode(id, { ...sizeOf(id) });
  for (const { v, w } of graph.edges()) {
    const [from, to, name] = turned.has(edgeKey(v, w)) ? [w, v, 'turned'] : [v, w, 'as is'];
    work.setEdge(from, to, { ...labelOf(v, w), labelpos: 'c' }, name);
  }
  try {
    dagre.layout(work);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return fail(graphTooLarge(graph.graph().title, `${nodes.length} nodes in long paths`));
  }
  const boxes = new Map(nodes.map((id) => [id, work.node(id) as PlacedBox]));
  const heights = layerHeights(boxes.values());
  const edges = work.edges().map((edge: { v: string; w: string; name?: string }): PlacedEdge => {
    const { points = [], x, y } = work.edge(edge) as { points?: Point[]; x?: number; y?: number };
    const [above, below] = [boxes.get(edge.v), boxes.get(edge.w)];
    if (above === undefined || below === undefined) throw new Error(`layout: no box for ${edge.v} or ${edge.w}`);
    const back = edge.name === 'turned';
    const way = above === below ? routeAround(above) : routeDown(above, below, points.slice(1, -1), heights);
    const middle = points[points.length >> 1] ?? above;
    return {
      from: back ? edge.w : edge.v,
      to: back ? edge.v : edge.w,
      points: back ? way.toReversed() : way,
      label: { x: x ?? middle.x, y: y ?? middle.y },
    };
  });
  return ok(framed(boxes, edges, labelOf));
}

/** The layout with the frame around all of it: dagre counts boxes, but not the bends of edges beside them. */
function framed(
  nodes: ReadonlyMap<string, PlacedBox>,
  edges: readonly PlacedEdge[],
  labelOf: (from: string, to: string) => Size,
): Layout {
  let [left, top, right, bottom] = nodes.size === 0 ? [0, 0, 0, 0] : [Infinity, Infinity, -Infinity, -Infinity];
  const cover = ({ x, y }: Point, { width, height }: Size): void => {
    left = Math.min(left, x - width / 2);
    top = Math.min(top, y - height / 2);
    right = Math.max(right, x + width / 2);
    bottom = Math.max(bottom, y + height / 2);
  };
  for (const box of nodes.values()) cover(box, box);
  for (const { from, to, points, label } of edges) {
    cover(label, labelOf(from, to));
    for (const point of points) cover(point, { width: 0, height: 0 });
  }
  const frame = {
    x: left - margin,
    y: top - margin,
    width: right - left + 2 * margin,
    height: bottom - top + 2 * margin,
  };
  return { ...frame, nodes, edges };
}

function tooLarge(graph: Graph, size: number, what: string, limit: number): Diagnostic {
  return graphTooLarge(graph.graph().title, `${size} ${what}, at most ${limit} are drawn`);
}

function edgeKey(from: string, to: string): string {
  return `${from}\n${to}`;
}

/** Edges that close cycles, and how many layers all edges cross when each node is as high as it can be. */
function survey(graph: Graph): { readonly turned: ReadonlySet<string>; readonly crossed: number } {
  const turned = new Set<string>();
  const state = new Map<string, 'open' | 'done'>();
  const postorder: string[] = [];
  for (const root of graph.nodes()) {
    if (state.has(root)) continue;
    state.set(root, 'open');
    const path = [{ id: root, next: targetsOf(graph, root) }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const to = top.next.pop();
      if (to === undefined) {
        state.set(top.id, 'done');
        postorder.push(top.id);
        path.pop();
      } else if (!state.has(to)) {
        state.set(to, 'open');
        path.push({ id: to, next: targetsOf(graph, to) });
      } else if (state.get(to) === 'open' && to !== top.id) {
        turned.add(edgeKey(top.id, to));
      }
    }
  }
  const layer = new Map<string, number>();
  let crossed = 0;
  const place = (above: string, below: string): void => {
    layer.set(below, Math.max(layer.get(below) ?? 0, (layer.get(above) ?? 0) + 1));
  };
  const topDown = postorder.reverse();
  const position = new Map(topDown.map((id, i) => [id, i]));
  const downward = graph.edges().map(({ v, w }) => (turned.has(edgeKey(v, w)) ? [w, v] : [v, w]) as [string, string]);
  downward.sort(([a], [b]) => (position.get(a) ?? 0) - (position.get(b) ?? 0));
  for (const [above, below] of downward) if (above !== below) place(above, below);
  for (const [above, below] of downward) crossed += Math.max(1, (layer.get(below) ?? 0) - (layer.get(above) ?? 0));
  return { turned, crossed };
}

/** The targets of a node's edges, the first one last. */
function targetsOf(graph: Graph, id: string): string[] {
  return (graph.outEdges(id) ?? []).map(({ w }) => w).reverse();
}
