/**
 * Writes of locals that nobody reads: a `local.set` becomes a `drop`, a `local.tee` nothing.
 *
 * Liveness of locals over the parts of the code between labels and jumps, in sets of bits; where these would be large
 * (more than `mostWords` words in all) the code stays as it is.
 */

import { type Instr, type InstrTable, instrNamed, targetsIn, withLabels } from '@sluice/bytecode';

const mostWords = 1 << 20;

/** A run of code that is entered at its start and left at its end. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly next: readonly number[];
  readonly live: Int32Array;
}

/** The code without writes that nobody reads. */
export function dropDeadWrites(code: readonly Instr[], locals: number, table: InstrTable): readonly Instr[] {
  const parts = split(code, Math.ceil(locals / 32));
  if (parts === null) return code;
  findLive(code, parts);
  const drop = instrNamed(table, 'drop');
  const changed = new Map<number, Instr | null>();
  for (const part of parts) {
    const live = liveAtEnd(parts, part);
    for (let i = part.end - 1; i >= part.start; i--) {
      const instr = code[i] as Instr;
      const { role } = instr.def;
      if (role === 'local-tee' && !has(live, instr)) changed.set(i, null);
      if (role === 'local-set' && !has(live, instr)) changed.set(i, { def: drop, operands: [], loc: instr.loc });
      transfer(live, instr);
    }
  }
  if (changed.size === 0) return code;
  const kept: Instr[] = [];
  const moved = new Int32Array(code.length);
  code.forEach((instr, i) => {
    moved[i] = kept.length;
    const now = changed.get(i);
    if (now !== null) kept.push(now ?? instr);
  });
  return kept.map((instr) => withLabels(instr, (label) => moved[label] as number));
}

function split(code: readonly Instr[], words: number): readonly Part[] | null {
  const isTarget = targetsIn(code);
  const starts: number[] = [];
  const partAt = new Int32Array(code.length + 1).fill(-1);
  for (let i = 0; i < code.length; i++) {
    const before = code[i - 1];
    if (before === undefined || isTarget[i] === 1 || before.def.ends || labelsOf(before).length > 0) {
      partAt[i] = starts.push(i) - 1;
    }
  }
  if (starts.length * words > mostWords) return null;
  return starts.map((start, k): Part => {
    const end = starts[k + 1] ?? code.length;
    const last = code[end - 1] as Instr;
    const labels = last.def.ends || end === code.length ? labelsOf(last) : [...labelsOf(last), end];
    return { start, end, next: labels.map((label) => partAt[label] as number), live: new Int32Array(words) };
  });
}

function labelsOf({ def, operands }: Instr): readonly number[] {
  const one = def.operands.indexOf('label');
  if (one >= 0) return [operands[one] as number];
  const many = def.operands.indexOf('labels');
  return many < 0 ? [] : (operands[many] as readonly number[]);
}

/** Fills in what is live where each part starts. */
function findLive(code: readonly Instr[], parts: readonly Part[]): void {
  const preds: number[][] = parts.map(() => []);
  parts.forEach((part, k) => {
    for (const next of part.next) preds[next]?.push(k);
  });
  const work = parts.map((_, k) => k);
  const waits = new Uint8Array(parts.length).fill(1);
  for (let k = work.pop(); k !== undefined; k = work.pop()) {
    waits[k] = 0;
    const part = parts[k] as Part;
    const live = liveAtEnd(parts, part);
    for (let i = part.end - 1; i >= part.start; i--) transfer(live, code[i] as Instr);
    if (live.every((word, w) => word === part.live[w])) continue;
    part.live.set(live);
    for (const pred of preds[k] as readonly number[]) {
      if (waits[pred] === 1) continue;
      waits[pred] = 1;
      work.push(pred);
    }
  }
}

function liveAtEnd(parts: readonly Part[], { next, live }: Part): Int32Array {
  const found = new Int32Array(live.length);
  for (const k of next) {
    const there = (parts[k] as Part).live;
    for (let w = 0; w < found.length; w++) found[w] = (found[w] as number) | (there[w] as number);
  }
  return found;
}

function transfer(live: Int32Array, { def, operands }: Instr): void {
  if (def.operands[0] !== 'local') return;
  const local = operands[0] as number;
  const word = local >> 5;
  const bit = 1 << (local & 31);
  if (def.role === 'local-get') live[word] = (live[word] as number) | bit;
  else if (def.role === 'local-set' || def.role === 'local-tee') live[word] = (live[word] as number) & ~bit;
}

function has(live: Int32Array, { operands }: Instr): boolean {
  const local = operands[0] as number;
  return (((live[local >> 5] as number) >>> (local & 31)) & 1) === 1;
}
