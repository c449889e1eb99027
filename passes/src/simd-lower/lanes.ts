/**
 * What lanes do: for ops on scalars, the ops on v128 that do the same in every lane. This is the only place where the
 * vectorisers know ops by name; what is not here is done on scalars, or not at all.
 *
 *     i32.add      i32x4.add on lanes of 32 bits; i8x16.add where only the lowest 8 bits are asked for
 *     f32.lt       f32x4.lt, a mask: lanes of ones or zeros
 *     i64.extend_i32_s   lanes become twice as wide: one register becomes two
 */

import type { Access, Inst, OpDef } from '@sluice/ir';

/** Bits of a lane. */
export type Width = 8 | 16 | 32 | 64;

/** How an op is done in lanes. Names are those of ops on v128. */
export type LaneForm =
  /** In each lane alone. `closed`: the lowest bits of the result depend on as many bits of the operands only. */
  | { readonly kind: 'map'; readonly verb: string; readonly width: Width; readonly closed: boolean }
  /** All bits at once. */
  | { readonly kind: 'bits'; readonly verb: string; readonly width: Width }
  /** Lanes of ones or zeros. `signed`: whether sign or size order; null where the order does not ask. */
  | { readonly kind: 'compare'; readonly verb: string; readonly width: Width; readonly signed: boolean | null }
  /** Whether a lane is 0, as a mask. */
  | { readonly kind: 'zero'; readonly width: Width }
  /** By a count that is the same in all lanes. */
  | { readonly kind: 'shift'; readonly verb: 'shl' | 'shr_s' | 'shr_u'; readonly width: Width }
  | { readonly kind: 'rotate'; readonly left: boolean; readonly width: Width }
  /** The lowest bits of a lane, sign extended within it. */
  | { readonly kind: 'extend'; readonly bits: 8 | 16 | 32; readonly width: Width }
  | { readonly kind: 'copysign'; readonly width: Width }
  /** Lanes of integers become twice as wide, or half as wide. */
  | { readonly kind: 'widen'; readonly signed: boolean }
  | { readonly kind: 'wrap' }
  /** The two low lanes of 32 bits become lanes of 64; two lanes of 64 become the two low ones of 32, above them zeros. */
  | { readonly kind: 'spread'; readonly op: string }
  | { readonly kind: 'join'; readonly op: string }
  /** The bits as they are. */
  | { readonly kind: 'same'; readonly width: Width }
  | { readonly kind: 'select' };

/** The shape of integer lanes of a width. */
export const integerShape: Readonly<Record<Width, string>> = { 8: 'i8x16', 16: 'i16x8', 32: 'i32x4', 64: 'i64x2' };
/** The shape of lanes of a scalar type. */
export const shapeOf: Readonly<Record<string, string>> = { i32: 'i32x4', i64: 'i64x2', f32: 'f32x4', f64: 'f64x2' };
const widthOf: Readonly<Record<string, Width>> = { i32: 32, f32: 32, i64: 64, f64: 64 };

/** The width of a scalar type in lanes; null for types without lanes. */
export function laneWidth(type: string): Width | null {
  return widthOf[type] ?? null;
}

const forms = tableOfForms();

function tableOfForms(): ReadonlyMap<string, LaneForm> {
  const table = new Map<string, LaneForm>();
  for (const type of ['i32', 'i64'] as const) {
    const width = widthOf[type] as Width;
    const put = (name: string, form: LaneForm): void => void table.set(`${type}.${name}`, form);
    for (const verb of ['add', 'sub', 'mul']) put(verb, { kind: 'map', verb, width, closed: true });
    for (const verb of ['and', 'or', 'xor']) put(verb, { kind: 'bits', verb, width });
    for (const verb of ['shl', 'shr_s', 'shr_u'] as const) put(verb, { kind: 'shift', verb, width });
    put('rotl', { kind: 'rotate', left: true, width });
    put('rotr', { kind: 'rotate', left: false, width });
    put('eqz', { kind: 'zero', width });
    for (const verb of ['eq', 'ne']) put(verb, { kind: 'compare', verb, width, signed: null });
    for (const verb of ['lt', 'le', 'gt', 'ge']) {
      put(`${verb}_s`, { kind: 'compare', verb: `${verb}_s`, width, signed: true });
      // Lanes of 64 bits are ordered with signs only.
      if (type === 'i32') put(`${verb}_u`, { kind: 'compare', verb: `${verb}_u`, width, signed: false });
    }
    put('extend8_s', { kind: 'extend', bits: 8, width });
    put('extend16_s', { kind: 'extend', bits: 16, width });
  }
  table.set('i64.extend32_s', { kind: 'extend', bits: 32, width: 64 });
  for (const type of ['f32', 'f64'] as const) {
    const width = widthOf[type] as Width;
    const put = (name: string, form: LaneForm): void => void table.set(`${type}.${name}`, form);
    for (const verb of ['add', 'sub', 'mul', 'div', 'min', 'max'])
      put(verb, { kind: 'map', verb, width, closed: false });
    for (const verb of ['abs', 'neg', 'sqrt', 'ceil', 'floor', 'trunc', 'nearest']) {
      put(verb, { kind: 'map', verb, width, closed: false });
    }
    for (const verb of ['eq', 'ne', 'lt', 'le', 'gt', 'ge']) put(verb, { kind: 'compare', verb, width, signed: null });
    put('copysign', { kind: 'copysign', width });
  }
  const entries: readonly (readonly [string, LaneForm])[] = [
    ['i64.extend_i32_s', { kind: 'widen', signed: true }],
    ['i64.extend_i32_u', { kind: 'widen', signed: false }],
    ['i32.wrap_i64', { kind: 'wrap' }],
    ['f32.convert_i32_s', { kind: 'map', verb: 'convert_i32x4_s', width: 32, closed: false }],
    ['f32.convert_i32_u', { kind: 'map', verb: 'convert_i32x4_u', width: 32, closed: false }],
    ['i32.trunc_sat_f32_s', { kind: 'map', verb: 'trunc_sat_f32x4_s', width: 32, closed: false }],
    ['i32.trunc_sat_f32_u', { kind: 'map', verb: 'trunc_sat_f32x4_u', width: 32, closed: false }],
    ['f64.convert_i32_s', { kind: 'spread', op: 'f64x2.convert_low_i32x4_s' }],
    ['f64.convert_i32_u', { kind: 'spread', op: 'f64x2.convert_low_i32x4_u' }],
    ['f64.promote_f32', { kind: 'spread', op: 'f64x2.promote_low_f32x4' }],
    ['f32.demote_f64', { kind: 'join', op: 'f32x4.demote_f64x2_zero' }],
    ['i32.trunc_sat_f64_s', { kind: 'join', op: 'i32x4.trunc_sat_f64x2_s_zero' }],
    ['i32.trunc_sat_f64_u', { kind: 'join', op: 'i32x4.trunc_sat_f64x2_u_zero' }],
    ['i32.reinterpret_f32', { kind: 'same', width: 32 }],
    ['f32.reinterpret_i32', { kind: 'same', width: 32 }],
    ['i64.reinterpret_f64', { kind: 'same', width: 64 }],
    ['f64.reinterpret_i64', { kind: 'same', width: 64 }],
  ];
  for (const [name, form] of entries) table.set(name, form);
  return table;
}

/** How an instruction is done in lanes; null where lanes cannot. */
export function laneForm({ op, type }: Inst): LaneForm | null {
  if (op.name === 'select') return { kind: 'select' };
  if (op.name === 'copy') {
    const width = laneWidth(type);
    return width === null ? null : { kind: 'same', width };
  }
  return forms.get(op.name) ?? null;
}

/** The ops that a sum, product, ... of all turns may be gathered with, in any order. */
export interface Gathering {
  /** What joins what was gathered apart. */
  readonly family: string;
  /** With what lanes start: a number, or `start` where what was there before may be gathered more than once. */
  readonly identity: number | 'start';
  /** Whether only the first operand may be what was gathered: `s - x`. */
  readonly firstOnly: boolean;
  /** Whether another order rounds otherwise. */
  readonly inexact: boolean;
}

const gatherings: ReadonlyMap<string, Gathering> = new Map(
  (['i32', 'i64', 'f32', 'f64'] as const).flatMap((type): [string, Gathering][] => {
    const inexact = type === 'f32' || type === 'f64';
    const made = (verb: string, family: string, identity: number | 'start', firstOnly = false): [string, Gathering] => [
      `${type}.${verb}`,
      { family: `${type}.${family}`, identity, firstOnly, inexact: inexact && identity !== 'start' },
    ];
    // -0 and not 0 leaves every float as it is.
    const sums = [
      made('add', 'add', inexact ? -0 : 0),
      made('sub', 'add', inexact ? -0 : 0, true),
      made('mul', 'mul', 1),
    ];
    if (inexact) return [...sums, made('min', 'min', 'start'), made('max', 'max', 'start')];
    return [...sums, made('and', 'and', 'start'), made('or', 'or', 'start'), made('xor', 'xor', 0)];
  }),
);

/** How an op gathers; null where it does not. */
export function gatheringOf(op: OpDef): Gathering | null {
  return gatherings.get(op.name) ?? null;
}

/** Whether a load or store moves whole lanes of v128 in rows: not those of v128 itself, nor of types without lanes. */
export function isRowAccess(inst: Inst, type: string): inst is Inst & { readonly op: { readonly access: Access } } {
  const { access } = inst.op;
  return access !== null && laneWidth(type) !== null && [1, 2, 4, 8].includes(access.bytes);
}
