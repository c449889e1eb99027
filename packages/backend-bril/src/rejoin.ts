/**
 * Takes the old value of a counter from the new one, where otherwise both would live at one time and need a variable each:
 *
 *     ^l: %j = phi [^a: %h], [^l: %k]                ^l: %j = phi [^a: %h], [^l: %k]
 *         %k = i64.sub %j, 1                             %k = i64.sub %j, 1
 *         br_if %c, ^l, ^x                     =>        br_if %c, ^l, ^x
 *     ^x: call @f(%j)                                ^x: %n = i64.add %k, 1
 *                                                        call @f(%n)
 *
 * gvn makes the left side of the right one, since it saves an addition; but then each round of the loop has to copy %k. It
 * is undone where the copies run more often than the additions would.
 *
 * Keeps:   the blocks. Only uses that the new value dominates are changed.
 * Cost:    the uses of phis with such an operand.
 */

import {
  type BlockId,
  blockFrequency,
  blockOf,
  blockOfValue,
  domTree,
  type Func,
  instOf,
  makeInst,
  none,
  orderOf,
  usesOf,
  type ValueId,
  withArgs,
} from '@sluice/ir';
import { definePass, type FuncContext } from '@sluice/pipeline';

/** Uses of one phi that are looked at. */
const most = 64;

export default definePass({
  name: 'bril-rejoin',
  summary: 'take the old value of a counter from the new one, so that they share a variable',
  paper: 'folklore',
  scope: 'func',
  before: [{ pass: 'ssa-destruct', why: 'it copies where the two values live at one time' }],
  run(f, cx) {
    for (const b of orderOf(f).rpo) {
      for (const phi of blockOf(f, b).phis) {
        const { args, blocks, type } = instOf(f, phi);
        if (type !== 'i64') continue;
        const seen = new Set<ValueId>();
        for (const [k, arg] of args.entries()) {
          const step = stepOf(f, arg, phi);
          if (step === null || seen.has(arg)) continue;
          seen.add(arg);
          rejoin(f, cx, phi, arg, step, gainOf(f, args, blocks, k));
        }
      }
    }
  },
});

/** What is added to `phi` to give `v`; null where it is not computed so. */
function stepOf(f: Func, v: ValueId, phi: ValueId): bigint | null {
  const { op, args } = instOf(f, v);
  if ((op.name !== 'i64.add' && op.name !== 'i64.sub') || args[0] !== phi) return null;
  const by = instOf(f, args[1] as ValueId);
  if (by.op.kind !== 'const') return null;
  return op.name === 'i64.add' ? (by.imm as bigint) : BigInt.asIntN(64, -(by.imm as bigint));
}

/** How often a copy of this operand would run. */
function gainOf(f: Func, args: readonly ValueId[], blocks: readonly BlockId[], k: number): number {
  let sum = 0;
  for (const [i, arg] of args.entries()) if (arg === args[k]) sum += blockFrequency(f)[blocks[i] as BlockId] as number;
  return sum;
}

function rejoin(f: Func, cx: FuncContext, phi: ValueId, next: ValueId, step: bigint, gain: number): void {
  const users = usesOf(f).of(phi);
  if (users.length > most) return;
  /** By block: the users in it whose operand is to change, and whether one of them is a phi behind the block. */
  const places = new Map<BlockId, { readonly users: ValueId[]; readonly phis: [ValueId, number][] }>();
  const placeOf = (b: BlockId) => {
    let place = places.get(b);
    if (place === undefined) {
      place = { users: [], phis: [] };
      places.set(b, place);
    }
    return place;
  };
  for (const user of new Set(users)) {
    const inst = instOf(f, user);
    if (inst.op.kind === 'phi') {
      for (const [k, arg] of inst.args.entries()) {
        const pred = inst.blocks[k] as BlockId;
        if (arg === phi && isBehind(f, next, pred, null)) placeOf(pred).phis.push([user, k]);
      }
    } else if (user !== next) {
      const b = blockOfValue(f)[user] as BlockId;
      if (isBehind(f, next, b, user)) placeOf(b).users.push(user);
    }
  }
  let cost = 0;
  for (const b of places.keys()) cost += blockFrequency(f)[b] as number;
  if (places.size === 0 || cost >= gain) return;
  if (!cx.rewrite('the old value taken from the new one', phi)) return;
  const { edit, ops } = cx;
  const [add, constant] = [ops.get('i64.add'), ops.get('i64.const')];
  if (add === undefined || constant === undefined) throw new Error("no op 'i64.add'");
  for (const [b, place] of places) {
    const { body, term } = blockOf(f, b);
    const first = body.find((v) => place.users.includes(v)) ?? term;
    const back = edit.insertBefore(first, makeInst(constant, none, { imm: BigInt.asIntN(64, -step) }));
    const old = edit.insertBefore(first, makeInst(add, [next, back]));
    for (const user of place.users) change(cx, user, phi, old);
    for (const [user, k] of place.phis)
      edit.setInst(user, withArgs(edit.inst(user), edit.inst(user).args.with(k, old)));
  }
}

function change({ edit }: FuncContext, user: ValueId, from: ValueId, to: ValueId): void {
  const inst = edit.inst(user);
  const args = inst.args.map((arg) => (arg === from ? to : arg));
  edit.setInst(user, withArgs(inst, args));
}

/** Whether `v` is computed on every way to a place: the user in a block, or (null) the block's end. */
function isBehind(f: Func, v: ValueId, b: BlockId, user: ValueId | null): boolean {
  const home = blockOfValue(f)[v] as BlockId;
  if (home !== b) return domTree(f).dominates(home, b);
  if (user === null || user === blockOf(f, b).term) return true;
  const { body } = blockOf(f, b);
  return body.indexOf(v) < body.indexOf(user);
}
