/**
 * Sequences of instructions that the Wasm loop runs as one handler, chosen for each program: what the interpreter pays
 * for most is going to the next handler, not the instruction itself.
 *
 *   i64.mul r2, r2, r3
 *   i64.add r2, r2, r4            one handler: no dispatch in between
 *   jump.i32.lt_s r1, r0, again
 *
 * Code stays as it is, but for the numbers of handlers: the first instruction has that of the sequence; of the others only
 * calls need one, as they may be carried out again (load.ts). Traps name the instruction that trapped. Conditional jumps may
 * stand inside; what falls through goes on.
 *
 * Sequences are cut at jump targets and behind calls, and are at most `longest` long. A program gets the heaviest ones, by
 * loop depth: the handlers must stay few enough for V8's optimising compiler to be done soon.
 *
 * Paper: Ertl, Gregg: The Structure and Performance of Efficient Interpreters, JILP 5, 2003 (superinstructions).
 * Differs: chosen for each program as it is loaded, since the loop is generated for it anyway.
 */

import type { RegisterFunc, RegisterProgram } from '@sluice/bytecode';
import { referencedFunctions } from '@sluice/ir';
import { type Handler, isLogged, type Links } from './handler.ts';
import { linksKey, linksOf } from './links.ts';
import { labelOf, listAt } from './operands.ts';

/** The most instructions of a sequence. */
export const longest = 8;
/** The most instructions in all sequences of a program together. */
const mostParts = 400;
/** An instruction in a loop counts so many times one outside, for each loop around it. */
const perLoop = 10;
const deepestLoop = 5;

/** For each function: by index of an instruction, the sequence that starts there. */
export type Sequences = readonly ReadonlyMap<number, Handler>[];

interface Candidate {
  readonly parts: readonly Handler[];
  readonly links: readonly Links[];
  weight: number;
  readonly places: { readonly func: number; readonly index: number }[];
}

/** Chooses sequences for functions whose instructions have these handlers. */
export function chooseSequences(program: RegisterProgram, plans: readonly (readonly Handler[])[]): Sequences {
  const { funcs } = program;
  const candidates = new Map<string, Candidate>();
  const called = calledNames(program);
  for (const [func, f] of funcs.entries()) {
    collect(f, plans[func] ?? [], { func, around: called.has(f.name) ? 1 : 0 }, candidates);
  }
  const chosen = funcs.map(() => new Map<number, Handler>());
  const ranked = [...candidates.entries()].sort(([, a], [, b]) => b.weight - a.weight);
  let parts = 0;
  for (const [key, candidate] of ranked) {
    if (parts + candidate.parts.length > mostParts) continue;
    parts += candidate.parts.length;
    const handler: Handler = {
      key,
      shape: 'sequence',
      op: null,
      parts: [],
      type: null,
      free: false,
      back: false,
      argc: 0,
      lanes: [],
      passes: false,
      sequence: candidate.parts,
      links: candidate.links,
    };
    for (const { func, index } of candidate.places) chosen[func]?.set(index, handler);
  }
  return chosen;
}

/** Functions that may run more often than once: what calls them may do so in a loop, or they themselves. */
function calledNames(program: RegisterProgram): ReadonlySet<string> {
  const names = new Set(referencedFunctions(program));
  for (const { code } of program.funcs) {
    for (const { def, operands } of code) if (def.role === 'call') names.add(operands[1] as string);
  }
  return names;
}

/** `around`: loops around the function, as far as one can tell. */
function collect(
  f: RegisterFunc,
  plan: readonly Handler[],
  { func, around }: { readonly func: number; readonly around: number },
  into: Map<string, Candidate>,
): void {
  const { leaders, depth } = shapeOf(f);
  let start = 0;
  while (start < plan.length) {
    let end = start;
    while (end < plan.length && end - start < longest && (end === start || leaders[end] === 0)) {
      const { shape, passes } = plan[end] as Handler;
      if (apart.has(shape) || passes) break;
      end++;
      if (last.has(shape)) break;
    }
    const loops = (depth[start] ?? 0) + around;
    // What runs once is not worth a handler.
    if (end - start >= 2 && loops > 0) {
      const parts = plan.slice(start, end);
      const links = linksOf(parts, f.code.slice(start, end));
      const key = `${parts.map((handler) => handler.key).join(' ; ')} | ${linksKey(links)}`;
      const weight = perLoop ** Math.min(loops, deepestLoop) * (parts.length - 1);
      const found = into.get(key);
      if (found === undefined) into.set(key, { parts, links, weight, places: [{ func, index: start }] });
      else {
        found.weight += weight;
        found.places.push({ func, index: start });
      }
    }
    start = Math.max(end, start + 1);
  }
}

/** Shapes that end a sequence as its last part. */
const last: ReadonlySet<string> = new Set(['jump', 'return', 'call']);

/** Shapes that are never part of one: rare, or of their own length. */
const apart: ReadonlySet<string> = new Set([
  'slow',
  'move-both',
  'switch-table',
  'switch-search',
  'call-n',
  'call-multi',
  'call-indirect',
  'call-indirect-multi',
  'call-host',
  'return-multi',
  'trap',
]);

/** Where jumps and returns arrive, and how many loops (from a jump's target back to the jump) are around. */
function shapeOf(f: RegisterFunc): { readonly leaders: Uint8Array; readonly depth: Int32Array } {
  const leaders = new Uint8Array(f.code.length + 1);
  const depth = new Int32Array(f.code.length + 1);
  const arrive = (target: number, from: number): void => {
    leaders[target] = 1;
    if (target > from) return;
    depth[target] = (depth[target] ?? 0) + 1;
    depth[from + 1] = (depth[from + 1] ?? 0) - 1;
  };
  for (const [i, instr] of f.code.entries()) {
    switch (instr.def.role) {
      case 'jump':
      case 'jump-if':
      case 'jump-unless':
      case 'jump-op':
      case 'jump-op-imm':
        arrive(labelOf(instr), i);
        break;
      case 'switch':
        for (const label of new Set(listAt(instr, 2))) arrive(label, i);
        break;
      case 'call':
      case 'call-indirect':
        leaders[i + 1] = 1;
        break;
      case 'call-host':
        if (!isLogged(instr)) leaders[i + 1] = 1;
        break;
    }
  }
  for (let i = 1; i < depth.length; i++) depth[i] = (depth[i] ?? 0) + (depth[i - 1] ?? 0);
  return { leaders, depth };
}
