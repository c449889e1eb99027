/**
 * The ops that a generated program may use, with concrete types: derived from the op table by signature, immediate and
 * effect. An op that is added to the table, or joined from outside, takes part without being named here.
 */

import { anyTags, anyTagType, type OpDef, regionSet, type Type } from '@sluice/ir';
import type { OpPattern, Pattern, Rule } from '@sluice/pipeline';
import type { Features } from '../features.ts';

/** An op at concrete types. */
export interface OpForm {
  readonly op: OpDef;
  readonly params: readonly Type[];
  readonly result: Type | 'void';
  /** The immediate where the types depend on it (tags of dynamic values). */
  readonly tag: number | null;
}

/** What an op works on, as far as generating it goes. */
export type OpRole =
  | 'plain'
  | 'access'
  | 'bulk'
  | 'grow'
  | 'segment'
  | 'table'
  | 'slot'
  | 'global'
  | 'heap'
  | 'func'
  | 'const';

const tableRegion = regionSet('table');

/** The role of an op, by its effect and immediate. */
export function roleOf(op: OpDef): OpRole {
  if (op.kind === 'const') return 'const';
  if (op.dialect === 'heap') return 'heap';
  if (op.access !== null) return 'access';
  if (((op.effect.reads | op.effect.writes) & tableRegion) !== 0) return 'table';
  if (op.effect.grows) return 'grow';
  if (op.imm === 'global') return 'global';
  if (op.imm === 'func') return 'func';
  if (op.imm === 'index' && op.dialect === 'slot') return 'slot';
  if (op.effect.traps.includes('out-of-bounds') || (op.imm === 'index' && op.effect.writes !== 0)) {
    return op.imm === 'index' ? 'segment' : 'bulk';
  }
  return 'plain';
}

/** Ops that are drawn together, `weight` times as often as others. */
export interface OpGroup {
  readonly weight: number;
  readonly forms: readonly OpForm[];
}

/** Plain ops have the most ways to be wrong; bulk ops and the like mostly end programs or make them dull. */
const weights: Readonly<Record<OpRole, number>> = {
  plain: 4,
  access: 4,
  heap: 3,
  slot: 3,
  global: 2,
  const: 1,
  bulk: 1,
  grow: 1,
  segment: 1,
  table: 1,
  func: 1,
};

/** Forms in groups by what they work on. `element`: the type of the elements of heap objects. */
export function opForms(features: Features, element: Type): readonly OpGroup[] {
  const groups = new Map<string, { readonly weight: number; readonly forms: OpForm[] }>();
  for (const op of features.ops.values()) {
    // Not yet: generated modules have no tables but those that calls go through.
    if (op.dialect === 'table' || op.dialect === 'elem') continue;
    if ((op.kind !== 'value' && op.kind !== 'const') || op.sig.variadic || !wanted(op, features)) continue;
    for (const form of formsOf(op, features, element)) {
      const role = roleOf(op);
      const traps = role === 'plain' && op.effect.traps.length > 0;
      const key = role === 'plain' ? `${form.params[0] ?? form.result}${traps ? ' traps' : ''}` : role;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { weight: traps ? 1 : weights[role], forms: [form] });
      else group.forms.push(form);
    }
  }
  return [...groups.values()];
}

function wanted(op: OpDef, features: Features): boolean {
  switch (roleOf(op)) {
    case 'slot':
      return features.slots;
    case 'global':
      return features.globals;
    case 'heap':
      return features.heap;
    case 'table':
      return features.tables && features.indirect;
    case 'access':
    case 'bulk':
    case 'grow':
    case 'segment':
      return features.memory;
    default:
      return true;
  }
}

function formsOf(op: OpDef, features: Features, element: Type): readonly OpForm[] {
  const { params, result } = op.sig;
  const admits = (type: string): boolean => type === 'void' || features.types.some((t) => t === type);
  const make = (open: Type, tag: number | null): readonly OpForm[] => {
    const types = params.map((type) => (type === 'T' ? open : type));
    const given = result === 'T' ? open : result;
    return [...types, given].every(admits) ? [{ op, params: types, result: given, tag }] : [];
  };
  const generic = result === 'T' || params.includes('T');
  if (op.dialect === 'any' && op.imm === 'index') {
    return Object.values(anyTags).flatMap((tag) => make(anyTagType(tag) ?? 'i64', tag));
  }
  if (!generic) return make('i32', null);
  if (op.dialect === 'heap') return make(element, null);
  const refs = op.dialect === 'ref' || roleOf(op) === 'table';
  return features.types.filter((type) => !refs || type.endsWith('ref')).flatMap((type) => make(type, null));
}

/** Rules whose patterns can be made here: their ops have no immediates, and types that programs use. */
export function idiomsOf(rules: readonly Rule[], types: readonly Type[]): readonly OpPattern[] {
  return rules.map(({ pattern }) => pattern).filter((pattern) => opsOf(pattern).every((op) => isPlain(op, types)));
}

function isPlain(op: OpDef, types: readonly Type[]): boolean {
  const { params, result, variadic } = op.sig;
  const all = [...params, result];
  return op.imm === 'none' && !variadic && all.every((type) => type === 'T' || types.some((known) => known === type));
}

function opsOf(pattern: Pattern): readonly OpDef[] {
  return pattern.kind === 'op' ? [pattern.op, ...pattern.args.flatMap(opsOf)] : [];
}
