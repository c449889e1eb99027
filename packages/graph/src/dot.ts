/** Graphs as DOT, the language of Graphviz: for graphs too large for `toSvg`, and for other tools. */

import type { EdgeInfo, Graph, NodeInfo } from './graph.ts';

/** The graph as DOT. Nothing is left out, however long it is. */
export function toDot(graph: Graph): string {
  const { title } = graph.graph();
  const lines = [
    `digraph ${quote(title)} {`,
    `  label=${quote(title)}; labelloc=t;`,
    '  node [shape=box, fontname="monospace", fontsize=10];',
    '  edge [fontname="monospace", fontsize=9];',
  ];
  for (const id of graph.nodes()) lines.push(`  ${quote(id)} [${attributes(nodeAttributes(graph.node(id)))}];`);
  for (const edge of graph.edges()) {
    const given = attributes(edgeAttributes(graph.edge(edge)));
    lines.push(`  ${quote(edge.v)} -> ${quote(edge.w)}${given === '' ? '' : ` [${given}]`};`);
  }
  lines.push('}', '');
  return lines.join('\n');
}

type Attributes = Readonly<Record<string, string>>;

function nodeAttributes({ title, note, lines, marks }: NodeInfo): Attributes {
  const head = note === '' ? title : `${title}  (${note})`;
  // `\l` ends a line that is set flush left.
  const label =
    lines.length === 0 ? quote(head) : `"${[head, ...lines].map((line) => `${escaped(line)}\\l`).join('')}"`;
  return {
    label,
    ...(marks.includes('entry') ? { penwidth: '2' } : {}),
    ...(marks.includes('loop-header') ? { peripheries: '2' } : {}),
    ...(marks.includes('unreachable') || marks.includes('external') ? { style: 'dashed' } : {}),
  };
}

function edgeAttributes({ text, style }: EdgeInfo): Attributes {
  return {
    ...(text === '' ? {} : { label: quote(text) }),
    ...(style === 'back' ? { style: 'dashed' } : style === 'indirect' ? { style: 'dotted' } : {}),
  };
}

function attributes(list: Attributes): string {
  return Object.entries(list)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

function quote(text: string): string {
  return `"${escaped(text)}"`;
}

// In DOT a backslash begins an escape, of `\N` (the node's name) among others; a line break is written as one. Graphviz refuses a NUL.
function escaped(text: string): string {
  return text
    .replace(/[\\"]/g, '\\$&')
    .replace(/\r\n|[\r\n]/g, '\\n')
    .replaceAll('\0', '\uFFFD');
}
