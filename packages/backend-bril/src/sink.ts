/**
 * Moves the next value of a phi behind the last uses of the phi's own, so that both can share a variable:
 *
 *     ^l: %j = phi [^a: %h], [^l: %k]            ^l: %j = phi [^a: %h], [^l: %k]
 *         %k = i64.sub %j, 1                         %c = i64.eq %j, 1
 *         %c = i64.eq %j, 1                =>        %k = i64.sub %j, 1
 *         br_if %c, ^x, ^l                           br_if %c, ^x, ^l
 *
 * Legal:   what moves has no effect and reads nothing, and stays before its own uses.
 * Cost:    two walks of each block that such a value stands in.
 */

import {
  type BlockId,
  blockOf,
  blockOfValue,
  type Func,
  instOf,
  isSpeculatable,
  orderOf,
  type ValueId,
} from '@sluice/ir';
import { definePass } from '@sluice/pipeline';

export default definePass({
  name: 'bril-sink',
  summary: "move the next value of a phi behind the last uses of the phi's own",
  paper: 'folklore',
  scope: 'func',
  before: [{ pass: 'ssa-destruct', why: 'it copies where the two values live at one time' }],
  run(f, cx) {
    const home = blockOfValue(f);
    /** By block: next values with the phi that they are of. */
    const steps = new Map<BlockId, Map<ValueId, ValueId>>();
    for (const b of orderOf(f).rpo) {
      for (const phi of blockOf(f, b).phis) {
        for (const arg of new Set(instOf(f, phi).args)) {
          const { op, args } = instOf(f, arg);
          if (op.kind !== 'value' || op.effect.reads !== 0 || !isSpeculatable(op.effect) || !args.includes(phi))
            continue;
          const at = home[arg] as BlockId;
          const list = steps.get(at);
          if (list === undefined) steps.set(at, new Map([[arg, phi]]));
          else if (!list.has(arg)) list.set(arg, phi);
        }
      }
    }
    for (const [b, list] of steps) {
      const order = sunk(f, b, list);
      if (order !== null && cx.rewrite('the next value comes behind the last uses of the old one'))
        cx.edit.reorder(b, order);
    }
  },
});

/** The body with the steps as late as their phis' uses and their own allow; null where nothing moves. */
function sunk(f: Func, b: BlockId, steps: ReadonlyMap<ValueId, ValueId>): readonly ValueId[] | null {
  const { body, term } = blockOf(f, b);
  const position = new Map<ValueId, number>();
  for (const [i, v] of body.entries()) position.set(v, i);
  /** By value that matters: first use of a step, last use of a phi. */
  const first = new Map<ValueId, number>();
  const last = new Map<ValueId, number>();
  const phis = new Set(steps.values());
  const note = (args: readonly ValueId[], at: number): void => {
    for (const arg of args) {
      if (steps.has(arg) && !first.has(arg)) first.set(arg, at);
      if (phis.has(arg)) last.set(arg, at);
    }
  };
  for (const [i, v] of body.entries()) note(instOf(f, v).args, i);
  note(instOf(f, term).args, body.length);
  /** By position: what moves behind it. */
  const behind = new Map<number, ValueId[]>();
  const moved = new Set<ValueId>();
  for (const [step, phi] of steps) {
    const here = position.get(step) as number;
    const to = last.get(phi) as number;
    if (to <= here || to >= body.length || (first.get(step) ?? body.length) <= to) continue;
    const list = behind.get(to);
    if (list === undefined) behind.set(to, [step]);
    else list.push(step);
    moved.add(step);
  }
  if (moved.size === 0) return null;
  const order: ValueId[] = [];
  for (const [i, v] of body.entries()) {
    if (!moved.has(v)) order.push(v);
    for (const step of behind.get(i) ?? []) order.push(step);
  }
  // A step may be the last use of another one's phi: then it stands there already, or not at all.
  return order.length === body.length ? order : null;
}
