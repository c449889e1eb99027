/** Rules of conversions between types. See README.md for what a rule must keep. */

import { coreOp, type OpName } from '@sluice/ir';
import { op, type Rule, rule, single } from '@sluice/pipeline';
import { c, i32, i64, x, y } from './shape.ts';

const wrap = coreOp('i32.wrap_i64');
const extendS = coreOp('i64.extend_i32_s');
const extendU = coreOp('i64.extend_i32_u');
const low32 = 0xffffffffn;

/** Ops whose low 32 bits depend on the low 32 bits of the operands alone. */
const narrowing = ['add', 'sub', 'mul', 'and', 'or', 'xor'] as const;

/** A shift by so much is the same of an i32 and of the i64 that it was extended to. */
const isNarrowCount = (k: bigint): boolean => k >= 0n && k < 32n;

const integers: readonly Rule[] = [
  rule('wrap-of-extended', op(wrap, op(extendS, x)), (_, m) => m.value('x')),
  rule('wrap-of-extended', op(wrap, op(extendU, x)), (_, m) => m.value('x')),
  rule('extend-of-wrapped', op(extendS, op(wrap, x)), (b, m) => b.op('i64.extend32_s', m.value('x'))),
  rule('extend-of-wrapped', op(extendU, op(wrap, x)), (b, m) => b.op('i64.and', m.value('x'), i64.make(b, low32))),
  rule(
    'wrap-of-masked',
    op(wrap, op('i64.and', x, c)),
    (b, m) => b.op(wrap, m.value('x')),
    (m) => (i64.get(m, 'c') & low32) === low32,
  ),
  rule('wrap-of-masked', op(wrap, op('i64.extend32_s', x)), (b, m) => b.op(wrap, m.value('x'))),
  ...narrowing.flatMap((name) =>
    [extendS, extendU].flatMap((left) => [
      ...[extendS, extendU].map((right) =>
        rule('narrow-arithmetic', op(wrap, op(i64.op(name), op(left, x), op(right, y))), (b, m) =>
          b.op(i32.op(name), m.value('x'), m.value('y')),
        ),
      ),
      rule('narrow-arithmetic', op(wrap, op(i64.op(name), op(left, x), c)), (b, m) =>
        b.op(i32.op(name), m.value('x'), i32.make(b, i64.get(m, 'c'))),
      ),
    ]),
  ),
  ...[extendS, extendU].map((extend) =>
    rule(
      'narrow-shift',
      op(wrap, op('i64.shl', op(extend, x), c)),
      (b, m) => b.op('i32.shl', m.value('x'), i32.make(b, i64.get(m, 'c'))),
      (m) => isNarrowCount(i64.get(m, 'c')),
    ),
  ),
  rule(
    'narrow-shift',
    op(wrap, op('i64.shr_u', op(extendU, x), c)),
    (b, m) => b.op('i32.shr_u', m.value('x'), i32.make(b, i64.get(m, 'c'))),
    (m) => isNarrowCount(i64.get(m, 'c')),
  ),
  rule(
    'narrow-shift',
    op(wrap, op('i64.shr_s', op(extendS, x), c)),
    (b, m) => b.op('i32.shr_s', m.value('x'), i32.make(b, i64.get(m, 'c'))),
    (m) => isNarrowCount(i64.get(m, 'c')),
  ),
  ...(['and', 'or', 'xor'] as const).flatMap((name) =>
    [extendS, extendU].map((extend) =>
      rule('widen-after-bits', op(i64.op(name), single(extend, x), single(extend, y)), (b, m) =>
        b.op(extend, b.op(i32.op(name), m.value('x'), m.value('y'))),
      ),
    ),
  ),
  rule('mask-of-zero-extended', op('i64.and', op(extendU, x), i64.lit(low32)), (b, m) => b.op(extendU, m.value('x'))),
  rule('mask-of-sign-extended', op('i64.and', op(extendS, x), i64.lit(low32)), (b, m) => b.op(extendU, m.value('x'))),
  rule('sign-of-sign-extended', op('i64.extend32_s', op(extendS, x)), (b, m) => b.op(extendS, m.value('x'))),
  rule('sign-of-zero-extended', op('i64.extend32_s', op(extendU, x)), (b, m) => b.op(extendS, m.value('x'))),
  rule('high-of-zero-extended', op('i64.shr_u', op(extendU, x), i64.lit(32)), (b) => i64.make(b, 0n)),
];

const pairs = [
  ['i32.reinterpret_f32', 'f32.reinterpret_i32'],
  ['i64.reinterpret_f64', 'f64.reinterpret_i64'],
] as const;

const floats: readonly Rule[] = [
  // Bits are moved exactly both ways.
  ...pairs.flatMap(([to, from]) => [
    rule('reinterpret-twice', op(to, op(from, x)), (_, m) => m.value('x')),
    rule('reinterpret-twice', op(from, op(to, x)), (_, m) => m.value('x')),
  ]),
  // A NaN may become another one by arithmetic, so that it may stay as well.
  rule('demote-of-promoted', op('f32.demote_f64', op('f64.promote_f32', x)), (_, m) => m.value('x')),
  // An i32 fits an f64 exactly, so the way back gives it and never traps.
  ...(['trunc', 'trunc_sat'] as const).flatMap((name) =>
    (['s', 'u'] as const).map((sign) =>
      rule(
        'truncate-of-converted',
        op(`i32.${name}_f64_${sign}` as OpName, op(`f64.convert_i32_${sign}` as OpName, x)),
        (_, m) => m.value('x'),
      ),
    ),
  ),
  ...(['trunc', 'trunc_sat'] as const).flatMap((name) =>
    (
      [
        ['s', 's'],
        ['s', 'u'],
        ['u', 'u'],
      ] as const
    ).map(([to, from]) =>
      rule(
        'truncate-converted-wide',
        op(`i64.${name}_f64_${to}` as OpName, op(`f64.convert_i32_${from}` as OpName, x)),
        (b, m) => b.op(`i64.extend_i32_${from}`, m.value('x')),
      ),
    ),
  ),
  // What fits an i32 is converted from there: each conversion rounds the same number once.
  ...(['f32', 'f64'] as const).flatMap((t) => [
    rule('convert-narrow', op(`${t}.convert_i64_s`, op(extendS, x)), (b, m) =>
      b.op(`${t}.convert_i32_s`, m.value('x')),
    ),
    rule('convert-narrow', op(`${t}.convert_i64_s`, op(extendU, x)), (b, m) =>
      b.op(`${t}.convert_i32_u`, m.value('x')),
    ),
    rule('convert-narrow', op(`${t}.convert_i64_u`, op(extendU, x)), (b, m) =>
      b.op(`${t}.convert_i32_u`, m.value('x')),
    ),
  ]),
  rule('demote-of-converted', op('f32.demote_f64', op('f64.convert_i32_s', x)), (b, m) =>
    b.op('f32.convert_i32_s', m.value('x')),
  ),
  rule('demote-of-converted', op('f32.demote_f64', op('f64.convert_i32_u', x)), (b, m) =>
    b.op('f32.convert_i32_u', m.value('x')),
  ),
];

/** Rules of conversions. */
export const convert: readonly Rule[] = [...integers, ...floats];
