/**
 * Replaces multiplications and divisions by cheaper operations: shifts and masks for powers of two, and, where asked for,
 * sums for products with the counter of a loop.
 *
 *     ^loop:                                   ^loop:
 *       %i = phi [^pre: %0], [^loop: %n]         %i = phi [^pre: %0], [^loop: %n]
 *       %p = i32.mul %i, 12               =>     %p = phi [^pre: %q], [^loop: %r]       (%q = 12 * %0 in ^pre)
 *       %n = i32.add %i, 1                       %n = i32.add %i, 1
 *                                                %r = i32.add %p, 12
 *
 * Paper:   powers of two: Henry Warren, Hacker's Delight, 2nd ed., 10-1. Products: Frances Allen, John Cocke, Ken Kennedy,
 *          Reduction of Operator Strength, in Program Flow Analysis, 1981.
 * Phases:  the rules of rules/strength.ts; then for each loop `countersOf` and `reduce`.
 * Legal:   integers wrap, so that sums of multiples are multiples of sums. A division by a constant that is not 0 or -1
 *          never traps; others are not touched.
 * Profit:  an interpreter pays for each instruction: with all of this on, the register machine executes 3 % more on
 *          Bril's benchmarks, and a loop with a division by 8 takes half again as long on the stack machine (2026-11). So
 *          one instruction for one is the rule, and the rest are options for machines that execute directly, where
 *          the op table's `cost` decides. Products by 2^k + 1 or 2^k - 1 always stay; a product in a branch of a
 *          loop stays as well, for the sum would run on every turn.
 * Needs:   loops with a preheader and one way back (simplify-cfg).
 * Cost:    O(instructions).
 * Not done: division by other constants (a product of twice the width, of which there is no op); replacing the test of the
 *          counter; counters of counters.
 */

import {
  type BlockId,
  blockOf,
  domTree,
  type Func,
  type Inst,
  instOf,
  type LoopForest,
  type LoopId,
  loopForest,
  makeInst,
  none,
  type OpDef,
  type Type,
  type ValueId,
} from '@sluice/ir';
import { definePass, type FuncContext, RuleIndex, rewriteAll } from '@sluice/pipeline';
import { phiOp, productOf, sumOf } from './rules/recurrence.ts';
import { expansions, strength } from './rules/strength.ts';

const oneForOne = new RuleIndex(strength);
const all = new RuleIndex([...strength, ...expansions]);

/** Products of one loop that become sums: each keeps a register busy throughout. */
const productsPerLoop = 4;

const options = {
  expand: { doc: 'also replace a signed division by several cheaper instructions', default: false },
  recurrences: { doc: 'replace products with loop counters by sums', default: false },
} as const;

type Context = FuncContext<typeof options>;

/** A phi that grows by the same amount on every turn. */
interface Counter {
  readonly phi: ValueId;
  readonly start: ValueId;
  readonly step: ValueId;
}

interface Loop {
  readonly id: LoopId;
  readonly header: BlockId;
  readonly preheader: BlockId;
  readonly latch: BlockId;
}

export default definePass({
  name: 'strength-reduce',
  summary: 'replace multiplications and divisions by cheaper operations',
  paper: "Warren, Hacker's Delight, 2nd ed., 10-1; Allen, Cocke, Kennedy, Reduction of Operator Strength, 1981",
  scope: 'func',
  after: [
    { pass: 'simplify', why: 'its rules look for products, which are shifts afterwards' },
    { pass: 'licm', why: 'a product that does not change is no recurrence' },
  ],
  options,
  run(f, cx) {
    rewriteAll(f, cx, cx.options.expand ? all : oneForOne);
    const loops = cx.get(loopForest);
    if (!cx.options.recurrences || loops.count === 0 || !hasProducts(f)) return;
    for (let id = 0; id < loops.count; id++) {
      const loop = loopOf(loops, id as LoopId);
      if (loop !== null) reduceLoop(f, cx, loops, loop);
    }
  },
});

const isProduct = ({ op, type }: Inst): boolean => op === productOf(type);

function hasProducts(f: Func): boolean {
  for (const inst of f.insts) if (inst !== undefined && isProduct(inst)) return true;
  return false;
}

function loopOf(loops: LoopForest, id: LoopId): Loop | null {
  if (loops.irreducible(id)) return null;
  const preheader = loops.preheader(id);
  const [latch, other] = loops.latches(id);
  if (preheader === -1 || latch === undefined || other !== undefined) return null;
  return { id, header: loops.header[id] as BlockId, preheader, latch };
}

function reduceLoop(f: Func, cx: Context, loops: LoopForest, loop: Loop): void {
  const counters = countersOf(f, cx, loops, loop);
  let left = productsPerLoop;
  for (const counter of counters) {
    for (const v of productsWith(f, cx, counter, loops, loop)) {
      if (left === 0) {
        cx.declined('enough products of this loop are sums already', v);
        return;
      }
      if (!cx.choose('strength-reduce.profit', worthReducing(cx, loops, loop, v))) continue;
      if (!cx.rewrite('product with a counter is a sum', v)) return;
      reduce(cx, loop, counter, v);
      left--;
    }
  }
}

function countersOf(f: Func, cx: Context, loops: LoopForest, loop: Loop): Counter[] {
  const counters: Counter[] = [];
  for (const phi of blockOf(f, loop.header).phis) {
    const { args, blocks, type } = instOf(f, phi);
    const start = args[blocks.indexOf(loop.preheader)];
    const next = args[blocks.indexOf(loop.latch)];
    if (start === undefined || next === undefined || sumOf(type) === null || !cx.edit.has(next)) continue;
    const sum = cx.edit.inst(next);
    const [a, b] = sum.args;
    if (sum.op !== sumOf(type) || a === undefined || b === undefined) continue;
    const step = a === phi ? b : b === phi ? a : null;
    if (step !== null && isInvariant(cx, loops, loop, step)) counters.push({ phi, start, step });
  }
  return counters;
}

/** Whether a value is there before the loop, or is a constant, which can be made there again. */
function isInvariant(cx: Context, loops: LoopForest, loop: Loop, v: ValueId): boolean {
  if (cx.edit.inst(v).op.kind === 'const') return true;
  const home = cx.edit.blockOf(v);
  return home === -1 || !loops.contains(loop.id, home);
}

function productsWith(f: Func, cx: Context, { phi }: Counter, loops: LoopForest, loop: Loop): ValueId[] {
  return [...cx.edit.users(phi)]
    .sort((a, b) => a - b)
    .filter((v) => {
      const inst = cx.edit.inst(v);
      if (!isProduct(inst) || inst.args[0] === inst.args[1]) return false;
      const home = cx.edit.blockOf(v);
      if (home >= f.blocks.length || !loops.contains(loop.id, home)) return false;
      return isInvariant(cx, loops, loop, factor(inst, phi));
    });
}

const factor = ({ args }: Inst, phi: ValueId): ValueId => args[args[0] === phi ? 1 : 0] as ValueId;

// Profit; see the head.
function worthReducing(cx: Context, loops: LoopForest, loop: Loop, v: ValueId): boolean {
  const { op, type } = cx.edit.inst(v);
  const home = cx.edit.blockOf(v);
  const everyTurn = cx.get(domTree).dominates(home, loop.latch) && loops.loopOf(home) === loop.id;
  return everyTurn && op.cost > 1 + (sumOf(type)?.cost ?? 0);
}

/** Gives the product a phi of its own, which starts as the product of the start and grows by that of the step. */
function reduce(cx: Context, loop: Loop, { phi, start, step }: Counter, v: ValueId): void {
  const { edit } = cx;
  const inst = edit.inst(v);
  const type = inst.type as Type;
  const sum = sumOf(type) as OpDef;
  const by = outside(cx, loop, factor(inst, phi));
  const first = edit.append(loop.preheader, makeInst(inst.op, [start, by], { loc: inst.loc }));
  const growth = edit.append(loop.preheader, makeInst(inst.op, [outside(cx, loop, step), by], { loc: inst.loc }));
  const product = edit.addPhi(loop.header, type, phiOp, [loop.preheader], [first]);
  const next = edit.append(loop.latch, makeInst(sum, [product, growth], { loc: inst.loc }));
  edit.setPhiInput(product, loop.latch, next);
  edit.replaceWith(v, product);
}

/** The value before the loop: a constant that stands inside is made again. */
function outside(cx: Context, loop: Loop, v: ValueId): ValueId {
  const { edit } = cx;
  const inst = edit.inst(v);
  if (inst.op.kind !== 'const' || edit.blockOf(v) === loop.preheader) return v;
  return edit.append(loop.preheader, makeInst(inst.op, none, { imm: inst.imm, loc: inst.loc }));
}
