/**
 * What range analysis has to look at in each walk: the integers that something may ask for. Those that are the same in every
 * walk (constants, loads, results of calls) are known before the first.
 */

import type { BlockId, Func, Inst, ValueId } from '../func.ts';
import { none } from '../inst.ts';
import { bytes, ints } from '../ints.ts';
import { everything, type Range, rangeOfConstant, rangeOfType, signedRange } from '../range.ts';
import { asIds, type Rows } from './ids.ts';
import type { BlockOrder } from './order.ts';

/** Phis with more inputs are not followed. */
const mostInputs = 16;

/** By block: phis and instructions to look at, in order; and the phis with inputs over back-edges. */
export interface RangePlan {
  readonly phis: Rows<ValueId>;
  readonly body: Rows<ValueId>;
  readonly headers: readonly ValueId[];
}

/** Makes the plan; writes what is known already to `known`, by value. */
export function planRanges(f: Func, order: BlockOrder, known: (Range | null)[]): RangePlan {
  const asked = findAsked(f, order);
  const { insts } = f;
  for (let i = 0; i < f.params.length; i++) {
    const v = f.params[i] as ValueId;
    known[v] = rangeOfType((insts[v] as Inst).type);
  }
  const count = f.blocks.length;
  const [phiStart, bodyStart] = [ints(count + 1), ints(count + 1)];
  const [phis, body]: [ValueId[], ValueId[]] = [[], []];
  const headers: ValueId[] = [];
  for (let b = 0; b < count; b++) {
    phiStart[b] = phis.length;
    bodyStart[b] = body.length;
    const block = f.blocks[b];
    if (block === undefined || !order.reaches(b as BlockId)) continue;
    const back = block.phis.length > 0 && hasBackEdge(order, b as BlockId);
    for (let i = 0; i < block.phis.length; i++) {
      const v = block.phis[i] as ValueId;
      const { type, args } = insts[v] as Inst;
      const range = rangeOfType(type);
      if (range === null) continue;
      if (asked[v] === 1 && args.length <= mostInputs) {
        phis.push(v);
        if (back) headers.push(v);
      } else known[v] = range;
    }
    for (let i = 0; i < block.body.length; i++) {
      const v = block.body[i] as ValueId;
      const inst = insts[v] as Inst;
      if (inst.type !== 'i32' && inst.type !== 'i64') continue;
      if (asked[v] === 0) known[v] = everything(inst.type === 'i64');
      else if (inst.op.range !== null) body.push(v);
      else known[v] = fixed(inst);
    }
  }
  phiStart[count] = phis.length;
  bodyStart[count] = body.length;
  return {
    phis: { start: asIds(phiStart), items: asIds(Int32Array.from(phis)) },
    body: { start: asIds(bodyStart), items: asIds(Int32Array.from(body)) },
    headers,
  };
}

function hasBackEdge(order: BlockOrder, b: BlockId): boolean {
  const { start, items } = order.preds;
  for (let e = start[b] as number; e < (start[b + 1] as number); e++) {
    if (order.isBackEdge(items[e] as BlockId, b)) return true;
  }
  return false;
}

/** The range of what depends on no operand's. */
function fixed({ op, type, imm }: Inst): Range | null {
  if (op.kind === 'const') return rangeOfConstant(imm as number | bigint);
  const wide = type === 'i64';
  const { access } = op;
  if (access === null || access.bytes === (wide ? 8 : 4)) return everything(wide);
  const half = 2 ** (access.bytes * 8 - 1);
  return access.signed ? signedRange(wide, -half, half - 1) : signedRange(wide, 0, 2 * half - 1);
}

/** What conditions, conversions and what may trap are made of. All else is whatever its type allows. */
function findAsked({ insts, blocks }: Func, { rpo }: BlockOrder): Uint8Array {
  const asked = bytes(insts.length);
  const stack: ValueId[] = [];
  const ask = (args: readonly ValueId[]): void => {
    for (let k = 0; k < args.length; k++) {
      const v = args[k] as ValueId;
      if (asked[v] === 1) continue;
      asked[v] = 1;
      if ((insts[v] as Inst).args.length > 0) stack.push(v);
    }
  };
  for (let i = 0; i < rpo.length; i++) {
    const block = blocks[rpo[i] as number];
    if (block === undefined) continue;
    const { body } = block;
    for (let k = 0; k < body.length; k++) {
      const v = body[k] as ValueId;
      const { op, args } = insts[v] as Inst;
      const { range } = op;
      if (range === null || args.length === 0) continue;
      if (range.assume === undefined && args.length === 2 && op.effect.traps.length === 0) continue;
      asked[v] = 1;
      ask(args);
    }
    const { args } = insts[block.term] as Inst;
    ask(args.length === 1 ? args : none);
  }
  for (let v = stack.pop(); v !== undefined; v = stack.pop()) {
    const { op, args } = insts[v] as Inst;
    if (op.range !== null || op.kind === 'phi') ask(args);
  }
  return asked;
}
