/**
 * Unrolling where the number of turns is known when the program runs: a loop of the turns that are too many, then the loop
 * by a factor. Only the last turn of either is tested.
 *
 *     ^pre:  r = turns mod 4                 turns: k + 1, if the test says to leave on turn k
 *            br_if r, ^few, ^many
 *     ^few:  a turn, r times                 then the test, once: it may have been the last turn
 *     ^test: br_if (the test), ^many, ^exit
 *     ^many: four turns, the test
 *
 * The test of the loop decides in the end, not the number: where it never says to leave, a number of turns that is wrong
 * (`Distance.mayNeverEnd`) only leaves tests out that would not have been true either.
 */

import {
  type BlockId,
  blockOf,
  type Editor,
  type Func,
  instOf,
  makeInst,
  type OpTable,
  orderOf,
  rowLength,
  type Type,
  termOf,
  type ValueId,
  withArgs,
  withEdges,
} from '@sluice/ir';
import { ClosedForms } from '../lib/closed-form.ts';
import { inputFrom, type LoopCopier, type PlainLoop } from '../lib/copy-loop.ts';
import { type Affine, type Evolution, sameAffine } from '../lib/scev.ts';
import { jumpTo, opOfKind } from '../lib/structural.ts';
import { type Distance, type Exit, swapped, type Test, testOf } from '../lib/trip-count.ts';
import { Turns } from '../lib/turns.ts';
import { comparing, comparisonOf, maskOf, phiOp, type Relation, sumOf } from '../rules/recurrence.ts';

/** What is unrolled: the loop is left at its latch, by the test of `exit`, whose count is a distance. */
export interface RuntimePlan {
  readonly kind: 'runtime';
  readonly loop: PlainLoop;
  readonly exit: Exit;
  readonly distance: Distance;
  /** What the test compares: on turn 0 it is `distance.from`, and it changes by `distance.sign`. */
  readonly counter: ValueId;
  /** A power of two. */
  readonly factor: number;
}

/** What the test of the exit compares; -1 where both of its sides change. */
export function counterOf(evolution: Evolution, exit: Exit, { from, sign }: Distance): ValueId | -1 {
  const wanted: Affine = { ...from, step: sign };
  const candidates = [...termOf(evolution.f, exit.from).args];
  // Negations, the comparison and its operands: few.
  for (let i = 0; i < candidates.length && i < 8; i++) {
    const v = candidates[i] as ValueId;
    const value = evolution.affine(v);
    if (value !== null && sameAffine(value, wanted)) return v;
    const { op, args } = instOf(evolution.f, v);
    if (comparisonOf(op) !== undefined) candidates.push(...args);
  }
  return -1;
}

/** The distance, without the question whether there is one where the branch before the loop has asked it. */
export function asked(evolution: Evolution, { preheader }: PlainLoop, distance: Distance): Distance {
  if (distance.relation === null) return distance;
  const guard = guardOf(evolution, preheader);
  if (guard === null) return distance;
  // On the turn before the first one the test would have been that of the guard.
  const { from, to, sign, relation, signed } = distance;
  const before: Affine = { ...from, offset: BigInt.asIntN(from.bits, from.offset - sign) };
  const says = (x: Affine, y: Affine, r: Relation): boolean =>
    r === relation && guard.signed === signed && sameAffine(x, before) && sameAffine(y, to);
  const { x, y } = guard;
  return says(x, y, guard.relation) || says(y, x, swapped[guard.relation]) ? { ...distance, relation: null } : distance;
}

/** What the branch says that alone leads to the preheader. */
function guardOf(evolution: Evolution, preheader: BlockId): Test | null {
  const { f } = evolution;
  const { preds } = orderOf(f);
  if (rowLength(preds, preheader) !== 1) return null;
  const term = termOf(f, preds.items[preds.start[preheader] as number] as BlockId);
  if (term.op.kind !== 'br_if' || term.blocks[0] === term.blocks[1]) return null;
  return testOf(evolution, term, term.blocks[0] === preheader);
}

/** Writes the loops. */
export function unrollAtRuntime(f: Func, edit: Editor, ops: OpTable, copier: LoopCopier, plan: RuntimePlan): void {
  const { loop, exit, distance, counter, factor } = plan;
  const { preheader, header, latch } = loop;
  const { phis } = blockOf(f, header);
  const start = phis.map((phi) => inputFrom(instOf(f, phi), preheader));
  const stays = (from: BlockId): BlockId | -1 => (from === latch ? header : -1);
  copier.begin(loop, true);

  const type = distance.from.bits === 32 ? 'i32' : 'i64';
  const forms = new ClosedForms(edit, ops, preheader);
  const sum = sumOf(type) as NonNullable<ReturnType<typeof sumOf>>;
  const mask = maskOf(type) as NonNullable<ReturnType<typeof maskOf>>;
  const turns = forms.emit(makeInst(sum, [forms.turns(distance), forms.constant(1n, type)]));
  const few = forms.emit(makeInst(mask, [turns, forms.constant(BigInt(factor - 1), type)]));
  const ne = comparing(type, 'ne', false);
  const some = type === 'i32' ? few : forms.emit(makeInst(ne, [few, forms.constant(0n, type)]));
  // What the counter is on the last of the few turns: none is like it before.
  const end = forms.plus({ ...distance.from, offset: distance.from.offset - distance.sign }, few, distance.sign);
  const brIf = opOfKind(ops, 'br_if');

  const fewEntry = edit.addBlock(jumpTo(ops, header), preheader);
  const copy = copier.copy(loop, fewEntry, null, stays);
  const test = edit.addBlock(jumpTo(ops, exit.to), copy.last);
  const many = edit.addBlock(jumpTo(ops, header), test);
  edit.setTerm(preheader, makeInst(brIf, [some], { blocks: [fewEntry, many] }));

  // The turns that are too many.
  edit.setTerm(fewEntry, jumpTo(ops, copy.header));
  phis.forEach((phi, i) => {
    const made = copier.copyOf(phi);
    edit.setPhiInput(made, fewEntry, start[i] as ValueId);
    edit.setPhiInput(made, copy.latch, copy.next[i] as ValueId);
  });
  const goesOn = edit.append(copy.latch, makeInst(ne, [copier.copyOf(counter), end]));
  edit.setTerm(copy.latch, makeInst(brIf, [goesOn], { blocks: [copy.header, test] }));

  // The test behind them, as it was on the last of them.
  const branch = instOf(f, blockOf(f, latch).term);
  const [condition] = branch.args as readonly [ValueId];
  const tested = instOf(f, condition);
  const mapped = tested.args.map((v) => copier.copyOf(v));
  const again = tested.op.kind === 'value' ? edit.append(test, withArgs(tested, mapped)) : copier.copyOf(condition);
  const targets = branch.blocks.map((b) => (b === exit.to ? b : many));
  edit.setTerm(test, withEdges(branch, [again], targets));
  for (const phi of edit.phis(exit.to)) {
    edit.setPhiInput(phi, test, copier.copyOf(inputFrom(instOf(f, phi), latch)));
  }

  // The rest, by the factor.
  const incoming = phis.map((phi, i) =>
    edit.addPhi(
      many,
      instOf(f, phi).type as Type,
      phiOp,
      [preheader, test],
      [start[i] as ValueId, copy.next[i] as ValueId],
    ),
  );
  const row = new Turns(f, edit, copier, loop, many, incoming);
  row.addFirstOfRing(stays);
  for (let i = 2; i < factor; i++) row.add(stays);
  row.close(true, true);
  copier.end(loop);
}
