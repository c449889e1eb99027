/**
 * Rules at the edge of memory: what a narrow load gives needs no further mask, what a narrow store takes needs none
 * either; and dynamic values that are unboxed where they were boxed.
 */

import { anyTags, coreOp, type Inst, makeInst, none, type OpName, type ValueId, withArgs } from '@sluice/ir';
import { op, type Reader, type Rule, rule, type Simplifier } from '@sluice/pipeline';
import { c, i32, i64, type Width, x } from './shape.ts';

type Num = 'i32' | 'i64' | 'f32' | 'f64';

/** Bits that a value may have set because a load zero-extends: the width of the load; null when not known. */
const loaded = (m: { inst(name: string): Inst }, signed: boolean): bigint | null => {
  const { access } = m.inst('x').op;
  return access === null || access.store || access.signed !== signed ? null : BigInt(access.bytes * 8);
};

const loads = [i32, i64].flatMap((w: Width): readonly Rule[] => [
  rule(
    'mask-of-load',
    op(w.op('and'), x, c),
    (_, m) => m.value('x'),
    (m) => {
      const bits = loaded(m, false);
      if (bits === null || bits >= w.bits) return false;
      const mask = (1n << bits) - 1n;
      return (w.get(m, 'c') & mask) === mask;
    },
  ),
  ...(w === i32 ? [8n, 16n] : [8n, 16n, 32n]).map((k) =>
    rule(
      'extend-of-load',
      op(w.op(`extend${k}_s`), x),
      (_, m) => m.value('x'),
      (m) => {
        const signed = loaded(m, true);
        const unsigned = loaded(m, false);
        return (signed !== null && signed <= k) || (unsigned !== null && unsigned < k);
      },
    ),
  ),
]);

/** Rules of loads. */
export const memory: readonly Rule[] = loads;

/** A narrow store looks at the lowest bits only: masks and extensions that leave those alone go. */
export const narrowStores: readonly Simplifier[] = [
  {
    name: 'store-of-masked',
    accepts: ({ access, sig }) => {
      const stored = sig.params[1];
      if (access?.store !== true || (stored !== 'i32' && stored !== 'i64')) return null;
      return access.bytes * 8 < widthOf(stored) ? {} : null;
    },
    apply: (inst, read) => {
      const [address, stored] = inst.args;
      if (address === undefined || stored === undefined) return null;
      const bits = (inst.op.access?.bytes ?? 8) * 8;
      const inner = keepsLowBits(read, stored, bits);
      return inner === null ? null : withArgs(inst, [address, inner]);
    },
  },
];

/** A store takes what was converted for it in the form before, where there is a store of that type and width. */
export const convertedStores: readonly Simplifier[] = [
  {
    name: 'store-of-converted',
    accepts: ({ access, sig }) =>
      access?.store === true && (sig.params[1] === 'i32' || sig.params[1] === 'i64') ? {} : null,
    apply: (inst, read) => {
      const stored = read.inst(inst.args[1] as ValueId);
      const from = lowBitsOf.get(stored.op.name);
      const bytes = inst.op.access?.bytes ?? 8;
      return from === undefined || bytes > 4 ? null : storeOf(inst, from, bytes, stored.args[0] as ValueId);
    },
  },
  {
    name: 'store-of-reinterpreted',
    accepts: ({ access }) => (access?.store === true ? {} : null),
    apply: (inst, read) => {
      const stored = read.inst(inst.args[1] as ValueId);
      const from = bitsOf.get(stored.op.name);
      const bytes = inst.op.access?.bytes ?? 8;
      if (from === undefined || bytes * 8 !== widthOf(from)) return null;
      return storeOf(inst, from, bytes, stored.args[0] as ValueId);
    },
  },
];

/** Conversions that leave the lowest 32 bits as they are, and the bits that others only move: the type before. */
const lowBitsOf: ReadonlyMap<string, Num> = new Map([
  [coreOp('i32.wrap_i64').name, 'i64'],
  [coreOp('i64.extend_i32_s').name, 'i32'],
  [coreOp('i64.extend_i32_u').name, 'i32'],
]);
const bitsOf: ReadonlyMap<string, Num> = new Map([
  [coreOp('i32.reinterpret_f32').name, 'f32'],
  [coreOp('f32.reinterpret_i32').name, 'i32'],
  [coreOp('i64.reinterpret_f64').name, 'f64'],
  [coreOp('f64.reinterpret_i64').name, 'i64'],
]);

function storeOf(inst: Inst, type: Num, bytes: number, value: ValueId): Inst {
  const op = coreOp(bytes * 8 === widthOf(type) ? `${type}.store` : (`${type}.store${bytes * 8}` as OpName));
  return makeInst(op, [inst.args[0] as ValueId, value], { imm: inst.imm, loc: inst.loc });
}

/** What was boxed with a tag comes out with that tag; a bool is 0 or 1 there and a NaN has no bits, so not these two. */
export const boxes: readonly Simplifier[] = [
  {
    name: 'unbox-of-box',
    accepts: (op) => (op.name === 'any.unbox' ? {} : null),
    apply: (inst, read) => {
      const inner = read.inst(inst.args[0] as ValueId);
      if (inner.op.name !== 'any.box' || inner.imm !== inst.imm) return null;
      if (inst.imm === anyTags.float || inst.imm === anyTags.bool) return null;
      return inner.args[0] ?? null;
    },
  },
  {
    name: 'tag-of-box',
    accepts: (op) => (op.name === 'any.tag' ? {} : null),
    apply: (inst, read) => {
      const inner = read.inst(inst.args[0] as ValueId);
      return inner.op.name === 'any.box' ? makeInst(coreOp('i32.const'), none, { imm: inner.imm }) : null;
    },
  },
];

const widthOf = (type: string): number => (type.endsWith('64') ? 64 : 32);
const extensions = new Map<string, number>(
  (['i32', 'i64'] as const).flatMap((t) =>
    [8, 16, ...(t === 'i64' ? [32] : [])].map((k): [string, number] => [coreOp(`${t}.extend${k}_s` as OpName).name, k]),
  ),
);

/** The operand of a mask or extension whose lowest `bits` bits are the operand's own. */
function keepsLowBits(read: Reader, v: ValueId, bits: number): ValueId | null {
  const inst = read.inst(v);
  const [inner, other] = inst.args;
  if (inner === undefined) return null;
  if ((extensions.get(inst.op.name) ?? 0) >= bits) return inner;
  if ((inst.op.name !== 'i32.and' && inst.op.name !== 'i64.and') || other === undefined) return null;
  const mask = read.inst(other);
  if (mask.op.kind !== 'const') return null;
  const low = (1n << BigInt(bits)) - 1n;
  return (BigInt(mask.imm as number | bigint) & low) === low ? inner : null;
}
