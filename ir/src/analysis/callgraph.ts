/**
 * The call graph of a module: who calls whom, in which order to visit functions, who is recursive, whose address is
 * known to others.
 *
 * `call_indirect` may reach every address-taken function of its signature. In the graph this is one node for each
 * signature between callers and targets, so that it stays linear; `callees` lists direct calls only.
 *
 * Hosts are taken not to call back into the module while it runs, as far as recursion is concerned.
 *
 * Remembered by module; the calls of each function are remembered with the function, so that after a change of one
 * function only that one is read again.
 *
 * Paper: Robert Tarjan, Depth-First Search and Linear Graph Algorithms, 1972 (strong components, here without recursion).
 */

import type { Module, ValueId } from '../func.ts';
import { referencedFunctions } from '../named.ts';
import { printSignature, type Signature } from '../type.ts';
import { type Analysis, defineAnalysis } from './analysis.ts';
import { asIds, type Ids, PairList, type Rows } from './ids.ts';
import { strongComponents } from './scc.ts';

/** The instructions of a function that have to do with other functions, by ascending id. */
export interface CallSites {
  /** Calls and invokes of a function or import by name. */
  readonly direct: readonly ValueId[];
  /** Calls through the table. */
  readonly indirect: readonly ValueId[];
  /** Other instructions that name a function: its address is taken. */
  readonly references: readonly ValueId[];
}

/** The calls in a function. */
export const callSites: Analysis<CallSites> = defineAnalysis({
  name: 'call-sites',
  of: 'func',
  run: (f) => {
    const direct: ValueId[] = [];
    const indirect: ValueId[] = [];
    const references: ValueId[] = [];
    for (let id = 0; id < f.insts.length; id++) {
      const inst = f.insts[id];
      if (inst === undefined) continue;
      const { kind, imm } = inst.op;
      if (kind === 'call' || kind === 'invoke') (imm === 'sig' ? indirect : direct).push(id as ValueId);
      else if (imm === 'func') references.push(id as ValueId);
    }
    return { direct, indirect, references };
  },
});

/** The call graph. Functions are numbered as in `Module.funcs`. */
export interface CallGraph {
  /** By function: the functions that it calls by name, each once; imports are left out. */
  readonly callees: Rows;
  /** By function: the functions that call it by name, each once. */
  readonly callers: Rows;
  /** By function: the number of calls by name. */
  readonly callCount: Ids;
  /** Groups of functions that call each other, callees (through the table too) before callers. */
  readonly components: readonly (readonly number[])[];
  /** Whether a call of the function may lead to another call of it before it returns. */
  recursive(func: number): boolean;
  /** Whether the function is in a table, an element segment or a global at the start, or named by a `ref.func`. */
  addressTaken(func: number): boolean;
  /** The function's number; -1 for imports and unknown names. */
  indexOf(name: string): number;
}

const remembered = new WeakMap<Module, CallGraph>();

/** The call graph of a module. */
export function callGraph(m: Module): CallGraph {
  let graph = remembered.get(m);
  if (graph === undefined) {
    graph = buildGraph(m);
    remembered.set(m, graph);
  }
  return graph;
}

function buildGraph(m: Module): CallGraph {
  const count = m.funcs.length;
  const byName = new Map(m.funcs.map((f, i) => [f.name, i]));
  const indexOf = (name: string): number => byName.get(name) ?? -1;
  const taken = addressesTaken(m, indexOf);
  const signatures = new Map<string, number>();
  const signatureNode = (sig: Signature): number => {
    const key = printSignature(sig);
    const node = signatures.get(key) ?? count + signatures.size;
    signatures.set(key, node);
    return node;
  };

  const callees = new PairList();
  const callers = new PairList();
  const edges = new PairList();
  const callCount = new Int32Array(count);
  m.funcs.forEach((f, caller) => {
    const sites = callSites(f);
    if (sites.direct.length === 0 && sites.indirect.length === 0) return;
    const targets = new Set<number>();
    for (const site of sites.direct) {
      const callee = indexOf(String(f.insts[site]?.imm));
      if (callee === -1) continue;
      callCount[callee] = (callCount[callee] as number) + 1;
      targets.add(callee);
    }
    for (const callee of targets) {
      callees.push(caller, callee);
      callers.push(callee, caller);
      edges.push(caller, callee);
    }
    for (const node of new Set(sites.indirect.map((site) => signatureNode(f.insts[site]?.imm as Signature)))) {
      edges.push(caller, node);
    }
  });
  m.funcs.forEach((f, callee) => {
    if (taken[callee] === 1) edges.push(signatureNode(f.sig), callee);
  });

  const graph = edges.rows(count + signatures.size);
  const { components, cyclic } = functionComponents(graph, count, signatures.size);
  return {
    callees: callees.rows(count),
    callers: callers.rows(count),
    callCount: asIds(callCount),
    components,
    recursive: (func) => cyclic[func] === 1,
    addressTaken: (func) => taken[func] === 1,
    indexOf,
  };
}

function addressesTaken(m: Module, indexOf: (name: string) => number): Uint8Array {
  const taken = new Uint8Array(m.funcs.length);
  const take = (name: string): void => {
    const func = indexOf(name);
    if (func !== -1) taken[func] = 1;
  };
  for (const name of referencedFunctions(m)) take(name);
  for (const f of m.funcs) for (const v of callSites(f).references) take(String(f.insts[v]?.imm));
  return taken;
}

/** Components without the nodes of signatures; a component with an edge inside is cyclic. */
function functionComponents(
  graph: Rows,
  count: number,
  signatures: number,
): { components: readonly (readonly number[])[]; cyclic: Uint8Array } {
  const components: (readonly number[])[] = [];
  const cyclic = new Uint8Array(count);
  for (const component of strongComponents(count + signatures, graph)) {
    const funcs = signatures === 0 ? component : component.filter((node) => node < count);
    if (funcs.length === 0) continue;
    components.push(funcs);
    for (const func of funcs) {
      if (component.length > 1 || calls(graph, func, func)) cyclic[func] = 1;
    }
  }
  return { components, cyclic };
}

function calls({ start, items }: Rows, from: number, to: number): boolean {
  for (let e = start[from] as number; e < (start[from + 1] as number); e++) if (items[e] === to) return true;
  return false;
}
