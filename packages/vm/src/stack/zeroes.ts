/**
 * Which locals must be set to zero when a function is entered: those that some path reads before it writes them. Code
 * from a compiler reads what it wrote, so that most functions need none.
 *
 * Liveness of locals at the entry, by sets of bits over the parts between labels; where these sets would be large
 * (more than `mostWords` words in all), all locals are taken.
 */

import type { Instr, StackFunc } from '@sluice/bytecode';
import type { Type } from '@sluice/ir';
import { bitsType } from '../runtime/cells.ts';
import { type Shapes, targetsOf } from './shape.ts';
import type { ZeroRuns } from './translate.ts';

const mostWords = 1 << 21;

interface Part {
  readonly reads: Int32Array;
  readonly writes: Int32Array;
  readonly next: number[];
  readonly live: Int32Array;
}

/** The locals beside the parameters that must start as zero, as runs of one kind of storage. */
export function zeroRuns(f: StackFunc, localTypes: readonly Type[], shapes: Shapes): ZeroRuns {
  const first = f.sig.params.length;
  if (localTypes.length === first) return [];
  const starts = partStarts(f.code, shapes);
  const words = Math.ceil(localTypes.length / 32);
  const live = starts.length * words > mostWords ? null : liveAtEntry(f.code, starts, words);
  const runs: { first: number; count: number; type: Type }[] = [];
  for (let local = first; local < localTypes.length; local++) {
    if (live !== null && (((live[local >> 5] as number) >>> (local & 31)) & 1) === 0) continue;
    const type = localTypes[local] as Type;
    const last = runs.at(-1);
    const joins =
      last !== undefined &&
      last.first + last.count === local &&
      (bitsType(type) ? bitsType(last.type) : last.type === type);
    if (joins) last.count++;
    else runs.push({ first: local, count: 1, type });
  }
  return runs;
}

/** Where parts begin: at labels and behind every jump. */
function partStarts(code: readonly Instr[], shapes: Shapes): readonly number[] {
  const starts = [0];
  for (let i = 1; i < code.length; i++) {
    const before = code[i - 1] as Instr;
    if (shapes.isTarget[i] === 1 || before.def.ends || targetsOf(before).length > 0) starts.push(i);
  }
  return starts;
}

function liveAtEntry(code: readonly Instr[], starts: readonly number[], words: number): Int32Array {
  const partAt = new Map(starts.map((start, part) => [start, part]));
  const parts = starts.map((start, k) => describe(code, start, starts[k + 1] ?? code.length, words, partAt));
  const preds: number[][] = parts.map(() => []);
  parts.forEach((part, k) => {
    for (const next of part.next) preds[next]?.push(k);
  });
  // From the end to the front, so that most parts are looked at once.
  const work = parts.map((_, k) => k);
  const waits = new Uint8Array(parts.length).fill(1);
  for (let k = work.pop(); k !== undefined; k = work.pop()) {
    waits[k] = 0;
    if (!update(parts, parts[k] as Part, words)) continue;
    for (const pred of preds[k] ?? []) {
      if (waits[pred] === 1) continue;
      waits[pred] = 1;
      work.push(pred);
    }
  }
  return (parts[0] as Part).live;
}

function describe(
  code: readonly Instr[],
  start: number,
  end: number,
  words: number,
  partAt: ReadonlyMap<number, number>,
): Part {
  const reads = new Int32Array(words);
  const writes = new Int32Array(words);
  for (let i = start; i < end; i++) {
    const { def, operands } = code[i] as Instr;
    if (def.role !== 'local-get' && def.role !== 'local-set' && def.role !== 'local-tee') continue;
    const local = operands[0] as number;
    const bit = 1 << (local & 31);
    const word = local >> 5;
    if (def.role === 'local-get') {
      if (((writes[word] as number) & bit) === 0) reads[word] = (reads[word] as number) | bit;
    } else {
      writes[word] = (writes[word] as number) | bit;
    }
  }
  const last = code[end - 1] as Instr;
  const next = targetsOf(last).map((target) => partAt.get(target) as number);
  if (!last.def.ends && partAt.has(end)) next.push(partAt.get(end) as number);
  return { reads, writes, next, live: new Int32Array(words) };
}

/** Whether what is live at the part's start has grown. */
function update(parts: readonly Part[], part: Part, words: number): boolean {
  let grown = false;
  for (let w = 0; w < words; w++) {
    let out = 0;
    for (const next of part.next) out |= (parts[next] as Part).live[w] as number;
    const live = (part.reads[w] as number) | (out & ~(part.writes[w] as number));
    if (live === part.live[w]) continue;
    part.live[w] = live;
    grown = true;
  }
  return grown;
}
