/**
 * What a function does by itself, its calls of functions of the module left out: the part of a summary (summaries.ts) that
 * is remembered with the function, so that after a change of one function only that one is read again.
 */

import {
  type Analysis,
  type BlockId,
  blockOf,
  defineAnalysis,
  type Effect,
  type Func,
  type Inst,
  instOf,
  orderOf,
  regionSet,
  type TrapKind,
  trapKinds,
  type ValueId,
} from '@sluice/ir';

/** What a function does by itself. */
export interface OwnEffects {
  readonly reads: number;
  readonly writes: number;
  /** The traps that its instructions may raise, a bit for each of `trapKinds`. */
  readonly traps: number;
  readonly diverges: boolean;
  readonly grows: boolean;
  /** Calls and invokes by name that a path from the entry leads to, of imports too. */
  readonly calls: readonly ValueId[];
  /** Whether a path from the entry leads to a return. */
  readonly returns: boolean;
}

const slots = regionSet('slots');

/** Traps as bits, in the order of `trapKinds`. */
export function trapBits(traps: readonly TrapKind[]): number {
  let bits = 0;
  for (let i = 0; i < traps.length; i++) bits |= 1 << trapKinds.indexOf(traps[i] as TrapKind);
  return bits;
}

/** What a function does by itself; see the head of this file. */
export const ownEffects: Analysis<OwnEffects> = defineAnalysis({ name: 'own-effects', of: 'func', run: look });

function look(f: Func): OwnEffects {
  const order = orderOf(f);
  let reads = 0;
  let writes = 0;
  let traps = 0;
  // A loop may run for ever, as far as is known here.
  let diverges = order.hasBackEdge();
  let grows = false;
  let returns = false;
  const calls: ValueId[] = [];
  const add = (effect: Effect): void => {
    reads |= effect.reads;
    writes |= effect.writes;
    if (effect.traps.length > 0) traps |= trapBits(effect.traps);
    diverges ||= effect.diverges;
    grows ||= effect.grows;
  };
  for (let i = 0; i < order.rpo.length; i++) {
    const { body, term } = blockOf(f, order.rpo[i] as BlockId);
    for (let k = 0; k < body.length; k++) {
      const inst = f.insts[body[k] as ValueId] as Inst;
      if (inst.op.kind === 'call' && inst.op.imm === 'func') calls.push(body[k] as ValueId);
      else add(inst.op.effect);
    }
    const last = instOf(f, term);
    if (last.op.kind === 'ret') returns = true;
    else if (last.op.kind === 'trap') traps |= trapBits([last.imm as TrapKind]);
    else if (last.op.kind === 'invoke') calls.push(term);
    else add(last.op.effect);
  }
  // Slots end with the activation.
  reads &= ~slots;
  writes &= ~slots;
  return { reads, writes, traps, diverges, grows, calls, returns };
}
