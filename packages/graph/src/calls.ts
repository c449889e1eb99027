/**
 * The call graph of a module: functions and imports, and for calls through the table a node for each signature, from
 * which edges lead to the functions that such a call may reach.
 */

import { callGraph, callSites, type Module, printSignature, type Signature } from '@sluice/ir';
import { addEdge, addNode, type Graph, type Mark, newGraph } from './graph.ts';

/** The call graph; labels of edges are numbers of calls where there are several. */
export function callsGraph(m: Module): Graph {
  const graph = newGraph('calls', `calls of ${m.name === '' ? 'the module' : m.name}`);
  const calls = callGraph(m);
  for (const [i, f] of m.funcs.entries()) {
    const marks: Mark[] = [];
    if (f.name === m.start) marks.push('entry');
    if (calls.recursive(i)) marks.push('recursive');
    const note = calls.recursive(i) ? 'recursive' : '';
    addNode(graph, `@${f.name}`, { marks, note, lines: [printSignature(f.sig)] });
  }
  for (const { name, sig, module, field } of m.imports) {
    addNode(graph, `@${name}`, {
      marks: ['external'],
      note: 'import',
      lines: [printSignature(sig), `${module} ${field}`],
    });
  }
  const indirect = new Map<string, string>();
  for (const f of m.funcs) {
    const { direct, indirect: through } = callSites(f);
    const times = new Map<string, number>();
    const count = (id: string): void => void times.set(id, (times.get(id) ?? 0) + 1);
    for (const v of direct) {
      const id = `@${String(f.insts[v]?.imm)}`;
      if (graph.hasNode(id)) count(id);
    }
    for (const v of through) {
      const signature = printSignature(f.insts[v]?.imm as Signature);
      const id = `table ${signature}`;
      if (!indirect.has(signature)) {
        indirect.set(signature, id);
        addNode(graph, id, { title: 'call_indirect', marks: ['external'], lines: [signature] });
      }
      count(id);
    }
    for (const [id, n] of times) addEdge(graph, `@${f.name}`, id, { text: n === 1 ? '' : `${n} calls` });
  }
  for (const [i, f] of m.funcs.entries()) {
    const id = calls.addressTaken(i) ? indirect.get(printSignature(f.sig)) : undefined;
    if (id !== undefined) addEdge(graph, id, `@${f.name}`, { style: 'indirect' });
  }
  return graph;
}
