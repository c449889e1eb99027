/**
 * What the loop calls: ops without a fast form, host functions, targets of indirect calls. Each site of the program
 * becomes one function of the instance, with its cells and types bound.
 */

import { acceptResults, type Imm, type Machine, type Signature, sameSignature, Trap, trap } from '@sluice/ir';
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
  const { index, sig, cell, frame } = site;
  return (fp, fr) => callImport(st, guest, index, sig, fp + cell, fp + frame, fr);
}

function callImport(
  st: LoopState,
  guest: GuestState,
  index: number,
  sig: Signature,
  cell: number,
  topCell: number,
  fr: number,
): void {
  const args = sig.params.map((type, i) => readValue(st, cell + i, type));
  const saved = { topCell: st.topCell, topFrame: st.topFrame };
  st.topCell = topCell;
  // The frame that waits for the host is a caller as well.
  st.topFrame = fr + 2;
  const host = guest.imports[index];
  if (host === undefined) throw new Error(`no import ${index}`);
  const results = acceptResults(sig, host(...args), `host function ${index}`);
  st.topCell = saved.topCell;
  st.topFrame = saved.topFrame;
  if (cell + results.length > st.cells) st.growCells(cell + results.length);
  sig.results.forEach((type, i) => {
    writeValue(st, cell + i, type, results[i]);
  });
}

/** An element of the table: a function's entry and frame, or an import (entry -1). */
interface Element {
  readonly sig: Signature;
  readonly entry: number;
  readonly cells: number;
  readonly index: number;
}

function tableOf(program: LoadedProgram, entries: Int32Array): readonly (Element | null)[] {
  const { imports, table } = program.program;
  const importNumbers = new Map(imports.map((item, i) => [item.name, i]));
  return (table?.elements ?? []).map((name): Element | null => {
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
      st.callHost = (fp, fr) => callImport(st, guest, element.index, sig, fp + cell, fp + frame, fr);
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
