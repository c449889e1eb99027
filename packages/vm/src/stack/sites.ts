/**
 * What the loop calls: ops without a fast form, host functions, targets of indirect calls. Each site of the program
 * becomes one function of the instance, with its cells and types bound.
 */

import {
  acceptResults,
  type Imm,
  type Machine,
  type Signature,
  sameSignature,
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
  const table = tableOf(program, entries);
  const bind = (site: Site): unknown => {
    switch (site.kind) {
      case 'op':
        return bindOp(site, st, machine);
      case 'host':
        return bindHost(site, st, guest);
      case 'indirect':
        return bindIndirect(site, st, guest, table);
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
  const call = importCall(st, guest, site.index, site.sig);
  const { cell, frame } = site;
  return (fp, fr) => call(fp + cell, fp + frame, fr);
}

/** Calls an import: its arguments and results at a cell, cells and frames above which the host may use. */
function importCall(
  st: LoopState,
  guest: GuestState,
  index: number,
  sig: Signature,
): (cell: number, topCell: number, fr: number) => void {
  const host = guest.imports[index];
  if (host === undefined) throw new Error(`no import ${index}`);
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
    const given = host(...args);
    st.topCell = topCell;
    st.topFrame = topFrame;
    if (results.length === 0) return;
    const values = acceptResults(sig, given, `host function ${index}`);
    if (cell + values.length > st.cells) st.growCells(cell + values.length);
    for (let i = 0; i < results.length; i++) writeValue(st, cell + i, results[i] as Type, values[i]);
  };
}

/** An element of the table: a function's entry and frame, or an import (entry -1). */
interface Element {
  readonly sig: Signature;
  readonly entry: number;
  readonly cells: number;
  readonly index: number;
}

function tableOf(program: LoadedProgram, entries: Int32Array): readonly (Element | null)[] {
  const { imports, tables } = program.program;
  const importNumbers = new Map(imports.map((item, i) => [item.name, i]));
  return (tables[0]?.elements ?? []).map((name): Element | null => {
    if (name === null) return null;
    const k = program.funcNumbers.get(name);
    if (k !== undefined) {
      const f = program.funcs[k] as TranslatedFunc;
      return { sig: f.sig, entry: entries[k] as number, cells: f.cells, index: -1 };
    }
    const index = importNumbers.get(name) ?? -1;
    return { sig: (imports[index] as { sig: Signature }).sig, entry: -1, cells: 0, index };
  });
}

/** Looks the callee up: the size of its frame (`st.entry` is set), -1 for a trap, -2 for a host function. */
function bindIndirect(
  site: IndirectSite,
  st: LoopState,
  guest: GuestState,
  table: readonly (Element | null)[],
): (index: number) => number {
  const { sig, cell, frame } = site;
  const fits = table.map((element) => element !== null && sameSignature(element.sig, sig));
  return (index) => {
    const element = table[index >>> 0];
    if (element === undefined || element === null || fits[index >>> 0] === false) {
      st.trap = trap(whyNot(element)).kind;
      return -1;
    }
    if (element.entry < 0) {
      const call = importCall(st, guest, element.index, sig);
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
