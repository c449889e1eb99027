/**
 * Who returns a flag, for `lower-invoke`: two walks over one graph of functions and of signatures of the table.
 *
 *   may throw   what has a `trap throw`, and who calls it: backwards along calls. An `invoke` catches, and carries nothing on
 *   flagged     what may throw and can be reached from an `invoke` by calls: only there somebody is asking for the flag
 *
 * Signatures are nodes, since a call through the table knows no more than the signature: all functions of the table and all
 * calls through it that have a flagged signature change together: tables, segments, globals, and every `ref.func`. That is so
 * where all references are the module's own; where others come or go, exceptions stop at calls through tables (SPEC.md §8). An i32 more at the end of a signature could make it one
 * that the table has too; then that one is flagged as well, so that signatures that differed differ still.
 */

import {
  callSites,
  type Func,
  type Module,
  PairList,
  printSignature,
  type Rows,
  referencedFunctions,
  row,
  type Signature,
  sharesReferences,
  signatureOf,
  termOf,
} from '@sluice/ir';

/** Who returns a flag as the last result. */
export interface Flags {
  /** Functions whose body moves to a version with a flag, with the signature that they had. */
  readonly moved: ReadonlyMap<string, Signature>;
  /** Functions and imports that have a version with a flag, to the name of it: those moved, and others in the table. */
  readonly versions: ReadonlyMap<string, string>;
  /** Whether calls through the table of this signature give a flag, and what stands there returns one. */
  hasSignature(sig: Signature): boolean;
  /** What a reference to a function refers to from now on: its version with a flag where calls through tables ask for one. */
  versionOf(name: string): string;
}

/** The signature with a flag behind the results. */
export function withFlag<S extends Signature>(sig: S): S {
  return { ...sig, results: [...sig.results, 'i32'] };
}

interface Graph {
  readonly nodes: number;
  /** Signatures of calls through the table and of what stands there, by their text. */
  readonly signatures: ReadonlyMap<string, { readonly node: number; readonly sig: Signature }>;
  /** By function, as numbered in the module, and signature, behind them. */
  readonly calls: Rows;
  readonly callers: Rows;
  readonly throwers: readonly number[];
  /** What is named by an `invoke`. */
  readonly invoked: readonly number[];
}

/** Decides who returns a flag. Linear in the module's calls. */
export function flagsOf(m: Module): Flags {
  const elements = sharesReferences(m) ? new Set<string>() : addressesTaken(m);
  const graph = graphOf(m, elements);
  const throws = marked(graph.nodes, graph.callers, graph.throwers, () => true);
  const reached = marked(graph.nodes, graph.calls, graph.invoked, (node) => throws[node] === 1);
  const signatures = flaggedSignatures(graph, reached);
  const moved = new Map<string, Signature>();
  const versions = new Map<string, string>();
  const taken = new Set([...m.funcs, ...m.imports].map(({ name }) => name));
  const inTable = (name: string, sig: Signature): boolean => elements.has(name) && signatures.has(printSignature(sig));
  m.funcs.forEach(({ name, sig }, i) => {
    if (reached[i] === 1) moved.set(name, sig);
    if (reached[i] === 1 || inTable(name, sig)) versions.set(name, freeName(name, taken));
  });
  for (const { name, sig } of m.imports) if (inTable(name, sig)) versions.set(name, freeName(name, taken));
  const hasSignature = (sig: Signature): boolean => signatures.size > 0 && signatures.has(printSignature(sig));
  const versionOf = (name: string): string => {
    const sig = elements.has(name) ? signatureOf(m, name) : undefined;
    return sig !== undefined && hasSignature(sig) ? (versions.get(name) ?? name) : name;
  };
  return { moved, versions, hasSignature, versionOf };
}

/** All that references refer to: in tables, element segments and globals, and by `ref.func`. */
function addressesTaken(m: Module): ReadonlySet<string> {
  const names = new Set(referencedFunctions(m));
  for (const f of m.funcs) for (const v of callSites(f).references) names.add(String(f.insts[v]?.imm));
  return names;
}

function graphOf(m: Module, elements: ReadonlySet<string>): Graph {
  const numbers = new Map(m.funcs.map(({ name }, i) => [name, i]));
  const signatures = new Map<string, { readonly node: number; readonly sig: Signature }>();
  const nodeOf = (sig: Signature): number => {
    const text = printSignature(sig);
    const known = signatures.get(text) ?? { node: m.funcs.length + signatures.size, sig };
    signatures.set(text, known);
    return known.node;
  };
  const calls = new PairList();
  const callers = new PairList();
  const call = (from: number, to: number): void => {
    calls.push(from, to);
    callers.push(to, from);
  };
  const throwers: number[] = [];
  const invoked = new Set<number>();
  m.funcs.forEach((f, i) => {
    if (hasThrow(f)) throwers.push(i);
    const { direct, indirect } = callSites(f);
    for (const v of direct) {
      const inst = f.insts[v];
      const callee = numbers.get(String(inst?.imm));
      if (callee === undefined) continue;
      if (inst?.op.kind === 'invoke') invoked.add(callee);
      else call(i, callee);
    }
    // Where nothing can be called through tables but what is another's, exceptions stop there.
    if (elements.size > 0) for (const v of indirect) call(i, nodeOf(f.insts[v]?.imm as Signature));
  });
  for (const name of elements) {
    const sig = signatureOf(m, name);
    if (sig === undefined) continue;
    const node = nodeOf(sig);
    const element = numbers.get(name);
    if (element !== undefined) call(node, element);
  }
  const nodes = m.funcs.length + signatures.size;
  return {
    nodes,
    signatures,
    calls: calls.rows(nodes),
    callers: callers.rows(nodes),
    throwers,
    invoked: [...invoked],
  };
}

/** Whether some block of the function raises an exception. */
function hasThrow(f: Func): boolean {
  return f.order.some((b) => isThrow(termOf(f, b)));
}

/** Whether a terminator raises an exception. */
export function isThrow({ op, imm }: { readonly op: { readonly kind: string }; readonly imm: unknown }): boolean {
  return op.kind === 'trap' && imm === 'throw';
}

/** The nodes that edges lead to from some nodes over nodes that may be passed, these included. */
function marked(count: number, edges: Rows, from: readonly number[], mayPass: (node: number) => boolean): Uint8Array {
  const marks = new Uint8Array(count);
  const work: number[] = [];
  const mark = (node: number): void => {
    if (marks[node] === 1 || !mayPass(node)) return;
    marks[node] = 1;
    work.push(node);
  };
  for (const node of from) mark(node);
  for (let node = work.pop(); node !== undefined; node = work.pop()) for (const next of row(edges, node)) mark(next);
  return marks;
}

/** The texts of the signatures that change; see the head. */
function flaggedSignatures({ signatures }: Graph, reached: Uint8Array): ReadonlySet<string> {
  const flagged = new Set<string>();
  for (const [text, { node }] of signatures) if (reached[node] === 1) flagged.add(text);
  // A walk over a set also meets what is added meanwhile.
  for (const text of flagged) {
    const known = signatures.get(text);
    const longer = known === undefined ? text : printSignature(withFlag(known.sig));
    if (signatures.has(longer)) flagged.add(longer);
  }
  return flagged;
}

function freeName(name: string, taken: Set<string>): string {
  let free = `${name}.flagged`;
  for (let i = 1; taken.has(free); i++) free = `${name}.flagged${i}`;
  taken.add(free);
  return free;
}
