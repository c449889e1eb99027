/**
 * What the parts of the verifier share: the function at hand, where its instructions stand, and the findings.
 */

import type { Diagnostic } from '../diag.ts';
import type { Subject } from '../diag-codes.ts';
import type { BlockId, Func, Inst, Module, ValueId } from '../func.ts';
import { labelsOf } from '../text/numbering.ts';
import { instPrinter } from '../text/print.ts';
import { isType } from '../type.ts';

/** Findings about one function beyond this many are not worth their text. */
const limit = 100;

/** Longest text of an instruction in a message: a phi may have thousands of inputs. */
const textLimit = 200;

/** Where instructions stand: the block (-1: a parameter, -2: nowhere), and the place in it, phis from 0. */
export interface Places {
  readonly home: Int32Array;
  readonly index: Int32Array;
}

/** The state of the verification of one function. */
export class FuncCheck {
  readonly f: Func;
  readonly m: Module;
  readonly found: Diagnostic[] = [];
  readonly places: Places;
  private printer: ((v: ValueId) => string) | null = null;
  private blockLabel: ((b: BlockId) => string) | null = null;

  constructor(f: Func, m: Module) {
    this.f = f;
    this.m = m;
    const count = f.insts.length;
    this.places = { home: new Int32Array(count).fill(-2), index: new Int32Array(count) };
  }

  /** Whether enough was found: the rest of the work would not be seen. */
  get full(): boolean {
    return this.found.length >= limit;
  }

  /** Adds a finding about the function, a block of it, or an instruction. */
  report(make: (on: Subject) => Diagnostic, v: ValueId | null = null, b: BlockId | null = null): void {
    if (!this.full) this.found.push(make(this.subject(v, b)));
  }

  private subject(v: ValueId | null, b: BlockId | null): Subject {
    const { f } = this;
    const loc = v === null ? null : (f.insts[v]?.loc ?? null);
    const home = v === null ? undefined : this.places.home[v];
    const block = b ?? (home !== undefined && home >= 0 ? (home as BlockId) : null);
    let text = `@${f.name}`;
    if (block !== null) text += `, block ${this.label(block)}`;
    if (v !== null) text += `, '${this.print(v)}'`;
    return { at: loc ?? { file: `@${f.name}`, line: 0, col: 0 }, text };
  }

  /** A block as it is written in messages. */
  label(b: BlockId): string {
    this.blockLabel ??= labelsOf(this.f, true).block;
    return this.blockLabel(b);
  }

  private print(v: ValueId): string {
    this.printer ??= instPrinter(this.f);
    const text = this.printer(v);
    return text.length > textLimit ? `${text.slice(0, textLimit)}...` : text;
  }
}

/** Calls `visit` for each instruction in blocks, in the order of the text; the structure must be sound. */
export function eachPlaced(c: FuncCheck, visit: (v: ValueId, inst: Inst, b: BlockId) => void): void {
  const { f } = c;
  for (const b of f.order) {
    const block = f.blocks[b];
    if (block === undefined) continue;
    const go = (v: ValueId): void => {
      const inst = f.insts[v];
      if (inst !== undefined) visit(v, inst, b);
    };
    for (const v of block.phis) go(v);
    for (const v of block.body) go(v);
    go(block.term);
    if (c.full) return;
  }
}

/** Whether `x` is a whole number from 0 to `max`. */
export function isCount(x: unknown, max: number): x is number {
  return typeof x === 'number' && Number.isInteger(x) && x >= 0 && x <= max;
}

/** Whether `x` is a list of types of values. */
export function areTypes(x: unknown): boolean {
  return Array.isArray(x) && x.every((type) => typeof type === 'string' && isType(type));
}
