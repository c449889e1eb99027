/**
 * Slots to SSA values. A slot starts as zero of its type and has no address, so each `get` gives what the last `set` on the
 * way set. Ops that touch slots in another way keep all slots where they are.
 */

import {
  blockOf,
  bytes,
  type Effect,
  type Func,
  type Inst,
  instOf,
  orderOf,
  regionSet,
  type ValueId,
} from '@sluice/ir';
import type { FuncContext } from '@sluice/pipeline';
import { type Accesses, accessesOf, promote } from '../lib/promote.ts';

const slots = regionSet('slots');
const touches = ({ reads, writes }: Effect): boolean => ((reads | writes) & slots) !== 0;
const isGet = ({ op, args }: Inst): boolean => op.imm === 'index' && op.effect.writes === 0 && args.length === 0;
const isSet = ({ op, args }: Inst): boolean => op.imm === 'index' && op.effect.reads === 0 && args.length === 1;

type Context = Pick<FuncContext, 'edit' | 'rewrite' | 'declined' | 'get'>;

/** Promotes the slots for which the budget lasts; whether anything was done. */
export function promoteSlots(f: Func, cx: Context): boolean {
  if (f.slots.length === 0) return false;
  const used = usedSlots(f, cx);
  if (used === null) return false;
  let left = false;
  for (let k = 0; k < used.length; k++) {
    if (used[k] === 0 || cx.rewrite(`promoted slot #${k}`)) continue;
    used[k] = 0;
    left = true;
  }
  const some = used.includes(1);
  if (some) promote(f, cx, takeAccesses(f, cx, used), f.slots);
  if (left || unreachableAccess(f, cx) || !cx.rewrite('dropped slots that nothing uses')) return some;
  cx.edit.dropSlots();
  return true;
}

/** By slot: whether something reachable touches it; null when an op does so in an unknown way. */
function usedSlots(f: Func, cx: Context): Uint8Array | null {
  const used = bytes(f.slots.length);
  for (const inst of f.insts) {
    if (inst === undefined || !touches(inst.op.effect)) continue;
    if (!isGet(inst) && !isSet(inst)) {
      cx.declined('an op touches slots in its own way');
      return null;
    }
    used[inst.imm as number] = 1;
  }
  return used;
}

/** By block: what it does with slots. Inside of blocks values are forwarded at once and accesses removed. */
function takeAccesses(f: Func, cx: Context, promoted: Uint8Array): Accesses {
  const { edit } = cx;
  const accesses: Accesses = new Map();
  for (const b of cx.get(orderOf).rpo) {
    for (const v of blockOf(f, b).body) {
      const inst = instOf(f, v);
      if (!touches(inst.op.effect) || promoted[inst.imm as number] !== 1) continue;
      const here = accessesOf(accesses, b);
      const slot = inst.imm as number;
      if (isSet(inst)) {
        here.writes.set(slot, inst.args[0] as ValueId);
        edit.remove(v);
        continue;
      }
      const known = here.writes.get(slot) ?? here.reads.get(slot);
      if (known === undefined) here.reads.set(slot, v);
      else edit.replaceWith(v, known);
    }
  }
  return accesses;
}

/** Whether code that is never reached touches a slot: it stays, and so must the slots. */
function unreachableAccess(f: Func, cx: Context): boolean {
  const order = cx.get(orderOf);
  if (order.rpo.length === f.order.length) return false;
  return f.order.some((b) => !order.reaches(b) && blockOf(f, b).body.some((v) => touches(instOf(f, v).op.effect)));
}
