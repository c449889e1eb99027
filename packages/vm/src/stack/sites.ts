/**
 * What the loop calls: ops without a fast form, host functions, targets of indirect calls. Each site of the program
 * becomes one function of the instance, with its cells and types bound.
 */

import {
  acceptResults,
  type FuncRef,
  type HostFunction,
  type Imm,
  isFuncRef,
  type Machine,
  printSignature,
  type SharedTable,
  type Signature,
  Trap,
  type Type,
  trap,
  type Value,
} from '@sluice/ir';
import { applyOp } from '../runtime/apply.ts';
import type { GuestState } from '../runtime/state.ts';
import { readValue, writeValue } from './cell-values.ts';
import type { LoadedProgram } from './load.ts';
import type { LoopState } from './state.ts';
import type { HostSite, IndirectSite, OpSite, Site, TranslatedFunc } from './step.ts';

/** The functions of all sites, by number; `entries` by function. */
export function bindSites(
  program: LoadedProgram,
  st: LoopState,
  guest: GuestState,
  machine: Machine,
  entries: Int32Array,
): readonly unknown[] {
  const tables = program.program.tables.map((_, i) => mirrorOf(i, program, guest, entries));
  const bind = (site: Site): unknown => {
    switch (site.kind) {
      case 'op':
        return bindOp(site, st, machine);
      case 'host':
        return bindHost(site, st, guest);
      case 'indirect':
        return bindIndirect(site, st, guest, tables[site.table] ?? []);
    }
  };
  return program.sites.map(bind);
}

/** Calls an op's meaning on its cells; gives the trap, if any. */
function bindOp(site: OpSite, st: LoopState, machine: Machine): (fp: number) => Trap | undefined {
  const { op, type, imm, sources, result, to } = site;
  return (fp) => {
    const args = sources.map((source) =>
      source.kind === 'const' ? source.value : readValue(st, fp + source.cell, source.type),
    );
    const value = applyOp(op, type, machine, imm as Imm, args);
    if (value instanceof Trap) return value;
    if (result !== null) writeValue(st, fp + to, result, value);
    return undefined;
  };
}

function bindHost(site: HostSite, st: LoopState, guest: GuestState): (fp: number, fr: number) => void {
  const call = importCall(st, guest, guest.imports[site.index] as HostFunction, site.sig);
  const { cell, frame } = site;
  return (fp, fr) => call(fp + cell, fp + frame, fr);
}

/** Calls what is the host's: its arguments and results at a cell, cells and frames above which the host may use. */
function importCall(
  st: LoopState,
  guest: GuestState,
  host: HostFunction,
  sig: Signature,
): (cell: number, topCell: number, fr: number) => void {
  const { params, results } = sig;
  const { later } = host;
  if (later !== undefined) return (cell) => later.carryOut(st.I, cell * 2);
  return (cell, top, fr) => {
    guest.settle();
    const args = new Array<Value>(params.length);
    for (let i = 0; i < params.length; i++) args[i] = readValue(st, cell + i, params[i] as Type);
    const { topCell, topFrame } = st;
    st.topCell = top;
    // The frame that waits for the host is a caller as well.
    st.topFrame = fr + 2;
    const given = callOut(guest, host, args);
    st.topCell = topCell;
    st.topFrame = topFrame;
    if (results.length === 0) return;
    const values = acceptResults(sig, given, 'a host function');
    if (cell + values.length > st.cells) st.growCells(cell + values.length);
    for (let i = 0; i < results.length; i++) writeValue(st, cell + i, results[i] as Type, values[i]);
  };
}

/** Calls out: others see what globals hold, and may set them. */
function callOut(guest: GuestState, host: HostFunction, args: readonly Value[]): ReturnType<HostFunction> {
  guest.syncOut();
  try {
    return host(...args);
  } finally {
    guest.syncIn();
  }
}

/** An element of a table: a function's entry and frame, or what the host calls. */
interface Element {
  /** The signature's text. */
  readonly sig: string;
  readonly entry: number;
  readonly cells: number;
  readonly host: HostFunction | null;
}

/** A table's elements as the loop calls them, kept as the shared table is. */
function mirrorOf(index: number, program: LoadedProgram, guest: GuestState, entries: Int32Array): (Element | null)[] {
  const { references, tables } = guest.module;
  const table = tables[index] as SharedTable;
  const imports = new Map(program.program.imports.map((item, i) => [item.name, i]));
  const known = new Map<FuncRef, Element>();
  const make = (ref: FuncRef): Element => {
    const sig = printSignature(ref.sig);
    const hosted = (host: HostFunction): Element => ({ sig, entry: -1, cells: 0, host });
    if (!references.owns(ref)) return hosted((...args) => references.callOther(ref, args));
    const k = program.funcNumbers.get(ref.name);
    if (k === undefined) return hosted(guest.imports[imports.get(ref.name) as number] as HostFunction);
    return { sig, entry: entries[k] as number, cells: (program.funcs[k] as TranslatedFunc).cells, host: null };
  };
  const elements: (Element | null)[] = [];
  const update = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const value = table.get(i);
      let element: Element | null = null;
      if (isFuncRef(value)) {
        element = known.get(value) ?? make(value);
        known.set(value, element);
      }
      elements[i] = element;
    }
  };
  update(0, table.size);
  table.watch(update);
  return elements;
}

/** Looks the callee up: the size of its frame (`st.entry` is set), -1 for a trap, -2 for a host function. */
function bindIndirect(
  site: IndirectSite,
  st: LoopState,
  guest: GuestState,
  table: readonly (Element | null)[],
): (index: number) => number {
  const { sig, cell, frame } = site;
  const wanted = printSignature(sig);
  return (index) => {
    const element = table[index >>> 0];
    if (element === undefined || element === null || element.sig !== wanted) {
      st.trap = trap(whyNot(element)).kind;
      return -1;
    }
    if (element.host !== null) {
      const call = importCall(st, guest, element.host, sig);
      st.callHost = (fp, fr) => call(fp + cell, fp + frame, fr);
      return -2;
    }
    st.entry = element.entry;
    return element.cells;
  };
}

/** Beyond the table, an empty element, another signature. */
function whyNot(element: Element | null | undefined): 'out-of-bounds' | 'null-reference' | 'indirect-call-type' {
  if (element === undefined) return 'out-of-bounds';
  return element === null ? 'null-reference' : 'indirect-call-type';
}
