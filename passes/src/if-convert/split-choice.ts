/**
 * Makes a branch of a choice, so that what one side alone needs runs on that side only.
 *
 *     %3 = f64.sqrt %0                             br_if %c, ^1, ^2
 *     ...                                    ^1:   %3 = f64.sqrt %0
 *     %5 = select f64 %3, %1, %c       =>          br ^2
 *                                            ^2:   %5 = phi f64 [^0: %1], [^1: %3]
 */

import {
  type BlockId,
  type Func,
  type Ids,
  type Inst,
  isSpeculatable,
  makeInst,
  none,
  regionSet,
  type Type,
  type Uses,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';
import { opOfKind } from '../lib/structural.ts';
import { effectOf } from '../lib/summaries.ts';
import { phiOp } from '../rules/recurrence.ts';

/** A choice, by its place in the body of its block. */
export interface Choice {
  readonly f: Func;
  readonly cx: FuncContext;
  readonly uses: Uses;
  readonly home: Ids<BlockId>;
  readonly block: BlockId;
  readonly at: number;
  readonly expensive: number;
}

/** Splits a choice where that pays, and says whether; `spent`: the budget is. */
export function splitChoice(choice: Choice): 'split' | 'stays' | 'spent' {
  const { f, cx, block, at, expensive } = choice;
  const v = f.blocks[block]?.body[at] as ValueId;
  const { args, type, loc } = f.insts[v] as Inst;
  const [yes, no, condition] = args as readonly [ValueId, ValueId, ValueId];
  if (yes === no) return 'stays';
  const sides = [only(choice, yes), only(choice, no)] as const;
  const costs = sides.map((side) => side.reduce((sum, w) => sum + (f.insts[w] as Inst).op.cost, 0));
  const side = (costs[0] as number) >= (costs[1] as number) ? 0 : 1;
  const dear = sides[side] as readonly ValueId[];
  if (dear.length === 0 || !cx.choose('split choice', (costs[side] as number) >= expensive)) return 'stays';
  if (!cx.rewrite('made a dear choice a branch', v)) return 'spent';
  const { edit } = cx;
  const br = opOfKind(cx.ops, 'br');
  const rest = edit.splitBlock(block, v, br);
  const middle = edit.addBlock(makeInst(br, none, { blocks: [rest], loc }), block);
  for (let i = dear.length - 1; i >= 0; i--) edit.moveToEnd(dear[i] as ValueId, middle);
  const targets = side === 0 ? [middle, rest] : [rest, middle];
  edit.setTerm(block, makeInst(opOfKind(cx.ops, 'br_if'), [condition], { blocks: targets, loc }));
  const inputs = side === 0 ? [yes, no] : [no, yes];
  const phi = edit.addPhi(rest, type as Type, phiOp, [middle, block], inputs);
  edit.replaceWith(v, phi);
  return 'split';
}

/** What nothing but one operand of the choice needs, users first: in the choice's block, with nothing written since. */
function only({ f, cx, uses, home, block, at }: Choice, operand: ValueId): readonly ValueId[] {
  const body = f.blocks[block]?.body ?? none;
  const found: ValueId[] = [];
  const stack: ValueId[] = [operand];
  let reads = 0;
  for (let w = stack.pop(); w !== undefined && found.length < 16; w = stack.pop()) {
    const inst = f.insts[w] as Inst;
    const effect = effectOf(cx.module, inst);
    if (home[w] !== block || inst.op.kind === 'phi' || uses.count(w) !== 1 || !isSpeculatable(effect)) continue;
    if (inst.op.cost === 0) continue;
    reads |= effect.reads;
    found.push(w);
    for (const arg of inst.args) stack.push(arg);
  }
  if (reads === 0) return found;
  // Moved down to the choice, reads must not pass a write.
  for (let k = at - 1; k >= 0 && at - k < 64; k--) {
    const effect = effectOf(cx.module, f.insts[body[k] as number] as Inst);
    if ((effect.writes & reads) !== 0 || (effect.grows && (reads & regionSet('memory')) !== 0)) return none;
  }
  return at < 64 ? found : none;
}
