/**
 * Simplifies what counts with a loop: values that follow from others on every turn, tests that the counter decides, and values
 * that are known once the loop is left.
 *
 *     ^h: %i = phi [^pre: 0], [^h: %j]            ^h: %i = phi [^pre: 0], [^h: %j]
 *         %k = phi [^pre: 0], [^h: %m]                ...
 *         %a = %i >= 0                      =>        (%a is 1, for %i goes from 0 to 99)
 *         %j = %i + 1                                 %j = %i + 1
 *         %m = %k + 1, br_if %j < 100, ^h, ^x         br_if %j < 100, ^h, ^x
 *     ^x: ret %j + %k                             ^x: ret 100 + 99
 *
 * Paper:   Robert van Engelen, Efficient Symbolic Analysis for Optimizing Compilers, CC 2001 (induction variables by chains
 *          of recurrences).
 * Phases:  for each loop: `merge` (what is the same as a counter, or does not change), `decide` (truth values), `settle` (values
 *          behind the loop).
 * Legal:   values are equal modulo 2^bits on each turn (lib/scev.ts); a test is decided on all turns that the exits allow
 *          (lib/trip-count.ts), where loops that may run for ever allow all there are.
 * Profit:  always: an instruction is replaced by a value that is there, or by a constant.
 * Needs:   one latch (simplify-cfg), constants known (sccp).
 * Keeps:   the blocks.
 * Cost:    O(instructions of loops).
 * Not done: tests rewritten to use another counter, so that one may go: on register machines the counter that is left is as dear;
 *          ranges of values that are not affine.
 */

import {
  type BlockId,
  blockOf,
  type Func,
  instOf,
  type LoopId,
  loopForest,
  type OpDef,
  usesOf,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';
import { inputFrom } from './lib/copy-loop.ts';
import { type Affine, type Evolution, evolutionOf, sameAffine } from './lib/scev.ts';
import { constOp } from './lib/structural.ts';
import { type Exit, exitsOf, lastTurn, truthUntil } from './lib/trip-count.ts';
import { comparisonOf, linearOf } from './rules/recurrence.ts';

/** Counters of one loop that are compared with each other. */
const countersTried = 16;
/** Loops inside of a loop beyond which it is left alone: it hardly matters there, and their exits are many. */
const mostInside = 256;

export default definePass({
  name: 'indvars',
  summary: 'simplify counters of loops, and the tests and results that they decide',
  paper: 'van Engelen, Efficient Symbolic Analysis for Optimizing Compilers, CC 2001',
  scope: 'func',
  after: [
    { pass: 'simplify-cfg', why: 'leaves one way back to a loop' },
    { pass: 'sccp', why: 'what counters start with must be seen as a constant' },
  ],
  run(f, cx) {
    const loops = cx.get(loopForest);
    for (let l = 0 as LoopId; l < loops.count; l++) {
      if (loops.irreducible(l) || (loops.last[l] as number) - l > mostInside) continue;
      const { phis } = blockOf(f, loops.header[l] as BlockId);
      const evolution = evolutionOf(f, l);
      const counters: ValueId[] = [];
      for (let i = 0; i < phis.length && counters.length < countersTried; i++) {
        if (evolution.affine(phis[i] as ValueId) !== null) counters.push(phis[i] as ValueId);
      }
      if (counters.length === 0) continue;
      merge(f, cx, evolution, counters);
      const exits = exitsOf(evolution);
      decide(f, cx, evolution, exits);
      for (const exit of exits) settle(f, cx, evolution, exit, exits.length === 1);
    }
  },
});

/** Values of the blocks of a loop that are in no loop inside it. */
function forBodies(f: Func, { loops, loop }: Evolution, visit: (v: ValueId) => void): void {
  const blocks = loops.blocks(loop);
  // Those of loops inside it come last.
  for (let i = 0; i < blocks.length && loops.loopOf(blocks[i] as BlockId) === loop; i++) {
    const { body } = blockOf(f, blocks[i] as BlockId);
    for (let k = 0; k < body.length; k++) visit(body[k] as ValueId);
  }
}

/** What is the same as an earlier counter on every turn is that counter; what does not change is what it always is. */
function merge(f: Func, cx: FuncContext, evolution: Evolution, counters: readonly ValueId[]): void {
  counters.forEach((phi, i) => {
    const value = evolution.affine(phi) as Affine;
    const first = counters.find((other, k) => k < i && sameAffine(evolution.affine(other) as Affine, value));
    if (first === undefined) still(cx, phi, value);
    else if (cx.rewrite('one counter for two', phi)) cx.edit.replaceWith(phi, first);
  });
  forBodies(f, evolution, (v) => {
    if (linearOf(instOf(f, v).op) === undefined) return;
    const value = evolution.affine(v);
    if (value !== null) still(cx, v, value);
  });
}

/** Replaces an affine value that does not change, if there is a value that it always is. */
function still(cx: FuncContext, v: ValueId, { bits, base, scale, offset, step }: Affine): void {
  const known = step === 0n && (base === -1 || (scale === 1n && offset === 0n));
  if (!known || !cx.rewrite('it does not change', v)) return;
  cx.edit.replaceWith(v, base === -1 ? constant(cx, bits, offset) : base);
}

/** A constant; integers have constants. */
function constant(cx: FuncContext, bits: 32 | 64, k: bigint): ValueId {
  const op = constOp(cx.ops, bits === 32 ? 'i32' : 'i64') as OpDef;
  return cx.edit.constant(op, bits === 32 ? Number(BigInt.asIntN(32, k)) : BigInt.asIntN(64, k));
}

/** Truth values that are the same on all turns. */
function decide(f: Func, cx: FuncContext, evolution: Evolution, exits: readonly Exit[]): void {
  const last = lastTurn(exits);
  forBodies(f, evolution, (v) => {
    if (comparisonOf(instOf(f, v).op) === undefined || !cx.edit.has(v)) return;
    const truth = truthUntil(evolution, v, last);
    if (truth === null || !cx.rewrite(truth ? 'true on every turn' : 'false on every turn', v)) return;
    cx.edit.replaceWith(v, constant(cx, 32, truth ? 1n : 0n));
  });
}

/** What is used behind an exit that is taken on a known turn, and is a constant then. */
function settle(f: Func, cx: FuncContext, evolution: Evolution, exit: Exit, alone: boolean): void {
  const { count, everyTurn, from, to } = exit;
  if (!everyTurn || count === null || count < 0n) return;
  const { edit } = cx;
  const known = (v: ValueId): Affine | null => {
    const value = evolution.isInvariant(v) ? null : evolution.affine(v);
    return value?.base === -1 ? value : null;
  };
  const left = ({ bits, offset, step }: Affine): ValueId => constant(cx, bits, offset + step * count);
  for (const phi of blockOf(f, to).phis) {
    const value = edit.has(phi) ? known(inputFrom(instOf(f, phi), from)) : null;
    if (value !== null && cx.rewrite('known when the loop is left', phi)) edit.setPhiInput(phi, from, left(value));
  }
  if (!alone) return;
  const leave = (v: ValueId): void => {
    const uses = usesOf(f).of(v);
    let value: Affine | null = null;
    for (let i = 0; i < uses.length; i++) {
      const user = uses[i] as ValueId;
      const home = edit.has(user) ? edit.blockOf(user) : -1;
      if (home === -1 || evolution.loops.contains(evolution.loop, home)) continue;
      const inst = edit.inst(user);
      // For the edge that leaves the loop it is done.
      if (inst.op.kind === 'phi' || !inst.args.includes(v)) continue;
      value ??= known(v);
      if (value === null || !cx.rewrite('known when the loop is left', user)) return;
      const by = left(value);
      edit.setInst(
        user,
        withArgs(
          inst,
          inst.args.map((arg) => (arg === v ? by : arg)),
        ),
      );
    }
  };
  const { phis } = blockOf(f, evolution.loops.header[evolution.loop] as BlockId);
  for (const phi of phis) if (edit.has(phi)) leave(phi);
  forBodies(f, evolution, leave);
}
