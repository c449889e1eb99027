/**
 * Repeats the body of a loop whose number of turns is known, so that tests of its end go, and what it counts by becomes
 * constant.
 *
 *     ^pre: br ^h                                         ^pre: ... body with 0 for %i
 *     ^h:   %i = phi [^pre: 0], [^h: %j]                        ... body with 1
 *           ... body                              =>            ... body with 2
 *           %j = %i + 1, br_if %j < 3, ^h, ^exit                br ^exit
 *
 * In full where that makes few instructions; else by a factor: the loop then has as many turns in one, and the turns that are
 * too many for that stand before it, in a loop where only the program knows how many (loop-unroll/runtime.ts). Other exits
 * keep their tests.
 *
 * Paper:   J. J. Dongarra, A. R. Hinds, Unrolling Loops in FORTRAN, Software: Practice and Experience, 1979.
 * Phases:  for each loop that has no unrolled loop in it, from the last one: `planOf`, then `unroll`; repair at the end.
 * Legal:   the exit's count is exact (lib/trip-count.ts), so that its test says to stay on all turns before. Whatever else ends a
 *          turn (another exit, a trap) ends it in the copy as well.
 * Profit:  `costOfTurn` guesses what is left of a turn when constants are folded. An interpreter executes one or two
 *          instructions less for each turn, so that large bodies gain little and are left. On Bril's benchmarks the register
 *          machine executes 7 % less with constant numbers of turns and 2 % with others, on their scaled versions 5 %
 *          (2026-11); short loops lose by the latter, and nothing tells which are short.
 * Bounds:  at most `turns` turns in full, whatever a heuristic says, and never more than 64: nothing at compile time grows with
 *          what the program does.
 * Needs:   preheaders and one way back (simplify-cfg); constants known (sccp).
 * Not done: loops that nothing counts, whose tests would all stay; irreducible ones.
 */

import {
  type BlockId,
  blockOf,
  type Func,
  findFunc,
  type Inst,
  instOf,
  isPure,
  type LoopId,
  loopForest,
  type Module,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { inputFrom, type LoopCopier, type PlainLoop, plainLoop } from './lib/copy-loop.ts';
import { eachLoop } from './lib/each-loop.ts';
import { type Evolution, evolutionOf } from './lib/scev.ts';
import { jumpTo } from './lib/structural.ts';
import { type Exit, exitsOf } from './lib/trip-count.ts';
import { Turns } from './lib/turns.ts';
import { removeUnreachable } from './lib/unreachable.ts';
import { asked, counterOf, type RuntimePlan, unrollAtRuntime } from './loop-unroll/runtime.ts';

/** No loop with more instructions is looked at, and none is repeated more often. */
const largestLoop = 96;
const mostTurns = 64;

const options = {
  turns: { doc: 'the most turns of a loop that is unrolled in full; at most 64', default: 64 },
  full: { doc: 'the most instructions that are left of a loop unrolled in full', default: 128 },
  factor: { doc: 'the most turns in one of a loop unrolled by a factor; 1: none are', default: 8 },
  runtime: {
    doc: 'as factor, 2 or 4, where the number of turns is known when the program runs; 1: none are',
    default: 1,
  },
  partial: { doc: 'the most instructions in the body of a loop unrolled by a factor', default: 48 },
} as const;

type Context = FuncContext<typeof options>;

interface Plan {
  readonly kind: 'constant';
  readonly loop: PlainLoop;
  readonly exits: ReadonlyMap<BlockId, Exit>;
  /** The exit by which the loop is left on turn `count` if it was not left before. */
  readonly exit: Exit;
  readonly count: number;
  /** Turns that stand before the loop, and turns in one of the loop; 0 when it is no loop any more. */
  readonly before: number;
  readonly factor: number;
}

export default definePass({
  name: 'loop-unroll',
  summary: 'repeat the bodies of loops whose number of turns is known',
  paper: 'Dongarra, Hinds, Unrolling Loops in FORTRAN, Software: Practice and Experience, 1979',
  scope: 'func',
  after: [
    { pass: 'simplify-cfg', why: 'makes the preheaders to which the first turns go' },
    { pass: 'sccp', why: 'what a loop starts with must be seen as a constant' },
    { pass: 'licm', why: 'what does not change is not to be repeated' },
  ],
  options,
  run(f, cx) {
    let dead = false;
    eachLoop(f, cx, (loop, copier) => {
      const plan = planOf(f, cx, loop, copier);
      if (plan === null) return false;
      if (plan.kind === 'constant') dead = unroll(f, cx, plan, copier()) || dead;
      else unrollAtRuntime(f, cx.edit, cx.ops, copier(), plan);
      return true;
    });
    if (dead) removeUnreachable(cx);
  },
});

// Legality first, then profit.
function planOf(f: Func, cx: Context, id: LoopId, copier: () => LoopCopier): Plan | RuntimePlan | null {
  const loop = plainLoop(f, id, largestLoop);
  const at = blockOf(f, cx.get(loopForest).header[id] as BlockId).term;
  if (loop === null) {
    cx.declined('the loop is too large, or has no preheader, or several ways back', at);
    return null;
  }
  const evolution = evolutionOf(f, id);
  const exits = exitsOf(evolution);
  const exit = firstExit(exits);
  if (exit === null || exit.count === null) return runtimePlan(cx, evolution, loop, exits, copier);
  const { count } = exit;
  const leaves = exits.some((other) => !staysUntil(other, count));
  if (leaves && !copier().mayLeave(loop)) {
    cx.declined('what is behind the loop cannot choose between the turns', at);
    return null;
  }
  const cost = costOfTurn(f, loop);
  const plan = shapeOf(cx, cost, count);
  if (plan === null) {
    cx.declined('the loop would be too large', at);
    return null;
  }
  const byBlock = new Map(exits.map((other) => [other.from, other]));
  return cx.rewrite(plan.factor === 0 ? 'unrolled in full' : 'unrolled by a factor', at)
    ? { kind: 'constant', loop, exits: byBlock, exit, count: Number(count), ...plan }
    : null;
}

/** Where the loop is left at its latch, on a turn that the program knows. */
function runtimePlan(
  cx: Context,
  evolution: Evolution,
  loop: PlainLoop,
  exits: readonly Exit[],
  copier: () => LoopCopier,
): RuntimePlan | null {
  const { f } = evolution;
  const at = blockOf(f, loop.header).term;
  const exit = exits.find(({ from }) => from === loop.latch);
  const distance = exit?.distance ?? null;
  const counter = exit === undefined || distance === null ? -1 : counterOf(evolution, exit, distance);
  if (exit === undefined || distance === null || counter === -1 || exit.inside !== loop.header) {
    cx.declined('the number of turns is not known', at);
    return null;
  }
  const cost = costOfTurn(f, loop);
  const { partial, runtime } = cx.options;
  let factor = runtime >= 4 ? 4 : runtime;
  if (factor === 4 && factor * cost > partial) factor = 2;
  const pays = factor > 1 && factor * cost <= partial && !calls(f, loop, cx.module);
  if (!cx.choose('loop-unroll.runtime', pays)) {
    cx.declined('the number of turns is not constant', at);
    return null;
  }
  if (!copier().mayLeave(loop) || !cx.rewrite('unrolled by a factor, with a loop for what is left', at)) return null;
  return {
    kind: 'runtime',
    loop,
    exit,
    distance: asked(evolution, loop, distance),
    counter,
    factor: Math.max(2, factor),
  };
}

/** Whether a function is called: next to a call the test is cheap, and what recurs has short loops. */
function calls(f: Func, { blocks }: PlainLoop, m: Module): boolean {
  const isCall = ({ op, imm }: Inst): boolean => op.kind === 'call' && findFunc(m, String(imm)) !== undefined;
  return blocks.some((b) => blockOf(f, b).body.some((v) => isCall(instOf(f, v))));
}

/** Of the exits whose count is known, one by which the loop is left first. */
function firstExit(exits: readonly Exit[]): Exit | null {
  let first: Exit | null = null;
  for (const exit of exits) {
    if (!exit.everyTurn || exit.count === null || exit.count < 0n) continue;
    if (first?.count == null || exit.count < first.count) first = exit;
  }
  return first;
}

/** Whether the test says to stay on all turns before this one. */
function staysUntil({ inside, count }: Exit, turn: bigint): boolean {
  return inside !== -1 && count !== null && (count < 0n || count >= turn);
}

// Profit.
function shapeOf(cx: Context, cost: number, count: bigint): Pick<Plan, 'before' | 'factor'> | null {
  const { turns, full, factor: most, partial } = cx.options;
  if (count < BigInt(Math.min(mostTurns, turns))) {
    const copies = Number(count);
    if (cx.choose('loop-unroll.full', copies === 0 || (copies + 1) * cost <= full))
      return { before: copies, factor: 0 };
  }
  for (let factor = Math.min(most, 8); factor > 1; factor >>= 1) {
    if (count < BigInt(2 * factor)) continue;
    const before = Number((count + 1n) % BigInt(factor));
    if (cx.choose('loop-unroll.factor', factor * cost <= partial)) return { before, factor };
  }
  return null;
}

/** A guess at the instructions of one turn that are left when all that depends on constants alone is folded. */
function costOfTurn(f: Func, loop: PlainLoop): number {
  const known = knownOnTurns(f, loop);
  let cost = 0;
  for (const b of loop.blocks) {
    const { body, term } = blockOf(f, b);
    for (const v of body) if (!known.has(v) && instOf(f, v).op.kind !== 'const') cost++;
    const { blocks, args } = instOf(f, term);
    if (blocks.length > 1 && b !== loop.latch && !known.has(args[0] as ValueId)) cost++;
  }
  return Math.max(1, cost);
}

/** What is constant on each turn when all turns are written down: it depends on phis that start so and stay so. */
function knownOnTurns(f: Func, loop: PlainLoop): ReadonlySet<ValueId> {
  const { phis } = blockOf(f, loop.header);
  const isConst = (v: ValueId): boolean => instOf(f, v).op.kind === 'const';
  let started = phis.filter((phi) => isConst(inputFrom(instOf(f, phi), loop.preheader)));
  // Each round takes a phi out, or is the last.
  for (let left = 8; started.length > 0 && left > 0; left--) {
    const known = new Set(started);
    for (const b of loop.blocks) {
      for (const v of blockOf(f, b).body) {
        const inst = instOf(f, v);
        if (foldable(inst) && inst.args.every((arg) => known.has(arg) || isConst(arg))) known.add(v);
      }
    }
    const stays = started.filter((phi) => {
      const next = inputFrom(instOf(f, phi), loop.latch);
      return known.has(next) || isConst(next);
    });
    if (stays.length === started.length) return known;
    started = stays;
  }
  return new Set();
}

function foldable({ op }: Inst): boolean {
  return op.eval !== null && isPure(op.effect);
}

/** Copies the turns and leads the edges; whether blocks may have come off. */
function unroll(f: Func, cx: Context, plan: Plan, copier: LoopCopier): boolean {
  const { edit } = cx;
  const { loop, exits, exit, count, before, factor } = plan;
  const leaves = [...exits.values()].some((other) => !staysUntil(other, BigInt(count)));
  copier.begin(loop, leaves);
  const start = blockOf(f, loop.header).phis.map((phi) => inputFrom(instOf(f, phi), loop.preheader));
  const turns = new Turns(f, edit, copier, loop, loop.preheader, start);
  const stays = (from: BlockId, turn: number): BlockId | -1 => {
    const at = exits.get(from);
    if (at === undefined || at.inside === -1 || at.count === null) return -1;
    return at.count < 0n || at.count > BigInt(turn) ? at.inside : -1;
  };
  for (let turn = 0; turn < before; turn++) turns.add((from) => stays(from, turn));
  if (factor > 0) {
    // On all turns of the loop but the last, which the loop itself remains.
    turns.addFirstOfRing((from) => stays(from, count - 1));
    for (let i = 2; i < factor; i++) turns.add((from) => stays(from, count - 1));
  } else {
    edit.setTerm(exit.from, jumpTo(cx.ops, exit.to, edit.term(exit.from)));
  }
  turns.close(factor > 0 || exit.from === loop.latch, leaves);
  copier.end(loop);
  return factor === 0 && exit.from !== loop.latch;
}
