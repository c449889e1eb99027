/**
 * Which loops become vector loops, and how: legality, then profit.
 *
 * Legal:   an innermost loop with one exit, straight through, that is left after a number of turns that can be computed; all
 *          that is carried from turn to turn is a count or a reduction; accesses are rows (accesses.ts); everything that a
 *          stored or gathered value is made of has lanes (lanes.ts); nothing else has effects or may trap.
 * Profit:  enough turns for two turns of the vector loop, where the number is known; a table of ops that has v128.
 */

import {
  type BlockId,
  blockOf,
  type Func,
  instOf,
  isRemovable,
  type LoopId,
  loopForest,
  usesOf,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';
import { inputFrom, type PlainLoop, plainLoop } from '../lib/copy-loop.ts';
import { type Evolution, evolutionOf } from '../lib/scev.ts';
import { type Exit, exitsOf } from '../lib/trip-count.ts';
import { type Accesses, type AliasCheck, accessesOf, aliasChecks, fitsOffsets } from './accesses.ts';
import { isRowAccess, laneForm, laneWidth } from './lanes.ts';
import { type Linear, LinearForms } from './linear.ts';
import { carried, type Reduction, reductionOf } from './reductions.ts';
import { onlyExit, type Turns, turnsOf } from './turns.ts';

/** The options of the pass. */
export const options = {
  fastMath: { doc: 'gather floats in any order, which rounds otherwise', default: false },
  factor: { doc: 'vectors of the widest value in one turn of a vector loop; 1, 2, 4 or 8', default: 4 },
  accumulators: { doc: 'the most vectors in which a reduction gathers', default: 4 },
  loops: { doc: 'vectors of turns of a loop', default: true },
  slp: { doc: 'vectors of neighbouring stores', default: true },
} as const;

export type Context = FuncContext<typeof options>;

/** No loop with more instructions is looked at. */
const largestLoop = 128;
/** More vector instructions in a turn are not written. */
const largestBody = 256;
const mostChecks = 12;

/** A loop, and what it becomes. */
export interface LoopPlan {
  readonly loop: PlainLoop;
  readonly exit: Exit;
  readonly evolution: Evolution;
  readonly turns: Turns;
  readonly accesses: Accesses;
  readonly checks: readonly AliasCheck[];
  /** Turns of the loop that a vector stands for, and such vectors in one turn of the vector loop. */
  readonly lanes: number;
  readonly parts: number;
  readonly accumulators: number;
  /** What to compute in lanes, in order: loads, ops, steps of reductions, stores. */
  readonly body: readonly ValueId[];
  readonly inductions: ReadonlyMap<ValueId, Linear>;
  readonly reductions: readonly Reduction[];
}

/** The plan of a loop; text: why there is none. */
export function planOf(f: Func, cx: Context, id: LoopId): LoopPlan | string {
  const loops = cx.get(loopForest);
  if (loops.last[id] !== id) return 'there is a loop in it';
  const loop = plainLoop(f, id, largestLoop);
  if (loop === null) return 'the loop is too large, or has no preheader, or several ways back';
  const evolution = evolutionOf(f, id);
  const exits = exitsOf(evolution);
  const exit = onlyExit(exits, loop);
  if (exit === null) return exits.length === 0 ? 'the loop has no exit' : 'the loop has several exits';
  if (!isStraight(f, loop, exit)) return 'there are branches in the loop';
  const body = loop.blocks.flatMap((b) => blockOf(f, b).body);
  const effect = otherEffect(f, body);
  if (effect !== null) return effect;
  const turns = turnsOf(f, evolution, exit);
  if (turns === null) return 'the number of turns cannot be computed before the loop';
  const forms = new LinearForms(f, evolution);
  const accesses = accessesOf(f, body, forms);
  if (typeof accesses === 'string') return accesses;
  if (accesses.groups.every(({ step }) => step === 0)) return 'the loop touches no row in memory';
  const phis = carriedBy(f, cx, loop, forms);
  if (typeof phis === 'string') return phis;
  const needed = neededOf(f, loop, evolution, accesses, phis);
  if (typeof needed === 'string') return needed;
  const inLanes = body.filter((v) => needed.has(v));
  return shaped(f, cx, { loop, exit, evolution, turns, accesses, body: inLanes, ...phis });
}

/** Whether the blocks follow each other, and only the one with the exit branches. */
function isStraight(f: Func, loop: PlainLoop, exit: Exit): boolean {
  let at: BlockId = loop.header;
  for (const b of loop.blocks) {
    if (b !== at) return false;
    const { phis, term } = blockOf(f, b);
    if (b !== loop.header && phis.length > 0) return false;
    const { op, blocks } = instOf(f, term);
    if (b === exit.from) at = exit.inside as BlockId;
    else if (op.kind === 'br') at = blocks[0] as BlockId;
    else return false;
  }
  return at === loop.header;
}

function otherEffect(f: Func, body: readonly ValueId[]): string | null {
  for (const v of body) {
    const inst = instOf(f, v);
    const { op, type, args } = inst;
    if (op.kind === 'call') return 'there is a call in the loop';
    if (op.access !== null) {
      const moved = op.access.store ? instOf(f, args[1] as ValueId).type : type;
      if (!isRowAccess(inst, moved)) return `lanes cannot do ${op.name}`;
    } else if (!isRemovable(op.effect)) return `${op.name} has effects, or may trap`;
    else if (op.effect.reads !== 0) return `${op.name} reads what may change`;
  }
  return null;
}

interface Carried {
  readonly inductions: ReadonlyMap<ValueId, Linear>;
  readonly reductions: readonly Reduction[];
}

/** What the phis of the header are. */
function carriedBy(f: Func, cx: Context, loop: PlainLoop, forms: LinearForms): Carried | string {
  const inductions = new Map<ValueId, Linear>();
  const reductions: Reduction[] = [];
  const { header, latch } = loop;
  const { phis } = blockOf(f, header);
  const within = new Set<ValueId>(phis);
  for (const b of loop.blocks) {
    const { body, term } = blockOf(f, b);
    for (const v of body) within.add(v);
    within.add(term);
  }
  for (const phi of phis) {
    const linear = forms.of(phi);
    if (linear !== null) {
      inductions.set(phi, linear);
      continue;
    }
    if (laneWidth(instOf(f, phi).type) === null) return carried;
    const next = inputFrom(instOf(f, phi), latch);
    const found = reductionOf(f, phi, next, cx.get(usesOf), (v) => within.has(v), cx.options.fastMath);
    if (typeof found === 'string') return found;
    reductions.push(found);
  }
  return { inductions, reductions };
}

/** What stored and gathered values are made of; text: what of it lanes cannot do. */
function neededOf(
  f: Func,
  loop: PlainLoop,
  evolution: Evolution,
  accesses: Accesses,
  { inductions, reductions }: Carried,
): ReadonlySet<ValueId> | string {
  const needed = new Set<ValueId>();
  const open: ValueId[] = [];
  const need = (v: ValueId): void => {
    if (evolution.isInvariant(v) || needed.has(v) || inductions.has(v)) return;
    needed.add(v);
    open.push(v);
  };
  for (const { inst, store } of accesses.of.values()) {
    if (!store) continue;
    needed.add(inst);
    need(instOf(f, inst).args[1] as ValueId);
  }
  for (const { links } of reductions) {
    for (const { inst, operand } of links) {
      needed.add(inst);
      need(operand);
    }
  }
  for (let v = open.pop(); v !== undefined; v = open.pop()) {
    const inst = instOf(f, v);
    if (inst.op.access !== null) continue;
    if (inst.op.kind === 'phi') return carried;
    const form = laneForm(inst);
    if (form === null) return `lanes cannot do ${inst.op.name}`;
    const counted = form.kind === 'shift' || form.kind === 'rotate';
    if (counted && !evolution.isInvariant(inst.args[1] as ValueId)) return 'lanes are shifted by one count only';
    for (const arg of counted ? inst.args.slice(0, 1) : inst.args) need(arg);
  }
  for (const v of needed) if (unusable(f, v)) return `lanes cannot do ${instOf(f, v).op.name}`;
  const { phis } = blockOf(f, loop.header);
  return phis.some((phi) => needed.has(phi)) ? carried : needed;
}

/** Whether a value, or what it is made of, has a type without lanes. */
function unusable(f: Func, v: ValueId): boolean {
  const { type, args, op } = instOf(f, v);
  const values = op.access === null ? args : args.slice(1);
  return (type !== 'void' && laneWidth(type) === null) || values.some((arg) => laneWidth(instOf(f, arg).type) === null);
}

type Unshaped = Omit<LoopPlan, 'lanes' | 'parts' | 'accumulators' | 'checks'>;

/** How many turns at a time. */
function shaped(f: Func, cx: Context, plan: Unshaped): LoopPlan | string {
  const { accesses, body, turns } = plan;
  const [narrowest, widest] = sizesOf(f, accesses, body);
  const lanes = 16 / narrowest;
  const checks = aliasChecks(accesses, lanes);
  if (typeof checks === 'string') return checks;
  if (checks.length > mostChecks) return 'too many rows may overlap';
  const registers = widest / narrowest;
  const count = turns.kind === 'constant' ? turns.count : null;
  let parts = Math.max(1, Math.floor(Math.max(1, Math.min(8, cx.options.factor)) / registers));
  while (
    parts > 1 &&
    ((count !== null && count < BigInt(2 * parts * lanes)) || parts * body.length * registers > largestBody)
  )
    parts >>= 1;
  if (!fitsOffsets(accesses, parts * lanes)) return 'offsets are too large';
  const enough = count === null || count >= BigInt(lanes * parts);
  if (!enough) return 'there are too few turns';
  const pays = (count === null || count >= BigInt(2 * lanes)) && body.length * registers <= largestBody;
  if (!cx.choose('simd-lower.loop', pays)) return 'there are too few turns, or too many values';
  return { ...plan, checks, lanes, parts, accumulators: Math.max(1, cx.options.accumulators) };
}

/** Bytes of the narrowest and of the widest that is in lanes: values, operands, and what is in memory. */
function sizesOf(f: Func, accesses: Accesses, body: readonly ValueId[]): readonly [number, number] {
  const sizes = [...accesses.of.values()].filter(({ group }) => group.step !== 0).map(({ bytes }) => bytes);
  for (const v of body) {
    const { type, args, op } = instOf(f, v);
    const values = op.access === null ? args : args.slice(1);
    for (const t of [type, ...values.map((arg) => instOf(f, arg).type)])
      if (t !== 'void') sizes.push((laneWidth(t) ?? 8) / 8);
  }
  return [Math.min(...sizes), Math.max(...sizes)];
}
