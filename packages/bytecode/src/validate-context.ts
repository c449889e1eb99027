/**
 * What the checks of a program share: its symbols, and where findings go.
 */

import type { Diagnostic, Global, Signature, Span, Table } from '@sluice/ir';
import { noEnd, tooMany } from './diag-codes.ts';
import type { Program, RegisterFunc, StackFunc } from './program.ts';

/** A reader needs to see only so many mistakes at a time; checking stops there. */
export const maxDiagnostics = 50;

/** Limits of both machines, far above what compilers emit and far below what would exhaust a host. */
export const limits = {
  /** Cells of a frame: registers and slots, or locals and operand stack. */
  frame: 1 << 24,
  /** Parameters or results of a function, as in Wasm engines. They bound the work for one call instruction. */
  signature: 1000,
} as const;

/** A program under validation. */
export interface Context {
  readonly program: Program;
  readonly file: string;
  readonly funcs: ReadonlyMap<string, Signature>;
  readonly imports: ReadonlyMap<string, Signature>;
  readonly globals: ReadonlyMap<string, Global>;
  readonly tables: ReadonlyMap<string, Table>;
  readonly diagnostics: Diagnostic[];
}

/** The symbols of a program. Of two of one name the first counts; the second is reported by validate-items.ts. */
export function contextOf(program: Program, file: string): Context {
  return {
    program,
    file,
    funcs: firstOf<StackFunc | RegisterFunc, Signature>(program.funcs, (f) => f.sig),
    imports: firstOf(program.imports, (i) => i.sig),
    globals: firstOf(program.globals, (g) => g),
    tables: firstOf(program.tables, (t) => t),
    diagnostics: [],
  };
}

function firstOf<I extends { readonly name: string }, T>(items: readonly I[], of: (item: I) => T): Map<string, T> {
  const found = new Map<string, T>();
  for (const item of items) if (!found.has(item.name)) found.set(item.name, of(item));
  return found;
}

/** Where an item stands, as far as that is known. */
export function placeOf(cx: Context, item: object | string): Span {
  return cx.program.spans?.get(item) ?? { file: cx.file, line: 1, col: 1 };
}

/** A function under validation. */
export interface FuncContext {
  readonly cx: Context;
  readonly f: StackFunc | RegisterFunc;
  /** Reports a finding at an instruction. */
  readonly at: (index: number, finding: (at: Span) => Diagnostic) => void;
  /** Number of findings in this function so far. */
  readonly found: () => number;
}

/** Begins with a function. */
export function funcContext(cx: Context, f: StackFunc | RegisterFunc): FuncContext {
  const before = cx.diagnostics.length;
  return {
    cx,
    f,
    at: (index, finding) => {
      const d = finding(f.code[index]?.loc ?? placeOf(cx, f));
      cx.diagnostics.push({ ...d, message: `@${f.name}, instruction ${index}: ${d.message}` });
    },
    found: () => cx.diagnostics.length - before,
  };
}

/** Whether enough was found. */
export function isFull(cx: Context): boolean {
  return cx.diagnostics.length >= maxDiagnostics;
}

/** What both machines ask of a function as a whole: an end, and a frame and signature within the limits. */
export function checkFrame(fx: FuncContext, cells: number): void {
  const { cx, f } = fx;
  const place = placeOf(cx, f);
  const last = f.code.at(-1);
  if (last === undefined) cx.diagnostics.push(noEnd(place));
  else if (!last.def.ends) fx.at(f.code.length - 1, noEnd);
  if (cells > limits.frame) cx.diagnostics.push(tooMany(place, `cells in the frame of @${f.name}`, limits.frame));
}
