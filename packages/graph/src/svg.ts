/**
 * Graphs as SVG: boxes with their text, entry with a thick border, loop headers with a bar at their side, edges that go
 * back dashed and in a colour of their own. One file without references; colours follow the reader's light or dark mode.
 *
 * Long text is cut: lines after `maxColumns`, boxes after `maxLines`. DOT and JSON have all of it.
 */

import { ok, type Result } from '@sluice/ir';
import type { EdgeInfo, Graph, NodeInfo } from './graph.ts';
import { layout, type PlacedEdge } from './layout.ts';
import { decimal, type Point, roundedPath, type Size } from './route.ts';
import { columnsOf, cut, xmlText } from './svg-text.ts';

const maxColumns = 72;
const maxLines = 48;
const maxEdgeColumns = 36;

const column = 7.3;
const lineHeight = 16;
const padding = 9;
const headHeight = 22;
const top = 30;

/** The graph as a picture; fails (SL0610) where it is too large to lay out. */
export function toSvg(graph: Graph): Result<string> {
  const boxes = new Map(graph.nodes().map((id) => [id, boxOf(graph.node(id))]));
  const labels = (from: string, to: string): Size => {
    const { text } = graph.edge(from, to);
    return text === '' ? { width: 0, height: 0 } : { width: textWidth(edgeText(text)) + 8, height: lineHeight };
  };
  const laid = layout(graph, (id) => boxes.get(id) ?? { width: 0, height: 0 }, labels);
  if (!laid.ok) return laid;
  const { nodes, edges } = laid.value;
  const title = cut(graph.graph().title, maxColumns);
  const width = Math.ceil(Math.max(laid.value.width, textWidth(title) + 32));
  const height = Math.ceil(laid.value.height + top);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="sluice-graph" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${xmlText(title)}</title>`,
    styles,
    arrow('sg-tip', 'sg-tip'),
    arrow('sg-tip-back', 'sg-tip sg-tip-back'),
    `<rect class="sg-ground" width="${width}" height="${height}"/>`,
    `<text class="sg-name" x="16" y="22">${xmlText(title)}</text>`,
    `<g transform="translate(${decimal((width - laid.value.width) / 2 - laid.value.x)} ${decimal(top - laid.value.y)})">`,
  ];
  // Lines first, so that labels and boxes are above them.
  for (const edge of edges) parts.push(lineOf(edge, graph.edge(edge.from, edge.to)));
  for (const edge of edges) parts.push(labelText(edge, graph.edge(edge.from, edge.to)));
  for (const [id, at] of nodes) {
    const box = boxes.get(id);
    if (box !== undefined) parts.push(drawBox(graph.node(id), box, at));
  }
  parts.push('</g>', '</svg>', '');
  return ok(parts.filter((part) => part !== '').join('\n'));
}

interface Box extends Size {
  readonly title: string;
  readonly note: string;
  readonly lines: readonly string[];
}

function boxOf({ title, note, lines: all }: NodeInfo): Box {
  const lines = all.length > maxLines ? all.slice(0, maxLines - 1) : all;
  const shown = lines.map((line) => cut(line, maxColumns));
  if (lines !== all) shown.push(`… ${all.length - lines.length} more`);
  const name = cut(title, maxColumns);
  const head = columnsOf(name) + (note === '' ? 0 : 2 + columnsOf(note));
  const columns = Math.max(4, head, ...shown.map(columnsOf));
  const height = shown.length === 0 ? headHeight + 4 : headHeight + shown.length * lineHeight + padding;
  return { title: name, note, lines: shown, width: columns * column + 2 * padding, height };
}

function drawBox({ marks }: NodeInfo, box: Box, { x, y }: Point): string {
  const { width, height, title, note, lines } = box;
  const classes = ['sg-node', ...marks.map((mark) => `sg-${mark}`)].join(' ');
  const parts = [
    `<g class="${classes}" transform="translate(${decimal(x - width / 2)} ${decimal(y - height / 2)})">`,
    `<rect class="sg-box" width="${decimal(width)}" height="${decimal(height)}" rx="4"/>`,
  ];
  if (marks.includes('loop-header')) parts.push(`<rect class="sg-bar" width="4" height="${decimal(height)}" rx="2"/>`);
  const tail = note === '' ? '' : `<tspan class="sg-note" dx="${2 * column}">${xmlText(note)}</tspan>`;
  parts.push(`<text x="${padding}" y="16"><tspan class="sg-title">${xmlText(title)}</tspan>${tail}</text>`);
  if (lines.length > 0) {
    parts.push(`<path class="sg-rule" d="M0 ${headHeight}H${decimal(width)}"/>`);
    lines.forEach((line, i) => {
      parts.push(`<text x="${padding}" y="${headHeight + 15 + i * lineHeight}">${xmlText(line)}</text>`);
    });
  }
  parts.push('</g>');
  return parts.join('');
}

function lineOf({ points }: PlacedEdge, { style }: EdgeInfo): string {
  const tip = style === 'back' ? 'sg-tip-back' : 'sg-tip';
  return `<path class="sg-edge sg-edge-${style}" d="${roundedPath(points, 14)}" marker-end="url(#${tip})"/>`;
}

function labelText({ label: { x, y } }: PlacedEdge, { text, style }: EdgeInfo): string {
  if (text === '') return '';
  const shown = edgeText(text);
  const width = textWidth(shown);
  return [
    `<rect class="sg-ground" x="${decimal(x - width / 2)}" y="${decimal(y - 7)}" width="${decimal(width)}" height="14"/>`,
    `<text class="sg-label sg-label-${style}" x="${decimal(x)}" y="${decimal(y + 4)}">${xmlText(shown)}</text>`,
  ].join('');
}

function edgeText(text: string): string {
  return cut(text, maxEdgeColumns);
}

function textWidth(text: string): number {
  return columnsOf(text) * column;
}

function arrow(id: string, classes: string): string {
  return `<marker id="${id}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="${classes}" d="M0 0.5L8 4L0 7.5Z"/></marker>`;
}

const styles = `<style>
.sluice-graph text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; white-space: pre; }
.sluice-graph .sg-name { font-weight: bold; fill: #59636e; }
.sluice-graph .sg-title { font-weight: bold; }
.sluice-graph .sg-note { fill: #59636e; }
.sg-ground { fill: #ffffff; }
.sg-box { fill: #f6f8fa; stroke: #818b98; stroke-width: 1; }
.sg-rule { stroke: #d1d9e0; stroke-width: 1; fill: none; }
.sg-entry .sg-box { stroke: #1f2328; stroke-width: 2.5; }
.sg-bar { fill: #0969da; }
.sg-unreachable { opacity: 0.5; }
.sg-unreachable .sg-box, .sg-external .sg-box { stroke-dasharray: 4 3; }
.sg-edge { fill: none; stroke: #59636e; stroke-width: 1.3; }
.sg-edge-back { stroke: #bc4c00; stroke-dasharray: 6 4; }
.sg-edge-indirect { stroke-dasharray: 2 3; }
.sg-tip { fill: #59636e; }
.sg-tip-back { fill: #bc4c00; }
.sluice-graph .sg-label { font-size: 11px; text-anchor: middle; fill: #59636e; }
.sluice-graph .sg-label-back { fill: #bc4c00; }
@media (prefers-color-scheme: dark) {
.sluice-graph text { fill: #e6edf3; }
.sluice-graph .sg-name, .sluice-graph .sg-note { fill: #9198a1; }
.sg-ground { fill: #0d1117; }
.sg-box { fill: #161b22; stroke: #6e7681; }
.sg-rule { stroke: #30363d; }
.sg-entry .sg-box { stroke: #e6edf3; }
.sg-bar { fill: #4493f8; }
.sg-edge { stroke: #9198a1; }
.sg-edge-back { stroke: #f0883e; }
.sg-tip { fill: #9198a1; }
.sg-tip-back { fill: #f0883e; }
.sluice-graph .sg-label { fill: #9198a1; }
.sluice-graph .sg-label-back { fill: #f0883e; }
}
</style>`;
