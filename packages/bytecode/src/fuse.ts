/**
 * Fusion: rows of instructions become the one instruction that stands for them, where the table has it (its sequences are
 * chosen from measured frequencies).
 *
 *     local.get 1                      local.get+local.get+i64.lt_s+jump_if 1, 2, again
 *     local.get 2              =>
 *     i64.lt_s                         Of all ways to cut the code into instructions of the table, one with the fewest.
 *     jump_if again
 *
 * On the register machine each part takes the result of the one before, or all before only move: what has nothing to do
 * with each other stays two instructions.
 *
 * Labels stay in front of an instruction: a row with a label inside is not fused. An instruction has one place in the
 * source: a row with several parts that may trap in different places is not fused either.
 *
 * Paper: Proebsting, Optimizing an ANSI C Interpreter with Superoperators, POPL 1995; the cutting is Ertl, Gregg et al.,
 *        Vmgen, 2002 ("optimal" static selection by dynamic programming).
 * Cost:  linear, times the length of the longest sequence.
 */

import type { Span } from '@sluice/ir';
import type { Instr, InstrDef, InstrTable } from './instr.ts';
import { targetsIn, withLabels } from './sequence.ts';

/** What the sequences of a table begin with: one node for each prefix. */
interface Prefix {
  readonly next: Map<InstrDef, Prefix>;
  /** The sequence that ends here. */
  whole: InstrDef | null;
}

const prefixesOf = new WeakMap<InstrTable, Prefix>();

/** The code with sequences of the table in the place of their parts. */
export function fuse(code: readonly Instr[], table: InstrTable): readonly Instr[] {
  const prefixes = prefixesIn(table);
  if (prefixes.next.size === 0) return code;
  const linked = table.machine === 'register';
  const isTarget = targetsIn(code);
  const n = code.length;
  /** By index: the least number of instructions from here on, and how many parts the first has; 1: it is as it was. */
  const count = new Int32Array(n + 1);
  const taken = new Int32Array(n);
  const found: (InstrDef | null)[] = new Array(n).fill(null);
  for (let i = n - 1; i >= 0; i--) {
    count[i] = 1 + (count[i + 1] as number);
    taken[i] = 1;
    let at = prefixes.next.get((code[i] as Instr).def);
    for (let length = 2; at !== undefined && i + length <= n && isTarget[i + length - 1] === 0; length++) {
      at = at.next.get((code[i + length - 1] as Instr).def);
      if (at?.whole == null || 1 + (count[i + length] as number) >= (count[i] as number)) continue;
      if (!haveOnePlace(code, i, length) || (linked && !areLinked(code, i, length))) continue;
      count[i] = 1 + (count[i + length] as number);
      taken[i] = length;
      found[i] = at.whole;
    }
  }
  const fused: Instr[] = [];
  const moved = new Int32Array(n);
  for (let i = 0; i < n; i += taken[i] as number) {
    moved[i] = fused.length;
    const def = found[i];
    fused.push(def == null ? (code[i] as Instr) : joined(def, code, i, taken[i] as number));
  }
  return fused.map((instr) => withLabels(instr, (label) => moved[label] as number));
}

function prefixesIn(table: InstrTable): Prefix {
  let root = prefixesOf.get(table);
  if (root !== undefined) return root;
  root = { next: new Map(), whole: null };
  for (const def of table.list) {
    if (def.role !== 'sequence') continue;
    let at: Prefix = root;
    for (const part of def.sequence) {
      let next = at.next.get(part);
      if (next === undefined) {
        next = { next: new Map(), whole: null };
        at.next.set(part, next);
      }
      at = next;
    }
    at.whole = def;
  }
  prefixesOf.set(table, root);
  return root;
}

/** Whether all parts that may trap come from one place in the source. */
function haveOnePlace(code: readonly Instr[], from: number, length: number): boolean {
  let place: Instr | null = null;
  for (let i = from; i < from + length; i++) {
    const instr = code[i] as Instr;
    if (!mayTrap(instr.def)) continue;
    if (place !== null && !samePlace(place.loc, instr.loc)) return false;
    place ??= instr;
  }
  return true;
}

/** Whether each instruction of a row uses what the one before it gave, or those before it only move. */
export function areLinked(code: readonly Instr[], from: number, length: number): boolean {
  let moves = true;
  for (let i = from; i + 1 < from + length; i++) {
    const { def, operands } = code[i] as Instr;
    moves &&= def.role === 'move';
    if (!moves && !(def.operands[0] === 'def' && reads(code[i + 1] as Instr, operands[0] as number))) return false;
  }
  return true;
}

function reads({ def, operands }: Instr, register: number): boolean {
  return def.operands.some((kind, k) => {
    if (kind === 'use') return operands[k] === register;
    return kind === 'uses' && (operands[k] as readonly number[]).includes(register);
  });
}

function samePlace(a: Span | null, b: Span | null): boolean {
  return a === b || (a !== null && b !== null && a.line === b.line && a.col === b.col && a.file === b.file);
}

function mayTrap({ op, parts }: InstrDef): boolean {
  const ops = op === null ? parts : [op];
  return ops.some(({ effect }) => effect.traps.length > 0 || effect.diverges);
}

/** The instruction for a row; its place is that of the part that may trap, else of the last. */
function joined(def: InstrDef, code: readonly Instr[], from: number, length: number): Instr {
  const row = code.slice(from, from + length);
  const place = row.find((instr) => mayTrap(instr.def)) ?? row.at(-1);
  return { def, operands: row.flatMap(({ operands }) => operands), loc: place?.loc ?? null };
}
