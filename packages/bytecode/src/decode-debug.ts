/**
 * The debug section of a binary file: names of locals and registers, places of instructions. Its layout stands at
 * `writeDebug` in encode.ts.
 */

import type { Span } from '@sluice/ir';
import type { ByteReader } from './bytes.ts';
import type { Instr } from './instr.ts';

/** What the debug section says about a function. */
export interface Debug {
  readonly names: ReadonlyMap<number, string>;
  /** The code with the place of each instruction. */
  readonly places: (code: readonly Instr[]) => readonly Instr[];
}

/** Nothing is known. */
export const noDebug: Debug = { names: new Map(), places: (code) => code };

/** Reads the section for functions of the given code, in order. */
export function readDebug(r: ByteReader, funcs: readonly { readonly code: readonly Instr[] }[]): readonly Debug[] {
  const files: string[] = [];
  for (let rest = r.length(); rest > 0; rest--) files.push(r.text());
  const debug = funcs.map(({ code }) => {
    const names = readNames(r);
    const changes = readPlaces(r, files, code.length);
    return { names, places: (instrs: readonly Instr[]) => placed(instrs, changes) };
  });
  r.done();
  return debug;
}

function readNames(r: ByteReader): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  let last = -1;
  for (let rest = r.length(2); rest > 0; rest--) {
    const at = r.at;
    const index = r.count();
    if (index <= last) r.bad('names out of order', at);
    last = index;
    names.set(index, r.text());
  }
  return names;
}

type Change = readonly [number, Span | null];

function readPlaces(r: ByteReader, files: readonly string[], length: number): readonly Change[] {
  const changes: Change[] = [];
  let index = 0;
  for (let rest = r.length(2); rest > 0; rest--) {
    const at = r.at;
    const step = r.count();
    index += step;
    if (index >= length || (step === 0 && changes.length > 0)) r.bad('the place of no instruction', at);
    const file = r.count();
    if (file > files.length) r.bad(`no file ${file - 1}`, at);
    changes.push([index, file === 0 ? null : { file: files[file - 1] as string, line: r.count(), col: r.count() }]);
  }
  return changes;
}

function placed(code: readonly Instr[], changes: readonly Change[]): readonly Instr[] {
  if (changes.length === 0) return code;
  let next = 0;
  let loc: Span | null = null;
  return code.map(({ def, operands }, index) => {
    const change = changes[next];
    if (change !== undefined && change[0] === index) {
      loc = change[1];
      next++;
    }
    return { def, operands, loc };
  });
}
