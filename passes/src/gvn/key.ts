/**
 * When two instructions say the same: the key of value numbering, as a hash and a comparison. `same` gives for each value the
 * one that takes its place, mostly itself.
 */

import { type Imm, type Inst, sameImm, type ValueId } from '@sluice/ir';

/**
 * A number that instructions which say the same share, given the version of the state that they read (0: none). Two letters
 * and the length of a name tell most ops with the same operands apart; `says` compares the rest.
 */
export function hashOf(same: Int32Array, inst: Inst, version: number): number {
  const { op, args, imm } = inst;
  const swap = mustSwap(same, inst);
  const name = swap ? (op.laws.swapped ?? op.name) : op.name;
  const last = name.length - 1;
  let h =
    (name.length << 16) ^ (name.charCodeAt(last) << 8) ^ name.charCodeAt(last >> 1) ^ Math.imul(version, 0x2c1b3c6d);
  if (last > 4) h ^= name.charCodeAt(4) << 12;
  if (swap) {
    h = mix(mix(h, same[args[1] as number] as number), same[args[0] as number] as number);
  } else {
    for (let i = 0; i < args.length; i++) h = mix(h, same[args[i] as number] as number);
  }
  if (imm !== undefined) h = mix(h, hashOfImm(imm));
  return h ^ (h >>> 15);
}

function mix(h: number, x: number): number {
  const k = Math.imul(h ^ x, 0x9e3779b1 | 0);
  return k ^ (k >>> 13);
}

function hashOfImm(imm: Imm): number {
  switch (typeof imm) {
    case 'number':
      return (imm | 0) === imm ? imm : Math.imul(imm * 0x10001, 31) ^ imm;
    case 'bigint':
      return Number(BigInt.asIntN(32, imm));
    case 'string':
      return imm.length * 31 + imm.charCodeAt(imm.length - 1);
    case 'object':
      return imm !== null && 'offset' in imm ? (imm.offset as number) : 1;
    default:
      return 0;
  }
}

/** Whether the operands of an op with two are taken in the other order, so that both orders have one key. */
function mustSwap(same: Int32Array, { op, args }: Inst): boolean {
  if (args.length !== 2) return false;
  const { laws } = op;
  if (laws.commutative !== true && laws.swapped === undefined) return false;
  return (same[args[0] as number] as number) > (same[args[1] as number] as number);
}

/** Whether two instructions say the same, given the same state. */
export function says(same: Int32Array, a: Inst, b: Inst): boolean {
  if (a.type !== b.type || a.args.length !== b.args.length) return false;
  if (a.op !== b.op) return a.op.laws.swapped === b.op.name && sameArgs(same, a.args, b.args, true);
  if (!sameImm(a.imm, b.imm)) return false;
  if (sameArgs(same, a.args, b.args, false)) return a.op.kind !== 'phi' || samePreds(a, b);
  return a.op.laws.commutative === true && sameArgs(same, a.args, b.args, true);
}

function sameArgs(same: Int32Array, a: readonly ValueId[], b: readonly ValueId[], reversed: boolean): boolean {
  if (reversed && a.length !== 2) return false;
  for (let i = 0; i < a.length; i++) {
    if (same[a[i] as number] !== same[b[reversed ? 1 - i : i] as number]) return false;
  }
  return true;
}

// Inputs in another order are rare: such phis are not compared further.
function samePreds(a: Inst, b: Inst): boolean {
  for (let i = 0; i < a.blocks.length; i++) if (a.blocks[i] !== b.blocks[i]) return false;
  return true;
}
