/**
 * Instructions that stand for a row of others:
 *
 *     local.get $i
 *     i64.const 1            =>     local.get+i64.const+i64.add+local.set $i, 1, $i
 *     i64.add
 *     local.set $i
 *
 *     i64.add.i r1, r1, 1                 =>     i64.add.i+jump.i64.lt_s r1, r1, 1, r1, r2, again
 *     jump.i64.lt_s r1, r2, again
 *
 * Everything about one follows from its parts: operands are those of the parts side by side, its meaning is what the parts
 * do one after the other. So nobody needs to know any of them: who reads code either expands it (`expandFunc`) or goes
 * through the parts (`partsOf`). A part that traps ends the instruction there, as it would end the row.
 *
 * Parts that may not be fused: calls and switches, and what would make the text ambiguous (two types, two offsets).
 */

import type { OpDef } from '@sluice/ir';
import { entry } from './derive.ts';
import type { Instr, InstrDef, Operand, OperandKind } from './instr.ts';
import type { Program, RegisterFunc, StackFunc } from './program.ts';

/** Operands that stand in the text under a name of their own: an instruction has one of each at most. */
const named: ReadonlySet<OperandKind> = new Set(['type', 'offset', 'align', 'lane', 'global']);
/** Operands that parts may have. */
const fusible: ReadonlySet<OperandKind> = new Set([...named, 'local', 'label', 'value', 'def', 'use', 'uses', 'imm32']);

/** Whether a row of instructions may be one. */
export function isSequence(parts: readonly InstrDef[]): boolean {
  if (parts.length < 2) return false;
  const seen = new Set<OperandKind>();
  for (let i = 0; i < parts.length; i++) {
    const { role, operands, ends, sequence } = parts[i] as InstrDef;
    const leaves = ends || operands.includes('label');
    if (sequence.length > 0 || role === 'trap' || role === 'call' || (leaves && i + 1 < parts.length)) return false;
    if (role === 'call-host' || role === 'call-indirect') return false;
    for (const kind of operands) {
      if (!fusible.has(kind) || (named.has(kind) && seen.has(kind))) return false;
      seen.add(kind);
    }
  }
  return true;
}

/** The instruction that does what the parts do, one after the other. Throws where `isSequence` says no. */
export function sequenceOf(parts: readonly InstrDef[]): InstrDef {
  const name = parts.map((def) => def.name).join('+');
  if (!isSequence(parts)) throw new Error(`'${name}' cannot be one instruction`);
  const ops: OpDef[] = parts.flatMap((def) => (def.op === null ? def.parts : [def.op]));
  return entry({
    name,
    doc: `${parts.map((def) => def.name).join(', then ')}.`,
    role: 'sequence',
    parts: ops,
    sequence: parts,
    operands: parts.flatMap((def) => def.operands),
    ends: parts.at(-1)?.ends ?? false,
  });
}

/** The part of an instruction that its operand `k` belongs to; the instruction itself if it has no parts. */
export function ownerOf(def: InstrDef, k: number): InstrDef {
  let first = 0;
  for (const part of def.sequence) {
    first += part.operands.length;
    if (k < first) return part;
  }
  return def;
}

/** The instructions that an instruction stands for; itself if it has no parts. */
export function partsOf(instr: Instr): readonly Instr[] {
  const { def, operands, loc } = instr;
  if (def.sequence.length === 0) return [instr];
  let from = 0;
  return def.sequence.map((part) => {
    const own = operands.slice(from, from + part.operands.length);
    from += part.operands.length;
    return { def: part, operands: own, loc };
  });
}

/** Code without sequences, and where it came from. */
export interface Expanded {
  readonly code: readonly Instr[];
  /** By index in `code`: the index of the instruction that it is a part of; null: nothing was expanded. */
  readonly origin: Int32Array | null;
}

/** The code of a function, sequences replaced by their parts; labels lead to the first part. */
export function expandCode(code: readonly Instr[]): Expanded {
  if (!code.some(({ def }) => def.sequence.length > 0)) return { code, origin: null };
  const starts = new Int32Array(code.length + 1);
  code.forEach(({ def }, i) => {
    starts[i + 1] = (starts[i] as number) + Math.max(1, def.sequence.length);
  });
  const expanded: Instr[] = [];
  const origin = new Int32Array(starts[code.length] as number);
  code.forEach((instr, i) => {
    for (const part of partsOf(instr)) {
      origin[expanded.length] = i;
      expanded.push(withLabels(part, (label) => starts[label] as number));
    }
  });
  return { code: expanded, origin };
}

/** A program without sequences; the same object where it has none. */
export function expandProgram<P extends Program>(program: P): P {
  let changed = false;
  const spans = new Map(program.spans);
  const funcs = program.funcs.map((f: StackFunc | RegisterFunc) => {
    const { code, origin } = expandCode(f.code);
    if (origin === null) return f;
    changed = true;
    const expanded = { ...f, code };
    const span = program.spans?.get(f);
    if (span !== undefined) spans.set(expanded, span);
    return expanded;
  });
  return changed ? { ...program, funcs, spans } : program;
}

/** The instruction with its labels changed; the same object where it has none. */
export function withLabels(instr: Instr, change: (label: number) => number): Instr {
  const { def } = instr;
  const one = def.operands.indexOf('label');
  const many = def.operands.indexOf('labels');
  if (one < 0 && many < 0) return instr;
  const operands = instr.operands.map((operand, k): Operand => {
    if (k === one) return change(operand as number);
    return k === many ? (operand as readonly number[]).map(change) : operand;
  });
  return { def, operands, loc: instr.loc };
}

/** By instruction: 1 where a jump may lead. */
export function targetsIn(code: readonly Instr[]): Uint8Array {
  const isTarget = new Uint8Array(code.length + 1);
  for (const { def, operands } of code) {
    const one = def.operands.indexOf('label');
    if (one >= 0) isTarget[operands[one] as number] = 1;
    const many = def.operands.indexOf('labels');
    if (many >= 0) for (const label of operands[many] as readonly number[]) isTarget[label] = 1;
  }
  return isTarget;
}

/** For the machine of a table: names of measured sequences to instructions, those whose parts it has. */
export function sequencesOf(names: readonly string[], single: readonly InstrDef[]): readonly InstrDef[] {
  const byName = new Map(single.map((def) => [def.name, def]));
  const fused: InstrDef[] = [];
  for (const name of names) {
    const words = name.split('+');
    const parts = words.flatMap((word) => byName.get(word) ?? []);
    if (parts.length === words.length) fused.push(sequenceOf(parts));
  }
  return fused;
}
